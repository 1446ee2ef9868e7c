//! The file of sent messages.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use aircheck::console::panes::compose::history::{HistoryEntry, MAX_HISTORY, remember};
use aircheck::recording::history::History;

fn entry(name: &str) -> HistoryEntry {
    HistoryEntry {
        at: 1,
        channel: "ops".to_owned(),
        name: name.to_owned(),
        data: "{\n}".to_owned(),
        key: Some("default".to_owned()),
        sequence: 7,
        receivers: 0,
    }
}

#[test]
fn only_the_owner_can_read_the_history() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/directory/history.jsonl");
    let history = History::new(path.clone(), 3);
    assert_eq!(history.load().unwrap(), [""; 0]);
    assert!(!path.exists(), "reading makes no file");
    for line in ["1", "2", "3", "4", "5"] {
        history.append(line).unwrap();
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(history.load().unwrap(), ["3", "4", "5"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "3\n4\n5\n", "the file is cut to its bounds");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, "3\n4\n5").unwrap();
    history.append("6").unwrap();
    assert_eq!(history.load().unwrap(), ["4", "5", "6"], "a line that was not finished ends");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn several_processes_can_append_and_cut_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.jsonl");
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let history = History::new(path.clone(), 1_000);
            std::thread::spawn(move || {
                for number in 0..50 {
                    history.append(&format!("{thread} {number}")).unwrap();
                    history.load().unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let mut lines = History::new(path, 1_000).load().unwrap();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 200, "no line is lost or torn");
}

#[test]
fn an_unusable_directory_is_reported_with_the_file() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    let error = History::new(directory.path().join("file/history.jsonl"), 3).append("x").unwrap_err().to_string();
    assert!(error.contains("file/history.jsonl: "), "{error}");
}

#[test]
fn an_entry_is_one_line_and_invalid_lines_are_skipped() {
    let line = entry("a\nb").to_line();
    assert!(!line.contains('\n'), "{line}");
    assert_eq!(HistoryEntry::from_line(&line), Some(entry("a\nb")));
    assert_eq!(HistoryEntry::from_line("{\"at\":1}"), None);
    assert_eq!(HistoryEntry::from_line("\u{1b}[2J"), None);
}

#[test]
fn equal_entries_are_kept_once_and_the_oldest_is_removed_first() {
    let mut history = aircheck::console::panes::compose::history::History::new();
    for number in 0..MAX_HISTORY + 10 {
        remember(&mut history, entry(&number.to_string()));
    }
    assert_eq!((history.len(), history[0].name.as_str()), (MAX_HISTORY, "10"));
    remember(&mut history, HistoryEntry { sequence: 99, ..entry("500") });
    assert_eq!(history.len(), MAX_HISTORY);
    for number in 0..200 {
        remember(&mut history, HistoryEntry { data: "x".repeat(64 << 10), ..entry(&number.to_string()) });
    }
    assert_eq!(history.len(), 128, "8 MiB of data");
    remember(&mut history, HistoryEntry { sequence: 99, ..entry("500") });
    assert_eq!(history.back().map(|entry| (entry.name.as_str(), entry.sequence)), Some(("500", 99)));
}
