//! Users and permissions: login, the minimum permissions, and the effect of each missing permission.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use aircheck::ledger::interval::{Entry, LinkState};
use aircheck::ledger::sequence::{Reading, Sequence, UnknownReason};
use aircheck::redis::discovery::{self, Discovery, DiscoveryError};
use aircheck::redis::target::Target;

use crate::listening::{self, Listening, PREFIX};
use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

const PASSWORD: &str = "w@tch-pass:word";

/// The minimum ACL rules, as documented.
fn documented() -> Vec<String> {
    let rule = |document: &str| {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
        text.lines().find_map(|line| line.strip_prefix("ACL SETUSER watcher ")).unwrap().to_owned()
    };
    let line = rule("assets/guide/how-to/production.md");
    assert_eq!(line, rule("assets/guide/explanation/security.md"));
    line.replace(">…", &format!(">{PASSWORD}")).split_whitespace().map(str::to_owned).collect()
}

/// A server with the user `watcher`, who has the documented rules and then `more`. All other users are disabled.
fn server_with(more: &[&str]) -> RedisServer {
    let server = RedisServer::start_with(&["--requirepass", "of-the-all-powerful"]);
    let rules = documented();
    let rules = rules.iter().map(String::as_str).chain(more.iter().copied());
    let command: Vec<&str> = ["ACL", "SETUSER", "watcher"].into_iter().chain(rules).collect();
    server.command::<()>(&command);
    server
}

fn url(server: &RedisServer) -> String {
    let password = PASSWORD.replace('@', "%40").replace(':', "%3A");
    server.url().replace("redis://", &format!("redis://watcher:{password}@"))
}

#[test]
fn the_documented_permissions_are_enough_to_watch() {
    let server = server_with(&[]);
    let config = format!(
        "default_profile = \"p\"\n[profile.p]\nurl = \"{}\"\nuser = \"watcher\"\npassword = {{ file = \"pass\" }}\n",
        server.url()
    );
    let world = World::new("").config(&config);
    world.file(".config/aircheck/pass", &format!("{PASSWORD}\n"));
    let mut tailing = Tailing::json(&world, &["ops"]);
    broadcast(&server, "ops", &["evt::1", "evt::2"]);
    tailing.wait_for(|line| line["sequence"] == 2);
    // A home directory without saved counters.
    let checked = World::new(&url(&server)).run(&["check", "ops"]);
    assert!(checked.status == 0 && checked.out.contains('2'), "{checked:?}");
    tailing.signal("-INT");
    let ended = tailing.end();
    let kinds: BTreeSet<String> = ended.json().iter().map(|line| line["type"].to_string()).collect();
    assert!(!kinds.contains("\"finding\""), "{ended:?}");
    assert!(!ended.json().iter().any(|line| line["state"] == "denied"), "{ended:?}");
    // Commands that need more permissions fail, and name the missing one.
    for (words, right) in [(&["publish", "ops", "evt"][..], "'multi'"), (&["channels"], "'scan'")] {
        let rejected = world.run(words);
        assert_eq!(rejected.status, 3, "{rejected:?}");
        assert!(rejected.err.contains("NOPERM") && rejected.err.contains(right), "{rejected:?}");
    }
    // The server rejected no command while watching.
    let log: Vec<redis::Value> = server.command(&["ACL", "LOG"]);
    let log = format!("{log:?}");
    for right in ["subscribe", "get", "mget", "ping", "hello", "auth"] {
        assert!(!log.contains(&format!("'{right}'")) && !log.contains(&format!("\"{right}\"")), "{right}: {log}");
    }
}

/// Watches without these permissions, and receives one broadcast on `ops`.
fn without(rights: &[&str]) -> Listening {
    let server = server_with(rights);
    let mut listening = Listening::start(&url(&server), &["ops"]);
    listening::broadcast(&server, "ops", "evt::");
    listening.wait_for("the message, or the denial", |seen| {
        seen.messages().count() == 1 || seen.links(LinkState::Denied) == 1
    });
    listening
}

#[test]
fn one_missing_permission_is_tolerated() {
    for missing in [&["-get"][..], &["-mget"], &["-ping"], &["-psubscribe"], &["-client|setname"], &["-hello", "-auth"]]
    {
        let listening = without(missing);
        let sequences: Vec<_> = listening.messages().map(|message| message.sequence).collect();
        assert_eq!(sequences, [Sequence::Exact(1)], "{missing:?}");
        assert_eq!(listening.links(LinkState::Denied), 0, "{missing:?}");
    }
}

#[test]
fn without_the_counter_the_sequence_is_unavailable_with_the_reason() {
    for (missing, words) in [(&["-get", "-mget"][..], "'get' command"), (&["resetkeys"], "access one of the keys")] {
        let mut listening = without(missing);
        let sequences: Vec<_> = listening.messages().map(|message| message.sequence).collect();
        assert_eq!(sequences, [Sequence::Unknown(UnknownReason::CounterUnreadable)], "{missing:?}");
        let is_reported = |seen: &Listening| {
            seen.entries().any(|entry| {
                matches!(entry, Entry::Counter { reading: Reading::Unreadable(why), .. }
                if why.starts_with("NOPERM") && why.contains(words))
            })
        };
        listening.wait_for(words, is_reported);
    }
}

#[test]
fn numbers_become_exact_when_counter_access_is_granted() {
    let server = server_with(&["-get", "-mget"]);
    let mut listening = Listening::start(&url(&server), &["ops"]);
    listening::broadcast(&server, "ops", "evt::");
    listening.wait_for("the message", |seen| seen.messages().count() == 1);
    server.command::<()>(&["ACL", "SETUSER", "watcher", "+get", "+mget"]);
    listening.wait_for("the counter", |seen| {
        seen.entries().any(|entry| matches!(entry, Entry::Counter { reading: Reading::Value(1), .. }))
    });
    listening::broadcast(&server, "ops", "evt::");
    listening.wait_for("the next message", |seen| seen.messages().count() == 2);
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Exact(2));
}

#[test]
fn without_subscribe_permission_every_name_is_denied() {
    let server = server_with(&["-subscribe", "-psubscribe"]);
    let listening = Listening::start(&url(&server), &["ops", "op?"]);
    let denied: Vec<_> = listening.link_changes().filter(|link| link.state == LinkState::Denied).collect();
    assert_eq!(denied.len(), 2);
    for (link, right) in denied.iter().zip(["'subscribe'", "'psubscribe'"]) {
        let reason = link.reason.as_deref().unwrap();
        assert!(reason.starts_with("NOPERM") && reason.contains(right), "{reason}");
    }
    let ended = World::new(&url(&server)).run(&["tail", "ops", "--for", "10s"]);
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(ended.err.contains("'subscribe'") && ended.err.contains("ACL SETUSER"), "{}", ended.err);
}

#[test]
fn only_the_acl_denies_a_channel() {
    let server = RedisServer::start_with(&["--rename-command", "SUBSCRIBE", ""]);
    let mut listening = Listening::start_at_once(&server.url(), &["ops"]);
    listening.wait_for("the rejection", |seen| seen.links(LinkState::Disconnected) == 1);
    let reason = listening.link_changes().next().unwrap().reason.clone().unwrap();
    assert!(reason.starts_with("the server rejected SUBSCRIBE: ERR unknown command"), "{reason}");
    assert_eq!(listening.links(LinkState::Denied), 0);
}

#[test]
fn a_denied_channel_is_named_and_received_once_granted() {
    let server = server_with(&["%R~system_broadcast_sequence_secret"]);
    let mut listening = Listening::start(&url(&server), &["ops", "secret"]);
    let denied: Vec<_> = listening.link_changes().filter(|link| link.state == LinkState::Denied).collect();
    assert_eq!(denied[0].channel.as_ref().unwrap().as_bytes(), b"secret");
    assert!(denied[0].reason.as_deref().unwrap().contains("access one of the channels"), "{denied:?}");
    listening::broadcast(&server, "secret", "evt::");
    listening::broadcast(&server, "ops", "evt::");
    listening.wait_for("the message on the other", |seen| seen.messages().count() == 1);
    server.command::<()>(&["ACL", "SETUSER", "watcher", "&secret"]);
    listening.wait_for("the grant", |seen| seen.links(LinkState::Granted) == 1);
    listening::broadcast(&server, "secret", "evt::");
    listening.wait_for("its message", |seen| seen.messages().count() == 2);
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Exact(2));
    // Revoking a permission ends the connection. aircheck reconnects with the remaining permissions.
    server.command::<()>(&["ACL", "SETUSER", "watcher", "resetchannels", "&ops"]);
    listening
        .wait_for("the denial", |seen| seen.links(LinkState::Connected) == 2 && seen.links(LinkState::Denied) == 2);
    listening::broadcast(&server, "ops", "evt::");
    listening.wait_for("the message after it", |seen| seen.messages().count() == 3);
}

#[tokio::test]
async fn discovery_omits_denied_information() {
    const MORE: [&str; 5] = ["+scan", "+pubsub|channels", "+pubsub|numsub", "+info", "+role"];
    let cases: [(&[&str], Option<&str>); 6] = [
        (&[], None),
        (&["-info", "-role"], None),
        (&["-scan"], Some("channels without subscribers are not listed: NOPERM")),
        (&["-pubsub|channels"], Some("channels never broadcast are not listed: NOPERM")),
        (&["-pubsub|numsub"], Some("the numbers of subscribers are unknown: NOPERM")),
        (&["-scan", "-pubsub|channels"], Some("the server rejected the command: NOPERM")),
    ];
    for (missing, words) in cases {
        let server = server_with(&[&MORE[..], missing].concat());
        listening::broadcast(&server, "ops", "evt::");
        let mut subscriber = server.connection(0).unwrap();
        let mut subscription = subscriber.as_pubsub();
        subscription.subscribe("ops").unwrap();
        let found = discovery::survey(&Target::parse(&url(&server)).unwrap(), PREFIX).await;
        match (found, words) {
            (Ok(Discovery { channels, notes }), None) => {
                assert!(notes.is_empty(), "{missing:?}: {notes:?}");
                assert_eq!((&channels[0].counter, channels[0].subscribers), (&Reading::Value(1), Some(1)));
            }
            (Ok(Discovery { channels, notes }), Some(words)) => {
                assert!(notes.len() == 1 && notes[0].contains(words), "{missing:?}: {notes:?}");
                assert_eq!(channels[0].counter, Reading::Value(1), "{missing:?}");
            }
            (Err(error @ DiscoveryError::Rejected(_)), Some(words)) => {
                assert!(error.to_string().contains(words), "{missing:?}: {error}");
            }
            (found, words) => panic!("{missing:?}: {found:?}, expected {words:?}"),
        }
    }
}

#[test]
fn a_failed_login_names_the_user_and_the_reason() {
    let server = server_with(&[]);
    let at = |login: &str| server.url().replace("redis://", &format!("redis://{login}"));
    for (url, user, words) in [
        (at("watcher:wr0ng@"), "as watcher", "WRONGPASS"),
        (at("nobody:wr0ng@"), "as nobody", "WRONGPASS"),
        (at(":wr0ng@"), "as default", "WRONGPASS"),
        (at(""), "authentication required by", "set user and password"),
    ] {
        for command in
            [&["tail", "ops", "--for", "10s"][..], &["publish", "ops", "evt"], &["channels"], &["check", "ops"]]
        {
            let world = World::new(&url);
            let ended = world.run(command);
            assert_eq!((ended.status, ended.err.lines().count()), (3, 1), "{url} {command:?}: {ended:?}");
            assert!(ended.err.contains(words) && ended.err.contains(user), "{url} {command:?}: {}", ended.err);
            assert!(!ended.err.contains("wr0ng"), "{}", ended.err);
        }
    }
}

#[test]
fn a_password_comes_from_where_keys_come_from_and_goes_to_its_own_server_only() {
    let server = server_with(&[]);
    let keeper = "{ command = [\"cat\", \"pass\"] }";
    for source in ["{ env = \"REDIS_PASS\" }", "{ file = \"pass\" }", keeper, &format!("{{ value = \"{PASSWORD}\" }}")]
    {
        let config = format!(
            "default_profile = \"p\"\n[profile.p]\nurl = \"{}\"\nuser = \"watcher\"\npassword = {source}\n",
            server.url()
        );
        let world = World::new("").config(&config);
        world.file(".config/aircheck/pass", &format!("{PASSWORD}\n"));
        let output = world.command(&["check", "ops"]).env("REDIS_PASS", PASSWORD).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{source}: {output:?}");
        assert!(output.stderr.is_empty(), "{source}: {output:?}");
        // The login of the profile is not sent to another server.
        let elsewhere = world.command(&["check", "ops", "--url", &server.url()]).output().unwrap();
        let errors = String::from_utf8(elsewhere.stderr).unwrap();
        assert!(elsewhere.status.code() == Some(3) || source.contains("env"), "{source}: {errors}");
        assert!(errors.contains("authentication required by "), "{source}: {errors}");
    }
    for (keys, words) in [
        (
            "url = \"redis://:a@h\"\npassword = { value = \"b\" }",
            "config.toml:4:12: profile.p.password: the URL contains a password too",
        ),
        ("url = \"redis://u@h\"\nuser = \"v\"", "config.toml:4:8: profile.p.user: the URL contains a user too"),
        ("sentinel_user = \"v\"", "config.toml:3:17: profile.p.sentinel_user: requires a redis+sentinel:// URL"),
        (
            "sentinel_password = { value = \"b\" }",
            "config.toml:3:21: profile.p.sentinel_password: requires a redis+sentinel:// URL",
        ),
        (
            "password = \"b\"",
            "config.toml:3:12: profile.p.password: expected a table with one of env, file, command and value",
        ),
    ] {
        let world = World::new("").config(&format!("default_profile = \"p\"\n[profile.p]\n{keys}\n"));
        let ended = world.run(&["inspect", "evt"]);
        assert!(ended.status == 2 && ended.err.contains(words), "{keys}: {ended:?}");
    }
    let world = World::new("").config("[profile.p]\npassword = { value = \"b\" }\n");
    let file = world.home().join(".config/aircheck/config.toml");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let ended = world.run(&["inspect", "evt"]);
    assert!(ended.status == 2 && ended.err.contains("but others can access it"), "{ended:?}");
}

/// The line of a report about a subject.
fn report_line<'a>(report: &'a str, subject: &str) -> &'a str {
    report.lines().find(|line| line[9..].starts_with(subject)).unwrap_or_else(|| panic!("no {subject}: {report}"))
}

#[test]
fn doctor_reports_rights_and_changes_nothing() {
    let server = server_with(&["+acl|dryrun", "+acl|whoami", "+time"]);
    let state: &[&str] = &["INFO", "commandstats"];
    let world = World::new(&url(&server));
    let ended = world.run(&["doctor", "ops", "other", "ops:*"]);
    let report = ended.out.as_str();
    assert_eq!((ended.status, ended.err.as_str()), (1, ""), "{report}");
    assert!(report_line(report, "rights on ops ").starts_with("warning"), "{report}");
    assert!(
        report_line(report, "rights on ops ").ends_with("  SUBSCRIBE, GET, PUBLISH denied, INCR denied"),
        "{report}"
    );
    assert!(report_line(report, "rights on other ").starts_with("failed "), "{report}");
    assert!(report_line(report, "rights on other ").contains("SUBSCRIBE denied, GET denied"), "{report}");
    assert!(report_line(report, "rights on ops:*").ends_with("  PSUBSCRIBE denied"), "{report}");
    assert!(report_line(report, "RESP3").starts_with("ok "), "{report}");
    assert!(report_line(report, "clock").contains("the server's clock is "), "{report}");
    assert!(report_line(report, "user").ends_with("  watcher"), "{report}");
    assert!(report_line(report, "server").contains(", version "), "{report}");
    assert!(!report.contains(PASSWORD) && !report.contains(world.home().to_str().unwrap()), "{report}");
    let commands: String = server.command(state);
    for command in ["publish", "incr", "set", "multi", "subscribe"] {
        assert!(!commands.contains(&format!("cmdstat_{command}:")), "{command} was run: {commands}");
    }
    assert!(!world.state().exists(), "a file was created");
}

#[test]
fn doctor_shows_facts_that_the_server_does_not_report_as_unknown() {
    let server = server_with(&[]);
    let ended = World::new(&url(&server)).run(&["doctor", "ops"]);
    let line = report_line(&ended.out, "rights on ops");
    assert!(
        line.starts_with("warning") && line.contains("SUBSCRIBE unknown, GET, PUBLISH unknown, INCR unknown: "),
        "{line}"
    );
    assert!(report_line(&ended.out, "user").contains("unknown: NOPERM"), "{}", ended.out);
    assert!(report_line(&ended.out, "clock").contains("unknown: NOPERM"), "{}", ended.out);
    assert_eq!(ended.status, 0, "{}", ended.out);
}

#[test]
fn doctor_reports_a_server_and_a_configuration_that_cannot_be_used() {
    let server = RedisServer::start();
    let all = World::of(&server).run(&["doctor", "ops"]);
    assert!(report_line(&all.out, "rights on ops").ends_with("  SUBSCRIBE, GET, PUBLISH, INCR"), "{}", all.out);
    assert_eq!(all.status, 0, "{}", all.out);
    let nobody = World::new(&format!("redis://:hunter2@127.0.0.1:{}", crate::support::free_port())).run(&["doctor"]);
    assert!(report_line(&nobody.out, "server").starts_with("failed ") && nobody.status == 1, "{}", nobody.out);
    let world = World::of(&server).config("mouse = 3");
    let broken = world.run(&["doctor"]);
    assert!(
        report_line(&broken.out, "configuration").contains("config.toml:1:9: mouse: expected true"),
        "{}",
        broken.out
    );
    assert_eq!(broken.status, 1);
}
