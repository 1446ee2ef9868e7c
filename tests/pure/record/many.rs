//! Messages that are written by one statement keep their own values and ids.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use aircheck::recording::reader::RecordingReader;
use aircheck::recording::status::RecorderState;
use aircheck::wire::verdict::{Rejection, Verdict};

use super::{START, describe, numbered, push, record, record_all, settings};

/// Messages in runs of every length. Different columns change from one message to the next.
fn varied() -> Interval {
    let mut interval = Interval::default();
    let other = Channel::new(b"other");
    for tick in 0..3000 {
        let sequence = match tick % 97 {
            1 => Sequence::Range { from: tick, to: tick + 3 },
            2 => Sequence::Unknown(UnknownReason::NoBarrier),
            3 => Sequence::Inferred(tick),
            _ => Sequence::Exact(tick),
        };
        let verdict = if tick % 53 == 0 { Verdict::Rejected(Rejection::UnknownKey) } else { Verdict::Verified };
        let channel = if tick / 150 % 2 == 0 { "ops" } else { ["billing", "ops"][(tick % 2) as usize] };
        push(&mut interval, channel, sequence, verdict, tick);
        match tick % 211 {
            // A payload larger than the waiting limit, an empty one, and another timestamp.
            50 => {
                let payload = vec![b'x'; usize::try_from(tick).unwrap() * 40];
                interval.push_message(&payload, START, other.clone(), sequence, Verdict::Unsigned, None, None);
            }
            51 => interval.push_message(b"", START, other.clone(), sequence, Verdict::Unsigned, None, Some(-1)),
            52 => {
                interval.push(Entry::Counter {
                    channel: other.clone(),
                    reading: Reading::Value(tick),
                    server: None,
                    at: START,
                });
            }
            _ => {}
        }
    }
    interval
}

#[test]
fn each_message_is_read_back_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let expected = describe(&varied());
    let ended = record_all(&path, vec![varied()]);
    assert_eq!((ended.committed, ended.not_recorded), (varied().messages() as u64, 0));
    let reader = RecordingReader::open(&path).unwrap();
    let page = reader.forward(0, expected.len() + 1).unwrap();
    assert_eq!(describe(&page.interval), expected);
    assert!(page.places.iter().zip(1..).all(|(place, id)| place.id == id));
    let connection = rusqlite::Connection::open(&path).unwrap();
    let ask = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0));
    assert_eq!(ask("PRAGMA integrity_check").unwrap(), "ok");
    assert_eq!(ask("SELECT \"table\" FROM pragma_foreign_key_check"), Err(rusqlite::Error::QueryReturnedNoRows));
}

#[test]
fn a_file_with_messages_beyond_its_next_id_is_rejected() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, vec![numbered(1, 10)]);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE message SET id = 5000 WHERE id = 10", []).unwrap();
    let (sender, recorder) = record(settings(path));
    sender.send(Arc::new(numbered(11, 300))).unwrap();
    drop(sender);
    let ended = recorder.close();
    assert!(
        matches!(&ended.state, RecorderState::NotRecording { reason, .. } if reason.contains("malformed")),
        "{ended:?}"
    );
    assert_eq!((ended.committed, ended.not_recorded), (0, 290));
}
