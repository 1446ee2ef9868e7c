//! The state machine of one channel.
//!
//! Every barrier weighs two numbers against each other: by how much the counter advanced since it was last known (the
//! *advance*), and how many messages were seen since then (*seen*). Equal: all is well. Fewer seen: numbers were missed,
//! or counted without a message. More seen: somebody publishes past the counter.
//!
//! A subscription that ends before its first barrier leaves messages whose numbers cannot be known, because an unknown
//! number of broadcasts may have been missed before them. They are remembered by how many they were: the gap that the next
//! barrier reports then spans the numbers that contain them, and its count is less by those that were seen.

mod sequences;

use std::cmp::Ordering;
use std::sync::Arc;

use super::finding::{Cause, Finding, FindingKind};
use super::known::ServerId;
use super::sequence::{Channel, Reading, UnknownReason};

pub use self::sequences::Sequences;

/// The ledger of one channel; takes events in stream order.
#[derive(Debug, Clone)]
pub struct ChannelLedger {
    channel: Channel,
    base: Base,
    /// The messages since the last barrier.
    received: u64,
    /// The messages between the last barrier that could read the counter and the last one that could not.
    unread: u64,
    /// Whether the last barrier of this subscription could not read the counter.
    unreadable: bool,
    /// The server of this subscription, or of the next one; none if it is unknown.
    server: Option<Arc<ServerId>>,
    /// The counter may have been reset since it was last known, whatever the server's id is.
    server_changed: bool,
}

/// What the next barrier is compared with.
#[derive(Debug, Clone)]
enum Base {
    /// The counter at a barrier of this very subscription.
    Barrier(u64),
    /// This subscription has not read the counter yet, or there is none.
    Earlier { subscribed: Option<i64>, known: Option<Known> },
}

/// What an earlier subscription or run left behind.
#[derive(Debug, Clone)]
struct Known {
    /// The counter at the last barrier, or as it was stored.
    counter: u64,
    /// The messages that came after it in the same subscription: presumably the numbers that follow.
    inferred: u64,
    /// The messages of subscriptions that ended before their first barrier.
    unnumbered: u64,
    origin: Origin,
    ended: Ended,
}

/// Which server a known counter came from.
#[derive(Debug, Clone)]
enum Origin {
    /// That one; none if it is unknown.
    Server(Option<Arc<ServerId>>),
    /// The counter moved with its slot: the server that is connected to next counts on from it.
    Moved,
}

/// How the knowledge came to its end.
#[derive(Debug, Clone)]
enum Ended {
    NotRunning { since: i64 },
    Disconnected { reason: Arc<str>, at: i64 },
}

/// What a barrier says of the interval that it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The numbers of the interval's messages.
    pub sequences: Sequences,
    /// What was found; these stand before the interval's messages in the stream, but for `CountedNotReceived` and `ReceivedNotCounted`.
    pub findings: Vec<Finding>,
}

impl ChannelLedger {
    /// A ledger that knows nothing yet.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            base: Base::Earlier { subscribed: None, known: None },
            received: 0,
            unread: 0,
            unreadable: false,
            server: None,
            server_changed: false,
        }
    }

    /// Whose ledger this is.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// The last counter known from an earlier run, the server it came from if that is known, and when it was stored. Without
    /// effect if something newer is known.
    pub fn restored(&mut self, counter: u64, server: Option<Arc<ServerId>>, at: i64) {
        if let Base::Earlier { known: known @ None, .. } = &mut self.base {
            let (origin, ended) = (Origin::Server(server), Ended::NotRunning { since: at });
            *known = Some(Known { counter, inferred: 0, unnumbered: 0, origin, ended });
        }
    }

    /// The server that the next subscription is on; none if it is unknown. If it is not the one that the counter was last read
    /// from, the counter may have been reset and have passed its old value: a gap at the next barrier is a lower bound.
    pub fn connected(&mut self, server: Option<Arc<ServerId>>) {
        if let Base::Earlier { known: Some(Known { origin: origin @ Origin::Moved, .. }), .. } = &mut self.base {
            *origin = Origin::Server(server.clone());
        }
        self.server = server;
    }

    /// The counter moved with its slot to another node, which is connected to next.
    pub fn moved(&mut self) {
        self.server_changed |= self.may_be_more();
        if let Base::Earlier { known: Some(known), .. } = &mut self.base {
            known.origin = Origin::Moved;
        }
    }

    /// The counter may have been reset since it was last known: a gap at the next barrier is a lower bound.
    pub fn server_changed(&mut self) {
        self.server_changed = true;
    }

    /// Delivery starts here; the counter at this point is not known yet. Without effect while subscribed: a second SUBSCRIBE
    /// does not interrupt the delivery.
    pub fn subscribed(&mut self, at: i64) {
        if let Base::Earlier { subscribed: subscribed @ None, .. } = &mut self.base {
            *subscribed = Some(at);
        }
    }

    /// One message was received; its index in the interval, from 0.
    pub fn message(&mut self) -> u64 {
        let index = self.received;
        self.received = index.saturating_add(1);
        index
    }

    /// The messages received since the last barrier.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.received
    }

    /// What can be said of the open interval's messages without a barrier: they leave early, because it is late or the
    /// interval is full. They stay in the interval, which closes as it would have.
    #[must_use]
    pub fn inferred(&self) -> Sequences {
        match self.base {
            _ if self.unreadable => Sequences::Unknown(UnknownReason::CounterUnreadable),
            Base::Barrier(counter) => Sequences::Inferred { first: counter.saturating_add(1) },
            Base::Earlier { .. } => Sequences::Unknown(UnknownReason::NoBarrier),
        }
    }

    /// The counter's value at this point of the stream: closes the interval.
    ///
    /// An unreadable counter says nothing, and the messages are weighed at the next barrier that can read it.
    pub fn barrier(&mut self, reading: &Reading, at: i64) -> Closed {
        let value = match reading {
            Reading::Value(value) => Some(*value),
            Reading::Missing => None,
            Reading::Unreadable(_) => {
                self.unread = self.seen();
                self.received = 0;
                self.unreadable = true;
                return Closed {
                    sequences: Sequences::Unknown(UnknownReason::CounterUnreadable),
                    findings: Vec::new(),
                };
            }
        };
        let (sequences, finding) = self.weigh(value, at);
        self.base = Base::Barrier(value.unwrap_or(0));
        self.server_changed = false;
        self.close();
        Closed { sequences, findings: finding.into_iter().collect() }
    }

    /// Delivery stopped somewhere after the last event; the numbers of the messages since the last barrier.
    pub fn disconnected(&mut self, reason: &Arc<str>, at: i64) -> Sequences {
        let sequences = self.inferred();
        let seen = self.seen();
        match &mut self.base {
            Base::Barrier(counter) => {
                let ended = Ended::Disconnected { reason: Arc::clone(reason), at };
                let origin = Origin::Server(self.server.clone());
                let known = Some(Known { counter: *counter, inferred: seen, unnumbered: 0, origin, ended });
                self.base = Base::Earlier { subscribed: None, known };
            }
            Base::Earlier { subscribed, known } => {
                *subscribed = None;
                if let Some(known) = known {
                    known.unnumbered = known.unnumbered.saturating_add(seen);
                }
            }
        }
        self.close();
        sequences
    }

    /// The highest counter value known, to be kept between runs: everything up to it was seen or reported.
    ///
    /// It is exact right after a barrier; later it includes the messages that came since, which presumes that they were
    /// counted: before a planned end, wait for one last barrier. Messages of a subscription without a barrier are not in it,
    /// because what was missed before them is not reported yet: the next run counts them as missed.
    #[must_use]
    pub fn known(&self) -> Option<u64> {
        match &self.base {
            Base::Barrier(counter) => Some(counter.saturating_add(self.seen())),
            Base::Earlier { known, .. } => known.as_ref().map(|known| known.counter.saturating_add(known.inferred)),
        }
    }

    /// The messages of this subscription since the counter was last read.
    fn seen(&self) -> u64 {
        self.unread.saturating_add(self.received)
    }

    fn close(&mut self) {
        self.received = 0;
        self.unread = 0;
        self.unreadable = false;
    }

    /// Weighs the counter's advance against the messages seen. A missing counter is 0, which is a reset where it was more.
    fn weigh(&self, value: Option<u64>, at: i64) -> (Sequences, Option<Finding>) {
        let (before, seen_before) = match &self.base {
            Base::Barrier(counter) => (*counter, 0),
            Base::Earlier { known: Some(known), .. } => {
                (known.counter, known.inferred.saturating_add(known.unnumbered))
            }
            // A first look: the counter at the subscription was 0 at least.
            Base::Earlier { known: None, .. } => (0, 0),
        };
        let after = value.unwrap_or(0);
        let Some(advance) = after.checked_sub(before) else {
            let cause = Cause::Reset { before, after: value };
            let finding = self.finding(FindingKind::CounterReset, (Some(before), value), None, at, cause);
            return (Sequences::Unknown(UnknownReason::CounterReset), Some(finding));
        };
        let seen = self.seen().saturating_add(seen_before);
        let exact = Sequences::Exact { first: after.saturating_sub(self.received).saturating_add(1) };
        match advance.cmp(&seen) {
            Ordering::Less => self.received_not_counted(before, advance, seen, at),
            Ordering::Equal => (exact, None),
            Ordering::Greater => match &self.base {
                Base::Barrier(_) => self.counted_not_received(before, advance, at),
                Base::Earlier { known: None, .. } => (exact, None),
                Base::Earlier { known: Some(known), subscribed } => {
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

    fn missed(&self, known: &Known, (from, to): (u64, u64), count: u64, subscribed: i64, at: i64) -> Finding {
        let lower_bound = self.may_be_more();
        let (kind, cause) = match &known.ended {
            Ended::NotRunning { since } => {
                (FindingKind::MissedNotRunning, Cause::NotRunning { since: *since, lower_bound })
            }
            Ended::Disconnected { reason, at: ended } => {
                let micros = u64::try_from(subscribed.saturating_sub(*ended)).unwrap_or(0);
                let reason = Arc::clone(reason);
                (FindingKind::MissedDisconnected, Cause::Disconnected { reason, duration_micros: micros, lower_bound })
            }
        };
        self.finding(kind, (Some(from), Some(to)), Some(count), at, cause)
    }

    /// Whether a gap is a lower bound: the counter was last read from another server, or that is unknown.
    fn may_be_more(&self) -> bool {
        let is_same = match &self.base {
            Base::Barrier(_) | Base::Earlier { known: None, .. } => true,
            Base::Earlier { known: Some(known), .. } => match &known.origin {
                Origin::Server(server) => ServerId::is_same(server.as_ref(), self.server.as_ref()),
                Origin::Moved => true,
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
