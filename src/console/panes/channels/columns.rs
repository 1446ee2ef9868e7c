//! The widths of the columns of the Channels pane.

use std::ops::Range;

use crate::console::app::context::Context;
use crate::console::panes::channels::notes::{Notes, width_of};
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::panes::channels::state::ChannelState;
use crate::console::panes::channels::view::{counter, own_part};
use crate::console::ui::text::cells;
use crate::console::ui::{panel, text};

/// The width of an age.
const AGE: usize = 4;
/// The width of a rate.
const RATE: usize = 7;

/// The usual minimum width of a name.
const NAME: usize = 8;
/// The minimum width of a name if the notes need the rest.
const SHORT_NAME: usize = 6;

/// The widths of the columns, in cells. 0: the column is left out.
#[derive(Debug)]
pub(crate) struct Columns {
    /// The name, including its indentation in a tree.
    pub(crate) name: usize,
    /// The counter.
    pub(crate) counter: usize,
    /// The bars of the last seconds.
    pub(crate) spark: usize,
    /// Messages per second.
    pub(crate) rate: usize,
    /// The age of the last message.
    pub(crate) age: usize,
    /// The notes, next to bars of full width. In a row whose notes need more, the bars give way.
    pub(crate) notes: usize,
}

impl Columns {
    /// Calculates the widths for the visible lines `seen` in a pane of `width` cells.
    pub(crate) fn of(cx: &Context<'_>, width: u16, seen: &Range<usize>) -> Self {
        let channels = &cx.state.channels;
        let lines = || channels.lines().get(seen.clone()).unwrap_or_default().iter();
        let rows = || {
            lines().filter_map(|line| match line {
                ChannelRow::Channel { index, .. } => channels.list.get(*index),
                _ => None,
            })
        };
        let counter = rows().map(|row| cells(&counter(row))).max().unwrap_or(0).max(3);
        let names = lines().map(|line| name_cells(cx, line)).max().unwrap_or(0).max(12);
        let of_lines: Vec<Notes> = lines().map(|line| Notes::of_line(cx, line)).collect();
        let mut left = usize::from(width).saturating_sub(2 + 1 + counter);
        let next_to_bars = || of_lines.iter().filter(|notes| notes.has_bars());
        let first = next_to_bars().map(Notes::first_width).max().unwrap_or(0);
        // The notes that are visible even if there is space for nothing else.
        let (most, longest) = (left.saturating_sub(NAME + 1), left.saturating_sub(SHORT_NAME + 1));
        let width = |notes: &Notes| {
            let wider = notes.short_widths().into_iter().find(|short| *short <= longest);
            let room = wider.unwrap_or(most).max(most);
            width_of(&notes.fitting(room, 0)).min(room)
        };
        let needed = of_lines.iter().map(width).max().unwrap_or(0);
        let needed_next_to_bars = next_to_bars().map(width).max().unwrap_or(0);
        // Space is given in this order: the name, the first note, two more cells of the name, the bars, the notes that must
        // be visible, all notes if the whole name fits too, the rate, the rest of the name, the age, more bars. In the rows
        // of the notes that must be visible, the bars give way to them. If there are no bars, the names do.
        let mut notes = if left < NAME + 2 + first + 1 + 5 { needed } else { first };
        let mut name = take(&mut left, NAME.min((longest + SHORT_NAME).saturating_sub(needed)), 0);
        if needed > 0 {
            take(&mut left, notes + 1, 0);
        }
        let free = left.saturating_sub(needed.saturating_sub(notes));
        name += take(&mut left, 2.min(free), 1);
        let spark = take(&mut left, 6, 5);
        let least = needed.saturating_sub(notes + spark);
        notes += take(&mut left, least.max(needed_next_to_bars.saturating_sub(notes)), least);
        let free = left.saturating_sub(names.saturating_sub(name));
        let every = of_lines
            .iter()
            .map(|line| line.all_width().saturating_sub(notes + if line.has_bars() { 0 } else { spark }));
        let every = every.filter(|more| *more <= free).max().unwrap_or(0);
        notes += take(&mut left, every, 0);
        let rate = take(&mut left, RATE, RATE);
        name += take(&mut left, names.saturating_sub(name), 1);
        let age = take(&mut left, AGE + 1, AGE + 1);
        let longer = if spark > 0 { take(&mut left, 15, 1) } else { 0 };
        name += left;
        Self {
            name,
            counter,
            spark: (spark + longer).saturating_sub(1),
            rate: rate.saturating_sub(1),
            age: age.saturating_sub(1),
            notes,
        }
    }

    /// The notes of a row, and the width of the bars next to them.
    pub(crate) fn notes(&self, notes: &Notes) -> (panel::Words, usize) {
        // The space before the bars is free without them.
        let without_bars = self.notes + self.spark + usize::from(self.spark > 0);
        let words = notes.fitting(without_bars, if notes.has_bars() { self.notes } else { without_bars });
        let missing = width_of(&words).saturating_sub(self.notes);
        let bars = if missing > 0 && !notes.has_bars() { 0 } else { self.spark.saturating_sub(missing) };
        (words, bars)
    }
}

/// Takes the wanted cells of those left, or what is left. Takes nothing if fewer than `least` are left.
fn take(left: &mut usize, wanted: usize, least: usize) -> usize {
    let taken = if *left < least { 0 } else { wanted.min(*left) };
    *left -= taken;
    taken
}

fn name_cells(cx: &Context<'_>, line: &ChannelRow) -> usize {
    let channels = &cx.state.channels;
    let name = match line {
        ChannelRow::All => 0,
        ChannelRow::Group(group) => 2 + cells(&text::row(own_part(&group.prefix, group.shared), 32)),
        ChannelRow::Channel { index, shared, .. } => {
            let name = |row: &ChannelState| cells(&text::row(own_part(row.channel.as_bytes(), *shared), 32));
            channels.list.get(*index).map_or(0, name)
        }
        // A pattern has no counter: its number of channels is shown in that column.
        ChannelRow::Pattern(index) => {
            channels.patterns.get(*index).map_or(0, |row| 2 + cells(&text::row(row.name.as_bytes(), 32)))
        }
    };
    name + 2 * line.depth()
}
