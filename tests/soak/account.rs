//! Compares a program's output with what was sent. Each number of each counter epoch must be shown once, reported as missed once,
//! or reported as not recorded, in order. Each message must have the correct verdict.

use std::collections::HashSet;
use std::fmt;

use aircheck::ledger::finding::{Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Message};
use aircheck::ledger::sequence::Sequence;
use aircheck::recording::reader::RecordingReader;

use super::consumer::Consumer;
use super::faults::Done;
use super::world::{CHANNELS, Truth};

/// A channel, its counter epoch, and a sequence number.
type Number = (usize, usize, u64);

/// What one program showed.
#[derive(Default)]
pub(crate) struct Account {
    shown: HashSet<Number>,
    missed: HashSet<Number>,
    unrecorded: HashSet<Number>,
    exact: usize,
    /// The findings, each with the index of its channel.
    findings: Vec<(usize, Finding)>,
    /// For each channel: the counter epoch of the findings, and the last number shown or reported as missed, with its epoch.
    epoch: [usize; 2],
    last: [(usize, u64); 2],
}

impl Account {
    pub(crate) fn of(consumer: &Consumer, truth: &Truth) -> Self {
        let mut account = Self::default();
        consumer.everything(|interval| account.interval(interval, truth));
        if let Some(path) = consumer.recording() {
            for hole in RecordingReader::open(path).unwrap().holes(0, i64::MAX).unwrap() {
                for range in hole.ranges {
                    let channel = CHANNELS.iter().position(|name| name.as_bytes() == range.channel.as_bytes());
                    let Some((channel, (from, to))) = channel.zip(range.numbers) else { continue };
                    // The first epoch has the number 1.
                    let epoch = usize::try_from(range.epoch).unwrap() - 1;
                    account.unrecorded.extend((from..=to).map(|number| (channel, epoch, number)));
                }
            }
        }
        account
    }

    fn interval(&mut self, interval: &Interval, truth: &Truth) {
        let known = |name: &[u8]| CHANNELS.iter().position(|channel| channel.as_bytes() == name);
        for entry in interval.entries() {
            match entry {
                Entry::Message(message) => {
                    if let Some(which) = known(interval.channel(message).as_bytes()) {
                        self.message(interval, message, which, truth);
                    }
                }
                Entry::Finding(finding) => {
                    if let Some(which) = known(finding.channel.as_bytes()) {
                        self.findings.push((which, Finding::clone(finding)));
                        self.finding(finding.kind, which, finding.sequence_from.zip(finding.sequence_to));
                    }
                }
                _ => {}
            }
        }
    }

    fn finding(&mut self, kind: FindingKind, which: usize, range: Option<(u64, u64)>) {
        match kind {
            FindingKind::CounterReset => self.epoch[which] += 1,
            FindingKind::MissedDisconnected | FindingKind::MissedNotRunning => {
                let (epoch, (from, to)) = (self.epoch[which], range.unwrap());
                assert!(self.last[which] < (epoch, from), "{from}..{to} was missed after {:?}", self.last[which]);
                self.last[which] = (epoch, to);
                for number in from..=to {
                    assert!(self.missed.insert((which, epoch, number)), "{number} was missed twice");
                }
            }
            FindingKind::ReceivedNotCounted | FindingKind::CountedNotReceived => {}
            FindingKind::Duplicate
            | FindingKind::ClockSkew
            | FindingKind::Silent
            | FindingKind::TooMany
            | FindingKind::Resumed => panic!("{} on {}", kind.name(), CHANNELS[which]),
        }
    }

    fn message(&mut self, interval: &Interval, message: &Message, which: usize, truth: &Truth) {
        let payload = interval.payload(message);
        let Some(fact) = truth.get(payload) else {
            assert!(payload.starts_with(b"rogue:"), "nobody sent {}", String::from_utf8_lossy(payload));
            return;
        };
        let number = fact.number;
        assert_eq!(fact.channel, which, "the channel of {number}");
        assert_eq!(message.verdict, fact.verdict, "the verdict of {number}");
        assert!(self.shown.insert((which, fact.epoch, number)), "{number} is shown twice");
        assert!(self.last[which] < (fact.epoch, number), "{number} comes after {:?}", self.last[which]);
        self.last[which] = (fact.epoch, number);
        match message.sequence {
            Sequence::Exact(shown) => {
                assert_eq!(shown, number, "an exact number");
                self.exact += 1;
            }
            Sequence::Inferred(shown) => {
                assert_eq!(shown, number, "a inferred number, though nobody published past the counter");
            }
            Sequence::Range { from, to } => assert!((from..=to).contains(&number), "{number} is not in {from}..{to}"),
            Sequence::Unknown(_) => {}
            other => panic!("{other:?}"),
        }
    }

    /// The share of the messages shown that have their exact number.
    #[expect(clippy::cast_precision_loss, reason = "a share of fewer than 2^52")]
    pub(crate) fn exact_share(&self) -> f64 {
        self.exact as f64 / self.shown.len() as f64
    }

    /// Panics if the output differs from what was sent.
    pub(crate) fn close(&self, truth: &Truth, done: &Done) {
        let is_reported = |number: &Number| self.shown.contains(number) || self.missed.contains(number);
        let all: HashSet<Number> = truth.facts().map(|fact| (fact.channel, fact.epoch, fact.number)).collect();
        let lost: Vec<_> =
            all.iter().filter(|number| !is_reported(number) && !self.unrecorded.contains(number)).collect();
        assert!(
            lost.is_empty(),
            "{} are neither shown nor reported as missed: {:?}",
            lost.len(),
            &lost[..lost.len().min(9)]
        );
        let twice = self.shown.intersection(&self.missed).count();
        assert_eq!(twice, 0, "shown, and reported as missed");
        let lone: HashSet<Number> = done.lone.iter().copied().collect();
        let invented: Vec<_> =
            self.missed.iter().filter(|number| !all.contains(number) && !lone.contains(number)).collect();
        assert!(invented.is_empty(), "reported as missed, but never sent: {invented:?}");
        for (which, channel) in CHANNELS.iter().enumerate() {
            let found = self.findings.iter().filter(|(channel, _)| *channel == which).map(|(_, finding)| finding);
            let of = |kind| found.clone().filter(move |finding| finding.kind == kind);
            let sum = |kind| of(kind).map(|finding| finding.count.unwrap()).sum::<u64>();
            assert_eq!(
                sum(FindingKind::ReceivedNotCounted),
                done.rogue[which],
                "published past the counter of {channel}"
            );
            assert_eq!(of(FindingKind::CounterReset).count() as u64, done.resets[which], "resets of {channel}");
            let lone: Vec<u64> = done.lone.iter().filter(|lone| lone.0 == which).map(|lone| lone.2).collect();
            assert_eq!(sum(FindingKind::CountedNotReceived), lone.len() as u64, "lone counts of {channel}");
            for (finding, number) in of(FindingKind::CountedNotReceived).zip(&lone) {
                let (from, to) = (finding.sequence_from.unwrap(), finding.sequence_to.unwrap());
                assert!((from..=to).contains(number), "{number} is not in {from}..{to}");
            }
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, missed, unrecorded) = (self.shown.len(), self.missed.len(), self.unrecorded.len());
        write!(
            f,
            "{shown} shown, {} with their exact number ({:.3} %), {missed} reported as missed, {unrecorded} not recorded, {} findings",
            self.exact,
            self.exact_share() * 100.0,
            self.findings.len()
        )
    }
}
