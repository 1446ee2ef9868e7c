//! `merge` as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use crate::listening::broadcast;
use crate::proxy::Proxy;
use crate::record::program::Studio;
use crate::support::RedisServer;
use crate::world::{Ended, World};

/// Creates a recording of `ops` with these numbers. The others of 1 to 9 are missed. Returns its path.
fn recording(world: &World, name: &str, numbers: &[u64]) -> String {
    let message = |number: u64| {
        json!({
            "type": "message", "at": format!("2026-11-24T10:32:0{number}.000000Z"), "channel": "ops", "sequence": number, "certainty": "exact",
            "verdict": "unsigned", "payload_base64": "YTo6",
        })
    };
    let gap = |number: u64| {
        json!({
            "type": "finding", "kind": "missed_disconnected", "channel": "ops", "sequence_from": number, "sequence_to": number, "count": 1,
            "at": format!("2026-11-24T10:32:0{number}.000000Z"), "reason": "EOF", "duration_micros": 5, "lower_bound": false,
        })
    };
    let line = |number| if numbers.contains(&number) { message(number) } else { gap(number) };
    let lines: Vec<String> = (1..=9).map(|number| line(number).to_string()).collect();
    let path = format!("{}/{name}", world.home().display());
    assert_eq!(world.feed(&["import", "-", "-o", &path], &lines.join("\n")).status, 0);
    path
}

/// The output of `merge` about gaps, e.g. `1 gap filled, 3 remaining`.
fn gaps(world: &World, recordings: &[&str], to: &str) -> String {
    let to = format!("{}/{to}", world.home().display());
    let merged = world.run(&[&["merge"], recordings, &["-o", &to]].concat());
    let gaps = merged.out.split("; ").nth(1).unwrap_or_else(|| panic!("{merged:?}"));
    gaps.split(", ").take(2).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_gap_that_several_recordings_have_is_counted_once() {
    let world = World::new("redis://127.0.0.1:1");
    let [a, b, c] = [("a.db", &[1, 2, 3, 7, 8, 9][..]), ("b.db", &[1, 2, 3, 8, 9]), ("c.db", &[1, 4, 5, 6, 9])]
        .map(|(name, of)| recording(&world, name, of));
    // Both lack #4 to #6. Only #7 is filled.
    assert_eq!(gaps(&world, &[&a, &b], "ab.db"), "1 gap filled, 3 remaining");
    // #2 to #8 are filled, in any order.
    assert_eq!(gaps(&world, &[&a, &b, &c], "abc.db"), "7 gaps filled, 0 remaining");
    assert_eq!(gaps(&world, &[&a, &c, &b], "acb.db"), "7 gaps filled, 0 remaining");
    // A replay can begin at a filled gap. Here it only lacks a terminal.
    let merged = format!("{}/acb.db", world.home().display());
    for place in ["last", "7", "seq:2", "seq:4-5", "seq:9", "2026-11-24T10:32:05Z"] {
        let ended = world.run(&["replay", &merged, "--around", place]);
        assert!(ended.status == 2 && !ended.err.contains("--around"), "{ended:?}");
    }
    let ended = world.run(&["replay", &merged, "--around", "8"]);
    assert!(ended.err.contains("--around: no finding 8; the recording has 7 findings"), "{ended:?}");
    let ended = world.run(&["replay", &merged, "--around", "seq:99"]);
    assert!(ended.err.contains("--around: no recording has ops #99 or a gap there"), "{ended:?}");
}

#[test]
fn merge_reports_remaining_gaps_and_the_new_file_opens() {
    let world = World::new("redis://127.0.0.1:1");
    let [a, b] =
        [("a.db", &[1, 2, 3, 7, 8, 9][..]), ("b.db", &[1, 4, 5, 9])].map(|(name, of)| recording(&world, name, of));
    let c = format!("{}/c.db", world.home().display());
    let merged = world.run(&["merge", &a, &b, "-o", &c]);
    assert_eq!(merged.status, 1, "{}", merged.err);
    assert!(merged.out.starts_with(&format!("merged 8 messages: 6 from {a}, 2 from {b}; ")), "{}", merged.out);
    assert_eq!(merged.err, "missing in all: ops #6 (1): missed_disconnected\n");
    let shown = world.run(&["show", &c, "--channel", "ops", "--seq", "1..9", "--format", "json"]);
    let found: Vec<_> = shown.json().iter().map(|line| line["sequence"].as_u64()).collect();
    let expected = [Some(1), Some(2), Some(3), Some(4), Some(5), None, Some(7), Some(8), Some(9)];
    assert_eq!((shown.status, &found[..]), (1, &expected[..]), "{}", shown.out);

    let d = recording(&world, "d.db", &[6]);
    let whole = world.run(&["merge", &c, &d, "-o", &format!("{c}2")]);
    assert_eq!((whole.status, whole.err.as_str()), (0, ""), "{}", whole.out);
    let several = world.run(&["merge", &a, &b, &d, "-o", &format!("{c}4")]);
    assert_eq!((several.status, several.err.as_str()), (0, ""), "{}", several.out);
    assert!(
        several.out.starts_with(&format!("merged 9 messages: 6 from {a}, 2 from {b}, 1 from {d}; ")),
        "{}",
        several.out
    );
    let directory = world.home().join("recordings");
    std::fs::create_dir(&directory).unwrap();
    let inside = directory.to_str().unwrap();
    let none = world.run(&["merge", inside, "-o", &format!("{c}5")]);
    assert_eq!(none.status, 2);
    assert!(none.err.starts_with(&format!("aircheck: no recording in \"{inside}\"")), "{}", none.err);
    let copied = |file: &str| std::fs::copy(file, directory.join(file.rsplit('/').next().unwrap())).unwrap();
    copied(&b);
    let one = world.run(&["merge", inside, "-o", &format!("{c}5")]);
    assert_eq!((one.status, one.err.as_str()), (2, "aircheck: 1 recording to merge; name two or more\n"));
    copied(&d);
    let all = world.run(&["merge", &a, inside, "-o", &format!("{c}5")]);
    assert!(all.status == 0 && all.out.starts_with("merged 9 messages: "), "{}{}", all.out, all.err);
    let same = world.run(&["merge", &a, &a, "-o", &format!("{c}3")]);
    assert_eq!(same.status, 2);
    assert!(same.err.contains("a.db is the same file as another recording"), "{}", same.err);
}

#[test]
fn file_names_and_messages_of_unknown_channels_are_printed_as_they_are() {
    let world = World::new("redis://127.0.0.1:1");
    let a = recording(&world, "back\\slash.db", &[1, 2, 3, 7, 8, 9]);
    let line = json!({"type": "dropped", "at": "2026-11-24T10:32:05.000000Z", "count": 5}).to_string();
    let b = recording(&world, "b.db", &[1, 4, 5, 6, 9]);
    let [c, d] = ["c.db", "d.db"].map(|name| format!("{}/{name}", world.home().display()));
    assert_eq!(world.feed(&["import", "-", "-o", &d], &line).status, 0);
    let merged = world.run(&["merge", &a, &b, &d, "-o", &c]);
    assert_eq!((merged.status, merged.err.as_str()), (1, "missing in all: unknown channels (5): not_recorded\n"));
    let escaped = a.replace('\\', "\\\\");
    assert!(merged.out.contains(&format!("6 from {escaped}, 3 from {b}")), "{}", merged.out);
    let shown = world.run(&["show", &c, "--channel", "ops", "--seq", "1..9"]);
    assert!(shown.err.contains(&format!("(recorder of {escaped})")), "{}", shown.err);
}

#[test]
fn show_reports_which_recorder_missed_what_a_merge_filled() {
    let world = World::new("redis://127.0.0.1:1");
    let b = recording(&world, "b.db", &[1, 2, 3, 4, 5, 9]);
    let [a, d, ab, db] = ["a.db", "d.db", "ab.db", "db.db"].map(|name| format!("{}/{name}", world.home().display()));
    let message = |number: u64| {
        json!({
            "type": "message", "at": format!("2026-11-24T10:32:0{number}.000000Z"), "channel": "ops", "sequence": number,
            "certainty": "exact", "verdict": "unsigned", "payload_base64": "YTo6",
        })
    };
    // Recordings with one gap that b.db fills completely, or partly.
    for (path, last) in [(&a, 5), (&d, 8)] {
        let gap = json!({
            "type": "finding", "kind": "missed_disconnected", "channel": "ops", "sequence_from": 4, "sequence_to": last,
            "count": last - 3, "at": "2026-11-24T10:32:08.500000Z", "reason": "EOF", "duration_micros": 52_000,
            "lower_bound": false,
        });
        let lines = [1, 2, 3].map(message).into_iter().chain([gap]).chain((last + 1..=9).map(message));
        let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
        assert_eq!(world.feed(&["import", "-", "-o", path], &lines.join("\n")).status, 0);
    }
    let show = |words: &[&str]| world.run(&[&["show"], words].concat());
    let filled = |words: &[&str]| {
        let shown = show(words);
        let lines = shown.err.lines().filter(|line| line.contains("filled")).map(str::to_owned).collect::<Vec<_>>();
        (shown.status, lines.join("\n").replace(world.home().to_str().unwrap(), ""))
    };
    assert_eq!(world.run(&["merge", &a, &b, "-o", &ab]).status, 0);
    let of_a = "filled by the merge: ops: 2 missed  #4–5  disconnected 52 ms  (recorder of /a.db)";
    for words in
        [["--seq", "5.."], ["--filter", "kind:missed_disconnected"], ["--until", "2026-11-24T10:32:08.500000Z"]]
    {
        let (status, lines) = filled(&[&[&ab, "--channel", "ops"], &words[..]].concat());
        assert!(status == 0 && lines.contains(of_a), "{words:?}: {lines}");
    }
    // The gaps that b.db had are not about these numbers, kinds or times.
    for words in [["--seq", "1..3"], ["--filter", "kind:silent"], ["--until", "2026-11-24T10:32:01Z"]] {
        assert_eq!(filled(&[&[&ab, "--channel", "ops"], &words[..]].concat()), (0, String::new()), "{words:?}");
    }
    for format in ["json", "csv"] {
        let shown = show(&[&ab, "--channel", "ops", "--seq", "5..", "--format", format]);
        assert_eq!((shown.status, shown.err.as_str()), (0, ""), "{}", shown.out);
    }
    assert_eq!(world.run(&["merge", &d, &b, "-o", &db]).status, 1);
    let of_d = "partly filled by the merge: ops: 5 missed  #4–8  disconnected 52 ms  (recorder of /d.db)";
    let (status, lines) = filled(&[&db, "--channel", "ops", "--seq", "4.."]);
    assert!(status == 1 && lines.contains(of_d), "{lines}");
}

#[test]
fn messages_without_a_number_are_mentioned_after_those_with_one() {
    let world = World::new("redis://127.0.0.1:1");
    let path = format!("{}/a.db", world.home().display());
    let message = |second: u64, sequence: Option<u64>| {
        json!({
            "type": "message", "at": format!("2026-11-24T10:32:0{second}.000000Z"), "channel": "ops", "sequence": sequence,
            "certainty": if sequence.is_some() { "exact" } else { "unknown" },
            "unknown_reason": sequence.is_none().then_some("received_not_counted"),
            "verdict": "unsigned", "payload_base64": "YTo6",
        })
    };
    let messages = [(1, Some(1)), (2, None), (3, Some(2)), (4, Some(3)), (5, None)];
    let lines: Vec<String> = messages.iter().map(|(at, of)| message(*at, *of).to_string()).collect();
    let made = world.feed(&["import", "-", "-o", &path], &lines.join("\n"));
    assert_eq!(made.status, 0, "{made:?}");
    let hint = |words: &[&str]| {
        let shown = world.run(&[&["show", &path, "--channel", "ops"], words].concat());
        assert_eq!(shown.status, 0, "{shown:?}");
        shown.err.replace(&path, "FILE")
    };
    assert_eq!(
        hint(&["--seq", "1..3"]),
        "1 message without a sequence number in this time: aircheck show FILE --channel ops --since \
         2026-11-24T10:32:02.000000Z --until 2026-11-24T10:32:02.000000Z\n"
    );
    for words in
        [&["--seq", "2..3"][..], &["--seq", "1..3", "--format", "json"], &["--seq", "1..3", "--filter", "name:a"]]
    {
        assert_eq!(hint(words), "", "{words:?}");
    }
}

#[test]
fn recordings_of_one_server_by_different_addresses_are_found_out() {
    let [server, twin, other] = [(); 3].map(|()| RedisServer::start());
    let proxy = Proxy::before(&server);
    let studio = Studio::new(&server.url());
    let run = |words: &[&str]| Ended::of(&studio.output(words));
    let urls = [server.url(), proxy.url(), twin.url(), other.url()];
    let files = ["a.db", "b.db", "twin.db", "other.db"];
    let mut recorders = Vec::new();
    for (url, file) in urls.iter().zip(files) {
        recorders.push(studio.record(&["ops", "-o", file, "--url", url]));
    }
    for recorder in &mut recorders {
        recorder.wait_for(&["state=connected"]);
    }
    // The twin gets the same messages as the server.
    let send = |numbers: std::ops::RangeInclusive<u64>| {
        for number in numbers {
            for server in [&server, &twin] {
                assert_eq!(broadcast(server, "ops", &format!("evt::{number}")), number);
            }
            broadcast(&other, "ops", &format!("other::{number}"));
        }
    };
    send(1..=3);
    let mut a = recorders.remove(0);
    a.wait_for_committed(3);
    assert!(a.end().success());
    send(4..=8);
    for mut recorder in recorders {
        recorder.wait_for_committed(8);
        assert!(recorder.end().success());
    }
    let mut a = studio.record(&["ops", "-o", "a.db"]);
    a.wait_for(&["state=connected"]);
    send(9..=9);
    a.wait_for_committed(1);
    assert!(a.end().success());

    let merged = run(&["merge", "a.db", "b.db", "-o", "both.db"]);
    let proof = "a.db and b.db have different server addresses, but are of the same server: the server IDs are equal; 3 messages \
                 with the same sequence number compared, none differs\n";
    assert_eq!((merged.status, merged.err.as_str()), (0, proof), "{}", merged.out);
    assert!(
        merged.out.starts_with("merged 9 messages: 4 from a.db, 5 from b.db; 1 gap filled, 0 remaining"),
        "{}",
        merged.out
    );
    for (file, url, reason) in [
        (
            "twin.db",
            &twin.url(),
            ": the payloads are equal for 3 messages with the same sequence number, but the server IDs differ: ",
        ),
        (
            "other.db",
            &other.url(),
            ": the payloads differ for 3 of 3 messages with the same sequence number, so these are different servers",
        ),
    ] {
        let ended = run(&["merge", "a.db", file, "-o", "none.db"]);
        assert!(ended.status == 2 && ended.err.contains(reason), "{ended:?}");
        // Neither is a gap bundled with it.
        let words = ["--channel", "ops", "--around", "seq:4-8", "-o", "none.html"];
        let ended = run(&[&["bundle", "a.db", "b.db", file], &words[..]].concat());
        let listed = format!("{file} of {url}/0 (counter prefix system_broadcast_sequence_): ");
        let wanted = [
            "--around: recordings with different server addresses have ops #4–8 or a gap there: a.db of ",
            &listed,
            reason,
        ];
        assert!(ended.status == 2 && wanted.iter().all(|wanted| ended.err.contains(wanted)), "{ended:?}");
    }
    let words = ["--channel", "ops", "--around", "seq:4-8", "-o", "incident.html"];
    let ended = run(&[&["bundle", "a.db", "b.db"], &words[..]].concat());
    assert!(ended.status == 0 && ended.out.contains("with the content of 5 of 5 numbers"), "{ended:?}");
    // A recording of another server that has neither these numbers nor a gap there does not matter.
    let words = ["--channel", "ops", "--around", "seq:9", "-o", "nine.html"];
    let ended = run(&[&["bundle", "a.db", "other.db"], &words[..]].concat());
    assert!(ended.status == 0 && ended.out.contains("ops #9 to nine.html"), "{ended:?}");
}
