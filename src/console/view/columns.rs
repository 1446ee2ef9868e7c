//! The widths of the columns of the message list.

use super::context::Context;
use super::text::{self, cells};
use crate::console::state::messages::Row;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Sequence;
use crate::wire::verdict::Verdict;

/// The width of a time with milliseconds.
pub(super) const TIME: usize = 12;
/// The width of a time without.
const SHORT_TIME: usize = 8;

/// The widths of the columns, from the rows that are seen; 0 where a column is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    /// [`TIME`], or less without the milliseconds.
    pub(super) time: usize,
    /// The channel, where several are shown.
    pub(super) channel: usize,
    /// The sequence number.
    pub(super) sequence: usize,
    /// The name.
    pub(super) name: usize,
    /// The key or the reason, behind the verdict's glyph; where there is no column, only reasons are written.
    pub(super) verdict: usize,
    /// The cells between two columns.
    pub(super) gap: usize,
    /// Whether reasons are written in full.
    pub(super) full_reasons: bool,
}

impl Columns {
    /// The widths for the rows that are seen, in `width` cells.
    pub(super) fn of<'a>(cx: &Context<'_>, rows: impl Iterator<Item = &'a Row>, width: usize) -> Self {
        let several = cx.state.channels.picked.len() != 1 && cx.state.channels.list.len() > 1;
        let (mut channel, mut sequence, mut name, mut verdict) = (0, 0, 0, 0);
        for row in rows {
            let Entry::Message(message) = row.entry() else { continue };
            let envelope = row.interval.envelope(message);
            channel = channel.max(cells(&text::channel(&message.channel, 18)));
            if !matches!(message.sequence, Sequence::Range { .. }) {
                sequence = sequence.max(cells(&text::sequence(message.sequence)));
            }
            name = name.max(cells(&text::row(envelope.name, 32)));
            verdict = verdict.max(match message.verdict {
                Verdict::Verified => cells(&text::row(key_name(envelope.signature), 16)),
                Verdict::Unsigned => 8,
                Verdict::Refused(_) => 0,
            });
        }
        // In steps, so that the columns rest while rows go by.
        let step = |width: usize, least: usize| width.max(least).next_multiple_of(4);
        let full = width >= 80;
        // Below this the data tells more than the key.
        let tight = width < 68;
        let most = |share: usize| (width * share / 100).max(8);
        Self {
            time: if full { TIME } else { SHORT_TIME },
            channel: if several { step(channel, 4).min(most(16)) } else { 0 },
            sequence: sequence.clamp(5, 19),
            name: step(name, 8).min(most(26)).max(8),
            verdict: if tight { 0 } else { step(verdict, 8).min(most(14)) },
            gap: if tight { 1 } else { 2 },
            full_reasons: full,
        }
    }
}

/// The key name in a signature text; empty where there is none.
#[must_use]
pub(super) fn key_name(signature: &[u8]) -> &[u8] {
    signature.split(|byte| *byte == b'|').nth(1).unwrap_or_default()
}
