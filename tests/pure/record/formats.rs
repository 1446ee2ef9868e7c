//! Files of another format version, and the statements that read and write the current one.

use std::fs;
use std::path::{Path, PathBuf};

use aircheck::recording::counters::Counters;
use aircheck::recording::reader::RecordingReader;
use aircheck::recording::writer::prepare;
use rusqlite::Connection;

use super::{numbered, record_all, settings};

fn change(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_recording_of_another_format_is_rejected_by_reader_and_recorder() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let other = |version| {
        format!(
            "a.db is a recording of format version {version}, expected 4; use the aircheck that wrote it, or choose another file"
        )
    };
    let differs = "a.db has format version 4, but its schema differs from that version at table counter; use the aircheck \
                   that wrote it, or choose another file";
    for (sql, expected) in [
        ("PRAGMA user_version = 99", other(99)),
        ("PRAGMA user_version = 1", other(1)),
        ("ALTER TABLE counter RENAME COLUMN at_unix_micros TO at", differs.to_owned()),
    ] {
        let _ = fs::remove_file(&path);
        record_all(&path, vec![numbered(1, 3)]);
        change(&path, sql);
        let written = prepare(settings(path.clone())).unwrap_err().to_string();
        let read = RecordingReader::open(&path).unwrap_err().to_string();
        assert!(written.ends_with(&expected) && read.ends_with(&expected), "{written}\n{read}");
    }
}

#[test]
fn a_state_file_of_another_format_is_rejected() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("counters.db");
    let advice = "; set AIRCHECK_STATE to another file";
    for (sql, expected) in [
        ("PRAGMA user_version = 1", "it has format version 1, expected 4"),
        (
            "ALTER TABLE counter RENAME COLUMN at_unix_micros TO at",
            "it has format version 4, but its schema differs at table counter",
        ),
    ] {
        let _ = fs::remove_file(&path);
        drop(Counters::open(&path).unwrap());
        change(&path, sql);
        let error = Counters::open(&path).unwrap_err().to_string();
        assert!(error.ends_with(&format!("counters.db: {expected}{advice}")), "{error}");
    }
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// `SELECT *`, `SELECT t.*` and `INSERT INTO name` without a column list.
fn implicit_columns(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let after = |count: usize| words.get(index + count).copied().unwrap_or_default();
        let selects_all = word.ends_with("SELECT") && (after(1).starts_with('*') || after(1).contains(".*"));
        let inserts_all = *word == "INTO" && !after(1).contains('(') && !after(2).starts_with('(');
        if selects_all || inserts_all {
            found.push([word, after(1), after(2)].join(" "));
        }
    }
    found
}

#[test]
fn every_statement_names_its_columns() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recording"), &mut files);
    assert!(files.len() > 20);
    for file in files {
        let found = implicit_columns(&fs::read_to_string(&file).unwrap());
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

#[test]
fn statements_with_implicit_columns_are_found() {
    assert_eq!(implicit_columns("SELECT *\nFROM a; SELECT t.* FROM t; INSERT INTO a VALUES (1)").len(), 3);
    assert_eq!(implicit_columns("SELECT count(*), a FROM t; INSERT OR IGNORE INTO temp.a (b)\n VALUES (1)").len(), 0);
}
