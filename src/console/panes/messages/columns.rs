//! The columns of the message list.

use std::collections::HashMap;

use crate::console::app::context::Context;
use crate::console::app::scrollback::Row;
use crate::console::app::settings::{MessageColumn, TimeFormat};
use crate::console::ui::names;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::text;
use crate::console::ui::text::{Precision, cells};
use crate::ledger::format;
use crate::ledger::interval::{Entry, Message};
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

/// Where an optional column is in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// In every row, before the mark of a bookmark.
    Time,
    /// Before the sequence number.
    Sequence,
    /// Before the verdict.
    Verdict,
    /// Before the payload of an accepted message.
    Payload,
}

/// The widths of the columns. A column that is not shown has the width 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns<'a> {
    /// The widths of the optional columns, in the order of [`MessageColumn::ALL`].
    optional: [usize; MessageColumn::ALL.len()],
    /// The format of the time in the width of its column.
    precision: Precision,
    /// The sequence number.
    pub(crate) sequence: usize,
    /// The name of the message.
    pub(crate) name: usize,
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
        let least = |column| match column {
            MessageColumn::Time => seconds,
            MessageColumn::Age => AGE,
            MessageColumn::Channel if several => natural.channel.min(MIN_CHANNEL.min((width * 16 / 100).max(6))),
            MessageColumn::Size if width >= 68 => natural.size.max(4),
            // The key's name gets cells only if there are enough for all of it.
            MessageColumn::Channel | MessageColumn::Size | MessageColumn::Key => 0,
        };
        let mut columns = Self {
            optional: [0; MessageColumn::ALL.len()],
            precision,
            sequence: natural.sequence.clamp(5, 19),
            name: natural.name.min(MIN_NAME.min((width * 22 / 100).max(8))),
            channels: HashMap::new(),
        };
        for column in MessageColumn::ALL.iter().copied().filter(|column| shown(*column)) {
            columns.set_width(column, least(column));
        }
        let mut slack = width.saturating_sub(columns.before_payload() + payload(cx.state.size.0, width));
        let mut take = |wanted: usize, least: usize| {
            let taken = if slack < least { 0 } else { wanted.min(slack) };
            slack -= taken;
            taken
        };
        columns.name += take(natural.name.saturating_sub(columns.name), 0);
        let channel = columns.width(MessageColumn::Channel);
        if channel > 0 {
            let width = channel + take(natural.channel.saturating_sub(channel), 0);
            columns.set_width(MessageColumn::Channel, width);
            columns.channels = names::channels(channels, width);
        }
        let wants_key = shown(MessageColumn::Key) && natural.key > 0;
        if wants_key {
            columns.set_width(MessageColumn::Key, take(natural.key + 1, natural.key + 1).saturating_sub(1));
        }
        let has_room = !wants_key || columns.width(MessageColumn::Key) > 0;
        if columns.width(MessageColumn::Time) > 0 && has_room {
            columns.set_width(MessageColumn::Time, seconds + take(full - seconds, full - seconds));
        }
        if columns.width(MessageColumn::Time) == seconds && seconds < full {
            columns.precision = Precision::Seconds;
        }
        columns
    }

    /// The width of an optional column; 0 if it is not shown.
    pub(crate) fn width(&self, column: MessageColumn) -> usize {
        self.optional[column as usize]
    }

    fn set_width(&mut self, column: MessageColumn, width: usize) {
        self.optional[column as usize] = width;
    }

    /// The slot and the side of an optional column.
    fn place(column: MessageColumn) -> (Slot, Align) {
        match column {
            MessageColumn::Time => (Slot::Time, Align::Left),
            MessageColumn::Age => (Slot::Time, Align::Right),
            MessageColumn::Channel => (Slot::Sequence, Align::Left),
            MessageColumn::Size => (Slot::Verdict, Align::Right),
            MessageColumn::Key => (Slot::Payload, Align::Left),
        }
    }

    /// The text of an optional column. Only those before the mark are shown in rows without a message.
    fn text(&self, cx: &Context<'_>, row: &Row, column: MessageColumn) -> String {
        let of_message = |text: &dyn Fn(&Message) -> String| row.message().map(text).unwrap_or_default();
        match column {
            MessageColumn::Time => cx.time(row.at(), self.precision),
            MessageColumn::Age => format::short_age(row.at(), cx.state.now),
            MessageColumn::Channel => row.channel().map(|channel| self.channel_name(channel)).unwrap_or_default(),
            MessageColumn::Size => of_message(&|message| size(row, message)),
            MessageColumn::Key => of_message(&|message| text::row(key_name(row, message), self.width(column))),
        }
    }

    /// Draws the columns of a slot, each with a gap after it.
    pub(crate) fn draw(&self, cx: &Context<'_>, row: &Row, slot: Slot, pen: &mut Pen<'_>) {
        if self.draw_before_gap(cx, row, slot, pen) {
            pen.skip(1);
        }
    }

    /// Draws the columns of a slot, with gaps between them. Returns whether there are any.
    pub(crate) fn draw_before_gap(&self, cx: &Context<'_>, row: &Row, slot: Slot, pen: &mut Pen<'_>) -> bool {
        let mut gap = 0;
        for column in self.of_slot(slot) {
            let (_, side) = Self::place(column);
            pen.skip(gap).column(&self.text(cx, row, column), self.width(column), side, cx.theme.soft);
            gap = 1;
        }
        gap > 0
    }

    /// The cells of the columns of a slot, with their gaps.
    pub(crate) fn cells(&self, slot: Slot) -> usize {
        self.of_slot(slot).map(|column| self.width(column) + 1).sum()
    }

    /// The columns of a slot that are shown.
    fn of_slot(&self, slot: Slot) -> impl Iterator<Item = MessageColumn> {
        let is_shown = move |column: &MessageColumn| Self::place(*column).0 == slot && self.width(*column) > 0;
        MessageColumn::ALL.iter().copied().filter(is_shown)
    }

    /// The name of a channel in the width of its column.
    pub(crate) fn channel_name(&self, channel: &Channel) -> String {
        let short = self.channels.get(channel.as_bytes());
        short.cloned().unwrap_or_else(|| text::channel(channel, self.width(MessageColumn::Channel)))
    }

    /// The cells before the payload of an accepted message: the mark, the columns with their gaps, the verdict.
    fn before_payload(&self) -> usize {
        let columns = self.optional.into_iter().chain([self.sequence, self.name]);
        1 + columns.filter(|width| *width > 0).map(|width| width + 1).sum::<usize>() + 2
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
        natural.size = natural.size.max(cells(&size(row, message)));
        natural.name = natural.name.max(cells(&text::row(envelope.name, 32)));
        natural.key = natural.key.max(cells(&text::row(key_name(row, message), 16)));
    }
    // In steps, so that the columns do not change with every row.
    natural.name = natural.name.max(8).next_multiple_of(4);
    natural
}

/// The size of the payload in bytes.
fn size(row: &Row, message: &Message) -> String {
    format::number(row.interval.payload(message).len() as u64)
}

fn channel_of(row: &Row) -> Option<&Channel> {
    match row.entry() {
        Entry::Message(message) => Some(row.interval.channel(message)),
        Entry::Finding(finding) => Some(&finding.channel),
        Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => {
            None
        }
    }
}

/// The key name of a verified message, or that the message is unsigned. Empty for a rejected message, which shows the rejection.
fn key_name<'a>(row: &'a Row, message: &Message) -> &'a [u8] {
    match message.verdict {
        Verdict::Verified => {
            let signature = row.interval.envelope(message).signature;
            signature.split(|byte| *byte == b'|').nth(1).unwrap_or_default()
        }
        Verdict::Unsigned => b"unsigned",
        Verdict::Rejected(_) => b"",
    }
}
