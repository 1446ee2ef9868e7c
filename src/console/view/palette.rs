//! Every command, to be chosen from.
//!
//! ```text
//! ╭ Commands ─────────────────────────────────────── 3 of 81 ╮
//! │ : nexfi▏                                                 │
//! │▸next finding or rejected message                       ]  │
//! │ send the message            the profile is read_only  c  │
//! │  Enter do it  Esc close                                  │
//! ╰──────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::context::Context;
use super::list::{self, MARK};
use super::pen::{Pen, Side};
use super::scrollbar::scrollbar;
use super::text::cells;
use super::theme::strong;
use super::{popup, prompt};
use crate::console::layout::popup_rows;
use crate::console::palette::{Choice, find};
use crate::console::state::Popup;
use crate::console::state::palette::Palette;

/// Draws the palette over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, palette: &Palette, buf: &mut Buffer) {
    let found = find(cx.state, palette.line.text());
    let count = vec![(format!("{} found", found.len()), cx.theme.soft)];
    let inner = popup::draw(cx, popup, "Commands", count, cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1).put(":", strong(cx.theme.accent)).skip(1);
    prompt::line(cx, &mut pen, &palette.line);
    let rows = popup_rows(cx.state.size, popup).intersection(buf.area);
    if found.is_empty() {
        list::empty(cx, rows, buf, "No command does that.", "Type some letters of what you want to do.");
        return;
    }
    let seen = palette.window(usize::from(rows.height));
    scrollbar(buf, rows, found.len(), seen.start, cx.theme.soft);
    for (row, index) in (0..).zip(seen) {
        let Some(choice) = found.get(index) else { break };
        let selected = index == palette.cursor;
        draw_choice(cx, choice, selected, rows, row, buf);
        if selected {
            list::select(buf, list::line(rows, row), cx.theme.accent, true);
        }
    }
}

fn draw_choice(cx: &Context<'_>, choice: &Choice, selected: bool, rows: Rect, row: u16, buf: &mut Buffer) {
    let theme = cx.theme;
    let keys = usize::from(rows.width) / 5;
    let mut pen = Pen::new(buf, rows, row).reserve(keys + 1);
    pen.put(if selected { MARK } else { " " }, theme.accent);
    let style = if choice.reason.is_some() { theme.soft } else { theme.text };
    let note = choice.reason.as_ref().map_or_else(|| choice.context.title().to_owned(), |why| format!("✗ {why}"));
    let room = pen.room().saturating_sub(cells(&note) + 2);
    if cells(choice.help) <= room {
        for (at, char) in choice.help.chars().enumerate() {
            let matched = choice.places.contains(&at);
            pen.put(char.encode_utf8(&mut [0; 4]), if matched { strong(theme.accent) } else { style });
        }
        let free = pen.room().saturating_sub(cells(&note) + 1);
        pen.skip(free).put(&note, theme.soft);
    } else {
        pen.put(choice.help, style);
    }
    let mut pen = Pen::new(buf, rows, row);
    let skip = pen.room().saturating_sub(keys + 1);
    let style = if choice.reason.is_some() { theme.soft } else { theme.accent };
    pen.skip(skip).column(&choice.keys, keys, Side::Right, style);
}
