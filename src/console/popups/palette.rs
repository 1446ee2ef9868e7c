//! The command palette.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State};
use crate::console::app::{act, focus};
use crate::console::keymap::actions;
use crate::console::keymap::palette::{Choice, argument, find, pane};
use crate::console::layout::popup_rows;
use crate::console::popups::{Popup, profile};
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::text::cells;
use crate::console::ui::theme::strong;
use crate::console::ui::{list, popup_frame, prompt};

/// The palette.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Palette {
    /// The text to search for.
    pub line: LineEdit,
    /// The cursor.
    pub position: ListCursor,
    /// The number of actions found.
    pub found: usize,
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

/// Carries out the action under the cursor in its pane, or shows why it cannot be done.
pub(crate) fn run(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Palette(palette)) = &state.popup else { return Vec::new() };
    let Some(choice) = find(state, palette.line.text()).into_iter().nth(palette.position.cursor) else {
        return Vec::new();
    };
    if let Some(reason) = choice.reason {
        state.notice = Some(Notice::error(format!("not available now: {reason}")));
        return Vec::new();
    }
    let argument = argument(choice.action, palette.line.text()).map(|(_, argument)| argument.to_owned());
    state.popup = None;
    if let Some(name) = argument {
        return profile::choose(state, &name);
    }
    if let Some(pane) = pane(state, choice.context) {
        focus::show(state, pane);
    }
    act::act(state, choice.action)
}

/// Draws the palette over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, palette: &Palette, buf: &mut Buffer) {
    let found = find(cx.state, palette.line.text());
    let narrowed = !palette.line.text().trim().is_empty();
    let all = if narrowed { format!(" of {}", actions().len()) } else { String::new() };
    let count = vec![(format!("{}{all}", found.len()), cx.theme.soft)];
    let inner = popup_frame::draw(cx, popup, "Commands", count, cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1).put(":", strong(cx.theme.accent)).skip(1);
    prompt::line(cx, &mut pen, &palette.line);
    let rows = popup_rows(cx.state.size, popup).intersection(buf.area);
    if found.is_empty() {
        list::empty(cx, rows, buf, "No command does that.", "Type some letters of what you want to do.");
        return;
    }
    list::rows(cx, rows, palette.position, found.len(), buf, |pen, index| draw_choice(cx, &found[index], pen));
}

/// Draws the help text with the typed characters marked, a note, and the keys at the right.
fn draw_choice(cx: &Context<'_>, choice: &Choice, pen: &mut Pen<'_>) {
    let theme = cx.theme;
    let keys = pen.room() / 5;
    let (style, key_style) =
        if choice.reason.is_some() { (theme.soft, theme.soft) } else { (theme.text, theme.accent) };
    let note = choice.reason.as_ref().map_or_else(|| choice.context.title().to_owned(), |why| format!("✗ {why}"));
    let words = pen.room().saturating_sub(keys + 1);
    if cells(choice.help) + cells(&note) + 2 <= words {
        for (at, char) in choice.help.chars().enumerate() {
            let matched = choice.places.contains(&at);
            pen.put(char.encode_utf8(&mut [0; 4]), if matched { strong(theme.accent) } else { style });
        }
        let gap = words - cells(choice.help) - cells(&note) - 1;
        pen.skip(gap).put(&note, theme.soft).skip(1);
    } else {
        pen.column(choice.help, words, Align::Left, style);
    }
    pen.column(&choice.keys, keys, Align::Right, key_style);
}
