//! The selected message is sent again as it is, byte for byte.

use super::send;
use crate::console::action::Effect;
use crate::console::state::{Again, Notice, Popup, State};
use crate::wire::envelope::Envelope;

/// Shows the exact payload, and asks.
pub(super) fn ask(state: &mut State) {
    if state.setup.read_only {
        state.notice = Some(send::read_only(state));
        return;
    }
    let Some((row, message)) = state.selected_message() else {
        state.notice = Some(Notice::error("no message is selected"));
        return;
    };
    state.popup = Some(Popup::Resend(Again {
        channel: row.interval.channel(message).as_bytes().to_vec(),
        payload: row.interval.payload(message).to_vec(),
        timestamp: message.timestamp.filter(|_| !row.interval.envelope(message).signature.is_empty()),
        verdict: message.verdict,
    }));
}

/// The answer is yes.
pub(super) fn confirmed(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Resend(again)) = state.popup.take() else { return Vec::new() };
    if let Some(why) = send::blocked(state) {
        state.notice = Some(why);
        return Vec::new();
    }
    let name = Envelope::parse(&again.payload).name.to_vec();
    vec![send::publish(state, again.channel, name, again.payload)]
}
