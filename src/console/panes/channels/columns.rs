//! The widths of the columns of the Channels pane.

use std::ops::Range;

use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::panes::channels::state::ChannelState;
use crate::console::panes::channels::view::{all_counts, counter, more_problems, own_part, problem_of_group, worst};
use crate::console::ui::text;
use crate::console::ui::text::cells;

/// The width of an age.
const AGE: usize = 4;
/// The width of a rate.
const RATE: usize = 7;

/// The worst problem of a line, and the number of further ones.
pub(crate) type Problem = (String, Style, usize);

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
    /// The worst problem of a channel. Includes the number of further ones, unless the bars give way to it.
    pub(crate) problem: usize,
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
        let problems = || lines().filter_map(|line| problem(cx, line));
        let worst = problems().map(|(words, ..)| cells(&words)).max().unwrap_or(0);
        let with_more = problems().map(|problem| problem_cells(&problem)).max().unwrap_or(0);
        let every = rows().map(|row| cells(&all_counts(cx, row))).max().unwrap_or(0);
        let names = lines().map(|line| name_cells(cx, line)).max().unwrap_or(0).max(12);
        // Space is given in this order: eight cells of the name, the worst problem, two more cells of the name, the bars, the
        // number of further problems, the rate, the rest of the name, the age, all problems, more bars. The number of further
        // problems is never left out: in its row, the bars give way to it. If there are no bars, the names do.
        let mut left = usize::from(width).saturating_sub(2 + 1 + counter);
        let mut problem = if left < 10 + worst + 1 + 5 { with_more } else { worst };
        let mut take = |wanted: usize, least: usize| {
            let taken = if left < least { 0 } else { wanted.min(left) };
            left -= taken;
            taken
        };
        let mut name = take(8, 0);
        if problem > 0 {
            take(problem + 1, 0);
        }
        name += take(2, 1);
        let spark = take(6, 5);
        problem += take(with_more - problem, with_more - problem);
        let rate = take(RATE, RATE);
        name += take(names.saturating_sub(10), 1);
        let age = take(AGE + 1, AGE + 1);
        let all_counts = every > problem && take(every - problem, every - problem) > 0;
        let longer = if spark > 0 { take(15, 1) } else { 0 };
        name += take(usize::from(width), 1);
        Self {
            name,
            counter,
            spark: (spark + longer).saturating_sub(1),
            rate: rate.saturating_sub(1),
            age: age.saturating_sub(1),
            problem,
            all_counts,
        }
    }

    /// The width of the bars in a row with this problem.
    pub(crate) fn bars(&self, problem: Option<&Problem>) -> usize {
        self.spark.saturating_sub(problem.map_or(0, problem_cells).saturating_sub(self.problem))
    }
}

/// The worst problem of a line. `None` if it has no problem.
fn problem(cx: &Context<'_>, line: &ChannelRow) -> Option<Problem> {
    match line {
        ChannelRow::Channel { index, .. } => worst(cx, cx.state.channels.list.get(*index)?),
        ChannelRow::Group(group) => problem_of_group(cx, &group.sum),
        ChannelRow::All | ChannelRow::Pattern(_) => None,
    }
}

/// The width of a problem with the number of further ones.
fn problem_cells((words, _, more): &Problem) -> usize {
    cells(words) + cells(&more_problems(*more))
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
