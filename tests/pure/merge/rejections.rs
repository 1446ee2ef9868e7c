//! Recordings that cannot be merged, and conflicts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::merge::{ServerProof, merge};
use aircheck::wire::verdict::Verdict;
use rusqlite::Connection;

use crate::record::{START, finding, numbered, record_all};

fn one(number: u64, payload: &[u8]) -> Interval {
    let mut interval = Interval::default();
    let (channel, sequence) = (Channel::new(b"ops"), Sequence::Exact(number));
    interval.push_message(payload, START + 5, channel, sequence, Verdict::Unsigned, None, None);
    interval
}

#[test]
fn two_different_recordings_and_a_new_file_are_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c, text] = ["a.db", "b.db", "c.db", "text"].map(|name| directory.path().join(name));
    record_all(&a, vec![numbered(1, 3)]);
    record_all(&b, vec![numbered(2, 4)]);
    fs::write(&text, "no recording, and longer than a header would be").unwrap();
    let merge_error = |a: &Path, b: &Path, out: &Path| merge(&[a, b], out, false).unwrap_err().to_string();
    for (error, (name, words)) in [
        (merge_error(&a, &a, &c), ("a.db", "is the same file as another recording")),
        (merge_error(&a, &b, &b), ("b.db", "already exists")),
        (merge_error(&a, &directory.path().join("none.db"), &c), ("none.db", "cannot read")),
        (merge_error(&text, &b, &c), ("text", "")),
        (merge_error(&a, &b, &directory.path().join("none/c.db")), ("none/c.db", "cannot create")),
        // A directory that not even root can write to.
        (merge_error(&a, &b, &text.join("c.db")), ("text/c.db", "cannot create")),
    ] {
        assert!(error.contains(name) && error.contains(words), "{error}");
    }
    // A failed merge leaves no file.
    assert!(
        fs::read_dir(directory.path()).unwrap().all(|file| !file
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("draft"))
    );
    let merged = merge(&[&a, &b], &c, false).unwrap();
    let taken = [(&a, 3), (&b, 1)].map(|(path, taken)| (path.to_str().unwrap().to_owned(), taken));
    assert_eq!((merged.messages, merged.gaps, &merged.taken[..]), (4, 0, &taken[..]));
    assert_eq!(fs::metadata(&c).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Changes the server address of a recording.
fn readdress(path: &Path, source: &str) {
    Connection::open(path).unwrap().execute("UPDATE total SET source = ?", [source]).unwrap();
}

/// Records `run_id` as the server that the counters were read from.
fn identify(path: &Path, run_id: &str) {
    let sql = "UPDATE channel SET run_id = ?1, replication_id = ?1";
    assert_ne!(Connection::open(path).unwrap().execute(sql, [run_id]).unwrap(), 0);
}

#[test]
fn recordings_with_different_addresses_are_merged_if_their_messages_are_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c, d, out] = ["a.db", "b.db", "c.db", "d.db", "out.db"].map(|name| directory.path().join(name));
    record_all(&a, vec![numbered(1, 600)]);
    record_all(&b, vec![numbered(101, 700)]);
    readdress(&b, "redis://other:6379/0 p_");
    let file = |path: &Path| path.to_str().unwrap().to_owned();
    let merged = merge(&[&a, &b], &out, false).unwrap();
    assert_eq!((merged.messages, merged.conflicts), (700, 0));
    // Of the 500 messages, the first 200 and the last 200 are compared.
    assert_eq!(merged.proofs, [ServerProof { files: [file(&a), file(&b)], equal: 400, has_same_id: false }]);

    // The third one has nothing in common with the first, but with the second. The order does not matter.
    record_all(&c, vec![numbered(690, 800)]);
    readdress(&c, "redis://third:6379/0 p_");
    // The fourth one has the second one's address.
    record_all(&d, vec![numbered(900, 910)]);
    readdress(&d, "redis://other:6379/0 p_");
    for (index, paths) in [[&a, &b, &c, &d], [&d, &c, &a, &b]].iter().enumerate() {
        let out = directory.path().join(format!("all{index}.db"));
        let merged = merge(&paths.map(PathBuf::as_path), &out, false).unwrap();
        assert_eq!((merged.messages, merged.conflicts, merged.proofs.len()), (811, 0, 2), "{merged:?}");
    }
}

const NOTHING_IN_COMMON: &str = "have no message with the same exact sequence number within five minutes, so they cannot show whether these are the same";

#[test]
fn recordings_with_different_addresses_and_no_proof_are_merged_only_with_same_server() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["a.db", "b.db", "c.db"].map(|name| directory.path().join(name));
    let [a, b, out] = &paths;
    let constant = |from, to| (from..=to).map(|number| one(number, b"evt::1")).collect::<Vec<_>>();
    // What each recorded, the run ids of their servers if known, and the reason.
    let cases = [
        (vec![numbered(1, 3)], vec![numbered(4, 6)], None, NOTHING_IN_COMMON),
        (
            vec![numbered(1, 3)],
            constant(2, 5),
            None,
            "the payloads differ for 2 of 2 messages with the same sequence number, so these are different servers",
        ),
        (
            vec![numbered(1, 5)],
            vec![numbered(1, 3), one(4, b"evt::1")],
            Some(["one", "one"]),
            "the payloads differ for 1 of 4 messages with the same sequence number, so it is not proven",
        ),
        // A message that never changes has each number on each server.
        (
            constant(1, 9),
            constant(5, 12),
            None,
            "the payloads are equal for 5 messages with the same sequence number, but all have one payload",
        ),
        (
            vec![numbered(1, 5)],
            vec![numbered(5, 7)],
            None,
            "equal for 1 message with the same sequence number, but all have",
        ),
        (
            vec![numbered(1, 5)],
            vec![numbered(2, 7)],
            Some(["one", "two"]),
            "equal for 4 messages with the same sequence number, but the server IDs differ: ",
        ),
        (
            vec![numbered(1, 3)],
            vec![numbered(4, 6)],
            Some(["one", "two"]),
            "within five minutes, and the server IDs differ: ",
        ),
    ];
    for (of_a, of_b, run_ids, reason) in cases {
        for path in &paths {
            let _ = fs::remove_file(path);
        }
        record_all(a, of_a);
        record_all(b, of_b);
        readdress(b, "redis://other:6379/0 p_");
        for (path, run_id) in [a, b].into_iter().zip(run_ids.into_iter().flatten()) {
            identify(path, run_id);
        }
        let error = merge(&[a, b], out, false).unwrap_err().to_string();
        let servers = format!(
            "b.db is of server redis://other:6379/0 (counter prefix p_), but {} is of redis://redis.internal:6379/0 (counter prefix p_): ",
            a.display()
        );
        assert!(error.contains(&servers) && error.contains(reason), "{error}");
        assert!(error.ends_with("; add --same-server if they are the same"), "{error}");
        assert!(!out.exists());
        assert_eq!(merge(&[a, b], out, true).unwrap().proofs, []);
    }
}

#[test]
fn the_same_server_id_is_proof_for_one_counter_only() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, out] = ["a.db", "b.db", "out.db"].map(|name| directory.path().join(name));
    record_all(&a, vec![numbered(1, 3)]);
    record_all(&b, vec![numbered(6, 9)]);
    identify(&a, "one");
    identify(&b, "one");
    for source in ["redis://other:6379/1 p_", "redis://other:6379/0 q_"] {
        readdress(&b, source);
        let error = merge(&[&a, &b], &out, false).unwrap_err().to_string();
        assert!(error.contains(NOTHING_IN_COMMON), "{error}");
    }
    readdress(&b, "redis://other:6379/0 p_");
    let merged = merge(&[&a, &b], &out, false).unwrap();
    let [proof] = &merged.proofs[..] else { panic!("{merged:?}") };
    assert_eq!((merged.messages, proof.equal, proof.has_same_id), (7, 0, true));
}

#[test]
fn another_counter_epoch_with_the_same_numbers_is_no_disproof() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, out] = ["a.db", "b.db", "out.db"].map(|name| directory.path().join(name));
    let reset = || {
        let mut interval = Interval::default();
        let cause = Cause::Reset { before: 9, after: Some(0) };
        interval.push(finding(FindingKind::CounterReset, (None, None), None, cause));
        interval
    };
    let again = || (1..=9).map(|number| one(number, format!("evt::{number}").as_bytes())).collect::<Vec<_>>();
    record_all(&a, [numbered(1, 9), reset()].into_iter().chain(again()).collect());
    // This recorder started after the reset.
    record_all(&b, again());
    readdress(&b, "redis://other:6379/0 p_");
    let merged = merge(&[&a, &b], &out, false).unwrap();
    let [proof] = &merged.proofs[..] else { panic!("{merged:?}") };
    assert_eq!((merged.messages, merged.conflicts, proof.equal), (18, 0, 9));
}

#[test]
fn different_bytes_under_one_number_are_reported_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a.db", "b.db", "c.db"].map(|name| directory.path().join(name));
    record_all(&a, vec![numbered(1, 4), one(5, b"evt::1"), numbered(6, 9)]);
    record_all(&b, vec![numbered(1, 4), one(5, b"evt::2"), numbered(6, 9)]);
    let merged = merge(&[&a, &b], &c, false).unwrap();
    assert_eq!((merged.messages, merged.conflicts, merged.gaps), (9, 1, 0));
    assert_eq!(merged.conflicting, [(Channel::new(b"ops"), 1, 5)]);
    let both = Connection::open(&c)
        .unwrap()
        .query_row("SELECT sequence, payload, other_payload, session, other_session FROM conflicts", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .unwrap();
    assert_eq!(both, (5_i64, b"evt::1".to_vec(), b"evt::2".to_vec(), 1_i64, 2_i64));
}

/// The recordings of a merged one: the first session, the file and the number of messages taken; and its conflicts: the session,
/// the payload, the other session and the other payload.
fn provenance(path: &Path) -> (Vec<String>, Vec<String>) {
    let connection = Connection::open(path).unwrap();
    let lines = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<Vec<String>>>().unwrap()
    };
    let recordings =
        "SELECT first_session || ' ' || file || ' ' || messages_taken FROM recording ORDER BY first_session";
    let conflicts =
        "SELECT session || ' ' || CAST(payload AS TEXT) || ' ' || other_session || ' ' || CAST(other_payload AS TEXT)
        FROM conflicts ORDER BY other_session";
    (lines(recordings), lines(conflicts))
}

#[test]
fn several_recordings_are_merged_with_their_provenance() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c, all, ab, in_turn, last] =
        ["a.db", "b.db", "c.db", "all.db", "ab.db", "in_turn.db", "last.db"].map(|name| directory.path().join(name));
    record_all(&a, vec![numbered(1, 4), one(5, b"evt::1")]);
    record_all(&b, vec![numbered(1, 4), one(5, b"evt::2"), numbered(6, 9)]);
    record_all(&c, vec![one(5, b"evt::3"), numbered(9, 12)]);
    let merged = merge(&[&a, &b, &c], &all, false).unwrap();
    assert_eq!((merged.messages, merged.conflicts, merged.gaps), (12, 2, 0));
    assert_eq!(merged.conflicting, [(Channel::new(b"ops"), 1, 5), (Channel::new(b"ops"), 1, 5)]);
    let file = |path: &Path| path.to_str().unwrap().to_owned();
    let [shown_a, shown_b, shown_c] = [&a, &b, &c].map(|path| file(path));
    let recordings = [format!("1 {shown_a} 5"), format!("2 {shown_b} 4"), format!("3 {shown_c} 3")];
    let conflicts = ["1 evt::1 2 evt::2", "1 evt::1 3 evt::3"];
    assert_eq!(provenance(&all), (recordings.to_vec(), conflicts.map(str::to_owned).to_vec()));

    // The same, one after the other.
    merge(&[&a, &b], &ab, false).unwrap();
    assert_eq!(merge(&[&ab, &c], &in_turn, false).unwrap(), merged);
    assert_eq!(provenance(&in_turn), provenance(&all));
    // The merged recording is the second one.
    assert_eq!(merge(&[&c, &ab], &last, false).unwrap().conflicts, 2);
    let conflicts = ["1 evt::3 2 evt::1", "1 evt::3 3 evt::2"];
    let recordings = [format!("1 {shown_c} 5"), format!("2 {shown_a} 4"), format!("3 {shown_b} 3")];
    assert_eq!(provenance(&last), (recordings.to_vec(), conflicts.map(str::to_owned).to_vec()));
    assert!(merge(&[&a], &directory.path().join("one.db"), false).is_err());
    let left = fs::read_dir(directory.path()).unwrap();
    assert!(left.map(|file| file.unwrap().file_name()).all(|name| !name.to_string_lossy().contains("draft")));
}
