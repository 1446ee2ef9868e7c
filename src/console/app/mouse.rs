//! The mouse: a click focuses and selects, a double click is like Enter, the wheel scrolls the pane under the pointer.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::console::app::event::Effect;
use crate::console::app::state::{Pane, State};
use crate::console::app::{act, focus, moving, settings};
use crate::console::keymap::action::Action;
use crate::console::layout::ComposeAreas;
use crate::console::layout::Layout;
use crate::console::panes::timeline::state::bars;
use crate::console::panes::{detail, timeline};
use crate::console::popups;
use crate::console::ui::list_cursor::{ListCursor, Move};

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
        moving::go(state, pane, Move::Scroll(by));
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
    let entry = entry_at(state, &layout, pane, place);
    focus::show(state, pane);
    if pane == Pane::Compose
        && let Some(inner) = layout.inner(pane)
        && let Some(field) = ComposeAreas::of(inner).field_at(place.x, place.y)
    {
        state.compose.field = field;
    }
    if let Some(inner) = layout.inner(pane).filter(|inner| pane == Pane::Detail && inner.contains(place)) {
        let (line, column) = (usize::from(place.y - inner.y), usize::from(place.x - inner.x).saturating_sub(1));
        detail::update::click(state, line, column, usize::from(inner.height));
    }
    let Some(entry) = entry else { return Vec::new() };
    select(state, pane, entry, layout.entries(pane));
    match pane {
        Pane::Messages if double => enter(state, Action::OpenDetail),
        Pane::Findings | Pane::Rejected if double => enter(state, Action::GoToRow),
        Pane::Channels if double => enter(state, Action::PickOnly),
        Pane::Channels
        | Pane::Messages
        | Pane::Findings
        | Pane::Rejected
        | Pane::Detail
        | Pane::Timeline
        | Pane::Compose => Vec::new(),
    }
}

fn enter(state: &mut State, action: Action) -> Vec<Effect> {
    act::act(state, action)
}

/// Records a click. Returns whether it is the second click of a double click.
fn is_double(state: &mut State, place: Position) -> bool {
    let before = state.last_click.replace((place.x, place.y, state.now));
    let double =
        before.is_some_and(|(x, y, at)| (x, y) == (place.x, place.y) && (state.now - at).abs() <= DOUBLE_CLICK);
    if double {
        state.last_click = None;
    }
    double
}

/// The index of the entry at a place in a list's pane.
fn entry_at(state: &State, layout: &Layout, pane: Pane, place: Position) -> Option<usize> {
    let inner = layout.inner(pane).filter(|inner| inner.contains(place))?;
    let entry = usize::from((place.y - inner.y) / layout.entry_lines(pane));
    let height = layout.entries(pane);
    let mut window = match pane {
        // On a narrow screen all channels share one line.
        Pane::Channels if !layout.wide => return None,
        Pane::Channels => state.channels.window(height),
        Pane::Messages => state.messages.position(height).range(state.messages.shown_len(), height),
        Pane::Findings => state.findings.list.window(height),
        Pane::Rejected => state.rejections.list.window(height),
        Pane::Timeline => return Some(usize::from(place.x.saturating_sub(bars(inner).x))),
        Pane::Detail | Pane::Compose => return None,
    };
    window.nth(entry)
}

fn select(state: &mut State, pane: Pane, entry: usize, height: usize) {
    match pane {
        Pane::Channels => state.channels.position.cursor = entry,
        Pane::Messages => {
            let position = state.messages.position(height);
            state.messages.set_position(ListCursor { cursor: entry, ..position });
        }
        Pane::Findings => state.findings.list.position.cursor = entry,
        Pane::Rejected => state.rejections.list.position.cursor = entry,
        Pane::Timeline => timeline::update::point(state, entry),
        Pane::Detail | Pane::Compose => {}
    }
}
