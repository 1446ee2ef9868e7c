//! What the next session knows about a recorder that was killed before it had written what it received.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::{Channel, Reading};
use aircheck::recording::writer::{Intake, prepare};

use super::{START, finding, numbered, record_all, settings};

/// Makes an interval that begins with a number.
type MakeInterval = fn(u64) -> Interval;

/// Copies the recording after an interval was received and before it is written, as if the recorder was killed at that moment.
struct Killer {
    original: PathBuf,
    copy: PathBuf,
    /// Receives a message for each committed transaction.
    committed: Receiver<()>,
    /// The interval to receive before the kill, for a first number.
    make: MakeInterval,
    step: Step,
    /// Receives the first number that the copy lacks.
    done: Sender<u64>,
}

#[derive(Clone, Copy)]
enum Step {
    /// Waits until everything before this number is committed.
    Commit(u64),
    /// The interval that begins with this number was received.
    Received(u64),
}

impl Intake for Killer {
    fn take(&mut self, patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        match self.step {
            Step::Commit(next) => {
                if self.committed.recv_timeout(patience).is_ok() {
                    into.push(Arc::new((self.make)(next)));
                    self.step = Step::Received(next);
                }
                true
            }
            // On a slow machine, the interval may already be written.
            Step::Received(next) if self.committed.try_recv().is_ok() => {
                into.push(Arc::new((self.make)(next + 3)));
                self.step = Step::Received(next + 3);
                true
            }
            Step::Received(next) => {
                for journal in ["", "-wal"] {
                    let name = |path: &Path| format!("{}{journal}", path.display());
                    fs::copy(name(&self.original), name(&self.copy)).unwrap();
                }
                self.done.send(next).unwrap();
                false
            }
        }
    }
}

/// Messages of `ops` with three numbers, and the counter after them.
fn received(from: u64) -> Interval {
    let mut interval = numbered(from, from + 2);
    interval.push(counter(from + 2));
    interval
}

fn counter(value: u64) -> Entry {
    Entry::Counter { channel: Channel::new(b"ops"), reading: Reading::Value(value), server: None, at: START }
}

/// A killed recorder received an interval that it had not written. Returns the last recorded number, the known counter and the
/// number of lost messages, and the path of the recording that the recorder left.
fn killed(directory: &Path, make: MakeInterval) -> (u64, u64, Option<u64>, PathBuf) {
    let [original, copy] = ["original.db", "copy.db"].map(|name| directory.join(name));
    record_all(&original, vec![received(1)]);
    let prepared = prepare(settings(original.clone())).unwrap();
    assert_eq!(prepared.known()[0].lost, None, "the previous session ended cleanly");
    let ((commit, committed), (done, last)) = (channel(), channel());
    commit.send(()).unwrap();
    let intake =
        Killer { original: original.clone(), copy: copy.clone(), committed, make, step: Step::Commit(4), done };
    let recorder = prepared.start(intake, move |_| commit.send(()).unwrap_or_default()).unwrap();
    let next = last.recv().unwrap();
    assert_eq!(recorder.close().failure(), None);
    // The original ended cleanly.
    assert_eq!(prepare(settings(original)).unwrap().known()[0].lost, None);
    let prepared = prepare(settings(copy.clone())).unwrap();
    assert!(prepared.killed_after().is_some());
    let known = &prepared.known()[0];
    (next - 1, known.counter, known.lost, copy)
}

#[test]
fn messages_that_a_killed_recorder_had_received_are_known_to_be_lost() {
    let directory = tempfile::tempdir().unwrap();
    let (written, counter, lost, path) = killed(directory.path(), received);
    assert_eq!((counter, lost), (written, Some(3)));
    // The next session was killed too, before it received anything. What the first one lost is still known.
    let prepared = prepare(settings(path.clone())).unwrap();
    assert_eq!((prepared.known()[0].counter, prepared.known()[0].lost), (written, Some(3)));
    drop(prepared);
    // Once the gap is recorded, the lost messages are part of it.
    record_all(&path, vec![received(written + 10)]);
    let prepared = prepare(settings(path)).unwrap();
    assert_eq!((prepared.known()[0].counter, prepared.known()[0].lost), (written + 12, None));
}

#[test]
fn without_proof_of_receipt_the_number_of_lost_messages_is_unknown() {
    let with_gap = |next: u64| {
        let mut interval = numbered(next + 1, next + 2);
        let cause = Cause::CountMismatch { advance: 3, received: 2 };
        interval.push(finding(FindingKind::CountedNotReceived, (Some(next), Some(next + 2)), Some(1), cause));
        interval.push(counter(next + 2));
        interval
    };
    let with_drop = |next: u64| {
        let mut interval = Interval::default();
        interval.push(Dropped::new(Some(Channel::new(b"ops")), Some((next, next + 1)), START).into());
        interval.push(counter(next + 2));
        interval
    };
    let without_counter = |next: u64| numbered(next, next + 2);
    let cases: [(&str, MakeInterval); 3] =
        [("a gap", with_gap), ("a drop", with_drop), ("no counter", without_counter)];
    for (what, make) in cases {
        let directory = tempfile::tempdir().unwrap();
        let (_, _, lost, _) = killed(directory.path(), make);
        assert_eq!(lost, Some(0), "{what}");
    }
}

#[test]
fn a_counter_reset_discards_what_was_received_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let (last, _, _, path) = killed(directory.path(), received);
    let mut interval = Interval::default();
    let cause = Cause::Reset { before: last + 3, after: Some(1) };
    interval.push(finding(FindingKind::CounterReset, (Some(last + 3), Some(1)), None, cause));
    interval.push(counter(1));
    record_all(&path, vec![interval]);
    let prepared = prepare(settings(path)).unwrap();
    assert_eq!((prepared.known()[0].counter, prepared.known()[0].lost), (1, None));
}
