//! Links and other files in the place of aircheck's own files: it neither follows nor changes them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use aircheck::own_file;
use aircheck::recording::counters::Counters;
use aircheck::recording::history::History;
use aircheck::recording::writer::prepare;
use rusqlite::Connection;

use super::{numbered, record_all, settings};

/// Creates something at the first path. The second path is another file of the same user, which must not change.
type Plant = fn(&Path, &Path);

/// What may be in the place of aircheck's file, and the expected error.
const PLANTED: [(Plant, &str); 5] = [
    (|victim, path| symlink(victim, path).unwrap(), "it is a symbolic link; remove it"),
    (|_, path| symlink("nowhere", path).unwrap(), "it is a symbolic link; remove it"),
    (|victim, path| fs::hard_link(victim, path).unwrap(), "it has a second name (a hard link); remove it"),
    (
        |_, path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        "it is not a regular file; remove it",
    ),
    (|_, path| fs::create_dir(path).unwrap(), ""),
];

/// Puts each of them at `name`. Expects that `open` fails and changes nothing.
fn expect_errors(name: &str, open: impl Fn(&Path) -> String) {
    for (plant, words) in PLANTED {
        let directory = tempfile::tempdir().unwrap();
        let victim = directory.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        fs::set_permissions(&victim, Permissions::from_mode(0o644)).unwrap();
        let path = directory.path().join(name);
        plant(&victim, &path);
        let error = open(&path);
        assert!(error.contains(path.to_str().unwrap()) && error.contains(words), "{error}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(fs::metadata(&victim).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "{name}: something else was made");
    }
}

#[test]
fn the_lock_of_a_recording_is_no_link() {
    expect_errors("a.db-lock", |lock| prepare(settings(lock.with_file_name("a.db"))).unwrap_err().to_string());
}

#[test]
fn the_file_of_counters_is_no_link() {
    expect_errors("counters.db", |path| Counters::open(path).unwrap_err().to_string());
}

#[test]
fn the_history_is_no_link() {
    expect_errors("history.jsonl", |path| History::new(path.to_owned(), 3).append("line").unwrap_err().to_string());
}

#[test]
fn a_file_of_another_user_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lock");
    drop(own_file::open(&path).unwrap());
    own_file::create(&path).unwrap();
    // Only root can give a file away.
    if chown(&path, Some(65534), None).is_ok() {
        for error in [own_file::open(&path).unwrap_err(), own_file::create(&path).unwrap_err()] {
            assert_eq!(error.to_string(), "it belongs to another user (uid 65534); remove it");
        }
    }
}

#[test]
fn a_file_that_is_no_recording_keeps_its_mode_and_gets_no_lock() {
    let directory = tempfile::tempdir().unwrap();
    let [text, other] = ["text", "other.db"].map(|name| directory.path().join(name));
    fs::write(
        &text,
        "no recording, and longer than the header of a database would be: a hundred bytes and more; really",
    )
    .unwrap();
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    for path in [text, other] {
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        prepare(settings(path.clone())).unwrap_err();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644, "{}", path.display());
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "a lock was made");
}

#[test]
fn a_recording_that_others_could_read_is_closed_to_them_with_its_journal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, vec![numbered(1, 3)]);
    // The state that a killed recorder leaves.
    let reader = Connection::open(&path).unwrap();
    reader.query_row("SELECT count(*) FROM message", [], |_| Ok(())).unwrap();
    let files = ["a.db", "a.db-wal", "a.db-shm"].map(|name| directory.path().join(name));
    for file in &files {
        fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    drop(prepare(settings(path)).unwrap());
    for file in &files {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn the_number_in_a_lock_is_replaced_in_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let lock = directory.path().join("a.db-lock");
    fs::write(&lock, "99999999999999\n").unwrap();
    let prepared = prepare(settings(path.clone())).unwrap();
    let held = fs::read_to_string(&lock).unwrap();
    assert_eq!(held.trim(), std::process::id().to_string());
    let error = prepare(settings(path)).unwrap_err().to_string();
    assert!(error.contains(&format!("by another process ({});", std::process::id())), "{error}");
    drop(prepared);
}
