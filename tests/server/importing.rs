//! `import` converts the output of `tail --format json` to a recording.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::RedisServer;
use crate::tailing::Tailing;
use crate::world::World;

#[test]
fn imported_tail_lines_are_unchanged() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let tailing = Tailing::json(&world, &["ops", "--count", "5"]);
    world.feed(&["publish", "ops", "--lines"], "evt {\"a\": 1}\nevt\n{\"name\": \"a b\", \"data\": \"\\u0007\"}\n");
    server.command::<u64>(&["PUBLISH", "ops", "evt:sha256|nobody|1|00:{}"]);
    server.command::<u64>(&["PUBLISH", "ops", "evt::{"]);
    let ended = tailing.end();
    let lines: Vec<&str> = ended.out.lines().collect();
    let findings = lines.iter().filter(|line| line.contains("\"finding\"")).count();
    let path = world.file("tail.jsonl", &format!("{}\nnot JSON\n{{\"type\":\"other\"}}\n", lines.join("\n")));
    let recording = world.home().join("ops.db");
    let words = ["import", path.to_str().unwrap(), "-o", recording.to_str().unwrap()];
    let imported = world.run(&words);
    let wrong = lines.len() + 1;
    assert_eq!(imported.status, 1, "{} {lines:#?}", imported.err);
    assert!(imported.err.contains(&format!("line {wrong}: not a JSON line of tail: ")), "{}", imported.err);
    assert!(imported.err.contains(&format!("line {}: unexpected type other, expected message", wrong + 1)));
    assert!(imported.err.contains("imported 5 messages to "), "{} {lines:#?}", imported.err);
    // All lines are equal, except link changes, which `show` does not print.
    let shown = world.run(&["show", recording.to_str().unwrap(), "--format", "json"]);
    let mut expected: Vec<&str> = lines.iter().copied().filter(|line| !line.contains("\"type\":\"link\"")).collect();
    let mut found: Vec<&str> = shown.out.lines().collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 5 + findings);
    // An existing file is never changed.
    let again = world.run(&words);
    assert_eq!(again.status, 2);
    assert!(again.err.contains("already exists"), "{}", again.err);
}

#[test]
fn import_reads_standard_input_and_records_dropped_messages_as_a_hole() {
    let world = World::new("redis://127.0.0.1:1");
    let recording = world.home().join("a.db");
    let message = |number: u64| {
        format!(
            "{{\"type\":\"message\",\"at\":\"2026-11-24T10:32:0{number}.000000Z\",\"channel\":null,\"channel_base64\":\"/w==\",\
             \"sequence\":{number},\"certainty\":\"exact\",\"name\":\"a\",\"verdict\":\"unsigned\",\"payload_base64\":\"YTo6\"}}\n"
        )
    };
    let dropped = "{\"type\":\"dropped\",\"at\":\"2026-11-24T10:32:02.000000Z\",\"channel\":null,\"channel_base64\":\"/w==\",\
         \"sequence_from\":2,\"sequence_to\":4,\"count\":3}\n\n";
    let input = [message(1), dropped.to_owned(), message(5)].concat();
    let imported = world.feed(&["import", "-", "-o", recording.to_str().unwrap()], &input);
    assert_eq!(imported.status, 0, "{}", imported.err);
    let shown = world.run(&["show", recording.to_str().unwrap(), "--format", "json"]);
    let lines = shown.json();
    assert_eq!((shown.status, lines.len()), (1, 3), "{}", shown.out);
    let messages: Vec<_> = lines.iter().filter(|line| line["type"] == "message").collect();
    assert_eq!((&messages[0]["channel_base64"], &messages[0]["sequence"]), (&"/w==".into(), &1.into()));
    assert_eq!(messages[1]["sequence"], 5);
    assert!(lines.iter().any(|line| line["type"] == "missing" && line["count"] == 3));
    let none = world.run(&["import", "none.jsonl", "-o", "b.db"]);
    assert_eq!(none.status, 2);
    assert!(none.err.contains("cannot read "), "{}", none.err);
}
