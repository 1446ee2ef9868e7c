//! Compares the ledger with a simulated server.
//!
//! The simulation publishes, increments, deletes and disconnects at random, and records what happened to each sequence number. It
//! uses sets of numbers instead of the ledger's arithmetic, so that both cannot have the same mistake.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aircheck::ledger::channel::{ChannelLedger, Sequences};
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::known::KnownCounter;
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use proptest::prelude::*;

/// A random event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A message is published and counted, in one transaction.
    Broadcast,
    /// A message is published but not counted.
    Rogue,
    /// The counter is incremented without a message.
    LoneIncr,
    /// The counter's key is deleted.
    Del,
    /// The counter is read on the subscribing connection.
    Barrier,
    /// The counter is read without permission.
    Unreadable,
    /// The messages are passed on before their barrier.
    Early,
    /// The connection is lost.
    Disconnect,
    /// The channel is subscribed.
    Subscribe,
    /// The listener ends and starts again with its stored counter. It is not subscribed yet.
    Restart,
}

/// What happened since the counter was last read.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each flag is independent of the others")]
struct Window {
    /// The numbers received in the subscription of that reading, if it has ended.
    before: BTreeSet<u64>,
    /// The numbers received in later subscriptions that ended without a reading.
    between: BTreeSet<u64>,
    /// Numbers of `between` that the listener received before it was restarted. It no longer knows them.
    forgotten: BTreeSet<u64>,
    /// The numbers received in the current subscription.
    current: BTreeSet<u64>,
    /// The numbers that were counted but not received.
    lost: BTreeSet<u64>,
    /// The number of messages that were received but not counted.
    rogues: u64,
    /// The counter was incremented without a message while subscribed. The messages around it cannot have correct numbers.
    lone_while_subscribed: bool,
    deleted: bool,
    restarted: bool,
    cut: bool,
}

/// The true numbers of the open interval's messages. `None` if a message was not counted.
type Open = Vec<Option<u64>>;

/// What the listener knew when the window started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    Nothing,
    /// It read the counter, and was not restarted since.
    Reading,
    /// It has the counter of an earlier run.
    EarlierRun,
}

struct World {
    counter: Option<u64>,
    /// The counter at the last reading.
    read: u64,
    knowledge: Knowledge,
    window: Window,
    open: Open,
    subscribed: bool,
    /// The counter was read in this subscription.
    has_barrier: bool,
    unreadable: bool,
    ledger: ChannelLedger,
    now: i64,
    /// For each number, how often a message had it or a gap included it.
    claims: BTreeMap<u64, u64>,
    /// The number of findings of each kind.
    found: BTreeMap<FindingKind, u64>,
}

impl World {
    fn new() -> Self {
        Self {
            counter: None,
            read: 0,
            knowledge: Knowledge::Nothing,
            window: Window::default(),
            open: Open::new(),
            subscribed: false,
            has_barrier: false,
            unreadable: false,
            ledger: ChannelLedger::new(Channel::new(b"ops")),
            now: 0,
            claims: BTreeMap::new(),
            found: BTreeMap::new(),
        }
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        self.now += 1_000;
        match step {
            Step::Broadcast => {
                let number = self.count();
                self.publish(Some(number));
            }
            Step::Rogue => self.publish(None),
            Step::LoneIncr => {
                let number = self.count();
                self.window.lost.insert(number);
                self.window.lone_while_subscribed |= self.subscribed;
            }
            Step::Del => {
                self.window.deleted |= self.counter.is_some();
                self.counter = None;
            }
            Step::Barrier if self.subscribed => self.barrier()?,
            Step::Unreadable if self.subscribed => {
                let closed = self.ledger.barrier(&Reading::Unreadable("no permission".into()), self.now);
                prop_assert_eq!(closed.findings, Vec::new());
                prop_assert_eq!(closed.sequences, Sequences::Unknown(UnknownReason::CounterUnreadable));
                self.unreadable = true;
                self.open.clear();
            }
            Step::Early if self.subscribed => self.check_inferred(self.ledger.inferred())?,
            Step::Disconnect if self.subscribed => {
                let sequences = self.ledger.disconnected(&Arc::from("cut"), self.now);
                self.check_inferred(sequences)?;
                self.claim(sequences);
                self.leave();
            }
            Step::Subscribe if !self.subscribed => {
                self.ledger.subscribed(self.now);
                self.subscribed = true;
            }
            Step::Restart => self.restart()?,
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self) -> u64 {
        let number = self.counter.unwrap_or(0) + 1;
        self.counter = Some(number);
        number
    }

    fn publish(&mut self, number: Option<u64>) {
        if !self.subscribed {
            self.window.lost.extend(number);
            return;
        }
        self.window.current.extend(number);
        self.window.rogues += u64::from(number.is_none());
        assert_eq!(self.ledger.message(), self.open.len() as u64);
        self.open.push(number);
    }

    /// The subscription ends.
    fn leave(&mut self) {
        let current = std::mem::take(&mut self.window.current);
        if self.has_barrier { &mut self.window.before } else { &mut self.window.between }.extend(current);
        self.window.cut = true;
        self.open.clear();
        (self.subscribed, self.has_barrier, self.unreadable) = (false, false, false);
    }

    fn restart(&mut self) -> Result<(), TestCaseError> {
        if self.subscribed {
            self.check_inferred(self.ledger.inferred())?;
            self.claim(self.ledger.inferred());
            self.leave();
        }
        let kept = self.ledger.known();
        prop_assert_eq!(kept.is_some(), self.knowledge != Knowledge::Nothing);
        if self.is_ordinary() && !self.window.lone_while_subscribed && self.knowledge != Knowledge::Nothing {
            // Exactly the messages received in order since the last reading.
            prop_assert_eq!(kept, Some(self.window.before.last().copied().unwrap_or(self.read)));
        }
        self.ledger = ChannelLedger::new(Channel::new(b"ops"));
        if let Some(kept) = kept {
            let channel = self.ledger.channel().clone();
            self.ledger.restored(&KnownCounter { channel, counter: kept, server: None, at: self.now, lost: None });
            self.knowledge = Knowledge::EarlierRun;
        }
        let between = std::mem::take(&mut self.window.between);
        self.window.forgotten.extend(between);
        self.window.restarted = true;
        Ok(())
    }

    /// Whether in this window all messages were counted, and the counter was not deleted.
    fn is_ordinary(&self) -> bool {
        self.window.rogues == 0 && !self.window.deleted
    }

    /// Checks the sequence numbers of messages without a barrier.
    fn check_inferred(&self, sequences: Sequences) -> Result<(), TestCaseError> {
        for (number, index) in self.open.iter().zip(0..) {
            match sequences.of(index) {
                Sequence::Unknown(UnknownReason::CounterUnreadable) => prop_assert!(self.unreadable),
                Sequence::Unknown(UnknownReason::NoBarrier) => prop_assert!(!self.has_barrier && !self.unreadable),
                Sequence::Inferred(inferred) => {
                    prop_assert!(self.has_barrier && !self.unreadable);
                    if self.is_ordinary() && !self.window.lone_while_subscribed {
                        prop_assert_eq!(Some(inferred), *number);
                    }
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        Ok(())
    }

    /// The counter is read at this point of the stream.
    fn barrier(&mut self) -> Result<(), TestCaseError> {
        let reading = self.counter.map_or(Reading::Missing, Reading::Value);
        let closed = self.ledger.barrier(&reading, self.now);
        prop_assert!(closed.findings.len() <= 1);
        for finding in &closed.findings {
            *self.found.entry(finding.kind).or_default() += 1;
            prop_assert_eq!(finding.at, self.now);
            prop_assert!(!finding.line().is_empty() && !finding.explain().is_empty());
            if let Cause::CountMismatch { advance, received } = finding.cause {
                prop_assert_eq!(finding.count, Some(advance.abs_diff(received)));
            }
        }
        self.check_findings(closed.findings.first())?;
        self.check_numbers(closed.sequences, closed.findings.first())?;
        self.claim(closed.sequences);
        self.claim_gaps(&closed.findings);
        prop_assert_eq!(self.ledger.known(), Some(self.counter.unwrap_or(0)));
        self.read = self.counter.unwrap_or(0);
        self.knowledge = Knowledge::Reading;
        self.window = Window::default();
        self.open.clear();
        (self.has_barrier, self.unreadable) = (true, false);
        Ok(())
    }

    fn check_findings(&self, finding: Option<&Finding>) -> Result<(), TestCaseError> {
        let window = &self.window;
        let kind = finding.map(|finding| finding.kind);
        let value = self.counter.unwrap_or(0);
        if window.deleted || (window.rogues > 0 && window.restarted) {
            // After a deletion the numbers start again, and a run that ended after uncounted messages stored too high a counter.
            // The only certain case is a counter that is lower than at the last reading.
            if self.knowledge == Knowledge::Reading && value < self.read {
                prop_assert_eq!(kind, Some(FindingKind::CounterReset));
                let finding = finding.unwrap();
                prop_assert_eq!(
                    (finding.sequence_from, finding.sequence_to, finding.count),
                    (Some(self.read), self.counter, None)
                );
            }
            return Ok(());
        }
        prop_assert_ne!(kind, Some(FindingKind::CounterReset));
        if self.knowledge == Knowledge::Nothing {
            // Broadcasts before the first reading are not missed. They can hide uncounted messages.
            prop_assert!(matches!(kind, None | Some(FindingKind::ReceivedNotCounted)));
            prop_assert!(kind.is_none() || window.rogues > 0);
            return Ok(());
        }
        let lost: BTreeSet<u64> = window.lost.union(&window.forgotten).copied().collect();
        let (missing, rogues) = (lost.len() as u64, window.rogues);
        if rogues > missing {
            prop_assert_eq!(kind, Some(FindingKind::ReceivedNotCounted));
            prop_assert_eq!(finding.unwrap().count, Some(rogues - missing));
            return Ok(());
        }
        if rogues == missing {
            prop_assert_eq!(finding, None);
            return Ok(());
        }
        let finding = finding.ok_or_else(|| TestCaseError::fail(format!("nothing found: {window:?}")))?;
        let expected = match self.knowledge {
            _ if !window.cut => FindingKind::CountedNotReceived,
            Knowledge::EarlierRun => FindingKind::MissedNotRunning,
            _ => FindingKind::MissedDisconnected,
        };
        prop_assert_eq!(finding.kind, expected);
        prop_assert_eq!(finding.count, Some(missing - rogues));
        if rogues > 0 {
            return Ok(());
        }
        let range = finding.sequence_from.unwrap()..=finding.sequence_to.unwrap();
        if !window.cut {
            // All numbers of the interval, because it is unknown which of them had no message.
            let all: BTreeSet<u64> = lost.union(&window.current).copied().collect();
            prop_assert_eq!((all.first(), all.last()), (Some(range.start()), Some(range.end())));
        } else if !window.lone_while_subscribed {
            // Exactly the lost numbers, and those received by connections that never read the counter.
            let inside: BTreeSet<u64> = lost.union(&window.between).copied().collect();
            prop_assert_eq!(range.collect::<BTreeSet<_>>(), inside);
        }
        Ok(())
    }

    fn check_numbers(&self, sequences: Sequences, finding: Option<&Finding>) -> Result<(), TestCaseError> {
        let window = &self.window;
        for (number, index) in self.open.iter().zip(0..) {
            match (sequences.of(index), *number) {
                (Sequence::Exact(exact), Some(number)) => {
                    // An uncounted message and an increment without a message can cancel out. This cannot be detected.
                    if self.is_ordinary() && (!window.lone_while_subscribed || !window.cut && self.knows()) {
                        prop_assert_eq!(exact, number);
                        prop_assert!(!window.lone_while_subscribed);
                    }
                }
                (Sequence::Exact(_), None) => {
                    let is_hidden = !window.lost.is_empty() || !window.forgotten.is_empty() || window.deleted;
                    prop_assert!(is_hidden || window.restarted || !self.knows(), "an uncounted message has a number");
                }
                (Sequence::Range { from, to }, Some(number)) => {
                    let finding = finding.unwrap();
                    // An uncounted message in an interval with a gap shifts the numbers of the others.
                    let is_moved = finding.kind == FindingKind::CountedNotReceived && window.rogues > 0;
                    let range = if is_moved {
                        finding.sequence_from.unwrap()..=finding.sequence_to.unwrap()
                    } else {
                        from..=to
                    };
                    prop_assert!(window.deleted || range.contains(&number) || self.is_disguised());
                }
                (Sequence::Range { .. } | Sequence::Unknown(UnknownReason::CounterReset), _) => {
                    prop_assert!(finding.is_some());
                }
                (Sequence::Unknown(UnknownReason::ReceivedNotCounted), number) => {
                    prop_assert!(number.is_none() || window.deleted || self.is_disguised());
                }
                (other, _) => prop_assert!(false, "{:?}", other),
            }
        }
        Ok(())
    }

    fn knows(&self) -> bool {
        self.knowledge != Knowledge::Nothing
    }

    /// Whether a run that ended after uncounted messages stored too high a counter.
    fn is_disguised(&self) -> bool {
        self.window.restarted && self.window.rogues > 0
    }

    fn claim(&mut self, sequences: Sequences) {
        for index in 0..self.open.len() as u64 {
            if let Sequence::Exact(number) | Sequence::Inferred(number) = sequences.of(index) {
                *self.claims.entry(number).or_default() += 1;
            }
        }
    }

    fn claim_gaps(&mut self, findings: &[Finding]) {
        for finding in findings.iter().filter(|finding| finding.kind.is_gap()) {
            for number in finding.sequence_from.unwrap()..=finding.sequence_to.unwrap() {
                *self.claims.entry(number).or_default() += 1;
            }
        }
    }
}

fn steps(steps: Vec<(u32, Step)>) -> impl Strategy<Value = Vec<Step>> {
    let one =
        prop::strategy::Union::new_weighted(steps.into_iter().map(|(weight, step)| (weight, Just(step))).collect());
    prop::collection::vec(one, 1..150)
}

fn everything() -> impl Strategy<Value = Vec<Step>> {
    steps(vec![
        (30, Step::Broadcast),
        (4, Step::Rogue),
        (3, Step::LoneIncr),
        (2, Step::Del),
        (15, Step::Barrier),
        (2, Step::Unreadable),
        (3, Step::Early),
        (5, Step::Disconnect),
        (9, Step::Subscribe),
        (3, Step::Restart),
    ])
}

/// Only counted messages, and connections that end before or after their first barrier.
fn orderly() -> impl Strategy<Value = Vec<Step>> {
    steps(vec![
        (30, Step::Broadcast),
        (12, Step::Barrier),
        (3, Step::Early),
        (5, Step::Disconnect),
        (9, Step::Subscribe),
        (2, Step::Restart),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    /// Kinds, counts, ranges and numbers match the simulation, if they can be known.
    #[test]
    fn findings_and_numbers_are_the_truth(steps in everything()) {
        let mut world = World::new();
        for step in steps {
            world.step(step)?;
        }
        world.step(Step::Subscribe)?;
        world.step(Step::Barrier)?;
    }

    /// Every number belongs to exactly one message or one gap. The numbers of messages without a number are in the range of a gap
    /// whose count excludes them.
    #[test]
    fn every_number_is_shown_once_or_missed_once(steps in orderly()) {
        let mut world = World::new();
        world.step(Step::Subscribe)?;
        world.step(Step::Barrier)?;
        // Numbers in no gap: nothing was missed, and the connection that received them ended before its first barrier.
        let mut unnumbered = BTreeSet::new();
        for step in steps.into_iter().chain([Step::Subscribe, Step::Barrier]) {
            if step == Step::Barrier && world.subscribed && world.window.lost.is_empty() && world.window.forgotten.is_empty() {
                unnumbered.extend(world.window.between.iter().copied());
            }
            world.step(step)?;
        }
        for number in 1..=world.counter.unwrap_or(0) {
            let expected = u64::from(!unnumbered.contains(&number));
            prop_assert_eq!(world.claims.remove(&number).unwrap_or(0), expected, "number {}", number);
        }
        prop_assert!(world.claims.is_empty(), "used, but never counted: {:?}", world.claims);
    }
}

/// The random tests are only useful if they produce every kind of finding.
#[test]
fn random_worlds_produce_every_kind_of_finding() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut found = BTreeMap::<FindingKind, u64>::new();
    for _ in 0..300 {
        let mut world = World::new();
        for step in everything().new_tree(&mut runner).unwrap().current() {
            world.step(step).unwrap();
        }
        for (kind, count) in world.found {
            *found.entry(kind).or_default() += count;
        }
    }
    for kind in FindingKind::ALL.iter().copied().take(5) {
        assert!(found.get(&kind).is_some_and(|count| *count >= 50), "{kind:?} in {found:?}");
    }
}
