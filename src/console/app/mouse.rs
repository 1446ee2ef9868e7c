//! The mouse: a click focuses and selects, a double click is like Enter, the wheel scrolls the pane under the pointer.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::console::app::event::Effect;
use crate::console::app::state::State;
use crate::console::app::{act, focus, settings};
use crate::console::layout::Layout;
use crate::console::panes::Pane;
use crate::console::panes::detail;
use crate::console::ui::list_cursor::Move;
use crate::console::{panes, popups};

/// Two clicks within this many microseconds are a double click.
const DOUBLE_CLICK: i64 = 500_000;

/// Lines or entries per notch of the wheel.
const NOTCH: isize = 3;

pub(crate) fn mouse(state: &mut State, event: MouseEvent) -> Vec<Effect> {
    let place = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            settings::take_hold(state, place);
            click(state, place)
        }
        MouseEventKind::Drag(MouseButton::Left) if state.popup.is_none() => {
            settings::drag(state, place);
            Vec::new()
        }
        MouseEventKind::Up(MouseButton::Left) => {
            state.held = None;
            Vec::new()
        }
        MouseEventKind::ScrollDown => wheel(state, place, NOTCH),
        MouseEventKind::ScrollUp => wheel(state, place, -NOTCH),
        _ => Vec::new(),
    }
}

fn wheel(state: &mut State, place: Position, by: isize) -> Vec<Effect> {
    if state.popup.as_ref().is_some_and(|popup| !popup.is_prompt()) {
        popups::go(state, Move::Scroll(by));
    } else if let Some(pane) = Layout::for_state(state).pane_at(place.x, place.y) {
        panes::go(state, pane, Move::Scroll(by));
    }
    Vec::new()
}

fn click(state: &mut State, place: Position) -> Vec<Effect> {
    state.notice = None;
    if state.popup.is_some() {
        return popups::click(state, place);
    }
    let double = is_double(state, place);
    let layout = Layout::for_state(state);
    if let Some(pane) = layout.tab_at(place.x, place.y) {
        focus::show(state, pane);
        return Vec::new();
    }
    let views = layout.view_names(state.detail.view);
    if let Some((view, _)) = views.iter().find(|(_, area)| area.contains(place)) {
        if state.detail_row().is_some_and(|row| row.message().is_some()) {
            detail::update::show(state, *view);
        }
        focus::show(state, Pane::Detail);
        return Vec::new();
    }
    let Some(pane) = layout.pane_at(place.x, place.y) else { return Vec::new() };
    focus::show(state, pane);
    match panes::click(state, &layout, pane, place) {
        Some(action) if double => act::act(state, action),
        _ => Vec::new(),
    }
}

/// Records a click. Returns whether it is the second click of a double click.
fn is_double(state: &mut State, place: Position) -> bool {
    let before = state.last_click.replace((place.x, place.y, state.wall_clock));
    let double =
        before.is_some_and(|(x, y, at)| (x, y) == (place.x, place.y) && (state.wall_clock - at).abs() <= DOUBLE_CLICK);
    if double {
        state.last_click = None;
    }
    double
}
