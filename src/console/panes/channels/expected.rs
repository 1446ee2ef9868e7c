//! The expectations on the channels.

use std::sync::Arc;

use crate::console::panes::channels::state::Channels;
use crate::ledger::expectation::{ExpectationState, ExpectationStatus};

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

/// The number of expectations that are not met, over all channels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unmet {
    /// Those with too few messages.
    pub silent: u64,
    /// Those with too many messages.
    pub too_many: u64,
}

impl Unmet {
    fn count(&mut self, state: ExpectationState) -> Option<&mut u64> {
        match state {
            ExpectationState::Silent => Some(&mut self.silent),
            ExpectationState::TooMany => Some(&mut self.too_many),
            ExpectationState::New | ExpectationState::Unknown | ExpectationState::Met => None,
        }
    }
}

impl Channels {
    /// Takes the state of an expectation.
    pub(crate) fn take_status(&mut self, status: &ExpectationStatus) {
        let Some(index) = self.find_or_add(&status.channel) else { return };
        let ExpectationStatus { title, state, quiet_since, .. } = status.clone();
        let expected = &mut self.list[index].expected;
        let before = if let Some(known) = expected.iter_mut().find(|known| known.title == title) {
            known.quiet_since = quiet_since;
            Some(std::mem::replace(&mut known.state, state))
        } else {
            expected.push(ChannelExpectation { title, state, quiet_since });
            None
        };
        if let Some(count) = before.and_then(|before| self.unmet.count(before)) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.unmet.count(state) {
            *count += 1;
        }
        self.note_numbers();
    }
}
