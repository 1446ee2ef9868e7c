//! A list to choose from: completion, history, templates.
//!
//! ```text
//! ╭ Sent before ─────────────────────────────── 3 of 120 ╮
//! │ / flush▏                                             │
//! │▸12:31:06  ops  cache-flush  {"tag":"cart"}     #1048 │
//! │  Enter take  Down/Up move  Esc close                 │
//! ╰──────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::context::Context;
use super::list::{self, MARK};
use super::pen::{Pen, Side};
use super::scrollbar::scrollbar;
use super::text::{self, Precision, cells, number};
use super::{popup, question};
use crate::console::state::Popup;
use crate::console::state::picker::{Choices, Picker};

/// Draws the list over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, picker: &Picker, buf: &mut Buffer) {
    let theme = cx.theme;
    let compose = &cx.state.compose;
    let (title, all) = match &picker.choices {
        Choices::Channels(list) => ("Channels known", list.len()),
        Choices::Names(list) => ("Message names seen", list.len()),
        Choices::History => ("Sent before", compose.history.len()),
        Choices::Templates => ("Templates of the profile", compose.templates.len()),
    };
    let count = format!("{} of {}", number(picker.shown.len() as u64), number(all as u64));
    let inner = popup::draw(cx, popup, title, vec![(count, theme.soft)], theme.accent, buf);
    if inner.height == 0 {
        return;
    }
    question::line(cx, "/ ", &picker.query, Rect { height: 1, ..inner }, buf);
    let rows = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    if picker.shown.is_empty() {
        let (headline, advice) = empty(picker, all);
        list::empty(cx, rows, buf, headline, advice);
        return;
    }
    let seen = picker.window(usize::from(rows.height));
    scrollbar(buf, rows, picker.shown.len(), seen.start, theme.soft);
    for (row, line) in (0..).zip(seen) {
        let Some(index) = picker.shown.get(line) else { break };
        let selected = line == picker.cursor;
        let mut pen = Pen::new(buf, rows, row).reserve(1);
        pen.put(if selected { MARK } else { " " }, theme.accent);
        choice(cx, picker, *index, &mut pen);
        if selected {
            list::select(buf, list::line(rows, row), theme.accent, true);
        }
    }
}

fn choice(cx: &Context<'_>, picker: &Picker, index: usize, pen: &mut Pen<'_>) {
    let theme = cx.theme;
    let compose = &cx.state.compose;
    match &picker.choices {
        Choices::Channels(list) | Choices::Names(list) => {
            let text = list.get(index).map_or("", String::as_str);
            pen.put(&text::row(text.as_bytes(), pen.room()), theme.text);
        }
        Choices::History => {
            let Some(entry) = compose.history.get(index) else { return };
            let receipt = format!("#{} to {}", entry.sequence, entry.receivers);
            pen.put(
                &cx.time(entry.at, Precision::Date)[..16.min(cx.time(entry.at, Precision::Date).len())],
                theme.soft,
            );
            pen.skip(1).column(&text::row(entry.channel.as_bytes(), 14), 14, Side::Left, theme.text).skip(1);
            pen.column(&text::row(entry.name.as_bytes(), 20), 20, Side::Left, theme.text).skip(1);
            let data = pen.room().saturating_sub(cells(&receipt) + 1);
            pen.column(&text::row(entry.data.as_bytes(), data), data, Side::Left, theme.soft).skip(1);
            pen.put(&receipt, theme.accent);
        }
        Choices::Templates => {
            let Some(template) = compose.templates.get(index) else { return };
            pen.column(&text::row(template.title.as_bytes(), 24), 24, Side::Left, theme.text).skip(1);
            let prompts = template.prompts().len() as u64;
            let asks =
                if prompts == 0 { String::new() } else { format!("asks {}", text::counted(prompts, "question")) };
            pen.put(&asks, theme.soft);
        }
    }
}

fn empty(picker: &Picker, all: usize) -> (&'static str, &'static str) {
    match picker.choices {
        Choices::Channels(_) | Choices::Names(_) => ("Nothing known has these words.", "Enter takes what you typed."),
        _ if all > 0 => ("Nothing has these words.", "Ctrl-U takes the words away."),
        Choices::History => ("Nothing was sent yet.", "What is sent from here is kept, without keys and signatures."),
        Choices::Templates => (
            "This profile has no templates.",
            "[profile.NAME.templates.NAME] with channel, name and data in the configuration makes one.",
        ),
    }
}
