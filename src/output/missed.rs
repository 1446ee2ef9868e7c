//! Missed messages: `listen` reports them and runs the `--on-missed` command for them.

use crate::ledger::dropped::Dropped;
use crate::ledger::finding::{Cause, Finding};
use crate::ledger::sequence::Channel;

/// The kind of dropped messages. All other kinds are those of findings.
pub const DROPPED: &str = "dropped";

/// Messages that no handler command was run for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The channel; none for dropped messages of several channels.
    pub channel: Option<Channel>,
    /// The kind of the finding, or [`DROPPED`].
    pub kind: &'static str,
    /// The first sequence number, if it is known. For a counter reset: the value before.
    pub sequence_from: Option<u64>,
    /// The last sequence number. For a counter reset: the value after, none if the counter disappeared.
    pub sequence_to: Option<u64>,
    /// The number of messages, if it is known. If it is less than the size of the range, it is not known which numbers of the
    /// range these are.
    pub count: Option<u64>,
    /// When they were found to be missed, in microseconds since the epoch.
    pub at: i64,
    /// The cause of the finding; none for dropped messages.
    pub cause: Option<Cause>,
}

impl Missed {
    /// The messages that a finding reports as missed; none for findings about messages that were received.
    #[must_use]
    pub fn of(finding: &Finding) -> Option<Self> {
        finding.kind.is_loss().then(|| Self {
            channel: Some(finding.channel.clone()),
            kind: finding.kind.name(),
            sequence_from: finding.sequence_from,
            sequence_to: finding.sequence_to,
            count: finding.count,
            at: finding.at,
            cause: Some(finding.cause.clone()),
        })
    }

    /// Dropped messages.
    #[must_use]
    pub fn of_dropped(dropped: &Dropped) -> Self {
        let (from, to) = dropped.range.unzip();
        Self {
            channel: dropped.channel.clone(),
            kind: DROPPED,
            sequence_from: from,
            sequence_to: to,
            // If findings were dropped too, they may have reported further missed messages, so the total is unknown.
            count: (dropped.findings == 0).then_some(dropped.count),
            at: dropped.at,
            cause: None,
        }
    }

    /// Whether the count is a lower bound. `None` if the kind has no such distinction.
    #[must_use]
    pub fn lower_bound(&self) -> Option<bool> {
        self.cause.as_ref().and_then(Cause::lower_bound)
    }

    /// Whether every number of the range was missed; `None` if it is unknown.
    #[must_use]
    pub fn is_whole(&self) -> Option<bool> {
        let (from, to) = self.sequence_from.zip(self.sequence_to)?;
        self.count.map(|count| count > to.saturating_sub(from))
    }

    /// Why these messages cannot be recovered from a recording, as text.
    #[must_use]
    pub fn why_not_recovered(&self) -> &'static str {
        match self.is_whole() {
            Some(true) => "the recording does not contain it",
            Some(false) => "the recording does not contain them",
            None => "the recording may not contain all messages",
        }
    }

    /// A part of the range, with the number of messages that were missed of it.
    #[must_use]
    pub fn part(&self, from: u64, to: u64, count: Option<u64>) -> Self {
        Self { sequence_from: Some(from), sequence_to: Some(to), count, ..self.clone() }
    }
}
