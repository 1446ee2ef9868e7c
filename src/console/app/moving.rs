//! Moves the cursor and scrolls in a pane.

use crate::console::app::state::{Pane, State};
use crate::console::layout::Layout;
use crate::console::panes::timeline;
use crate::console::ui::scroll::Scroll;

/// A move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// The cursor moves by this many entries or lines.
    By(isize),
    /// The cursor moves by this many pages.
    Pages(isize),
    /// The view scrolls by this many entries or lines, as with the wheel.
    Scroll(isize),
    First,
    Last,
}

/// Moves in a pane.
pub(crate) fn go(state: &mut State, pane: Pane, step: Move) {
    let height = Layout::for_state(state).entries(pane);
    match pane {
        Pane::Channels => {
            let moved = apply(state.channels.scroll(height), step);
            (state.channels.cursor, state.channels.top) = (moved.cursor, moved.top);
        }
        Pane::Messages => messages(state, step, height),
        Pane::Findings => {
            let moved = apply(state.findings.scroll(height), step);
            (state.findings.cursor, state.findings.top) = (moved.cursor, moved.top);
        }
        Pane::Rejected => {
            let moved = apply(state.rejections.scroll(height), step);
            (state.rejections.cursor, state.rejections.top) = (moved.cursor, moved.top);
        }
        Pane::Timeline => timeline::update::scroll(state, step),
        Pane::Detail => {
            let moved = apply(state.detail.window(height), step);
            (state.detail.cursor, state.detail.scroll) = (moved.cursor, moved.top);
        }
        Pane::Compose => {}
    }
}

/// Applies a move to a list.
pub(crate) fn apply(list: Scroll, step: Move) -> Scroll {
    match step {
        Move::By(by) => list.moved(by),
        Move::Pages(pages) => list.moved(pages.saturating_mul(page(list.height))),
        Move::Scroll(by) => list.scrolled(by),
        Move::First => Scroll { cursor: 0, ..list }.settled(),
        Move::Last => Scroll { cursor: list.len.saturating_sub(1), ..list }.settled(),
    }
}

/// Applies a move to a text. Returns the first visible line.
pub(crate) fn text(scroll: usize, lines: usize, height: usize, step: Move) -> usize {
    let last = lines.saturating_sub(height);
    match step {
        Move::By(by) | Move::Scroll(by) => scroll.saturating_add_signed(by).min(last),
        Move::Pages(pages) => scroll.saturating_add_signed(pages.saturating_mul(page(height))).min(last),
        Move::First => 0,
        Move::Last => last,
    }
}

/// A page is one entry less than the height, so that one entry stays visible.
fn page(height: usize) -> isize {
    isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(isize::MAX)
}

/// Moving past the last row, or End, follows the newest row. Any other move ends following.
fn messages(state: &mut State, step: Move, height: usize) {
    let before = state.messages.scroll(height);
    let after = apply(before, step);
    let down = matches!(step, Move::By(by) | Move::Pages(by) | Move::Scroll(by) if by > 0);
    let past_the_end = down && (after.cursor, after.top) == (before.cursor, before.top);
    if step == Move::Last || past_the_end {
        state.messages.follow_newest();
    } else {
        state.messages.set_scroll(after);
    }
}

/// Scrolls each list to its cursor, so that the view stays in place when rows are added or trimmed.
pub(crate) fn settle(state: &mut State) {
    let layout = Layout::for_state(state);
    state.channels.top = state.channels.scroll(layout.entries(Pane::Channels)).settled().top;
    state.findings.top = state.findings.scroll(layout.entries(Pane::Findings)).settled().top;
    state.rejections.top = state.rejections.scroll(layout.entries(Pane::Rejected)).settled().top;
    if !state.messages.follow {
        let top = state.messages.scroll(layout.entries(Pane::Messages)).top;
        state.messages.top = state.messages.shown_serial(top).unwrap_or(state.messages.first_serial);
    }
    let room = layout.entries(Pane::Detail);
    let window = state.detail.window(room).settled();
    (state.detail.cursor, state.detail.scroll) = (window.cursor, window.top);
}
