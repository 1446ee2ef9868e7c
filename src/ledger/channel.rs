//! The ledger of one channel: derives sequence numbers and findings from messages and counter readings.
//!
//! A *barrier* is a counter reading at a known point of the message stream. The messages between two barriers are an
//! *interval*; the interval after the last barrier is *open*. At each barrier the ledger compares two numbers:
//!
//! - the *advance*: the increase of the counter since its last known value
//! - *received*: the number of messages received since then
//!
//! | Comparison | Meaning |
//! |---|---|
//! | advance = received | Nothing was missed. All messages since the last barrier have exact sequence numbers. |
//! | advance > received, first barrier of a subscription | Messages were missed before the subscription started. |
//! | advance > received, later barrier | `counted_not_received`: the counter was incremented without a message. |
//! | advance < received | `received_not_counted`: messages were published without incrementing the counter. |
//! | the counter decreased or disappeared | `counter_reset`. |
//!
//! If no earlier value of the counter is known, the first barrier reports no gap, because the ledger cannot know how many
//! messages were missed.
//!
//! If a subscription ends before its first barrier, the sequence numbers of its messages are unknown, because any number of
//! broadcasts may have been missed before them. The ledger keeps only the count of these messages. If
//! broadcasts were missed, the next barrier reports them as one gap. The gap's range includes the sequence numbers of these
//! messages, but its count excludes them.

mod sequences;

use std::cmp::Ordering;
use std::sync::Arc;

use super::finding::{Cause, Finding, FindingKind, Program};
use super::known::{KnownCounter, ServerId};
use super::sequence::{Channel, Reading, UnknownReason};

pub use self::sequences::Sequences;

/// The ledger of one channel. Its methods must be called in stream order.
#[derive(Debug, Clone)]
pub struct ChannelLedger {
    channel: Channel,
    baseline: Baseline,
    /// The number of messages since the last barrier.
    received: u64,
    /// The number of messages whose interval was closed by a barrier that could not read the counter. The next barrier that
    /// can read it also compares these messages, and sets this to 0.
    unread: u64,
    /// Whether the last barrier of this subscription could not read the counter.
    unreadable: bool,
    /// The server of the current subscription, or of the next one if there is no subscription. `None` if the server is unknown.
    server: Option<Arc<ServerId>>,
    /// Whether the counter may have been reset since its last known value, even if the server id is the same.
    server_changed: bool,
}

/// The counter value to compare the next barrier with.
#[derive(Debug, Clone)]
enum Baseline {
    /// The last counter value that a barrier of the current subscription could read.
    Barrier(u64),
    /// The current subscription has not read the counter yet, or there is no subscription.
    Earlier {
        /// When the current subscription started; `None` if there is no subscription.
        subscribed: Option<i64>,
        known: Option<LastKnown>,
    },
}

/// The last counter value known from an earlier subscription or an earlier run of aircheck.
#[derive(Debug, Clone)]
struct LastKnown {
    /// The counter at the last barrier, or the stored value.
    counter: u64,
    /// The number of messages received after that barrier in the same subscription. They probably have the next sequence
    /// numbers.
    inferred: u64,
    /// The number of messages in later subscriptions that ended before their first barrier.
    unnumbered: u64,
    origin: CounterOrigin,
    ended: Interruption,
}

/// The server that a known counter was read from.
#[derive(Debug, Clone)]
enum CounterOrigin {
    /// This server; `None` if it is unknown.
    Server(Option<Arc<ServerId>>),
    /// A cluster node from which the counter's slot has migrated. The next server has the same counter.
    Moved,
}

/// Why the counter was not observed after its last known value. Times are in microseconds since the epoch.
#[derive(Debug, Clone)]
enum Interruption {
    /// `since` is when the known value was stored. `lost` is set if a recorder was killed. It is the number of messages that
    /// the recorder had received after the known value.
    NotRunning {
        since: i64,
        lost: Option<u64>,
    },
    Disconnected {
        reason: Arc<str>,
        at: i64,
    },
}

/// The result of a barrier for the interval that it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedInterval {
    /// The sequence numbers of the interval's messages.
    pub sequences: Sequences,
    /// The findings. In the stream they belong before the interval's messages, except `CountedNotReceived` and
    /// `ReceivedNotCounted`: these are about the messages themselves and belong after them.
    pub findings: Vec<Finding>,
}

impl ChannelLedger {
    /// Creates a ledger that knows no counter value.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            baseline: Baseline::Earlier { subscribed: None, known: None },
            received: 0,
            unread: 0,
            unreadable: false,
            server: None,
            server_changed: false,
        }
    }

    /// The channel of this ledger.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Sets the counter value that an earlier run stored. Has no effect if the ledger already knows a value.
    pub fn restored(&mut self, stored: &KnownCounter) {
        if let Baseline::Earlier { known: known @ None, .. } = &mut self.baseline {
            let origin = CounterOrigin::Server(stored.server.clone());
            let ended = Interruption::NotRunning { since: stored.at, lost: stored.lost };
            *known = Some(LastKnown { counter: stored.counter, inferred: 0, unnumbered: 0, origin, ended });
        }
    }

    /// Sets the server of the next subscription; `None` if it is unknown.
    ///
    /// If the counter was last read from another server, it may have been reset and then have grown past its old value. The
    /// count of a gap at the next barrier is then a lower bound.
    pub fn connected(&mut self, server: Option<Arc<ServerId>>) {
        if let Baseline::Earlier { known: Some(LastKnown { origin: origin @ CounterOrigin::Moved, .. }), .. } =
            &mut self.baseline
        {
            *origin = CounterOrigin::Server(server.clone());
        }
        self.server = server;
    }

    /// Records that the counter's slot has migrated to another cluster node. The next call of [`connected`](Self::connected) is
    /// for that node.
    pub fn moved(&mut self) {
        self.server_changed |= self.is_lower_bound();
        if let Baseline::Earlier { known: Some(known), .. } = &mut self.baseline {
            known.origin = CounterOrigin::Moved;
        }
    }

    /// Records that the counter may have been reset since its last known value. The count of a gap at the next barrier is then
    /// a lower bound.
    pub fn server_changed(&mut self) {
        self.server_changed = true;
    }

    /// Records that the subscription starts at this point of the stream. Has no effect while subscribed, because a second
    /// `SUBSCRIBE` does not interrupt the delivery.
    pub fn subscribed(&mut self, at: i64) {
        if let Baseline::Earlier { subscribed: subscribed @ None, .. } = &mut self.baseline {
            *subscribed = Some(at);
        }
    }

    /// Counts a received message. Returns its index in the open interval. The first index is 0.
    pub fn message(&mut self) -> u64 {
        let index = self.received;
        self.received = index.saturating_add(1);
        index
    }

    /// The number of messages received since the last barrier.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.received
    }

    /// The sequence numbers of the open interval's messages, as far as they are known without a barrier. They are used if the
    /// messages are sent to the consumers without waiting for a barrier: because the barrier is late, the connection was lost,
    /// or the waiting messages take too much memory. The interval stays open.
    #[must_use]
    pub fn inferred(&self) -> Sequences {
        match self.baseline {
            _ if self.unreadable => Sequences::Unknown(UnknownReason::CounterUnreadable),
            Baseline::Barrier(counter) => Sequences::Inferred { first: counter.saturating_add(1) },
            Baseline::Earlier { .. } => Sequences::Unknown(UnknownReason::NoBarrier),
        }
    }

    /// Takes the counter's value at this point of the stream, and closes the interval.
    ///
    /// If the counter is unreadable, the sequence numbers of the interval's messages are unknown. The next barrier that reads
    /// the counter includes these messages in its comparison.
    pub fn barrier(&mut self, reading: &Reading, at: i64) -> ClosedInterval {
        let value = match reading {
            Reading::Value(value) => Some(*value),
            Reading::Missing => None,
            Reading::Unreadable(_) => {
                self.unread = self.seen();
                self.received = 0;
                self.unreadable = true;
                return ClosedInterval {
                    sequences: Sequences::Unknown(UnknownReason::CounterUnreadable),
                    findings: Vec::new(),
                };
            }
        };
        let (sequences, finding) = self.compare(value, at);
        self.baseline = Baseline::Barrier(value.unwrap_or(0));
        self.server_changed = false;
        self.close();
        ClosedInterval { sequences, findings: finding.into_iter().collect() }
    }

    /// Records that the connection was lost at `at` because of `reason`. Returns the sequence numbers of the messages since the
    /// last barrier.
    pub fn disconnected(&mut self, reason: &Arc<str>, at: i64) -> Sequences {
        let sequences = self.inferred();
        let seen = self.seen();
        match &mut self.baseline {
            Baseline::Barrier(counter) => {
                let ended = Interruption::Disconnected { reason: Arc::clone(reason), at };
                let origin = CounterOrigin::Server(self.server.clone());
                let known = Some(LastKnown { counter: *counter, inferred: seen, unnumbered: 0, origin, ended });
                self.baseline = Baseline::Earlier { subscribed: None, known };
            }
            Baseline::Earlier { subscribed, known } => {
                *subscribed = None;
                if let Some(known) = known {
                    known.unnumbered = known.unnumbered.saturating_add(seen);
                }
            }
        }
        self.close();
        sequences
    }

    /// The counter value to store for the next run. Every broadcast up to this value was received or reported as missed. `None`
    /// if no value is known.
    ///
    /// The value is exact immediately after a barrier. After that it includes the messages received since, and assumes that
    /// they were counted. Before a planned exit, wait for a last barrier, so that the value is exact.
    ///
    /// The value does not include messages of a subscription that has had no barrier yet, because gaps before them are not
    /// reported yet. The next run reports these messages as missed.
    #[must_use]
    pub fn known(&self) -> Option<u64> {
        match &self.baseline {
            Baseline::Barrier(counter) => Some(counter.saturating_add(self.seen())),
            Baseline::Earlier { known, .. } => known.as_ref().map(|known| known.counter.saturating_add(known.inferred)),
        }
    }

    /// The number of messages of this subscription since the counter was last read.
    fn seen(&self) -> u64 {
        self.unread.saturating_add(self.received)
    }

    fn close(&mut self) {
        self.received = 0;
        self.unread = 0;
        self.unreadable = false;
    }

    /// Compares the counter's advance with the number of messages received. A missing counter counts as 0.
    fn compare(&self, value: Option<u64>, at: i64) -> (Sequences, Option<Finding>) {
        let (before, seen_before) = match &self.baseline {
            Baseline::Barrier(counter) => (*counter, 0),
            Baseline::Earlier { known: Some(known), .. } => {
                (known.counter, known.inferred.saturating_add(known.unnumbered))
            }
            // This is the first reading. Assume 0, the lowest possible value. If the advance is then too large, no gap is
            // reported.
            Baseline::Earlier { known: None, .. } => (0, 0),
        };
        let after = value.unwrap_or(0);
        let highest = before.saturating_add(self.lost());
        if after < highest {
            let cause = Cause::Reset { before: highest, after: value };
            let finding = self.finding(FindingKind::CounterReset, (Some(highest), value), None, at, cause);
            return (Sequences::Unknown(UnknownReason::CounterReset), Some(finding));
        }
        let advance = after - before;
        let seen = self.seen().saturating_add(seen_before);
        let exact = Sequences::Exact { first: after.saturating_sub(self.received).saturating_add(1) };
        match advance.cmp(&seen) {
            Ordering::Less => self.received_not_counted(before, advance, seen, at),
            Ordering::Equal => (exact, None),
            Ordering::Greater => match &self.baseline {
                Baseline::Barrier(_) => self.counted_not_received(before, advance, at),
                Baseline::Earlier { known: None, .. } => (exact, None),
                Baseline::Earlier { known: Some(known), subscribed } => {
                    let range = (known.counter + known.inferred + 1, after - self.seen());
                    (exact, Some(self.missed(known, range, advance - seen, subscribed.unwrap_or(at), at)))
                }
            },
        }
    }

    fn received_not_counted(&self, before: u64, advance: u64, seen: u64, at: i64) -> (Sequences, Option<Finding>) {
        let cause = Cause::CountMismatch { advance, received: seen };
        let (from, to) = (before.saturating_add(1), before + advance);
        let (range, sequences) = match advance {
            0 => ((None, None), Sequences::Unknown(UnknownReason::ReceivedNotCounted)),
            _ => ((Some(from), Some(to)), Sequences::Range { from, to }),
        };
        (sequences, Some(self.finding(FindingKind::ReceivedNotCounted, range, Some(seen - advance), at, cause)))
    }

    fn counted_not_received(&self, before: u64, advance: u64, at: i64) -> (Sequences, Option<Finding>) {
        let received = self.seen();
        let cause = Cause::CountMismatch { advance, received };
        let to = before + advance;
        let sequences = Sequences::Spread { from: before + self.unread + 1, to, received: self.received };
        let range = (Some(before + 1), Some(to));
        (sequences, Some(self.finding(FindingKind::CountedNotReceived, range, Some(advance - received), at, cause)))
    }

    fn missed(&self, known: &LastKnown, (from, to): (u64, u64), count: u64, subscribed: i64, at: i64) -> Finding {
        let lower_bound = self.is_lower_bound();
        let (kind, cause) = match &known.ended {
            Interruption::NotRunning { since, lost } => {
                let lost = lost.map(|lost| lost.min(count));
                (
                    FindingKind::MissedNotRunning,
                    Cause::NotRunning { program: Program::Aircheck, since: *since, lower_bound, lost },
                )
            }
            Interruption::Disconnected { reason, at: ended } => {
                let micros = u64::try_from(subscribed.saturating_sub(*ended)).unwrap_or(0);
                let reason = Arc::clone(reason);
                (FindingKind::MissedDisconnected, Cause::Disconnected { reason, duration_micros: micros, lower_bound })
            }
        };
        self.finding(kind, (Some(from), Some(to)), Some(count), at, cause)
    }

    /// The number of messages that a killed recorder had received after the known counter value; 0 if no recorder was killed.
    fn lost(&self) -> u64 {
        match &self.baseline {
            Baseline::Earlier {
                known: Some(LastKnown { ended: Interruption::NotRunning { lost: Some(lost), .. }, .. }),
                ..
            } => *lost,
            Baseline::Barrier(_) | Baseline::Earlier { .. } => 0,
        }
    }

    /// Whether the count of a gap is a lower bound, because the counter may have been reset since its last known value.
    fn is_lower_bound(&self) -> bool {
        let is_same = match &self.baseline {
            Baseline::Barrier(_) | Baseline::Earlier { known: None, .. } => true,
            Baseline::Earlier { known: Some(known), .. } => match &known.origin {
                CounterOrigin::Server(server) => ServerId::is_same(server.as_ref(), self.server.as_ref()),
                CounterOrigin::Moved => true,
            },
        };
        self.server_changed || !is_same
    }

    fn finding(
        &self,
        kind: FindingKind,
        (from, to): (Option<u64>, Option<u64>),
        count: Option<u64>,
        at: i64,
        cause: Cause,
    ) -> Finding {
        Finding { kind, channel: self.channel.clone(), sequence_from: from, sequence_to: to, count, at, cause }
    }
}
