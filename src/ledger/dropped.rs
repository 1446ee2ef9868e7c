//! Dropped messages: received, but a consumer was too slow to take them.

use super::format::counted;
use super::sequence::Channel;
use super::sequence::notation::range;
use crate::wire::escape::escape;

/// Consecutive dropped messages, usually of one channel, at their position in the consumer's stream.
///
/// Nothing was missed upstream: the subscription received them, and other consumers may have taken them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The channel. `None` if the entry counts messages of several channels. This happens if messages without a sequence number
    /// were dropped on very many channels, or if the channels' names take too much memory: further channels share one total.
    pub channel: Option<Channel>,
    /// The lowest and the highest possible sequence number; `None` if the number of any of the messages is unknown, or if
    /// the counter was reset between them. If the range is larger than `count`, it is unknown which of its sequence numbers
    /// were dropped.
    pub range: Option<(u64, u64)>,
    /// The number of messages.
    pub count: u64,
    /// The number of findings about the channel that were dropped too. Findings are dropped only if the entries that the
    /// queue keeps for a slow consumer take too much memory. The range includes the gaps that the dropped findings reported.
    pub findings: u64,
    /// When the first message was received, in microseconds since the epoch.
    pub at: i64,
    /// When the last message was received, in microseconds since the epoch.
    pub until: i64,
}

impl Dropped {
    /// Creates an entry for one dropped message. `range` is the message's lowest and highest possible sequence number.
    #[must_use]
    pub fn new(channel: Option<Channel>, range: Option<(u64, u64)>, at: i64) -> Self {
        Self { channel, range, count: 1, findings: 0, at, until: at }
    }

    /// Whether another message of the same channel can be added without a gap in the range. `range` is the message's lowest and
    /// highest possible sequence number.
    #[must_use]
    pub fn is_followed_by(&self, range: Option<(u64, u64)>) -> bool {
        match (self.range, range) {
            (None, None) => true,
            (Some((low, high)), Some((from, _))) => (low..=high.saturating_add(1)).contains(&from),
            _ => false,
        }
    }

    /// Adds one message.
    pub fn add(&mut self, range: Option<(u64, u64)>, at: i64) {
        self.range = span(self.range, range);
        self.count += 1;
        self.until = at;
    }

    /// The dropped messages in one short line, e.g. `12 dropped #1050–1061`.
    #[must_use]
    pub fn line(&self) -> String {
        let range = match self.range {
            Some((from, to)) => {
                let among = if to.saturating_sub(from) < self.count { "" } else { "among " };
                format!(" {among}{}", range(from, to))
            }
            None => String::new(),
        };
        let findings = match self.findings {
            0 => String::new(),
            findings => format!(", with {}", counted(findings, "finding")),
        };
        format!("{} dropped{range}{findings}", self.count)
    }

    /// The dropped messages in full sentences, safe to print.
    #[must_use]
    pub fn explain(&self) -> String {
        let channel = self.channel.as_ref().map_or("several channels".into(), |channel| escape(channel.as_bytes()));
        format!(
            "{} on {channel}. aircheck received these messages, but this consumer was too slow to take them. Nothing was \
             missed upstream: a recorder or another consumer may have them.",
            self.line()
        )
    }
}

/// The smallest range that includes both ranges.
pub(crate) fn span(one: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (one, other) {
        (Some((low, high)), Some((from, to))) => Some((low.min(from), high.max(to))),
        (one, other) => one.or(other),
    }
}
