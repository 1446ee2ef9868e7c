//! One clear line for each way in which a store can fail, and no loss.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::postgres::{PASSWORD, PostgresServer};
use super::recordings::with_messages;
use crate::support::free_port;
use crate::world::World;

#[test]
fn each_failure_is_one_clear_line_and_loses_nothing() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let file = world.home().join("ops.db");
    with_messages(&file, 200);
    let file = file.to_str().unwrap();
    let port = server.port();
    let store = format!("store 127.0.0.1:{port}/aircheck");
    let ship = |url: &str| world.run(&["ship", file, "--to", url]);
    let fails = |url: &str, status: i32, expected: &str| {
        let ended = ship(url);
        let lines: Vec<&str> = ended.err.lines().filter(|line| !line.starts_with("Warning: ")).collect();
        assert_eq!((ended.status, &lines[..]), (status, &[expected][..]), "{url}");
        assert!(!ended.err.contains(PASSWORD), "{}", ended.err);
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
    fails(
        &server.url().replace("/aircheck", "/nowhere"),
        3,
        &format!(
            "aircheck: store 127.0.0.1:{port}/nowhere: database \"nowhere\" does not exist; create it, or correct the URL"
        ),
    );
    fails(
        &format!("{}?sslmode=require", server.url()),
        3,
        &format!("aircheck: {store} does not use TLS; add sslmode=disable to the URL if plain text is acceptable"),
    );
    fails(
        "postgres://a:b@c:d@[::1",
        2,
        "aircheck: store: not a valid PostgreSQL URL; use e.g. postgres://user@host:5432/database (in a user or password, @ : / ? # and % must be percent-encoded)",
    );
    fails("ops2.db", 2, "aircheck: --to: \"ops2.db\" is not a store; write store:NAME or postgres://host/database");
    server.execute("ALTER DATABASE aircheck SET default_transaction_read_only = on");
    fails(
        &server.url(),
        3,
        &format!("aircheck: {store} is read-only; connect to the primary, e.g. list all hosts in the URL"),
    );
    server.execute("SET transaction_read_only = off; SET default_transaction_read_only = off; ALTER DATABASE aircheck RESET default_transaction_read_only");
    assert_eq!(world.run(&["store", "create", &server.url()]).status, 0);
    for (code, message, expected) in [
        ("53100", "could not extend file", "has no disk space left: could not extend file; free some space"),
        (
            "57014",
            "canceling statement due to statement timeout",
            "cancelled a statement: canceling statement due to statement timeout; increase statement_timeout of the role",
        ),
        (
            "57P01",
            "terminating connection due to administrator command",
            "is not available: terminating connection due to administrator command",
        ),
    ] {
        server.execute(&format!(
            "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = '{code}'; END $$;
             DROP TRIGGER IF EXISTS fail ON aircheck.finding;
             CREATE TRIGGER fail BEFORE INSERT ON aircheck.finding FOR EACH ROW EXECUTE FUNCTION fail()"
        ));
        fails(&server.url(), 3, &format!("aircheck: {store} {expected}"));
        assert_eq!(server.number("SELECT count(*) FROM aircheck.message"), 0);
    }
    server.execute("DROP TRIGGER fail ON aircheck.finding");
    server.execute("UPDATE aircheck.version SET version = 2");
    fails(
        &server.url(),
        2,
        &format!(
            "aircheck: {store} has schema version 2, which is newer than the expected 1; use the aircheck that created it"
        ),
    );
    server.execute("UPDATE aircheck.version SET version = 1");
    assert_eq!(ship(&server.url()).status, 0);
    assert_eq!(server.number("SELECT count(*) FROM aircheck.message"), 198);
}

/// Of several hosts, a shipper uses the one that accepts writes.
#[test]
fn after_a_failover_the_new_primary_is_used() {
    let (Some(standby), Some(primary)) = (PostgresServer::start(), PostgresServer::start()) else { return };
    standby.execute("ALTER DATABASE aircheck SET default_transaction_read_only = on");
    let world = World::new("redis://nowhere");
    let file = world.home().join("ops.db");
    with_messages(&file, 10);
    let (one, other) = (standby.port(), primary.port());
    let url = format!("postgres://postgres:{PASSWORD}@127.0.0.1:{one},127.0.0.1:{other}/aircheck");
    let shipped = world.run(&["ship", file.to_str().unwrap(), "--to", &url]);
    assert_eq!(shipped.status, 0, "{}", shipped.err);
    assert_eq!(primary.number("SELECT count(*) FROM aircheck.message"), 10);
}
