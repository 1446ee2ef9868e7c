//! The how-to "When one machine is not enough": every statement and command on the page works, with only the rights that it
//! grants.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;

use super::postgres::PostgresServer;
use super::recordings::with_messages;
use super::shipping::wait_for;
use crate::support::RedisServer;
use crate::tailing::Tailing;
use crate::world::World;

const PAGE: &str = include_str!("../../../assets/guide/how-to/store.md");

/// The blocks of a language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    PAGE.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The statements of a block.
fn statements(block: &str) -> impl Iterator<Item = &str> {
    block.split_inclusive(";\n").map(str::trim)
}

/// Expects that a statement is denied.
fn assert_denied(server: &PostgresServer, role: &str, statement: &str) {
    let error = server.execute_as(role, &format!("{}-password", role.trim_start_matches("aircheck_")), statement);
    let Err(error) = error else { panic!("{role} may run {statement}") };
    assert_eq!(error.code(), Some(&tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE), "{statement}: {error}");
}

#[test]
fn the_how_to_works_with_least_privilege_roles() {
    let Some(server) = PostgresServer::start() else { return };
    let redis = RedisServer::start();
    let (sql, config) = (blocks("sql"), blocks("toml"));
    let [install, grants, queries] = sql[..] else { panic!("{} blocks of SQL", sql.len()) };
    server.execute_in("postgres", "DROP DATABASE aircheck");
    statements(install).for_each(|statement| server.execute_in("postgres", statement));
    let host = format!("127.0.0.1:{}", server.port());
    let world = World::of(&redis).config(&config[0].replace("db.internal", &host));
    for role in ["owner", "writer", "reader"] {
        world.file(&format!(".config/aircheck/{role}-password"), &format!("{role}-password\n"));
    }
    let commands: Vec<&str> = blocks("sh").iter().flat_map(|block| block.lines()).collect();
    let run = |command: &str| {
        assert!(commands.contains(&command), "the page lacks {command}");
        let words = shlex::split(command).unwrap();
        let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        let ended = world.process(&words).current_dir(world.home()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        (ended.status.code().unwrap(), out.into_owned(), err.into_owned())
    };
    let succeeds = |command: &str| {
        let (status, out, err) = run(command);
        assert_eq!(status, 0, "{command}: {out}{err}");
        out
    };

    succeeds("aircheck store create store:owner");
    let granted = server.execute_as("aircheck_owner", "owner-password", grants);
    granted.unwrap();

    let record = "aircheck record ops -o ops.db --keep 30d --to store:main";
    assert!(commands.contains(&record));
    let words = shlex::split(record).unwrap();
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let mut command = world.process(&words);
    command.current_dir(world.home()).stdin(Stdio::null());
    let recorder = Tailing::spawn(command);
    redis.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
    for payload in ["evt::1", "evt::2", "evt::3"] {
        crate::listening::broadcast(&redis, "ops", payload);
    }
    // Their numbers are known before the next step.
    wait_for(&server, "SELECT count(*) FROM aircheck.message", 3);
    // A gap: the counter advances without a message.
    redis.command::<()>(&["INCR", "system_broadcast_sequence_ops"]);
    wait_for(&server, "SELECT count(*) FROM aircheck.finding", 1);
    recorder.signal("-TERM");
    let ended = recorder.end();
    assert_eq!(ended.status, 0, "{}", ended.err);

    std::fs::create_dir(world.home().join("recordings")).unwrap();
    with_messages(&world.home().join("recordings/old.db"), 10);
    succeeds("aircheck ship recordings/ --to store:main");
    // Of the two servers, the commands of the page show one.
    server.execute("DELETE FROM aircheck.recording WHERE source = 'redis://redis:6379/0 p_'");

    let shown = succeeds("aircheck show store:team --channel ops --seq 1..3");
    assert_eq!(shown.matches("evt").count(), 3, "{shown}");
    succeeds("aircheck bundle store:team --around last -o incident.html");
    assert!(world.home().join("incident.html").exists());
    succeeds("aircheck fetch store:team --channel ops --around seq:2-3 -o window.db");
    // The gap is in the window.
    let (status, shown, err) = run("aircheck show window.db --channel ops");
    assert!(status <= 1 && shown.contains("evt"), "{shown}{err}");
    for query in statements(queries) {
        server.execute_as("aircheck_reader", "reader-password", query).unwrap();
    }

    for statement in [
        "DELETE FROM aircheck.message",
        "UPDATE aircheck.message SET verdict = 0",
        "UPDATE aircheck.version SET version = 2",
        "DROP TABLE aircheck.message_before_2000",
        "CREATE TABLE aircheck.mine (a int)",
    ] {
        assert_denied(&server, "aircheck_writer", statement);
        assert_denied(&server, "aircheck_reader", statement);
    }
    assert_denied(&server, "aircheck_reader", "UPDATE aircheck.shipped SET through_id = 0");
    assert_denied(&server, "aircheck_reader", "SELECT aircheck.create_partition(date '2026-01-01')");
    let (status, _, err) = run("aircheck store prune store:owner --keep 90d");
    assert_eq!(status, 0, "{err}");
}
