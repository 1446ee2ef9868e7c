//! The widths of the columns of the message list.

use crate::console::app::context::Context;
use crate::console::app::scrollback::Row;
use crate::console::app::settings::{MessageColumn, TimeFormat};
use crate::console::ui::text;
use crate::console::ui::text::{Precision, cells};
use crate::ledger::format;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Sequence;
use crate::wire::verdict::Verdict;

/// The width of an age.
const AGE: usize = 4;

/// The widths of the columns, from the rows that are seen; 0 where a column is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Columns {
    /// The time.
    pub(crate) time: usize,
    /// How the time is written in that width.
    pub(crate) precision: Precision,
    /// The age.
    pub(crate) age: usize,
    /// The bytes of the payload.
    pub(crate) size: usize,
    /// The channel, where several are shown.
    pub(crate) channel: usize,
    /// The sequence number.
    pub(crate) sequence: usize,
    /// The name.
    pub(crate) name: usize,
    /// The key or the reason, behind the verdict's glyph; where there is no column, only reasons are written.
    pub(crate) verdict: usize,
    /// The cells between two columns.
    pub(crate) gap: usize,
    /// Whether reasons are written in full.
    pub(crate) full_reasons: bool,
}

impl Columns {
    /// The widths for the rows that are seen, in `width` cells.
    pub(crate) fn of<'a>(cx: &Context<'_>, rows: impl Iterator<Item = &'a Row>, width: usize) -> Self {
        let several = cx.state.channels.picked.len() != 1 && cx.state.channels.list.len() > 1;
        let (mut channel, mut sequence, mut name, mut verdict, mut size) = (0, 0, 0, 0, 0);
        for row in rows {
            let Entry::Message(message) = row.entry() else { continue };
            let envelope = row.interval.envelope(message);
            channel = channel.max(cells(&text::channel(row.interval.channel(message), 18)));
            if !matches!(message.sequence, Sequence::Range { .. }) {
                sequence = sequence.max(cells(&message.sequence.to_string()));
            }
            size = size.max(cells(&format::number(row.interval.payload(message).len() as u64)));
            name = name.max(cells(&text::row(envelope.name, 32)));
            verdict = verdict.max(match message.verdict {
                Verdict::Verified => cells(&text::row(key_name(envelope.signature), 16)),
                Verdict::Unsigned => 8,
                Verdict::Rejected(_) => 0,
            });
        }
        // In steps, so that the columns rest while rows go by.
        let step = |width: usize, least: usize| width.max(least).next_multiple_of(4);
        let full = width >= 80;
        // Below this the data tells more than the key.
        let tight = width < 68;
        let most = |share: usize| (width * share / 100).max(8);
        let shown = |column| cx.state.settings.columns.has(column);
        let (precision, time) = match cx.state.settings.time_format {
            TimeFormat::Date if width >= 100 => (Precision::Date, 23),
            TimeFormat::Date | TimeFormat::Millis if full => (Precision::Millis, 12),
            _ => (Precision::Seconds, 8),
        };
        Self {
            time: if shown(MessageColumn::Time) { time } else { 0 },
            precision,
            age: if shown(MessageColumn::Age) { AGE } else { 0 },
            size: if shown(MessageColumn::Size) && !tight { size.max(4) } else { 0 },
            channel: if several && shown(MessageColumn::Channel) { step(channel, 4).min(most(16)) } else { 0 },
            sequence: sequence.clamp(5, 19),
            name: step(name, 8).min(most(26)).max(8),
            verdict: if tight || !shown(MessageColumn::Key) { 0 } else { step(verdict, 8).min(most(14)) },
            gap: if tight { 1 } else { 2 },
            full_reasons: full,
        }
    }
}

/// The key name in a signature text; empty where there is none.
#[must_use]
pub(crate) fn key_name(signature: &[u8]) -> &[u8] {
    signature.split(|byte| *byte == b'|').nth(1).unwrap_or_default()
}
