//! Channels beyond the bound of those that are kept in mind, as patterns may bring them without end.

use super::reader::Reader;
use super::table::MAX_CHANNELS;
use crate::ledger::duplicates::Duplicates;
use crate::ledger::finding::Finding;
use crate::ledger::interval::LinkState;
use crate::ledger::sequence::{Channel, Sequence, UnknownReason};
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

impl Reader {
    /// One message of a channel that is not kept in mind: it is judged and handed over without a number, for its counter is
    /// never asked, and a gap in that channel is not seen. This is said once, of the pattern.
    pub(super) fn untracked(&mut self, name: &[u8], pattern: usize, payload: &[u8], at: i64) {
        if self.table.first_pattern(name) != Some(pattern) {
            return;
        }
        if !std::mem::replace(&mut self.is_full, true) {
            let reason = format!(
                "more than {MAX_CHANNELS} channels: the messages of the others have no number, and a gap in them is not \
                 seen; watch fewer with a narrower pattern"
            );
            let name = self.table.names[pattern].bytes.clone();
            self.channel_link(LinkState::Denied, &name, Some(reason.into()), at);
        }
        let channel = Channel::new(name);
        let envelope = Envelope::parse(payload);
        let judgement = self.keyring.judge(&envelope, at / 1_000_000);
        let unknown = Sequence::Unknown(UnknownReason::CounterUnreadable);
        self.builder.unnumbered(payload, at, &channel, &judgement, unknown);
        if judgement.verdict == Verdict::Verified
            && let Some(timestamp) = judgement.timestamp
        {
            // Those before it come first.
            self.check_duplicates();
            let seen = self.shared.duplicates.borrow_mut().note(envelope.hmac(), &channel, timestamp, at);
            let repeated = seen.and_then(|seen| Duplicates::finding(seen, &channel, at));
            if repeated.is_some() {
                self.builder.set_duplicate(self.builder.position() - 1);
            }
            let tolerance = self.keyring.time_tolerance();
            let clock_skew = Finding::clock_skew(&channel, judgement.verdict, Some(timestamp), at, tolerance);
            for found in repeated.into_iter().chain(clock_skew) {
                self.found(found, None);
            }
        }
    }
}
