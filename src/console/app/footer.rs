//! The footer: the most useful keys here, or the result of the last action.
//!
//! ```text
//! ▌ Enter detail  / search  f filter  ] [ finding  Space pause  c compose  ? help  : commands ▐
//! ▌ ✗ not sent: the server rejected ▐
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::narrowing;
use crate::console::app::replay::ReplayOrder;
use crate::console::app::state::{Notice, State};
use crate::console::filter;
use crate::console::keymap;
use crate::console::keymap::table::Action;
use crate::console::layout::Layout;
use crate::console::panes::Pane;
use crate::console::ui::pen::Pen;
use crate::console::ui::theme::strong;

/// Draws the footer.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let profile = cx.profile();
    let mut edge = Pen::new(buf, area, 0);
    edge.put("▌", profile);
    edge.skip(usize::from(area.width).saturating_sub(2)).put("▐", profile);
    let inner = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    let mut pen = Pen::new(buf, inner, 0);
    if let Some(notice) = &cx.state.notice {
        let (glyph, style) = if notice.is_error { ("✗ ", strong(cx.theme.bad)) } else { ("· ", cx.theme.text) };
        pen.skip(1).put(glyph, style).put(&notice.text, style);
        return;
    }
    // A popup shows its own keys.
    if cx.state.popup.is_none() {
        if !Layout::for_state(cx.state).wide {
            let room = pen.room();
            let (mut words, count) = narrowing::words(cx, cx.state.tab);
            if !words.is_empty() {
                words.push((String::from(" "), cx.theme.soft));
                words.extend(count);
                words.push((String::from("  "), cx.theme.soft));
            }
            if cx.state.tab == Pane::Messages {
                words.extend(filter::view::all(cx, room));
            }
            let gap = usize::from(!words.is_empty());
            pen.skip(gap);
            for (words, style) in words {
                pen.put(&words, style);
            }
            pen.skip(2 * gap);
        }
        keys(cx, &mut pen);
    }
}

/// Whether an action has already stopped what it stops, and resumes it next.
fn is_stopped(state: &State, action: Action) -> bool {
    match action {
        Action::ToggleFollow => !state.messages.follow,
        Action::Replay(ReplayOrder::Pause) => state.replay.as_ref().is_some_and(|replay| !replay.status.is_playing),
        _ => false,
    }
}

/// Draws the hints that fit.
pub(crate) fn keys(cx: &Context<'_>, pen: &mut Pen<'_>) {
    let mut hints = keymap::hints(cx.state);
    // The most useful one comes first, so that it fits.
    hints.sort_by_key(|hint| !is_stopped(cx.state, hint.action));
    for hint in hints.iter_mut().filter(|hint| is_stopped(cx.state, hint.action)) {
        hint.text = "resume";
    }
    for hint in keymap::fitting(hints, pen.room()) {
        pen.skip(1).put(&hint.keys, strong(cx.theme.accent)).skip(1).put(hint.text, cx.theme.soft).skip(1);
    }
}

/// The label of the search: its main key.
#[must_use]
pub(crate) fn search_label(cx: &Context<'_>) -> String {
    cx.state.keymap.key_of(Action::Search).map_or_else(|| String::from("/"), |key| key.label())
}

/// The label of the filter prompt: its main key.
#[must_use]
pub(crate) fn filter_label(cx: &Context<'_>) -> String {
    cx.state.keymap.key_of(Action::Filter).map_or_else(|| String::from("f"), |key| key.label())
}

/// How to complete a text.
#[must_use]
pub(crate) fn key_of_completion(cx: &Context<'_>) -> String {
    key_of(cx, Action::Complete)
}

/// The notice if there is no search whose hits could be visited.
pub(crate) fn no_search(state: &State) -> Notice {
    Notice::error(format!("nothing is searched for: {} searches", state.keymap.way_to(Action::Search)))
}

/// How to reach an action: its main key or its palette command.
#[must_use]
pub(crate) fn key_of(cx: &Context<'_>, action: Action) -> String {
    cx.state.keymap.way_to(action)
}
