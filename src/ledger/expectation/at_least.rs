//! Checks the lowest rate: detects that fewer messages than expected were accepted within the period plus the grace time.

use std::collections::VecDeque;

use super::{Rate, Since};

/// The maximum number of groups of messages. If there are more, pairs are merged. This can delay `silent`, and can report
/// `resumed` slightly early.
const MAX_GROUPS: usize = 128;

/// Checks the lowest rate. All times are live time in microseconds: the time during which the link was live.
#[derive(Debug)]
pub(super) struct AtLeast {
    /// How many messages are expected.
    wanted: u64,
    /// Within which time, including the grace time.
    within: i64,
    /// The last messages: groups of a time and a count, oldest first. No group has messages that are later than its time.
    /// The oldest group is removed when the later groups alone have the `wanted` number of messages.
    groups: VecDeque<(i64, u64)>,
    /// The number of messages in the groups.
    count: u64,
    /// From when the messages were counted.
    from: i64,
    /// Set if `silent` was reported and `resumed` was not. It is the time since when no message was accepted.
    pub(super) silent_since: Option<Since>,
    /// When `silent` was reported or the counting started again. Only messages after this time can end the silence.
    silent_from: i64,
    /// The counting started again a short time ago, so nothing is known yet.
    pub(super) is_uncertain: bool,
}

/// What changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum AtLeastChange {
    /// Too few messages within the time. The value is the time since which no message was accepted.
    Silent(Since),
    /// Enough messages again. The value is that of the `Silent` that it ends.
    Resumed(Since),
}

impl AtLeast {
    pub(super) fn new(rate: Rate, grace: i64) -> Self {
        Self {
            wanted: rate.count,
            within: rate.micros.saturating_add(grace),
            groups: VecDeque::new(),
            count: 0,
            from: 0,
            silent_since: None,
            silent_from: 0,
            is_uncertain: true,
        }
    }

    /// Continues an earlier run, in which the last message was accepted `quiet` microseconds of live time ago.
    ///
    /// That run's earlier messages are not known. So with more than one wanted message, the counting starts again.
    pub(super) fn restore(&mut self, now: i64, quiet: i64, is_uncertain: bool) {
        self.restart(now);
        if self.wanted == 1 {
            self.from = now.saturating_sub(quiet);
            if !is_uncertain {
                self.add(self.from, 1);
            }
        }
    }

    /// Starts counting again.
    pub(super) fn restart(&mut self, now: i64) {
        self.groups.clear();
        self.count = 0;
        (self.from, self.silent_from) = (now, now);
        self.is_uncertain = true;
    }

    /// Adds messages that were received at or before `time`.
    pub(super) fn add(&mut self, time: i64, count: u64) {
        self.groups.push_back((time, count));
        self.count = self.count.saturating_add(count);
        while let Some((_, oldest)) = self.groups.front()
            && self.count - oldest >= self.wanted
        {
            self.count -= oldest;
            self.groups.pop_front();
        }
        if self.groups.len() > MAX_GROUPS {
            let groups = std::mem::take(&mut self.groups);
            let pairs = groups.iter().copied().collect::<Vec<_>>();
            self.groups.extend(pairs.chunks(2).map(|pair| {
                let time = pair.iter().map(|(time, _)| *time).max().unwrap_or_default();
                (time, pair.iter().map(|(_, count)| count).sum())
            }));
        }
    }

    /// Checks the rate. Every message that was published before `proven` must have been added. `quiet_since` is the time
    /// since which no message was accepted.
    pub(super) fn check(&mut self, proven: i64, quiet_since: Since) -> Option<AtLeastChange> {
        let is_enough = self.count >= self.wanted;
        // The earliest message that is still needed, or else the start.
        let since = if is_enough { self.groups.front().map_or(self.from, |(time, _)| *time) } else { self.from };
        if proven.saturating_sub(since) >= self.within {
            self.is_uncertain = false;
            if self.silent_since.is_some() {
                return None;
            }
            (self.silent_since, self.silent_from) = (Some(quiet_since), proven);
            return Some(AtLeastChange::Silent(quiet_since));
        }
        // A rate near the limit would begin and end a silence again and again. Therefore the messages that end a silence
        // must all come after it was reported, and within nine tenths of `within`.
        let ends_silence = since > self.silent_from && proven.saturating_sub(since) <= self.within / 10 * 9;
        if !is_enough || (self.silent_since.is_some() && !ends_silence) {
            return None;
        }
        self.is_uncertain = false;
        self.silent_since.take().map(AtLeastChange::Resumed)
    }
}
