//! Messages that no command was run for: what `listen` tells, and what a command of `--on-missed` is run for.

use crate::ledger::dropped::Dropped;
use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::sequence::Channel;

/// The name of the kind of what was dropped, beside those of findings.
pub const DROPPED: &str = "dropped";

/// Messages that no command was run for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Their channel; empty for dropped messages of several channels.
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

    /// Messages that were dropped.
    #[must_use]
    pub fn of_dropped(dropped: &Dropped) -> Self {
        Self {
            channel: dropped.channel.clone().unwrap_or_else(|| Channel::new(b"")),
            kind: DROPPED,
            from: dropped.range.map(|(from, _)| from),
            to: dropped.range.map(|(_, to)| to),
            // A dropped finding may have reported more.
            count: (dropped.findings == 0).then_some(dropped.count),
            at: dropped.at,
        }
    }

    /// A part of it, all of whose numbers were missed.
    #[must_use]
    pub fn part(&self, from: u64, to: u64) -> Self {
        Self { from: Some(from), to: Some(to), count: Some(to.saturating_sub(from) + 1), ..self.clone() }
    }
}
