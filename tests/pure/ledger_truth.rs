//! The ledger against a simulated server that knows the truth.
//!
//! The world publishes, counts, deletes and cuts connections at random, and writes down what truly happened to each number.
//! The truth is told by sets of numbers and lists of what happened, never by adding up what the ledger adds up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aircheck::ledger::channel::{ChannelLedger, Sequences};
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::known::KnownCounter;
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use proptest::prelude::*;

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The library's transaction: published and counted.
    Broadcast,
    /// Published, not counted.
    Rogue,
    /// Counted, not published.
    LoneIncr,
    /// The counter's key is deleted.
    Del,
    /// The counter is read on the subscribing connection.
    Barrier,
    /// The same, without permission.
    Unreadable,
    /// The messages leave before their barrier.
    Early,
    /// The connection is lost.
    Disconnect,
    /// The channel is subscribed.
    Subscribe,
    /// The listener ends and starts again, not subscribed, with what it kept.
    Restart,
}

/// What happened to the counter and the channel since the counter was last read.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each flag is independent of the others")]
struct Window {
    /// Numbers of broadcasts that were delivered in the subscription of that reading, before it ended.
    before: BTreeSet<u64>,
    /// Numbers of broadcasts delivered in subscriptions that ended without a reading.
    between: BTreeSet<u64>,
    /// Those of `between` that a listener saw which then ended: the next one does not know of them.
    forgotten: BTreeSet<u64>,
    /// Numbers delivered in the current subscription.
    current: BTreeSet<u64>,
    /// Numbers that were counted, and came to nobody here.
    lost: BTreeSet<u64>,
    /// Messages delivered that were not counted.
    rogues: u64,
    /// A number without a message was counted while subscribed: what was delivered around it cannot be numbered right.
    lone_while_subscribed: bool,
    deleted: bool,
    restarted: bool,
    cut: bool,
}

/// The open interval's messages: their true numbers, none where they were not counted.
type Open = Vec<Option<u64>>;

/// What the listener knew at the start of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    Nothing,
    /// It read the counter, and has listened since, or was cut off.
    Reading,
    /// An earlier run read it.
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
    /// What the ledger claimed, in all: by number, how often a message was shown with it or a gap covered it.
    claims: BTreeMap<u64, u64>,
    /// How many findings of each kind.
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

    /// The subscription ends, in whatever way.
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
            // All that was seen in order since the last reading, and no more.
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

    /// Whether in this window nothing was published past the counter, and the counter was left alone.
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

    /// The counter is read, and answered at this point of the stream.
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
            // With a deletion the numbers begin anew, and a run that ended amid uncounted messages kept too high a
            // counter: all that is certain is a counter that is less than at the last reading.
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
            // What was counted before the first look is nobody's loss, and may hide what is uncounted in it.
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
            // All numbers of the interval, as nobody can tell which of them had no message.
            let all: BTreeSet<u64> = lost.union(&window.current).copied().collect();
            prop_assert_eq!((all.first(), all.last()), (Some(range.start()), Some(range.end())));
        } else if !window.lone_while_subscribed {
            // Exactly what was lost, and what was seen in between by connections that never read the counter.
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
                    // An uncounted message and a number without a message may balance, and nobody can tell.
                    if self.is_ordinary() && (!window.lone_while_subscribed || !window.cut && self.knows()) {
                        prop_assert_eq!(exact, number);
                        prop_assert!(!window.lone_while_subscribed);
                    }
                }
                (Sequence::Exact(_), None) => {
                    let is_hidden = !window.lost.is_empty() || !window.forgotten.is_empty() || window.deleted;
                    prop_assert!(is_hidden || window.restarted || !self.knows(), "a number for nothing");
                }
                (Sequence::Range { from, to }, Some(number)) => {
                    let finding = finding.unwrap();
                    // An uncounted message among those of a gap moves the others within the interval.
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

    /// A run that ended amid uncounted messages kept too high a counter.
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

/// Broadcasts only through the library, and connections that are cut after and before their first barrier.
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

    /// Kinds, counts, ranges and numbers are those of the truth, as far as they can be known.
    #[test]
    fn findings_and_numbers_are_the_truth(steps in everything()) {
        let mut world = World::new();
        for step in steps {
            world.step(step)?;
        }
        world.step(Step::Subscribe)?;
        world.step(Step::Barrier)?;
    }

    /// Every number is claimed once, by a message or by a gap: none by both, none by neither. Those that were seen without a
    /// number lie in a gap whose count leaves them out.
    #[test]
    fn every_number_is_shown_once_or_missed_once(steps in orderly()) {
        let mut world = World::new();
        world.step(Step::Subscribe)?;
        world.step(Step::Barrier)?;
        // What no gap covers after a connection without a barrier that missed nothing.
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
        prop_assert!(world.claims.is_empty(), "claimed, but never counted: {:?}", world.claims);
    }
}

/// The random worlds are worth something only where they get to see everything.
#[test]
fn the_worlds_see_all_that_can_be_found() {
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
