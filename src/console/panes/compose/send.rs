//! Sends the composed message: only when the user really means it, and only once.

use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State};
use crate::console::app::update::{SECOND, count_awaited};
use crate::console::keymap::table::Action;
use crate::console::panes::compose::changes;
use crate::console::panes::compose::history::{HistoryEntry, remember};
use crate::console::panes::compose::state::{Sent, receivers_words};
use crate::console::panes::compose::update::preview;
use crate::console::popups::{Popup, template};
use crate::ledger::format::duration;
use crate::wire::escape::escape;

/// A key that is held down repeats within this time, in microseconds. A press after a longer pause is a new one.
pub(crate) const KEY_REPEAT_TIMEOUT: i64 = SECOND;

/// The notice that nothing can be sent, because the profile is read-only.
pub(crate) fn read_only(state: &State) -> Notice {
    if state.replay.is_some() {
        return Notice::error("cannot send from a replay");
    }
    match state.setup.profile.as_str() {
        "" => Notice::error("read-only: nothing can be sent"),
        profile => Notice::error(format!("profile {} is read-only: nothing can be sent", escape(profile.as_bytes()))),
    }
}

/// Sends the message. Asks for confirmation first if the profile requires it.
pub(crate) fn ask(state: &mut State) -> Vec<Effect> {
    template::refresh(state);
    preview(state);
    let held = is_held(state);
    if let Some(why) = rejection(state) {
        state.notice = Some(why);
        return Vec::new();
    }
    if held {
        state.notice = Some(Notice::error("duplicate send blocked; wait 1 s to send the same message again"));
        return Vec::new();
    }
    state.compose.difference = changes::of(state);
    if state.setup.confirm || state.compose.difference.is_some() {
        state.popup = Some(Popup::ConfirmSend);
        return Vec::new();
    }
    send(state)
}

/// The user confirmed. A key that is still held down from pressing Send does not count as a confirmation.
pub(crate) fn confirmed(state: &mut State, same_key: bool) -> Vec<Effect> {
    if same_key && is_held(state) {
        let [yes, send] = [Action::Confirm, Action::Send].map(|action| state.keymap.way_to(action));
        state.notice = Some(Notice::error(format!("press {yes}, or {send} again after a second")));
        return Vec::new();
    }
    state.popup = None;
    template::refresh(state);
    preview(state);
    if let Some(why) = rejection(state) {
        state.notice = Some(why);
        return Vec::new();
    }
    send(state)
}

/// Whether this press of Send is the repetition of a held key. Records the time of the press.
fn is_held(state: &mut State) -> bool {
    let before = state.compose.asked_at.replace(state.now);
    before.is_some_and(|before| state.now.saturating_sub(before).abs() < KEY_REPEAT_TIMEOUT)
}

/// The reason why nothing can be sent now, if there is one.
pub(crate) fn blocked(state: &State) -> Option<Notice> {
    if state.setup.read_only {
        return Some(read_only(state));
    }
    let is_pending = state.compose.last().is_some_and(Sent::is_pending);
    is_pending.then(|| Notice::error("the last message is still being sent"))
}

/// The reason why this message cannot be sent, if there is one.
pub(crate) fn rejection(state: &State) -> Option<Notice> {
    let mistake = || state.compose.mistake().map(|why| Notice::error(format!("not sent: {why}")));
    blocked(state).or_else(mistake)
}

fn send(state: &mut State) -> Vec<Effect> {
    let sent = match composed(state) {
        Ok(sent) => sent,
        Err(why) => {
            state.notice = Some(why);
            return Vec::new();
        }
    };
    let compose = &mut state.compose;
    compose.unsent = false;
    (compose.original, compose.difference) = (None, None);
    let effect = publish(state, sent);
    template::used(state, 1);
    vec![effect]
}

/// The composed message, signed now, or the reason why it cannot be signed.
pub(crate) fn composed(state: &State) -> Result<Sent, Notice> {
    let compose = &state.compose;
    let name = compose.name_text().into_bytes();
    let now = state.now.div_euclid(SECOND);
    let payload = state.setup.keyring.payload(&name, compose.data_text().as_bytes(), &compose.sign_with, now);
    let payload = payload.map_err(|error| Notice::error(format!("not sent: {error}")))?;
    Ok(Sent::new(compose.channel_text().into_bytes(), name, payload, state.now))
}

/// Sends a payload unchanged, and adds it to the sent messages.
pub(crate) fn publish(state: &mut State, sent: Sent) -> Effect {
    let (channel, payload) = (sent.channel.clone(), sent.payload.clone());
    let id = state.compose.add(sent);
    count_awaited(state);
    Effect::Publish { id, channel, payload }
}

/// Handles the result of sending: the server's reply, or the error.
pub(crate) fn published(state: &mut State, id: u64, result: Result<(u64, u64), String>, at: i64) -> Vec<Effect> {
    let Some(index) = state.compose.sent.iter().position(|sent| sent.id == id) else { return Vec::new() };
    let own_receivers = state.own_receivers(&state.compose.sent[index].channel);
    let sent = &mut state.compose.sent[index];
    sent.own_receivers = own_receivers;
    let channel = escape(&sent.channel);
    let unsigned = if sent.is_unsigned() { " unsigned" } else { "" };
    let micros = u64::try_from(at.saturating_sub(sent.at)).unwrap_or(0);
    let entry = result.as_ref().ok().and_then(|receipt| HistoryEntry::of(sent, *receipt));
    let notice = match &result {
        Ok((receivers, sequence)) => {
            let (to, after) = (receivers_words(*receivers, own_receivers), duration(micros));
            Notice::done(format!("sent #{sequence}{unsigned} on {channel} to {to}, in {after}"))
        }
        Err(error) => {
            state.compose.unsent = true;
            Notice::error(format!("not confirmed on {channel}: {error}"))
        }
    };
    sent.result = Some(result);
    state.notice = Some(notice);
    count_awaited(state);
    let Some(entry) = entry else { return Vec::new() };
    remember(&mut state.compose.history, entry.clone());
    vec![Effect::Remember(entry)]
}
