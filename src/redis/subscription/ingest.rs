//! Processes messages: counts, verifies and stores them, and checks them for duplicates and clock skew.

use std::sync::Arc;

use super::interval_builder::InsertAt;
use super::reader::Reader;
use super::shared::lock;
use super::table::{CountedSource, CounterAccess, MAX_CHANNELS};
use crate::ledger::duplicates::{Duplicates, Fingerprint, Followed};
use crate::ledger::finding::Finding;
use crate::ledger::interval::LinkState;
use crate::ledger::sequence::{Channel, Sequence, UnknownReason};
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

/// The number of verified messages that are checked for duplicates together. The data of one batch fits into the
/// processor's caches.
pub(super) const MAX_BATCH: usize = 64;

/// A verified message that is still to be checked for duplicates and clock skew.
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

impl Reader {
    /// Processes one message of a channel that was subscribed by name.
    pub(super) fn message(&mut self, name: &[u8], payload: &[u8], at: i64) {
        let channel = self.table.find(name);
        self.tracked_message(channel, None, payload, at);
    }

    /// Processes one message that the pattern at this index delivered.
    pub(super) fn pattern_message(&mut self, name: &[u8], pattern: usize, payload: &[u8], at: i64) {
        if self.table.is_over_limit(name) {
            return self.untracked(name, pattern, payload, at);
        }
        let channel = self.table.find(name);
        self.tracked_message(channel, Some(pattern), payload, at);
    }

    /// Processes one message of a tracked channel. It was delivered by `pattern`, or by the channel's own subscription
    /// if `pattern` is `None`.
    fn tracked_message(&mut self, channel: usize, pattern: Option<usize>, payload: &[u8], at: i64) {
        if !self.accepts(channel, pattern, at) {
            return;
        }
        if self.table.channels[channel].closing.is_some() {
            // This message belongs to the channel's next interval.
            self.settle();
        }
        let envelope = Envelope::parse(payload);
        let verification = self.keyring.verify(&envelope, at / 1_000_000);
        let position = self.builder.position();
        let tracked = &mut self.table.channels[channel];
        tracked.first_entry.get_or_insert(position);
        let waits = tracked.access != CounterAccess::Denied;
        if waits && !std::mem::replace(&mut tracked.dirty, true) {
            self.dirty.push(channel);
        }
        let index = tracked.ledger.message();
        for tracker in &mut tracked.trackers {
            tracker.message(envelope.name, verification.verdict.rejection().is_none(), at);
        }
        let sequence = (!waits).then_some(Sequence::Unknown(UnknownReason::CounterUnreadable));
        self.builder.message(payload, at, (channel, tracked, index), &verification, sequence);
        if verification.verdict == Verdict::Verified
            && let Some(timestamp) = verification.timestamp
        {
            let fingerprint = Fingerprint::of(envelope.hmac());
            let followed =
                *tracked.followed.get_or_insert_with(|| lock(&self.shared.duplicates).follow(&tracked.channel));
            self.verified.push(Verified { fingerprint, channel, followed, timestamp, at, position });
            if self.verified.len() == MAX_BATCH {
                self.check_duplicates();
            }
        }
        // The waiting messages take too much memory, so they are sent on without a barrier.
        if self.builder.is_full() {
            self.number_without_barrier();
            self.enqueue();
        }
    }

    /// Whether a message of the channel counts. It was delivered by `pattern`, or by the channel's own subscription if
    /// `pattern` is `None`.
    fn accepts(&mut self, channel: usize, pattern: Option<usize>, at: i64) -> bool {
        let tracked = &mut self.table.channels[channel];
        match (pattern, tracked.source) {
            (None, CountedSource::Channel) => true,
            (Some(by), CountedSource::Pattern(source)) => by == source,
            (Some(by), CountedSource::None) => {
                tracked.source = CountedSource::Pattern(by);
                tracked.pattern = Some(by);
                tracked.ledger.subscribed(at);
                true
            }
            _ => false,
        }
    }

    /// Checks the verified messages for duplicates and clock skew.
    ///
    /// This must run before other findings are added and before the messages are sent on.
    pub(super) fn check_duplicates(&mut self) {
        if self.verified.is_empty() {
            return;
        }
        let mut verified = std::mem::take(&mut self.verified);
        let duplicates = Arc::clone(&self.shared.duplicates);
        let mut duplicates = lock(&duplicates);
        duplicates.fetch(verified.iter().map(|message| message.fingerprint));
        let tolerance = self.keyring.time_tolerance();
        for Verified { fingerprint, channel, followed, timestamp, at, position } in verified.drain(..) {
            let place = Some(InsertAt::After(position));
            let seen = duplicates.note_followed(fingerprint, followed, timestamp, at);
            let name = &self.table.channels[channel].channel;
            if let Some(duplicate) = seen.and_then(|seen| Duplicates::finding(seen, name, at)) {
                self.builder.set_duplicate(position);
                self.add_finding(duplicate, place);
            }
            let name = &self.table.channels[channel].channel;
            if let Some(skew) = Finding::clock_skew(name, Verdict::Verified, Some(timestamp), at, tolerance) {
                self.add_finding(skew, place);
            }
        }
        self.verified = verified;
    }

    /// Processes a message of a channel beyond [`MAX_CHANNELS`].
    ///
    /// It has no sequence number because its counter is not read, and gaps in its channel are not detected. This is
    /// reported once.
    pub(super) fn untracked(&mut self, name: &[u8], pattern: usize, payload: &[u8], at: i64) {
        if self.table.first_pattern(name) != Some(pattern) {
            return;
        }
        if !std::mem::replace(&mut self.limit_reported, true) {
            let reason = format!(
                "more than {MAX_CHANNELS}: messages of the others have no sequence number, and their gaps are not \
                 detected; use a narrower pattern"
            );
            let name = self.table.names[pattern].bytes.clone();
            self.channel_link(LinkState::TooManyChannels, &name, Some(reason.into()), at);
        }
        let channel = Channel::new(name);
        let envelope = Envelope::parse(payload);
        let verification = self.keyring.verify(&envelope, at / 1_000_000);
        let unknown = Sequence::Unknown(UnknownReason::CounterUnreadable);
        self.builder.unnumbered(payload, at, &channel, &verification, unknown);
        if verification.verdict == Verdict::Verified
            && let Some(timestamp) = verification.timestamp
        {
            // Check earlier messages first.
            self.check_duplicates();
            let seen = lock(&self.shared.duplicates).note(envelope.hmac(), &channel, timestamp, at);
            let duplicate = seen.and_then(|seen| Duplicates::finding(seen, &channel, at));
            if duplicate.is_some() {
                self.builder.set_duplicate(self.builder.position() - 1);
            }
            let tolerance = self.keyring.time_tolerance();
            let clock_skew = Finding::clock_skew(&channel, verification.verdict, Some(timestamp), at, tolerance);
            for found in duplicate.into_iter().chain(clock_skew) {
                self.add_finding(found, None);
            }
        }
    }
}
