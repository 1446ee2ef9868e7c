//! A stream of broadcasts, and recorders with faults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::writer::RecorderSettings;
use aircheck::wire::verdict::Verdict;
use fastrand::Rng;

use crate::record::{START, record as start, settings};

/// The channels. The counter of the second one is reset in the middle.
const CHANNELS: [&str; 3] = ["audit", "billing", "ops"];
/// The number of broadcasts between two barriers.
const BARRIER: usize = 10;
/// Both recorders are connected for this many broadcasts around the reset.
const CALM: usize = 50;

/// One broadcast.
pub(super) struct Broadcast {
    pub(super) channel: String,
    pub(super) epoch: i64,
    pub(super) number: u64,
    pub(super) payload: Vec<u8>,
    at: i64,
}

/// The faults of a recorder.
#[derive(Clone, Copy)]
pub(super) struct Faults {
    pub(super) seed: u64,
    /// How far its clock is ahead, in microseconds.
    pub(super) clock: i64,
    /// Whether some messages are not delivered to it.
    pub(super) lossy: bool,
    /// The index of the first broadcast that it receives.
    pub(super) begins: usize,
}

pub(super) fn stream(count: usize) -> Vec<Broadcast> {
    let mut random = Rng::with_seed(99);
    let mut numbers = [0_u64; 3];
    let mut epochs = [1_i64; 3];
    (0..count)
        .map(|index| {
            if index == count / 2 {
                (numbers[1], epochs[1]) = (0, 2);
            }
            let channel = random.usize(0..3);
            numbers[channel] += 1;
            Broadcast {
                channel: CHANNELS[channel].to_owned(),
                epoch: epochs[channel],
                number: numbers[channel],
                payload: format!("evt-{}::{{\"n\":{index}}}", index % 7).into_bytes(),
                at: START + i64::try_from(index).unwrap() * 1000,
            }
        })
        .collect()
}

/// Records the stream with these faults. Returns the indices of the broadcasts that were received.
pub(super) fn record(path: &Path, stream: &[Broadcast], faults: Faults) -> BTreeSet<usize> {
    let mut recorder = Recorder {
        random: Rng::with_seed(faults.seed),
        faults,
        known: BTreeMap::new(),
        received: BTreeSet::new(),
        out: Interval::default(),
    };
    // The queue must hold all intervals, because the test compares every message.
    let (sender, thread) = start(RecorderSettings { backlog: usize::MAX, ..settings(path.to_owned()) });
    let mut left = recorder.random.usize(50..800);
    let mut connected = true;
    let mut pending: Vec<usize> = Vec::new();
    for index in faults.begins..stream.len() {
        let until_reset = (stream.len() / 2).abs_diff(index);
        if index == stream.len() / 2 {
            recorder.interval(stream, &std::mem::take(&mut pending), true);
            recorder.reset(stream[index].at);
        }
        left = left.saturating_sub(1);
        if until_reset <= CALM && !connected || until_reset > CALM && left == 0 {
            connected = !connected;
            left = if connected { recorder.random.usize(50..800) } else { recorder.random.usize(1..400) };
            if connected {
                recorder.reconnect(stream, index);
            } else {
                recorder.interval(stream, &std::mem::take(&mut pending), false);
                recorder.link(LinkState::Disconnected, stream[index].at);
            }
        }
        if connected {
            pending.push(index);
        }
        if pending.len() >= BARRIER {
            recorder.interval(stream, &std::mem::take(&mut pending), true);
        }
        if recorder.out.messages() > 500 {
            sender.send(Arc::new(std::mem::take(&mut recorder.out))).unwrap();
        }
    }
    if !connected {
        recorder.reconnect(stream, stream.len());
    }
    recorder.interval(stream, &pending, true);
    sender.send(Arc::new(recorder.out)).unwrap();
    drop(sender);
    assert_eq!(thread.close().committed, recorder.received.len() as u64);
    recorder.received
}

struct Recorder {
    random: Rng,
    faults: Faults,
    /// The last number known of each channel.
    known: BTreeMap<String, u64>,
    received: BTreeSet<usize>,
    out: Interval,
}

impl Recorder {
    /// Adds the interval that ends at a barrier. Without a barrier, the numbers are inferred.
    fn interval(&mut self, stream: &[Broadcast], pending: &[usize], is_sure: bool) {
        let drops = is_sure && self.faults.lossy && self.random.u8(..) < 25;
        for channel in CHANNELS {
            let all: Vec<usize> = pending.iter().copied().filter(|&index| stream[index].channel == channel).collect();
            let (Some(&first), Some(&last)) = (all.first(), all.last()) else { continue };
            let dropped = if drops && all.len() > 1 { self.random.usize(0..all.len()) } else { usize::MAX };
            let range = (stream[first].number, stream[last].number);
            if dropped != usize::MAX {
                let (advance, received) = (all.len() as u64, all.len() as u64 - 1);
                let cause = Cause::CountMismatch { advance, received };
                self.found(FindingKind::CountedNotReceived, channel, range, 1, cause, stream[first].at);
            }
            self.known.insert(channel.to_owned(), range.1);
            for (_, &index) in all.iter().enumerate().filter(|(place, _)| *place != dropped) {
                let broadcast = &stream[index];
                let sequence = match (dropped, is_sure) {
                    (usize::MAX, true) => Sequence::Exact(broadcast.number),
                    (usize::MAX, false) => Sequence::Inferred(broadcast.number),
                    _ => Sequence::Range { from: range.0, to: range.1 },
                };
                self.received.insert(index);
                let at = self.at(broadcast.at);
                let channel = Channel::new(channel.as_bytes());
                self.out.push_message(&broadcast.payload, at, channel, sequence, Verdict::Unsigned, None, None);
            }
        }
    }

    fn reset(&mut self, at: i64) {
        let before = self.known.insert(CHANNELS[1].to_owned(), 0).unwrap_or(0);
        if before > 0 {
            let cause = Cause::Reset { before, after: Some(0) };
            self.found(FindingKind::CounterReset, CHANNELS[1], (before, 0), 0, cause, at);
        }
    }

    /// Adds gaps for the broadcasts between the last known number and `index`.
    fn reconnect(&mut self, stream: &[Broadcast], index: usize) {
        let at = stream[index.min(stream.len() - 1)].at;
        self.link(LinkState::Connected, at);
        for channel in CHANNELS {
            let counter = stream[..index].iter().rev().find(|broadcast| broadcast.channel == channel);
            let (Some(counter), Some(&known)) = (counter, self.known.get(channel)) else { continue };
            if counter.number > known {
                let range = (known + 1, counter.number);
                let cause = Cause::Disconnected { reason: "EOF".into(), duration_micros: 1000, lower_bound: false };
                self.found(FindingKind::MissedDisconnected, channel, range, range.1 - known, cause, at);
                self.known.insert(channel.to_owned(), counter.number);
            }
        }
    }

    fn found(&mut self, kind: FindingKind, channel: &str, range: (u64, u64), count: u64, cause: Cause, at: i64) {
        let (channel, at) = (Channel::new(channel.as_bytes()), self.at(at));
        let (from, to, count) = (Some(range.0), Some(range.1), Some(count));
        self.out.push(Entry::from(Finding { kind, channel, sequence_from: from, sequence_to: to, count, at, cause }));
    }

    fn link(&mut self, state: LinkState, at: i64) {
        let at = self.at(at);
        self.out.push(Entry::Link(Link { state, reason: None, channel: None, server: None, at }));
    }

    /// A time by the recorder's clock, with a small delay.
    fn at(&mut self, at: i64) -> i64 {
        at + self.faults.clock + self.random.i64(0..900)
    }
}
