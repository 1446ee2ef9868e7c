//! The expectations on the channels.

use std::sync::Arc;

use crate::console::panes::channels::state::{ChannelState, Channels};
use crate::ledger::expectation::{ExpectationState, ExpectationStatus};
use crate::ledger::finding::FindingKind;
use crate::ledger::sequence::Channel;

/// The state of an expectation on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelExpectation {
    /// The title of the expectation.
    pub title: Arc<str>,
    /// The state.
    pub state: ExpectationState,
    /// Since when no message was accepted, in microseconds since the epoch; none if there was never one.
    pub quiet_since: Option<i64>,
}

/// A finding that an expectation is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The title of the expectation.
    pub title: Arc<str>,
    /// The row ID of the finding.
    pub row_id: u64,
    /// Whether it is acknowledged.
    pub is_acknowledged: bool,
}

/// The number of expectations that are not met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unmet {
    /// Those with too few messages.
    pub silent: u64,
    /// Those with too many messages.
    pub too_many: u64,
    /// Those of both whose finding is in the list of findings, and not acknowledged.
    pub in_findings: u64,
}

impl Unmet {
    /// Counts those of a channel.
    pub(crate) fn of(channel: &ChannelState) -> Self {
        let mut unmet = Self::default();
        for expected in &channel.expected {
            match expected.state {
                ExpectationState::Silent => unmet.silent += 1,
                ExpectationState::TooMany => unmet.too_many += 1,
                ExpectationState::New | ExpectationState::Unknown | ExpectationState::Met => continue,
            }
            let is_open = |known: &Unresolved| known.title == expected.title && !known.is_acknowledged;
            unmet.in_findings += u64::from(channel.unresolved.iter().any(is_open));
        }
        unmet
    }

    fn replace(&mut self, before: Self, after: Self) {
        let replace = |count: &mut u64, before: u64, after: u64| *count = count.saturating_sub(before) + after;
        replace(&mut self.silent, before.silent, after.silent);
        replace(&mut self.too_many, before.too_many, after.too_many);
        replace(&mut self.in_findings, before.in_findings, after.in_findings);
    }
}

impl Channels {
    /// Takes the state of an expectation.
    pub(crate) fn take_status(&mut self, status: &ExpectationStatus) {
        let Some(index) = self.find_or_add(&status.channel) else { return };
        let ExpectationStatus { title, state, quiet_since, .. } = status.clone();
        self.change_expected(index, |channel| {
            let new = ChannelExpectation { title, state, quiet_since };
            match channel.expected.iter_mut().find(|known| known.title == new.title) {
                Some(known) => *known = new,
                None => channel.expected.push(new),
            }
        });
    }

    /// Takes a finding about an expectation of the channel at this index.
    pub(crate) fn take_expectation_finding(&mut self, index: usize, title: &Arc<str>, kind: FindingKind, row_id: u64) {
        self.change_expected(index, |channel| {
            channel.unresolved.retain(|known| known.title != *title);
            if kind != FindingKind::Resumed {
                channel.unresolved.push(Unresolved { title: Arc::clone(title), row_id, is_acknowledged: false });
            }
        });
    }

    /// Counts a finding of a channel as acknowledged or as open.
    pub(crate) fn count_acknowledged(&mut self, channel: &Channel, kind: FindingKind, row_id: u64, acknowledged: bool) {
        let Some(index) = self.find(channel) else { return };
        let step = |count: &mut u64, up: bool| *count = if up { *count + 1 } else { count.saturating_sub(1) };
        self.change_expected(index, |channel| {
            if kind.is_gap() {
                step(&mut channel.acknowledged, acknowledged);
                return;
            }
            step(&mut channel.acknowledged_others, acknowledged);
            if kind == FindingKind::CounterReset {
                step(&mut channel.open_resets, !acknowledged);
            }
            if let Some(known) = channel.unresolved.iter_mut().find(|known| known.row_id == row_id) {
                known.is_acknowledged = acknowledged;
            }
        });
    }

    fn change_expected(&mut self, index: usize, change: impl FnOnce(&mut ChannelState)) {
        let Some(channel) = self.list.get_mut(index) else { return };
        let before = Unmet::of(channel);
        change(channel);
        self.unmet.replace(before, Unmet::of(channel));
        self.note_numbers();
    }
}
