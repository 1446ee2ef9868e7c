//! Each action, and who carries it out.

use super::moving::{self, Move};
use super::{
    alerts, channels, compose, copy, findings, focus, handled, jump, names, picks, popup, send, subscriptions, timeline,
};
use crate::console::action::{Action, Effect};
use crate::console::keymap::Key;
use crate::console::layout::Layout;
use crate::console::state::{Notice, Pane, Popup, State};

/// Does it; `key` is the key that asked for it.
pub(super) fn act(state: &mut State, action: Action, key: Key) -> Vec<Effect> {
    match action {
        Action::Quit if state.compose.unsent => state.popup = Some(Popup::ConfirmQuit),
        Action::Quit | Action::QuitNow | Action::ConfirmQuit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Help => state.popup = Some(Popup::Help { scroll: 0 }),
        Action::NextPane => focus::step(state, true),
        Action::PreviousPane => focus::step(state, false),
        Action::ShowPane(pane) => focus::show(state, pane),
        Action::Compose => focus::show(state, Pane::Compose),
        Action::Back => focus::back(state),
        Action::Up => go(state, Move::By(-1)),
        Action::Down => go(state, Move::By(1)),
        Action::PageUp => go(state, Move::Pages(-1)),
        Action::PageDown => go(state, Move::Pages(1)),
        Action::First => go(state, Move::First),
        Action::Last => go(state, Move::Last),
        Action::ToggleFollow => toggle_follow(state),
        Action::NextFinding => findings::step(state, true),
        Action::PreviousFinding => findings::step(state, false),
        Action::PreviousRow => moving::go(state, Pane::Messages, Move::By(-1)),
        Action::NextRow => moving::go(state, Pane::Messages, Move::By(1)),
        Action::GoToRow => findings::go_to_row(state),
        Action::OpenDetail => open_detail(state),
        Action::PickOnly => picks::only(state),
        Action::TogglePick => match &mut state.popup {
            Some(Popup::Discover(discover)) => popup::toggle_pick(discover),
            _ => picks::toggle(state),
        },
        Action::PickAll => picks::all(state),
        Action::Jump => state.popup = Some(Popup::Jump { text: String::new() }),
        Action::Accept => return accept(state),
        Action::ShowNames => names::show(state),
        Action::NextNameOrder => names::next_order(state),
        Action::ToggleMute => alerts::toggle_mute(state),
        Action::AddChannel => return subscriptions::ask(state),
        Action::Complete => subscriptions::complete(state),
        Action::DropChannel => return subscriptions::drop_selected(state),
        Action::ToggleTree => channels::toggle_tree(state),
        Action::NextOrder => channels::next_order(state),
        Action::Fold => channels::fold(state),
        Action::Unfold => channels::unfold(state),
        Action::Earlier => timeline::step(state, -1),
        Action::Later => timeline::step(state, 1),
        Action::Oldest => timeline::oldest(state),
        Action::Newest => timeline::newest(state),
        Action::ZoomIn => timeline::zoom(state, true),
        Action::ZoomOut => timeline::zoom(state, false),
        Action::MarkHandled => handled::ask(state),
        Action::Reopen => handled::reopen(state),
        Action::Bookmark => bookmark(state),
        Action::NextBookmark => next_bookmark(state),
        Action::CopyPayload => return copy::payload(state),
        Action::CopyCommand => return copy::command(state),
        Action::CycleView => {
            state.detail.view = state.detail.view.next();
            state.detail.scroll = 0;
        }
        Action::Discover => return popup::discover(state),
        Action::Subscribe => return popup::subscribe(state),
        Action::NextField => state.compose.field = state.compose.field.step(true),
        Action::PreviousField => state.compose.field = state.compose.field.step(false),
        Action::NextKey => compose::next_key(state),
        Action::Send => return send::ask(state),
        Action::ConfirmSend => return send::confirmed(state, key == Key::ctrl('s')),
        Action::Close => popup::close(state),
    }
    Vec::new()
}

fn go(state: &mut State, step: Move) {
    if state.popup.is_some() {
        popup::go(state, step);
    } else {
        moving::go(state, state.focus, step);
    }
}

/// What was typed into the popup is taken.
fn accept(state: &mut State) -> Vec<Effect> {
    match &state.popup {
        Some(Popup::Note { .. }) => handled::accept(state),
        Some(Popup::AddChannel(_)) => return subscriptions::accept(state),
        _ => jump::accept(state),
    }
    Vec::new()
}

fn toggle_follow(state: &mut State) {
    if state.messages.follow {
        let scroll = state.messages.scroll(Layout::for_state(state).entries(Pane::Messages));
        state.messages.set_scroll(scroll);
    } else {
        state.messages.follow_newest();
    }
}

fn open_detail(state: &mut State) {
    if state.messages.cursor.is_some() {
        focus::show(state, Pane::Detail);
    } else {
        state.notice = Some(Notice::error("no row is selected"));
    }
}

fn bookmark(state: &mut State) {
    let Some(serial) = state.messages.cursor else { return };
    if !state.messages.bookmarks.remove(&serial) {
        state.messages.bookmarks.insert(serial);
    }
}

fn next_bookmark(state: &mut State) {
    let bookmarks = &state.messages.bookmarks;
    let after = state.messages.cursor.map_or(0, |serial| serial + 1);
    let next =
        bookmarks.range(after..).chain(bookmarks.range(..after)).find(|serial| state.messages.is_shown(**serial));
    match next.copied() {
        Some(serial) => findings::select(state, serial),
        None => state.notice = Some(Notice::done("no row shown is bookmarked: m sets a bookmark")),
    }
}
