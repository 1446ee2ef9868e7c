//! The command palette: what is typed, and which of the actions found is under the cursor.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State};
use crate::console::app::{act, focus};
use crate::console::keymap::palette::{Choice, find, pane};
use crate::console::layout::popup_rows;
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::list::MARK;
use crate::console::ui::pen::{Pen, Side};
use crate::console::ui::scroll::Scroll;
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::cells;
use crate::console::ui::theme::strong;
use crate::console::ui::{list, popup_frame, prompt};

/// The palette.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Palette {
    /// What is typed.
    pub line: LineEdit,
    /// The action under the cursor, by its index among those found.
    pub cursor: usize,
    /// The first one shown where not all have room.
    pub top: usize,
    /// How many are found.
    pub found: usize,
}

impl Palette {
    /// The indices, among the actions found, of those that have room in `height` lines.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.scroll(height).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.found, top: self.top, cursor: self.cursor, height }
    }
}

/// Opens the palette.
pub(crate) fn open(state: &mut State) {
    show(state, Palette::default());
}

/// The text was edited.
pub(crate) fn edited(state: &mut State, changed: bool) {
    if let Some(Popup::Palette(palette)) = state.popup.as_mut().filter(|_| changed) {
        let line = palette.line.clone();
        show(state, Palette { line, ..Palette::default() });
    }
}

fn show(state: &mut State, palette: Palette) {
    let found = find(state, palette.line.text()).len();
    state.popup = Some(Popup::Palette(Palette { found, ..palette }));
}

/// Does what is under the cursor, in the pane it belongs to; says why where it cannot be done.
pub(crate) fn run(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Palette(palette)) = &state.popup else { return Vec::new() };
    let Some(choice) = find(state, palette.line.text()).into_iter().nth(palette.cursor) else { return Vec::new() };
    if let Some(reason) = choice.reason {
        state.notice = Some(Notice::error(format!("{} cannot be done now: {reason}", choice.help)));
        return Vec::new();
    }
    state.popup = None;
    if let Some(pane) = pane(state, choice.context) {
        focus::show(state, pane);
    }
    act::act(state, choice.action, choice.key)
}

/// Draws the palette over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, palette: &Palette, buf: &mut Buffer) {
    let found = find(cx.state, palette.line.text());
    let count = vec![(format!("{} found", found.len()), cx.theme.soft)];
    let inner = popup_frame::draw(cx, popup, "Commands", count, cx.theme.accent, buf);
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
