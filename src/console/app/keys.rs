//! Keys and pasted text go to a binding of the table, or to the text field that has the cursor.

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::console::app::act;
use crate::console::app::event::Effect;
use crate::console::app::state::{Pane, State};
use crate::console::app::subscriptions;
use crate::console::keymap::key::Key;
use crate::console::keymap::lookup;
use crate::console::keymap::mode::Mode;
use crate::console::panes::compose;
use crate::console::popups::{Popup, backfill, palette, pick, record, save};
use crate::console::ui::line_edit;
use crate::console::{popups, search};

pub(crate) fn key(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    state.notice = None;
    if let Some(action) = lookup(Mode::of(state), &event) {
        return act::act(state, action, Key::of(&event));
    }
    typed(state, event);
    Vec::new()
}

/// A key that is not in the table. To a question, any such key means no.
fn typed(state: &mut State, event: KeyEvent) {
    match &mut state.popup {
        Some(Popup::Jump { text }) => popups::type_range(text, event),
        Some(Popup::Pick(picker)) => {
            let changed = line_edit::input(&mut picker.query, event);
            pick::narrow(state, changed);
        }
        Some(Popup::Prompt(prompting)) => {
            line_edit::input(&mut prompting.text, event);
        }
        Some(Popup::SeriesForm(form)) => popups::type_number(form.field_mut(), event),
        Some(Popup::ConfirmSend | Popup::ConfirmQuit | Popup::Resend(_) | Popup::ConfirmSeries(_)) => {
            popups::close(state);
        }
        Some(Popup::AddChannel(_)) => subscriptions::typed(state, |line| line_edit::input(line, event)),
        Some(Popup::Note { note, .. }) => {
            line_edit::input(note, event);
        }
        Some(Popup::Search(_)) => search::update::typed(state, event),
        Some(Popup::Filter(_)) => crate::console::filter::prompt::typed(state, event),
        Some(Popup::Palette(_)) => palette::typed(state, event),
        Some(Popup::Save(_)) => save::typed(state, event),
        Some(Popup::Record(_)) => record::typed(state, event),
        Some(Popup::FillFrom(_)) => backfill::typed(state, event),
        None if state.focus == Pane::Compose => compose::update::input(state, event),
        None if state.focus == Pane::Detail && state.detail.find.typing => {
            crate::console::panes::detail::find::key(state, event);
        }
        _ => {}
    }
}

pub(crate) fn paste(state: &mut State, text: &str) {
    match &mut state.popup {
        Some(Popup::Jump { text: range }) => popups::paste_range(range, text),
        Some(Popup::Pick(picker)) => {
            picker.query.insert(text);
            pick::narrow(state, true);
        }
        Some(Popup::Prompt(prompting)) => {
            prompting.text.insert(text);
        }
        Some(Popup::SeriesForm(form)) => popups::add_digits(form.field_mut(), text),
        Some(Popup::ConfirmSend | Popup::ConfirmQuit | Popup::Resend(_) | Popup::ConfirmSeries(_)) => {
            popups::close(state);
        }
        Some(Popup::AddChannel(_)) => subscriptions::typed(state, |line| {
            line.insert(text);
            true
        }),
        Some(Popup::Note { note, .. }) => note.insert(text),
        Some(Popup::Search(_)) => search::update::paste(state, text),
        Some(Popup::Filter(_)) => crate::console::filter::prompt::paste(state, text),
        Some(Popup::Palette(_)) => palette::paste(state, text),
        Some(Popup::Save(_)) => save::paste(state, text),
        Some(Popup::Record(_)) => record::paste(state, text),
        Some(Popup::FillFrom(_)) => backfill::paste(state, text),
        None if state.focus == Pane::Compose => {
            state.notice = None;
            compose::update::paste(state, text);
        }
        None if state.focus == Pane::Detail && state.detail.find.typing => {
            crate::console::panes::detail::find::add(state, text);
        }
        _ => {}
    }
}
