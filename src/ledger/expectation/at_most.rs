//! Checks the highest rate: detects that more messages than allowed were accepted within the period.
//!
//! Messages that were published over a long time can arrive at once, after a stall. So the time of receipt does not prove
//! when they were published. The barriers prove it: messages between two barriers were published after the first was
//! requested, and before the reply to the second one was received.

use std::collections::VecDeque;

use super::{Barrier, Rate, Since};

/// Consecutive groups are merged if together they span at most 1/`GROUPS` of the period.
const GROUPS: i64 = 64;

/// Checks the highest rate. All times are monotonic, in microseconds.
#[derive(Debug)]
pub(super) struct AtMost {
    rate: Rate,
    /// How long the rate must be right before it is reported as right again.
    settled_after: i64,
    /// The messages of the last period.
    window: VecDeque<Group>,
    /// The number of messages in the window.
    count: u64,
    /// When the rate was last too high, or when the link last became live again, if that was later.
    exceeded: i64,
    /// Set if `too_many` was reported, and `resumed` was not.
    pub(super) since: Option<Since>,
    /// The link was down a short time ago, so it is not known whether the rate is still too high.
    pub(super) is_uncertain: bool,
}

/// Messages that were published between two times.
#[derive(Debug, Clone, Copy)]
struct Group {
    from: i64,
    to: i64,
    count: u64,
}

/// What changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum AtMostChange {
    /// The rate is too high: `count` messages were published and received within `micros` microseconds.
    TooMany { count: u64, micros: i64 },
    /// The rate is right again. The value is when it became too high.
    Resumed(Since),
}

impl AtMost {
    pub(super) fn new(rate: Rate, grace: i64) -> Self {
        Self {
            rate,
            settled_after: rate.micros.saturating_add(grace),
            window: VecDeque::new(),
            count: 0,
            exceeded: 0,
            since: None,
            is_uncertain: false,
        }
    }

    /// The link is live again.
    pub(super) fn restart(&mut self, now: i64) {
        self.window.clear();
        self.count = 0;
        self.exceeded = now;
        self.is_uncertain = self.since.is_some();
    }

    /// Adds the messages between two barriers, and checks the rate. The first barrier was requested at `from`. The second
    /// one is `barrier`.
    pub(super) fn check(&mut self, count: u64, from: i64, barrier: &Barrier) -> Option<AtMostChange> {
        let to = barrier.received;
        let alone = Group { from, to, count };
        self.push(alone);
        let whole = Group { from: self.window.front().map_or(to, |first| first.from), to, count: self.count };
        if let Some(group) = [whole, alone].into_iter().find(|group| group.count > self.limit(to - group.from)) {
            self.exceeded = to;
            self.is_uncertain = false;
            if self.since.is_some() {
                return None;
            }
            let micros = to - group.from;
            self.since = Some(Since { wall: barrier.at.saturating_sub(micros), monotonic: Some(group.from) });
            return Some(AtMostChange::TooMany { count: group.count, micros });
        }
        if barrier.requested.saturating_sub(self.exceeded) < self.settled_after {
            return None;
        }
        self.is_uncertain = false;
        self.since.take().map(AtMostChange::Resumed)
    }

    fn push(&mut self, group: Group) {
        if group.count > 0 {
            self.count = self.count.saturating_add(group.count);
            match self.window.back_mut() {
                Some(last) if group.to - last.from <= self.rate.micros / GROUPS => {
                    (last.to, last.count) = (group.to, last.count + group.count);
                }
                _ => self.window.push_back(group),
            }
        }
        while let Some(first) = self.window.front()
            && group.to - first.from > self.rate.micros
        {
            self.count -= first.count;
            self.window.pop_front();
        }
    }

    /// The maximum number of messages that the rate allows in `micros` microseconds: its count for each period. A part of a
    /// period counts as a whole one.
    fn limit(&self, micros: i64) -> u64 {
        let periods = micros.max(1).unsigned_abs().div_ceil(self.rate.micros.max(1).unsigned_abs());
        self.rate.count.saturating_mul(periods)
    }
}
