//! The channels in one line, for screens without space for the pane.
//!
//! ```text
//! ▸all 12/s · ops #1 048 ▂▅▇ 1 gap · billing:(3) 2/s · ◇ audit:*  2 more, 1 silent ›
//! ```

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::narrowing;
use crate::console::panes::Pane;
use crate::console::panes::channels::notes::{Notes, is_silent};
use crate::console::panes::channels::rows::{ChannelRow, Group};
use crate::console::panes::channels::state::{ChannelState, Channels};
use crate::console::panes::channels::view::{counter, discover_key, problem_of_pattern, seconds};
use crate::console::ui::list::MARK;
use crate::console::ui::pen::Pen;
use crate::console::ui::sparkline::sparkline;
use crate::console::ui::text::cells;
use crate::console::ui::theme::strong;
use crate::console::ui::{list, names, panel, text};
use crate::ledger::format;

/// The maximum width of a channel name, in cells.
const MAX_NAME: usize = 12;

/// From this width on, there is always space for the number of silent channels that are not visible.
const MIN_FOR_SILENT: usize = 60;

/// The short names of the channels.
type Names<'a> = HashMap<&'a [u8], String>;

/// Draws the channels in one line. The number of entries that do not fit completely is shown at the end, and how many of them are
/// silent channels.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let focused = cx.focused(Pane::Channels);
    let channels = &cx.state.channels;
    let mut pen = Pen::new(buf, area, 0);
    if focused {
        pen.put("▪", strong(theme.accent));
    }
    if channels.list.is_empty() {
        pen.skip(usize::from(!focused)).put("No channel yet", theme.text);
        pen.put(&format!("; {} looks for channels", discover_key(cx)), theme.soft);
        return;
    }
    let (mut words, count) = narrowing::words(cx, Pane::Channels);
    if !words.is_empty() {
        words.push((String::from(" "), theme.soft));
        pen.skip(usize::from(!focused));
        for (words, style) in words.iter().chain(&count) {
            pen.put(words, *style);
        }
        pen.skip(2);
    }
    let area = Rect { x: pen.x(), width: area.right().saturating_sub(pen.x()), ..area };
    let (len, cursor) = channels.entries();
    let (offset, lines) = candidates(channels, usize::from(area.width));
    let shown = lines.iter().filter_map(|line| match line {
        ChannelRow::Channel { index, .. } => channels.list.get(*index),
        _ => None,
    });
    let names = names::channels(shown.map(|channel| &channel.channel), MAX_NAME);
    let entries: Vec<_> = lines.iter().map(|line| entry(cx, line, &names)).collect();
    if entries.is_empty() {
        return;
    }
    let width = |entry: &panel::Words| entry.iter().map(|(words, _)| cells(words)).sum::<usize>() + 3;
    // The selected entry is always visible: entries before it are left out until it fits.
    let room = usize::from(area.width).saturating_sub(12);
    let mut first = offset;
    while first < cursor && entries[first - offset..=cursor - offset].iter().map(width).sum::<usize>() > room {
        first += 1;
    }
    let mut pen = Pen::new(buf, area, 0);
    if first > 0 {
        pen.put(&format!(" ‹{first}"), theme.soft);
    }
    let is_silent = |index: &usize| match channels.entry(*index) {
        Some(ChannelRow::Channel { index, .. }) => {
            channels.list.get(*index).is_some_and(|channel| is_silent(cx, channel))
        }
        _ => false,
    };
    let mut silent = (first..len).filter(is_silent).count();
    for (index, entry) in (offset..).zip(entries).skip(first - offset) {
        let (more, short) = (more(len - index, silent), format!(" {} ›", len - index));
        let last = index + 1 == len;
        let mark = if silent > 0 && usize::from(area.width) >= MIN_FOR_SILENT { &more } else { &short };
        let needed = width(&entry) - 1 + if last { 0 } else { cells(mark) };
        if index > first && needed > pen.room() {
            pen.put_whole(if cells(&more) <= pen.room() { &more } else { &short }, theme.soft);
            break;
        }
        silent -= usize::from(is_silent(&index));
        if index > first {
            pen.put(" ·", theme.line);
        }
        let start = pen.x();
        pen.put(if index == cursor { MARK } else { " " }, theme.accent);
        for (words, style) in &entry {
            pen.put(words, *style);
        }
        if index == cursor {
            let end = pen.x();
            let room = pen.room();
            let line = Rect { x: start, width: end - start, height: 1, y: area.y };
            list::select(buf, line, theme.accent, focused);
            pen = Pen::new(buf, area, 0);
            pen.skip(usize::from(area.width).saturating_sub(room));
        }
    }
}

/// The mark of the entries that are not visible, some of which are silent channels.
fn more(hidden: usize, silent: usize) -> String {
    match (hidden, silent) {
        (hidden, 0) => format!("  {hidden} more ›"),
        (hidden, silent) if hidden == silent => format!("  {silent} silent ›"),
        (hidden, silent) => format!("  {hidden} more, {silent} silent ›"),
    }
}

/// The entries that can be visible, and the index of the first one. An entry takes at least four cells.
fn candidates(channels: &Channels, width: usize) -> (usize, Vec<&ChannelRow>) {
    let (len, cursor) = channels.entries();
    let most = width / 4 + 1;
    let offset = cursor.saturating_sub(most);
    let lines = (offset..len.min(cursor + most)).filter_map(|entry| channels.entry(entry));
    (offset, lines.collect())
}

/// The text of one line of the pane.
fn entry(cx: &Context<'_>, line: &ChannelRow, names: &Names<'_>) -> panel::Words {
    match line {
        ChannelRow::All => {
            let rate = format::rate(cx.state.rate());
            vec![(String::from("all"), strong(cx.theme.text)), (format!(" {rate}/s"), cx.theme.soft)]
        }
        ChannelRow::Group(group) => of_group(cx, group),
        ChannelRow::Channel { index, .. } => {
            cx.state.channels.list.get(*index).map_or_else(Vec::new, |channel| of_channel(cx, *index, channel, names))
        }
        ChannelRow::Pattern(index) => {
            let Some(pattern) = cx.state.channels.patterns.get(*index) else { return Vec::new() };
            let (words, style) = problem_of_pattern(cx, pattern);
            let name = text::row(pattern.name.as_bytes(), 16);
            vec![(format!("◇ {name}"), cx.theme.text), (format!(" {words}"), style)]
        }
    }
}

fn of_group(cx: &Context<'_>, group: &Group) -> panel::Words {
    let sum = &group.sum;
    let mark = if group.folded { "⊞" } else { "⊟" };
    let mut words = vec![
        (format!("{mark} {}", text::row(&group.prefix, 16)), cx.theme.text),
        (format!(" {}/s", format::rate(sum.rate)), cx.theme.soft),
    ];
    add_notes(&mut words, &Notes::of_group(cx, group));
    words
}

fn of_channel(cx: &Context<'_>, index: usize, channel: &ChannelState, names: &Names<'_>) -> panel::Words {
    let theme = cx.theme;
    let picked = if cx.state.channels.picked.contains(&index) { "●" } else { "" };
    let mut words = vec![
        (format!("{picked}{}", names.get(channel.channel.as_bytes()).map_or("", String::as_str)), theme.text),
        (format!(" #{}", counter(channel)), theme.soft),
    ];
    let notes = Notes::of_channel(cx, channel);
    if notes.has_bars() {
        let bars = sparkline(seconds(&channel.per_second), channel.per_second.counts().len().min(4));
        words.push((format!(" {bars}"), theme.traffic));
    }
    add_notes(&mut words, &notes);
    words
}

fn add_notes(words: &mut panel::Words, notes: &Notes) {
    if !notes.is_empty() {
        words.push((String::from(" "), Style::new()));
        words.extend(notes.brief());
    }
}

#[cfg(test)]
mod tests {
    use super::{Channels, candidates};
    use crate::ledger::sequence::Channel;

    #[test]
    fn only_entries_that_can_be_visible_are_considered() {
        let mut channels = Channels::default();
        for number in 0..10_000 {
            channels.find_or_add(&Channel::new(format!("c{number}").as_bytes()));
        }
        channels.refresh();
        for cursor in [0, 5_000, 10_000] {
            channels.position.cursor = cursor;
            let (offset, lines) = candidates(&channels, 100);
            assert!(lines.len() <= 52, "{}", lines.len());
            assert_eq!(lines.get(cursor - offset).copied(), channels.lines().get(cursor));
        }
    }
}
