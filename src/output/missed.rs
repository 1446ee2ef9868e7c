//! Messages that no command was run for: what `listen` tells, and what a command of `--on-missed` is run for.

use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::sequence::Channel;

/// The name of the kind of what was dropped, beside those of findings.
pub const DROPPED: &str = "dropped";

/// Messages that no command was run for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Their channel.
    pub channel: Channel,
    /// The kind of the finding, or [`DROPPED`].
    pub kind: &'static str,
    /// The first number, where it is known. Of a reset, the counter before.
    pub from: Option<u64>,
    /// The last number. Of a reset, the counter after, unless it vanished.
    pub to: Option<u64>,
    /// How many; none where that cannot be known. Where it is less than the range holds, it is that many among them.
    pub count: Option<u64>,
    /// When it was found, in microseconds since the epoch.
    pub at: i64,
}

impl Missed {
    /// None for findings about messages that did arrive.
    #[must_use]
    pub fn of(finding: &Finding) -> Option<Self> {
        (finding.kind.is_gap() || finding.kind == FindingKind::CounterReset).then(|| Self {
            channel: finding.channel.clone(),
            kind: finding.kind.name(),
            from: finding.from,
            to: finding.to,
            count: finding.count,
            at: finding.at,
        })
    }

    /// A message for whose command there was no room.
    #[must_use]
    pub fn dropped(channel: Channel, number: Option<u64>, at: i64) -> Self {
        Self { channel, kind: DROPPED, from: number, to: number, count: Some(1), at }
    }

    /// One more of them; the range is that of the numbers that are known.
    pub fn extend(&mut self, number: Option<u64>) {
        self.from = self.from.or(number);
        self.to = number.or(self.to);
        self.count = self.count.map(|count| count + 1);
    }

    /// A part of it, all of whose numbers were missed.
    #[must_use]
    pub fn part(&self, from: u64, to: u64) -> Self {
        Self { from: Some(from), to: Some(to), count: Some(to.saturating_sub(from) + 1), ..self.clone() }
    }
}
