//! Dispatches each action to the module that carries it out.

use crate::console::app::event::Effect;
use crate::console::app::settings::SwitchList;
use crate::console::app::state::{Notice, State};
use crate::console::app::subscriptions;
use crate::console::app::update;
use crate::console::app::{alerts, focus, narrowing, navigation, picks, settings};
use crate::console::filter::prompt;
use crate::console::keymap::copies;
use crate::console::keymap::table::Action;
use crate::console::panes::Pane;
use crate::console::panes::compose::{edit, external_editor, load, send};
use crate::console::panes::detail::find;
use crate::console::panes::detail::fold;
use crate::console::panes::detail::state::Folding;
use crate::console::panes::{channels, compose, detail, timeline};
use crate::console::popups::{
    Popup, acknowledge, backfill, bundle, copy, discover, help, names, palette, pick, record, resend, save, sent,
    series,
};
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::list_cursor::{ListCursor, Move};
use crate::console::{panes, popups, search};

/// Carries out an action.
#[expect(clippy::too_many_lines, reason = "one line per action")]
pub(crate) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit if state.compose.unsent => state.popup = Some(Popup::ConfirmQuit),
        Action::QuitNow if matches!(state.popup, Some(Popup::Series)) => return popups::close(state),
        Action::Quit | Action::QuitNow => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Help => help::open(state),
        Action::NextPane => focus::step(state, true),
        Action::PreviousPane => focus::step(state, false),
        Action::ShowPane(pane) => focus::show(state, pane),
        Action::Compose => focus::show(state, Pane::Compose),
        Action::Back => back(state),
        Action::Up => go(state, Move::By(-1)),
        Action::Down => go(state, Move::By(1)),
        Action::PageUp => go(state, Move::Pages(-1)),
        Action::PageDown => go(state, Move::Pages(1)),
        Action::HalfPageUp => go(state, Move::HalfPages(-1)),
        Action::HalfPageDown => go(state, Move::HalfPages(1)),
        Action::First => go(state, Move::First),
        Action::Last => go(state, Move::Last),
        Action::Zoom => state.zoomed = !state.zoomed,
        Action::ToggleFollow => toggle_follow(state),
        Action::NextFinding => navigation::step(state, true),
        Action::PreviousFinding => navigation::step(state, false),
        Action::PreviousRow => panes::go(state, state.shown_list(), Move::By(-1)),
        Action::NextRow => panes::go(state, state.shown_list(), Move::By(1)),
        Action::GoToRow if state.popup.is_some() => return popups::accept(state),
        Action::GoToRow => navigation::go_to_row(state),
        Action::OpenDetail => open_detail(state),
        Action::PickOnly => picks::only(state),
        Action::TogglePick => match &mut state.popup {
            Some(Popup::Discover(found)) => discover::toggle_pick(found),
            Some(Popup::ToggleList(_)) => settings::switch(state),
            _ => picks::toggle(state),
        },
        Action::PickAll => picks::all(state),
        Action::Jump => state.popup = Some(Popup::Jump(LineEdit::default())),
        Action::ShowNames => names::show(state, false),
        Action::ShowLatest => names::show(state, true),
        Action::ToggleMute => alerts::toggle_mute(state),
        Action::AddChannel => return subscriptions::ask(state),
        Action::DropChannel => return subscriptions::drop_selected(state),
        Action::ToggleTree => channels::update::toggle_tree(state),
        Action::NextOrder if matches!(state.popup, Some(Popup::Names(_))) => names::next_order(state),
        Action::NextOrder => channels::update::next_order(state),
        Action::Left => go_sideways(state, -1),
        Action::Right => go_sideways(state, 1),
        Action::ZoomIn | Action::ZoomOut => timeline::update::zoom(state, action == Action::ZoomIn),
        Action::Accept if state.popup.is_none() => {
            if !narrowing::keep(state) {
                find::accept(state);
            }
        }
        Action::Accept | Action::Confirm => return popups::accept(state),
        Action::Acknowledge => return acknowledge::ask(state),
        Action::Reopen => return acknowledge::reopen(state),
        Action::Bookmark => bookmark(state),
        Action::NextBookmark => next_bookmark(state),
        Action::CopyPayload => return copy::payload(state),
        Action::CopyCommand => return copy::command(state),
        Action::CopyMenu if matches!(state.popup, Some(Popup::Copy(_))) => return popups::accept(state),
        Action::CopyMenu if state.popup.is_some() => return copy::payload(state),
        Action::CopyMenu => state.popup = Some(Popup::Copy(ListCursor::default())),
        Action::CopyPretty => return copy::pretty(state),
        Action::CopyCompact => return copy::compact(state),
        Action::CopyValue => return copy::value(state),
        Action::CopyPath => return copy::path(state),
        Action::CopyLine => return copy::copy_line(state),
        Action::CopyExplanation => return copy::explanation(state),
        Action::CycleView => detail::update::show(state, state.detail.view.next()),
        Action::Pin => detail::update::toggle_pin(state),
        Action::ToggleFold => fold::toggle(state),
        Action::FoldAll => fold::all(state, Folding::All),
        Action::UnfoldAll => fold::all(state, Folding::Nothing),
        Action::Discover => return discover::open(state),
        Action::NextField | Action::PreviousField if matches!(state.popup, Some(Popup::SeriesForm(_))) => {
            series::other_field(state);
        }
        Action::NextField => state.compose.field = state.compose.field.step(true),
        Action::PreviousField => state.compose.field = state.compose.field.step(false),
        Action::NextKey => compose::update::step_key(state, true),
        Action::Send if state.popup.is_some() => return send::confirmed(state, true),
        Action::Send => return send::ask(state),
        Action::Undo => edit::undo(state),
        Action::Redo => edit::redo(state),
        Action::Format => edit::format(state),
        Action::History => pick::history(state),
        Action::Templates => pick::templates(state),
        Action::EditText(edit) => update::edit_text(state, edit),
        Action::OpenEditor => return external_editor::begin(state),
        Action::SendMany => series::open(state),
        Action::ShowSent => sent::open(state),
        Action::LoadMessage => load::selected(state),
        Action::Resend => resend::ask(state),
        Action::Close if state.popup.is_none() => {
            let _ = narrowing::clear(state) || find::clear(state);
        }
        Action::Close if popups::clear_narrowing(state) => {}
        Action::Close => return popups::close(state),
        Action::Search if popups::ask_narrowing(state) || (state.popup.is_none() && narrowing::ask(state)) => {}
        Action::Search if state.focus == Pane::Detail => find::ask(state),
        Action::NextHit | Action::PreviousHit if state.focus == Pane::Detail && state.popup.is_none() => {
            find::step(state, action == Action::NextHit);
        }
        Action::Search => search::update::open(state),
        Action::NextHit => search::update::step(state, true),
        Action::PreviousHit => search::update::step(state, false),
        Action::ToggleRegex => search::update::toggle_regex(state),
        Action::Filter => prompt::open(state),
        Action::Suggest => pick::complete(state),
        Action::Complete => popups::complete(state),
        Action::OlderFilter => prompt::recall(state, true),
        Action::NewerFilter => prompt::recall(state, false),
        Action::Palette => palette::open(state),
        Action::Mark => save::mark(state),
        Action::Save => save::open(state),
        Action::SaveView => save::open_view(state),
        Action::Clear => picks::clear(state),
        Action::ShowCleared => picks::show_cleared(state),
        Action::ToggleCopies => toggle_copies(state),
        Action::ToggleWrap if state.focus == Pane::Detail => detail::update::toggle_wrap(state),
        Action::ToggleWrap => state.messages.wrapped = !state.messages.wrapped,
        Action::NextTheme => settings::next_theme(state),
        Action::ToggleZone => settings::toggle_zone(state),
        Action::NextTimeFormat => settings::next_time_format(state),
        Action::ChoosePanes => settings::open(state, SwitchList::Panes),
        Action::ChooseColumns => settings::open(state, SwitchList::Columns),
        Action::ResetLayout => settings::reset(state),
        Action::Narrower => settings::widen(state, -1),
        Action::Wider => settings::widen(state, 1),
        Action::Lower => settings::heighten(state, -1),
        Action::Higher => settings::heighten(state, 1),
        Action::Record => return record::toggle(state),
        Action::Profile => pick::profiles(state),
        Action::Backfill => return backfill::ask(state),
        Action::Bundle => bundle::ask(state),
        Action::Replay(order) => return vec![Effect::Replay(order)],
    }
    Vec::new()
}

/// Ends the first of these that is active: the narrowing of the list, the search in Detail, zoom, marking, the search, Detail.
fn back(state: &mut State) {
    if narrowing::clear(state) || (state.focus == Pane::Detail && find::clear(state)) {
        return;
    }
    if std::mem::take(&mut state.zoomed) {
        return;
    }
    if state.focus != Pane::Messages {
        focus::back(state);
    } else if state.messages.mark.take().is_none() {
        if state.search.is_some() {
            search::update::end(state);
        } else {
            focus::back(state);
        }
    }
}

/// Carries out the action of a line of the copy menu.
pub(crate) fn copy_chosen(state: &mut State, line: usize) -> Vec<Effect> {
    match copies().get(line) {
        Some(binding) => act(state, binding.action),
        None => Vec::new(),
    }
}

fn go(state: &mut State, step: Move) {
    if state.popup.is_some() {
        popups::go(state, step);
    } else {
        panes::go(state, state.focus, step);
        if state.focus.spec().is_tab {
            state.detail_list = state.focus;
        }
    }
}

fn go_sideways(state: &mut State, step: isize) {
    if state.popup.is_none() {
        panes::go_sideways(state, state.focus, step);
    }
}

fn toggle_follow(state: &mut State) {
    if state.messages.follow {
        let height = panes::entries(state, Pane::Messages);
        state.messages.pause(height);
    } else {
        state.messages.follow_newest();
    }
}

fn open_detail(state: &mut State) {
    if state.selected_row_id().is_some() {
        focus::show(state, Pane::Detail);
    } else {
        state.notice = Some(Notice::error("no row is selected"));
    }
}

fn toggle_copies(state: &mut State) {
    state.messages.toggle_copies();
    let words = if state.messages.copies.unfolded { "each copy has its own row" } else { "copies share a row" };
    state.notice = Some(Notice::done(words));
}

fn bookmark(state: &mut State) {
    let Some(row_id) = state.row_id_at_hand().filter(|row_id| state.messages.row(*row_id).is_some()) else {
        state.notice = Some(Notice::error("this row is not in Messages"));
        return;
    };
    if !state.messages.bookmarks.remove(&row_id) {
        state.messages.bookmarks.insert(row_id);
    }
}

fn next_bookmark(state: &mut State) {
    let bookmarks = &state.messages.bookmarks;
    let after = state.messages.cursor.map_or(0, |row_id| row_id + 1);
    let next =
        bookmarks.range(after..).chain(bookmarks.range(..after)).find(|row_id| state.messages.is_listed(**row_id));
    match next.copied() {
        Some(row_id) => navigation::select(state, row_id),
        None => state.notice = Some(Notice::done("no row shown is bookmarked")),
    }
}
