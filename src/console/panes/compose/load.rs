//! Loads a text into Compose: from a message, from the history, or from a template.

use crate::console::app::focus;
use crate::console::app::state::{Notice, State};
use crate::console::keymap::table::Action;
use crate::console::panes::Pane;
use crate::console::panes::compose::draft::{Original, Replaced};
use crate::console::panes::compose::history::HistoryEntry;
use crate::console::panes::compose::send;
use crate::console::panes::compose::state::{Field, key_name};
use crate::console::panes::compose::update::{MAX_DATA, preview};
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape;
use crate::wire::signature::SignWith;

/// Loads the selected message, which can then be edited and signed again.
pub(crate) fn selected(state: &mut State) {
    if state.setup.read_only {
        state.notice = Some(send::read_only(state));
        return;
    }
    let Some((row, message)) = state.message_at_hand() else {
        state.notice = Some(Notice::error("no message is selected"));
        return;
    };
    let payload = row.interval.payload(message).to_vec();
    let channel = row.interval.channel(message).as_bytes().to_vec();
    let verdict = message.verdict;
    let envelope = Envelope::parse(&payload);
    if envelope.data.len() > MAX_DATA {
        state.notice = Some(cannot_edit(state, "it is too long to edit (1 MiB)"));
        return;
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    let (Ok(to), Ok(name), Ok(data)) = (text(&channel), text(envelope.name), text(envelope.data)) else {
        state.notice = Some(cannot_edit(state, "it is not UTF-8 and cannot be edited"));
        return;
    };
    fill(state, &to, &name, &data);
    let was_signed = key_name(envelope.signature).is_some();
    state.compose.original = Some(Original { channel, payload, verdict });
    // An earlier message may have been sent unsigned on purpose. This one must not be by accident.
    if was_signed && state.compose.sign_with == SignWith::None {
        state.compose.reset_key();
    }
    preview(state);
    let signing = match state.compose.sign_with {
        SignWith::None => "is sent unsigned",
        _ if was_signed => "is signed again",
        _ => "is signed",
    };
    let words = format!("loaded: it {signing}, and the difference is shown before it is sent");
    state.notice = Some(Notice::done(with_way_back(state, &words)));
}

/// Loads a message of the history, with the key that it was signed with.
pub(crate) fn from_history(state: &mut State, entry: &HistoryEntry) {
    fill(state, &entry.channel, &entry.name, &entry.data);
    let keyring = std::sync::Arc::clone(&state.setup.keyring);
    let known = state.compose.choose_key(&keyring, entry.key.as_deref().map(str::as_bytes));
    preview(state);
    state.notice = Some(match &entry.key {
        Some(key) if !known => Notice::error(format!(
            "loaded, but there is no key {} here: look at how it is signed",
            escape(key.as_bytes())
        )),
        _ => Notice::done(with_way_back(state, "loaded")),
    });
}

/// Replaces the texts of the fields. Undo restores the previous texts, so they still count as unsent if they were.
pub(crate) fn fill(state: &mut State, channel: &str, name: &str, data: &str) {
    let replaced = Box::new(Replaced::of(&state.compose));
    focus::show(state, Pane::Compose);
    let compose = &mut state.compose;
    compose.replaced = Some(replaced);
    if !channel.is_empty() {
        compose.channel = area(channel);
    }
    compose.name = area(name);
    compose.data = area(data);
    compose.field = Field::Data;
    (compose.original, compose.source, compose.asked_at) = (None, None, None);
}

/// Puts first how to restore the replaced text, if it was not sent: a narrow screen cuts the end.
pub(crate) fn with_way_back(state: &State, words: &str) -> String {
    let lost = state.compose.replaced.as_ref().is_some_and(|replaced| replaced.is_unsent());
    if lost {
        format!("{} restores the unsent text; {words}", state.keymap.way_to(Action::Undo))
    } else {
        words.to_owned()
    }
}

fn cannot_edit(state: &State, why: &str) -> Notice {
    Notice::error(format!("{why}; {} sends it again unchanged", state.keymap.way_to(Action::Resend)))
}

fn area(text: &str) -> ratatui_textarea::TextArea<'static> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned()).collect::<Vec<_>>().into()
}
