//! What outlives a connection: the channels' ledgers, the memory for repeats, and the way of a message.

use std::sync::Arc;

use super::assembly::Assembly;
use super::barrier::{self, Expected};
use super::cluster::Member;
use super::shared::Shared;
use super::table::{Access, Name, NameState, Source, Table};
use super::{Settings, link};
use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::interval::{Entry, Link, LinkState};
use crate::ledger::repeats::{Fingerprint, Repeats};
use crate::ledger::sequence::{Channel, NoSequence, Reading, Sequence};
use crate::ledger::throttle::Throttle;
use crate::wire::envelope::Envelope;
use crate::wire::signature::Keyring;
use crate::wire::verdict::{Judgement, Verdict};

/// How many verified messages are looked at closer together: the memory that it takes stays in the processor's caches.
const BUNCH: usize = 64;

/// A verified message.
#[derive(Debug)]
struct Verified {
    fingerprint: Fingerprint,
    channel: usize,
    timestamp: i64,
    at: i64,
    /// Where the entry after it stands.
    behind: u64,
}

pub(super) struct Reader {
    pub(super) table: Table,
    pub(super) assembly: Assembly,
    /// The channels with messages since their last barrier was asked for.
    dirty: Vec<usize>,
    /// The channels whose messages are still to be given the numbers of their last barrier.
    closed: Vec<usize>,
    /// The server's run id of the last connection, where it is known.
    run_id: Option<String>,
    /// Which of several servers it was.
    node: Option<Arc<str>>,
    /// What messages are judged with.
    pub(super) keyring: Arc<Keyring>,
    /// The verified messages that are to be looked at closer, a bunch at a time.
    verified: Vec<Verified>,
    throttle: Throttle,
    pub(super) shared: Shared,
    /// Where this is one node of a cluster.
    pub(super) member: Option<Member>,
    /// The reason of the last disconnection, so that the same failure is said once.
    down: Option<Arc<str>>,
    /// Whether it was said that there are more channels than are kept in mind.
    pub(super) is_full: bool,
}

impl Reader {
    pub(super) fn new(settings: Settings, shared: Shared, member: Option<Member>) -> Self {
        // A cluster refuses to answer for counters in several slots together.
        let together = member.is_none();
        Self {
            table: Table::new(settings.sequence_prefix, settings.channels, settings.known, together),
            assembly: Assembly::default(),
            dirty: Vec::new(),
            closed: Vec::new(),
            run_id: None,
            verified: Vec::with_capacity(BUNCH),
            node: None,
            keyring: settings.keyring,
            throttle: Throttle::default(),
            shared,
            member,
            down: None,
            is_full: false,
        }
    }

    /// A connection to the server of that run id is made, and which of several it is; nothing is subscribed yet.
    pub(super) fn connecting(&mut self, run_id: Option<&str>, node: Option<&Arc<str>>) {
        let restarted = self.run_id.as_deref().zip(run_id).is_some_and(|(before, now)| before != now);
        let moved = self.node.as_ref().zip(node).is_some_and(|(before, now)| before != now);
        if restarted || moved {
            for tracked in &mut self.table.channels {
                tracked.ledger.server_changed();
            }
        }
        if let Some(run_id) = run_id {
            self.run_id = Some(run_id.to_owned());
        }
        self.node = node.cloned();
        self.settle_owners();
    }

    /// Notes that a channel's counter is to be read with the next barrier.
    pub(super) fn soil(&mut self, channel: usize) {
        if !std::mem::replace(&mut self.table.channels[channel].dirty, true) {
            self.dirty.push(channel);
        }
    }

    /// How many channels there are whose counters are to be read.
    pub(super) fn dirty(&self) -> usize {
        self.dirty.len()
    }

    /// Writes the commands of a barrier for these channels, and for those with `idle` indices; gives what is to be expected.
    pub(super) fn write_barrier(&mut self, idle: &[usize], out: &mut Vec<u8>) -> Vec<Expected> {
        barrier::write(&mut self.table, &mut self.dirty, idle, out)
    }

    /// The server has accepted the name of that index: its messages come from here on. The counters of its channels are
    /// read at once, for that tells what was missed.
    pub(super) fn subscribed(&mut self, name: usize, at: i64) {
        if self.table.names[name].is_pattern {
            // What this pattern brought before, it brings again.
            for index in 0..self.table.channels.len() {
                let tracked = &mut self.table.channels[index];
                if tracked.source == Source::None && tracked.pattern == Some(name) {
                    tracked.source = Source::Pattern(name);
                    tracked.ledger.subscribed(at);
                    self.soil(index);
                }
            }
        } else {
            let channel = self.table.names[name].bytes.clone();
            let index = self.table.find(&channel);
            let tracked = &mut self.table.channels[index];
            if tracked.source == Source::None {
                tracked.ledger.subscribed(at);
            }
            tracked.source = Source::Channel;
            self.soil(index);
        }
    }

    /// The server has ended the subscription to the name of that index: nothing comes by it from here on.
    ///
    /// What came last leaves without a barrier. A channel that another pattern brings too goes on with its next message.
    pub(super) fn unsubscribed(&mut self, name: usize, at: i64) {
        self.settle();
        let reason: Arc<str> = "unsubscribed".into();
        let Name { bytes, is_pattern, .. } = self.table.names[name].clone();
        for index in 0..self.table.channels.len() {
            let tracked = &self.table.channels[index];
            let ends = match tracked.source {
                Source::None => false,
                Source::Channel => !is_pattern && tracked.channel.as_bytes() == bytes,
                Source::Pattern(source) => source == name,
            };
            if ends {
                self.stop(index, &reason, at);
            }
        }
        self.stopped();
    }

    /// The messages of a channel are not counted from here on; no channel may wait to be given its numbers. At last comes
    /// [`stopped`](Self::stopped).
    pub(super) fn stop(&mut self, index: usize, reason: &Arc<str>, at: i64) {
        let tracked = &mut self.table.channels[index];
        if tracked.source != Source::None {
            tracked.closing = Some(tracked.ledger.disconnected(reason, at));
            tracked.source = Source::None;
            tracked.dirty = false;
            tracked.first_entry = None;
            self.closed.push(index);
        }
    }

    /// What came last of the channels that were stopped leaves without a barrier.
    pub(super) fn stopped(&mut self) {
        let channels = &self.table.channels;
        self.dirty.retain(|&channel| channels[channel].dirty);
        self.settle();
    }

    /// Whether what a pattern brings of a channel is counted on this connection.
    pub(super) fn counts(&mut self, channel: &[u8]) -> bool {
        self.member.as_mut().is_none_or(|member| member.counts(channel))
    }

    /// Messages of channels that were subscribed by their names: name and payload of each.
    ///
    /// A few at a time, step by step: what one of them has to wait for, the memory of its channel and the rounds of its hash, others
    /// then wait for at the same time.
    pub(super) fn messages(&mut self, messages: &[(&[u8], &[u8])], at: i64) {
        let channels: Vec<usize> = messages.iter().map(|(name, _)| self.table.find(name)).collect();
        let envelopes: Vec<Envelope<'_>> = messages.iter().map(|(_, payload)| Envelope::parse(payload)).collect();
        let judgements = self.keyring.judge_all(&envelopes, at / 1_000_000);
        for (((channel, (_, payload)), envelope), judgement) in
            channels.into_iter().zip(messages).zip(&envelopes).zip(&judgements)
        {
            if self.comes_by(channel, None, at) {
                self.judged(channel, payload, envelope, judgement, at);
            }
        }
    }

    /// One message that the pattern of that index brought.
    pub(super) fn pattern_message(&mut self, name: &[u8], pattern: usize, payload: &[u8], at: i64) {
        if self.table.is_beyond(name) {
            return self.beyond(name, pattern, payload, at);
        }
        let channel = self.table.find(name);
        if self.comes_by(channel, Some(pattern), at) {
            let envelope = Envelope::parse(payload);
            let judgement = self.keyring.judge(&envelope, at / 1_000_000);
            self.judged(channel, payload, &envelope, &judgement, at);
        }
    }

    /// Whether a channel's messages count that come by the pattern of that index, or by the channel's own name.
    fn comes_by(&mut self, channel: usize, pattern: Option<usize>, at: i64) -> bool {
        let tracked = &mut self.table.channels[channel];
        match (pattern, tracked.source) {
            (None, Source::Channel) => true,
            (Some(by), Source::Pattern(source)) => by == source,
            (Some(by), Source::None) => {
                tracked.source = Source::Pattern(by);
                tracked.pattern = Some(by);
                tracked.ledger.subscribed(at);
                true
            }
            _ => false,
        }
    }

    /// One message that counts.
    fn judged(&mut self, index: usize, payload: &[u8], envelope: &Envelope<'_>, judgement: &Judgement<'_>, at: i64) {
        if self.table.channels[index].closing.is_some() {
            // It belongs to the next interval of its channel.
            self.settle();
        }
        let tracked = &mut self.table.channels[index];
        let number = tracked.ledger.message();
        let sequence = (tracked.access == Access::Denied).then_some(Sequence::Unknown(NoSequence::CounterUnreadable));
        if !tracked.dirty && sequence.is_none() {
            tracked.dirty = true;
            self.dirty.push(index);
        }
        tracked.first_entry.get_or_insert(self.assembly.position());
        self.assembly.message(payload, at, (index, &tracked.channel, number), judgement, sequence);
        if judgement.verdict == Verdict::Verified
            && let Some(timestamp) = judgement.timestamp
        {
            // The HMAC is the signature's last part, and in a verified one it is hexadecimal.
            let hmac = memchr::memrchr(b'|', envelope.signature).map_or(&[][..], |bar| &envelope.signature[bar + 1..]);
            let (fingerprint, behind) = (Fingerprint::of(hmac), self.assembly.position());
            self.verified.push(Verified { fingerprint, channel: index, timestamp, at, behind });
            if self.verified.len() == BUNCH {
                self.look_closer();
            }
        }
        // What is too much to wait leaves without its barrier.
        if self.assembly.is_full() {
            self.give_up();
            self.hand_over();
        }
    }

    /// What verified messages can still be: seen before, or signed by a clock that is off. To be done before anything else is
    /// found, and before they are handed over.
    pub(super) fn look_closer(&mut self) {
        let mut verified = std::mem::take(&mut self.verified);
        self.shared.repeats.borrow().fetch(verified.iter().map(|message| message.fingerprint));
        let tolerance = self.keyring.time_tolerance();
        for Verified { fingerprint, channel, timestamp, at, behind } in verified.drain(..) {
            let channel = &self.table.channels[channel].channel;
            let seen = self.shared.repeats.borrow_mut().note_fingerprint(fingerprint, channel, timestamp, at);
            let repeated = seen.map(|seen| Repeats::finding(seen, channel, timestamp, at));
            let clock_off = Finding::clock_off(channel, Verdict::Verified, Some(timestamp), at, tolerance);
            for found in repeated.into_iter().chain(clock_off) {
                self.found(found, Some(behind));
            }
        }
        self.verified = verified;
    }

    /// The counter's value at this point of the stream: closes the channel's interval.
    pub(super) fn barrier(&mut self, index: usize, reading: Reading, at: i64) {
        self.look_closer();
        if self.table.channels[index].closing.is_some() {
            self.settle();
        }
        let tracked = &mut self.table.channels[index];
        if tracked.source == Source::None {
            return;
        }
        let closed = tracked.ledger.barrier(&reading, at);
        tracked.closing = Some(closed.sequences);
        self.closed.push(index);
        let first = tracked.first_entry.take();
        let changed = tracked.reading.as_ref() != Some(&reading);
        let channel = tracked.channel.clone();
        for found in closed.findings {
            // What was missed stands before the first message after it; what does not balance, after the interval.
            let precedes = !matches!(found.kind, FindingKind::NotDelivered | FindingKind::Uncounted);
            let place = if precedes { first } else { None };
            self.found(found, place);
        }
        if changed {
            self.table.channels[index].reading = Some(reading.clone());
            self.assembly.push(Entry::Counter { channel, reading, at });
        }
    }

    /// Gives numbers to the messages of the channels that the last answers have closed. An answer leaves this for later, so
    /// that many answers in a row take one walk over all that wait.
    pub(super) fn settle(&mut self) {
        if self.closed.is_empty() {
            return;
        }
        self.assembly.settle(&mut self.table.channels);
        for channel in self.closed.drain(..) {
            self.table.channels[channel].closing = None;
        }
    }

    /// The messages that wait leave without a barrier.
    pub(super) fn give_up(&mut self) {
        self.settle();
        let channels = &self.table.channels;
        self.assembly.give_up(|channel| channels[channel].ledger.presumed());
    }

    pub(super) fn found(&mut self, found: Finding, place: Option<u64>) {
        let Some(passed) = self.throttle.pass(found) else { return };
        match place {
            Some(position) => self.assembly.insert(position, Entry::Finding(passed)),
            None => self.assembly.push(Entry::Finding(passed)),
        }
    }

    /// Findings that go on are held back for a second: those that are due now.
    pub(super) fn due(&mut self, at: i64) {
        self.look_closer();
        for found in self.throttle.due(at) {
            self.assembly.push(Entry::Finding(found));
        }
    }

    pub(super) fn link(&mut self, link: Link) {
        if link.state == LinkState::Connected {
            self.down = None;
        }
        self.say(link);
    }

    /// Appends a change of the link; in a cluster, what it means for the links to all nodes together.
    fn say(&mut self, link: Link) {
        let said = match &self.member {
            Some(member) if link.channel.is_none() => {
                let wanted = self.table.names.iter().filter(|name| name.state != NameState::Dropped);
                member.link(link, wanted.map(|name| &name.bytes[..]))
            }
            _ => Some(link),
        };
        if let Some(link) = said {
            self.assembly.push(Entry::Link(link));
        }
    }

    /// A change that concerns one channel or pattern.
    pub(super) fn channel_link(&mut self, state: LinkState, name: &[u8], reason: Option<Arc<str>>, at: i64) {
        self.link(Link { channel: Some(Channel::new(name)), ..link(state, reason, at) });
    }

    /// Delivery has stopped somewhere after the last frame, or an attempt to connect has failed.
    pub(super) fn disconnected(&mut self, reason: &Arc<str>, at: i64) {
        self.settle();
        for (index, tracked) in self.table.channels.iter_mut().enumerate() {
            if tracked.source != Source::None {
                tracked.closing = Some(tracked.ledger.disconnected(reason, at));
                tracked.source = Source::None;
                self.closed.push(index);
            }
            tracked.dirty = false;
            tracked.first_entry = None;
            tracked.access = Access::Together;
        }
        self.dirty.clear();
        self.settle();
        self.due(at);
        if self.down.as_ref() != Some(reason) {
            self.down = Some(Arc::clone(reason));
            self.say(link(LinkState::Disconnected, Some(Arc::clone(reason)), at));
        }
        if let Some(member) = &self.member {
            member.lost();
        }
        self.hand_over();
    }

    /// Nobody wants any more: all that is left goes out.
    pub(super) fn end(&mut self) {
        self.give_up();
        self.due(i64::MAX);
        self.hand_over();
    }

    /// Hands over what need not wait.
    pub(super) fn hand_over(&mut self) {
        self.look_closer();
        self.settle();
        if let Some(interval) = self.assembly.take() {
            self.shared.hand_over(interval);
        }
    }
}
