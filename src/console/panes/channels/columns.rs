//! The widths of the columns of the Channels pane.

use std::ops::Range;

use crate::console::app::context::Context;
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::panes::channels::state::ChannelState;
use crate::console::panes::channels::view::{all_counts, counter, more_problems, own_part, worst};
use crate::console::ui::text;
use crate::console::ui::text::cells;

/// The width of an age.
const AGE: usize = 4;
/// The width of a rate.
const RATE: usize = 7;

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
    /// Whether all problems of a channel are shown, not only the worst one.
    pub(crate) all_counts: bool,
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
        let badges = || rows().filter_map(|row| worst(cx, row));
        let badge = badges().map(|(words, ..)| cells(&words)).max().unwrap_or(0);
        let with_more = badges().map(|(words, _, more)| cells(&words) + cells(&more_problems(more))).max().unwrap_or(0);
        let every = rows().map(|row| cells(&all_counts(cx, row))).max().unwrap_or(0);
        let names = lines().map(|line| name_cells(cx, line)).max().unwrap_or(0).max(12);
        let mut columns = Self { name: 0, counter, spark: 0, rate: 0, age: 0, all_counts: false };
        let room = usize::from(width).saturating_sub(2 + 1 + counter + if badge > 0 { badge + 1 } else { 0 });
        // Space is given in this order: ten cells of the name, the bars, the number of further problems, the rate, the
        // rest of the name, the age, all problems, more bars.
        let mut left = room.saturating_sub(10);
        let mut take = |wanted: usize, least: usize| {
            let taken = if left < least { 0 } else { wanted.min(left) };
            left -= taken;
            taken
        };
        let spark = take(6, 5);
        let more = take(with_more - badge, with_more - badge);
        let rate = take(RATE, RATE);
        let name = take(names.saturating_sub(10), 1);
        let age = take(AGE + 1, AGE + 1);
        let badge = badge + more;
        columns.all_counts = every > badge && take(every - badge, every - badge) > 0;
        let longer = if spark > 0 { take(15, 1) } else { 0 };
        columns.spark = (spark + longer).saturating_sub(1);
        columns.rate = rate.saturating_sub(1);
        columns.age = age.saturating_sub(1);
        let used = more + if columns.all_counts { every - badge } else { 0 };
        columns.name = (10 + name + take(usize::from(width), 1)).min(room.saturating_sub(used));
        columns
    }
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
