//! Recordings that cannot be merged, and conflicts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::merge::merge;
use aircheck::wire::verdict::Verdict;
use rusqlite::Connection;

use crate::record::{START, numbered, record_all};

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

#[test]
fn recordings_of_different_servers_are_merged_only_with_same_server() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a.db", "b.db", "c.db"].map(|name| directory.path().join(name));
    record_all(&a, vec![numbered(1, 3)]);
    record_all(&b, vec![numbered(3, 5)]);
    Connection::open(&b).unwrap().execute("UPDATE total SET source = 'redis://other'", []).unwrap();
    let error = merge(&[&a, &b], &c, false).unwrap_err().to_string();
    assert!(error.contains("b.db is of server redis://other") && error.contains("--same-server"), "{error}");
    assert_eq!(merge(&[&a, &b], &c, true).unwrap().messages, 5);
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

/// The recordings of a merged one: the first session, the file and the number of messages taken; and its conflicts: the session, the
/// payload, the other session and the other payload.
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
