//! The way of a message: counted, judged, put into the interval, and looked at closer.

use super::interval_builder::Place;
use super::reader::Reader;
use super::table::{Access, Source};
use crate::ledger::duplicates::{Duplicates, Fingerprint, Followed};
use crate::ledger::finding::Finding;
use crate::ledger::sequence::{Sequence, UnknownReason};
use crate::redis::buffer::Pushed;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::{Judgement, Verdict};

/// How many verified messages are looked at closer together: the memory that it takes stays in the processor's caches.
pub(super) const BUNCH: usize = 64;

/// A verified message.
#[derive(Debug)]
pub(super) struct Verified {
    fingerprint: Fingerprint,
    channel: usize,
    followed: Followed,
    timestamp: i64,
    at: i64,
    /// The position of its entry.
    position: u64,
}

/// A message that its ledger knows of.
#[derive(Debug, Clone, Copy)]
struct Counted {
    channel: usize,
    /// Its index among the channel's messages since the last barrier.
    index: u64,
    /// Whether it waits for a barrier to be given its number.
    waits: bool,
}

impl Reader {
    /// Messages of channels that were subscribed by their names: name and payload of each.
    ///
    /// A few at a time, step by step: what one of them has to wait for, the memory of its channel and the rounds of its hash, others
    /// then wait for at the same time.
    pub(super) fn messages(&mut self, messages: &[Pushed<'_>], at: i64) {
        let first = self.builder.position();
        let mut counted = Vec::with_capacity(messages.len());
        let mut envelopes = Vec::with_capacity(messages.len());
        for (name, payload) in messages {
            let channel = self.table.find(name);
            if self.comes_by(channel, None, at) {
                counted.push((self.count(channel, first + counted.len() as u64), *payload));
                envelopes.push(Envelope::parse(payload));
            }
        }
        let judgements = self.keyring.judge_all(&envelopes, at / 1_000_000);
        for (((counted, payload), envelope), judgement) in counted.into_iter().zip(&envelopes).zip(&judgements) {
            self.judged(counted, payload, envelope, judgement, at);
        }
    }

    /// One message that the pattern of that index brought.
    pub(super) fn pattern_message(&mut self, name: &[u8], pattern: usize, payload: &[u8], at: i64) {
        if self.table.is_beyond(name) {
            return self.untracked(name, pattern, payload, at);
        }
        let channel = self.table.find(name);
        if self.comes_by(channel, Some(pattern), at) {
            let counted = self.count(channel, self.builder.position());
            let envelope = Envelope::parse(payload);
            let judgement = self.keyring.judge(&envelope, at / 1_000_000);
            self.judged(counted, payload, &envelope, &judgement, at);
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

    /// Counts a message of a channel, whose entry will stand at `position`.
    fn count(&mut self, channel: usize, position: u64) -> Counted {
        if self.table.channels[channel].closing.is_some() {
            // It belongs to the next interval of its channel.
            self.settle();
        }
        let tracked = &mut self.table.channels[channel];
        tracked.first_entry.get_or_insert(position);
        let waits = tracked.access != Access::Denied;
        if waits && !std::mem::replace(&mut tracked.dirty, true) {
            self.dirty.push(channel);
        }
        Counted { channel, index: tracked.ledger.message(), waits }
    }

    /// One message that was counted.
    fn judged(
        &mut self,
        counted: Counted,
        payload: &[u8],
        envelope: &Envelope<'_>,
        judgement: &Judgement<'_>,
        at: i64,
    ) {
        let Counted { channel, index, waits } = counted;
        let sequence = (!waits).then_some(Sequence::Unknown(UnknownReason::CounterUnreadable));
        let tracked = &mut self.table.channels[channel];
        self.builder.message(payload, at, (channel, tracked, index), judgement, sequence);
        if judgement.verdict == Verdict::Verified
            && let Some(timestamp) = judgement.timestamp
        {
            let (fingerprint, position) = (Fingerprint::of(envelope.hmac()), self.builder.position() - 1);
            let followed =
                *tracked.followed.get_or_insert_with(|| self.shared.duplicates.borrow_mut().follow(&tracked.channel));
            self.verified.push(Verified { fingerprint, channel, followed, timestamp, at, position });
            if self.verified.len() == BUNCH {
                self.check_duplicates();
            }
        }
        // What is too much to wait leaves without its barrier.
        if self.builder.is_full() {
            self.give_up();
            self.enqueue();
        }
    }

    /// What verified messages can still be: seen before, or signed by a clock that is off. To be done before anything else is
    /// found, and before they are handed over.
    pub(super) fn check_duplicates(&mut self) {
        let mut verified = std::mem::take(&mut self.verified);
        self.shared.duplicates.borrow().fetch(verified.iter().map(|message| message.fingerprint));
        let tolerance = self.keyring.time_tolerance();
        for Verified { fingerprint, channel, followed, timestamp, at, position } in verified.drain(..) {
            let channel = &self.table.channels[channel].channel;
            let seen = self.shared.duplicates.borrow_mut().note_followed(fingerprint, followed, timestamp, at);
            let repeated = seen.and_then(|seen| Duplicates::finding(seen, channel, at));
            if repeated.is_some() {
                self.builder.set_duplicate(position);
            }
            let clock_skew = Finding::clock_skew(channel, Verdict::Verified, Some(timestamp), at, tolerance);
            for found in repeated.into_iter().chain(clock_skew) {
                self.found(found, Some(Place::After(position)));
            }
        }
        self.verified = verified;
    }
}
