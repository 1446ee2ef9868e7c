//! Narrows the list of the pane with the focus.

use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::app::state::State;
use crate::console::keymap::table::Action;
use crate::console::panes;
use crate::console::panes::Pane;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::panel::Words;

/// Whether the text of the pane with the focus is being typed.
pub(crate) fn is_typing(state: &State) -> bool {
    panes::narrowing(state, state.focus).is_some_and(|(narrowing, _)| narrowing.typing)
}

/// Asks for the text. Returns false if the list of the pane with the focus cannot be narrowed.
pub(crate) fn ask(state: &mut State) -> bool {
    let Some(narrowing) = panes::narrowing_mut(state, state.focus) else { return false };
    narrowing.typing = true;
    true
}

/// Changes the text, or moves its cursor.
pub(crate) fn edit(state: &mut State, change: impl FnOnce(&mut LineEdit)) {
    let Some(narrowing) = panes::narrowing_mut(state, state.focus) else { return };
    let before = narrowing.line.text().to_owned();
    change(&mut narrowing.line);
    if narrowing.line.text() != before {
        panes::narrow(state, state.focus);
    }
}

/// Keeps the text and returns the keys to the list. Returns false if no text is being typed.
pub(crate) fn keep(state: &mut State) -> bool {
    panes::narrowing_mut(state, state.focus).is_some_and(|narrowing| std::mem::take(&mut narrowing.typing))
}

/// Shows all entries of the pane with the focus. Returns false if they are shown already.
pub(crate) fn clear(state: &mut State) -> bool {
    let cleared = panes::narrowing_mut(state, state.focus).is_some_and(|narrowing| narrowing.clear());
    if cleared {
        panes::narrow(state, state.focus);
    }
    cleared
}

/// Advice for a list in which nothing matches.
pub(crate) fn advice(cx: &Context<'_>) -> String {
    let action = if is_typing(cx.state) { Action::Close } else { Action::Back };
    format!("{} shows all.", footer::key_of(cx, action))
}

/// Advice for a popup in which nothing matches.
pub(crate) fn popup_advice(cx: &Context<'_>) -> String {
    format!("{} shows all.", footer::key_of(cx, Action::Close))
}

/// The text of a pane, e.g. `/ord`, and how many entries match, e.g. `3 of 20`. Both are empty without a text.
pub(crate) fn words(cx: &Context<'_>, pane: Pane) -> (Words, Words) {
    let Some((narrowing, (found, all))) = panes::narrowing(cx.state, pane) else { return (Words::new(), Words::new()) };
    let style = if found == 0 { cx.theme.warn } else { cx.theme.accent };
    (narrowing.words(cx), narrowing.count(found, all, style))
}
