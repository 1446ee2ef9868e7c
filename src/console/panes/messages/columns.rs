//! The columns of the message list.

use std::collections::HashMap;

use crate::console::app::context::Context;
use crate::console::app::scrollback::Row;
use crate::console::app::settings::{MessageColumn, TimeFormat};
use crate::console::ui::names;
use crate::console::ui::text;
use crate::console::ui::text::{Precision, cells};
use crate::ledger::format;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::{Channel, Sequence};
use crate::wire::verdict::Verdict;

/// The width of an age.
const AGE: usize = 4;
/// The cells of a channel that it keeps as the screen shrinks.
const MIN_CHANNEL: usize = 10;
/// The cells of a message name that it keeps as the screen shrinks.
const MIN_NAME: usize = 14;
/// Short names are computed for all channels up to this number, so that they do not change while rows go by.
const MAX_CHANNELS: usize = 200;

/// The widths of the columns. A column that is not shown has the width 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns<'a> {
    /// The time.
    pub(crate) time: usize,
    /// The format of the time in that width.
    pub(crate) precision: Precision,
    /// The age.
    pub(crate) age: usize,
    /// The size of the payload in bytes.
    pub(crate) size: usize,
    /// The channel, if several are shown.
    pub(crate) channel: usize,
    /// The sequence number.
    pub(crate) sequence: usize,
    /// The name of the message.
    pub(crate) name: usize,
    /// The key name.
    pub(crate) key: usize,
    /// The names of the channels, shortened to the width of their column.
    channels: HashMap<&'a [u8], String>,
}

/// The natural widths of the rows that are shown.
#[derive(Default)]
struct Natural {
    channel: usize,
    sequence: usize,
    name: usize,
    key: usize,
    size: usize,
}

impl<'a> Columns<'a> {
    /// The widths for the rows that are shown, in `width` cells.
    ///
    /// The payload comes first. As the screen shrinks, these give way in this order: milliseconds, the key name, the
    /// channel, the message name, the payload.
    pub(crate) fn of(cx: &Context<'a>, rows: &[&'a Row], width: usize) -> Self {
        let several = cx.state.channels.picked.len() != 1 && cx.state.channels.list.len() > 1;
        let shown = |column| cx.state.settings.columns.has(column);
        let list = &cx.state.channels.list;
        let channels: Vec<&Channel> = if list.len() <= MAX_CHANNELS {
            list.iter().map(|channel| &channel.channel).collect()
        } else {
            rows.iter().filter_map(|row| channel_of(row)).collect()
        };
        let natural = natural(rows, &channels);
        let (seconds, full, precision) = match cx.state.settings.time_format {
            TimeFormat::Date if width >= 100 => (23, 23, Precision::Date),
            TimeFormat::Date | TimeFormat::Millis => (8, 12, Precision::Millis),
            TimeFormat::Seconds => (8, 8, Precision::Seconds),
        };
        let mut columns = Self {
            time: if shown(MessageColumn::Time) { seconds } else { 0 },
            precision,
            age: if shown(MessageColumn::Age) { AGE } else { 0 },
            size: if shown(MessageColumn::Size) && width >= 68 { natural.size.max(4) } else { 0 },
            channel: if several && shown(MessageColumn::Channel) {
                natural.channel.min(MIN_CHANNEL.min((width * 16 / 100).max(6)))
            } else {
                0
            },
            sequence: natural.sequence.clamp(5, 19),
            name: natural.name.min(MIN_NAME.min((width * 22 / 100).max(8))),
            key: 0,
            channels: HashMap::new(),
        };
        let mut slack = width.saturating_sub(columns.before_payload() + payload(cx.state.size.0, width));
        let mut take = |wanted: usize, least: usize| {
            let taken = if slack < least { 0 } else { wanted.min(slack) };
            slack -= taken;
            taken
        };
        columns.name += take(natural.name.saturating_sub(columns.name), 0);
        if columns.channel > 0 {
            columns.channel += take(natural.channel.saturating_sub(columns.channel), 0);
        }
        if shown(MessageColumn::Key) && natural.key > 0 {
            columns.key = take(natural.key + 1, natural.key + 1).saturating_sub(1);
        }
        if columns.time > 0 {
            columns.time += take(full - seconds, full - seconds);
        }
        if columns.time == seconds && seconds < full {
            columns.precision = Precision::Seconds;
        }
        if columns.channel > 0 {
            columns.channels = names::channels(channels, columns.channel);
        }
        columns
    }

    /// The name of a channel in the width of its column.
    pub(crate) fn channel_name(&self, channel: &Channel) -> String {
        let short = self.channels.get(channel.as_bytes());
        short.cloned().unwrap_or_else(|| text::channel(channel, self.channel))
    }

    /// The cells before the payload of a verified message: the mark, the columns with their gaps, the verdict.
    fn before_payload(&self) -> usize {
        let columns = [self.time, self.age, self.channel, self.sequence, self.name, self.size, self.key];
        1 + columns.into_iter().filter(|width| *width > 0).map(|width| width + 1).sum::<usize>() + 2
    }
}

/// The cells that the payload gets before any other column grows, for a screen and for the list in it.
fn payload(screen: u16, width: usize) -> usize {
    let least = match screen {
        200.. => 80,
        160..200 => 55,
        100..160 => 40,
        _ => 20,
    };
    least.max(width * 44 / 100)
}

fn natural(rows: &[&Row], channels: &[&Channel]) -> Natural {
    let mut natural = Natural {
        channel: channels.iter().map(|channel| cells(&text::channel(channel, 40))).max().unwrap_or(0),
        ..Natural::default()
    };
    for row in rows {
        let Entry::Message(message) = row.entry() else { continue };
        let envelope = row.interval.envelope(message);
        if !matches!(message.sequence, Sequence::Range { .. }) {
            natural.sequence = natural.sequence.max(cells(&message.sequence.to_string()));
        }
        natural.size = natural.size.max(cells(&format::number(row.interval.payload(message).len() as u64)));
        natural.name = natural.name.max(cells(&text::row(envelope.name, 32)));
        if message.verdict == Verdict::Verified {
            natural.key = natural.key.max(cells(&text::row(key_name(envelope.signature), 16)));
        }
    }
    // In steps, so that the columns do not change with every row.
    natural.name = natural.name.max(8).next_multiple_of(4);
    natural
}

fn channel_of(row: &Row) -> Option<&Channel> {
    match row.entry() {
        Entry::Message(message) => Some(row.interval.channel(message)),
        Entry::Finding(finding) => Some(&finding.channel),
        Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Barrier { .. } => None,
    }
}

/// The key name in a signature. Empty if there is none.
#[must_use]
pub(crate) fn key_name(signature: &[u8]) -> &[u8] {
    signature.split(|byte| *byte == b'|').nth(1).unwrap_or_default()
}
