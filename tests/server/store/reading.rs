//! The commands that read from a store: what they print, and one clear line for each failure.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rusqlite::Connection;

use super::postgres::{PASSWORD, PostgresServer};
use super::recordings::with_messages;
use crate::support::free_port;
use crate::world::World;

fn ship(world: &World, name: &str, source: &str, url: &str) {
    let file = world.home().join(name);
    with_messages(&file, 50);
    Connection::open(&file).unwrap().execute("UPDATE total SET source = ?", [source]).unwrap();
    let ended = world.run(&["ship", file.to_str().unwrap(), "--to", url]);
    assert_eq!(ended.status, 0, "{}", ended.err);
}

#[test]
fn a_store_with_several_sources_needs_a_choice() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let url = server.url();
    ship(&world, "a.db", "redis://a", &url);
    ship(&world, "b.db", "redis://b", &url);
    let show = |words: &[&str]| {
        let ended = world.run(&[&["show", &url, "--format", "csv"], words].concat());
        let error = ended.err.lines().filter(|line| !line.starts_with("Warning: ")).collect::<Vec<_>>().join("\n");
        (ended.status, ended.out.lines().count(), error)
    };
    let title = format!("127.0.0.1:{}/aircheck", server.port());
    let choose = format!("aircheck: store {title} has several sources; choose --source: redis://a, redis://b");
    assert_eq!(show(&[]), (2, 0, choose));
    let unknown = format!("aircheck: store {title} has no source redis://c; choose --source: redis://a, redis://b");
    assert_eq!(show(&["--source", "redis://c"]), (2, 0, unknown));
    assert_eq!(show(&["--source", "redis://b"]), (0, 51, String::new()));
    let of_file = world.run(&["show", "a.db", "--source", "redis://a"]);
    assert_eq!((of_file.status, of_file.err.as_str()), (2, "aircheck: --source is only for a store\n"));
}

#[test]
fn each_failure_of_a_read_is_one_clear_line() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let url = server.url();
    ship(&world, "ops.db", "redis://a", &url);
    let store = format!("store 127.0.0.1:{}/aircheck", server.port());
    let out = world.home().join("out.db");
    let out = out.to_str().unwrap();
    let fails = |url: &str, status: i32, expected: &str| {
        for words in [
            &["show", url][..],
            &["fetch", url, "--around", "seq:1-2", "-o", out],
            &["bundle", url, "--around", "seq:1-2", "-o", out],
        ] {
            let ended = world.run(words);
            let lines: Vec<&str> = ended.err.lines().filter(|line| !line.starts_with("Warning: ")).collect();
            assert_eq!((ended.status, &lines[..]), (status, &[expected][..]), "{words:?}");
            assert!(!ended.err.contains(PASSWORD), "{}", ended.err);
        }
        assert!(!std::path::Path::new(out).exists());
    };
    let free = free_port();
    fails(
        &format!("postgres://postgres@127.0.0.1:{free}/aircheck"),
        3,
        &format!(
            "aircheck: cannot reach store 127.0.0.1:{free}/aircheck: connection refused; check the URL and the server"
        ),
    );
    fails(
        &server.url_as("postgres", "wrong"),
        3,
        &format!(
            "aircheck: {store} rejected the login: password authentication failed for user \"postgres\"; check user and password"
        ),
    );
    server.execute(
        "ALTER TABLE aircheck.message RENAME TO kept;
         CREATE VIEW aircheck.message AS SELECT kept.* FROM aircheck.kept, pg_sleep(60);
         ALTER DATABASE aircheck SET statement_timeout = '300ms'",
    );
    let fix = "increase statement_timeout of the role";
    fails(
        &url,
        3,
        &format!("aircheck: {store} cancelled a statement: canceling statement due to statement timeout; {fix}"),
    );
    server.execute("UPDATE aircheck.version SET version = 99");
    fails(
        &url,
        2,
        &format!(
            "aircheck: {store} has schema version 99, which is newer than the expected 1; use the aircheck that created it"
        ),
    );
}

#[test]
fn a_window_is_fetched_by_place() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let url = server.url();
    ship(&world, "ops.db", "redis://a", &url);
    let fetch = |around: &str, before: &str, name: &str| {
        let out = world.home().join(name);
        let words =
            ["fetch", &url, "--around", around, "--before", before, "--after", "2", "-o", out.to_str().unwrap()];
        let ended = world.run(&words);
        let shown = world.run(&["show", out.to_str().unwrap(), "--format", "json"]);
        let numbers = shown.json().iter().filter_map(|line| line["sequence"].as_u64()).collect::<Vec<_>>();
        (ended.status, numbers, ended.err.lines().last().unwrap_or_default().to_owned())
    };
    let password = "Warning: Using a password in the URL of a store on the command line interface may not be safe.";
    assert_eq!(fetch("seq:20-22", "3", "a.db"), (0, (17..=24).collect(), password.to_owned()));
    // The message of number N was received N milliseconds after the start.
    assert_eq!(fetch("2026-11-24T10:32:32.040Z", "5ms", "b.db"), (0, (35..=42).collect(), password.to_owned()));
    let (status, _, error) = fetch("seq:60-70", "0", "c.db");
    let nothing = "aircheck: --around: the store has no message or gap with the numbers #60–70 of ops";
    assert_eq!((status, error.as_str()), (1, nothing));
    let (status, _, error) = fetch("last", "0", "c.db");
    assert_eq!((status, error.as_str()), (1, "aircheck: --around: no finding last; the store has 0 findings"));
}
