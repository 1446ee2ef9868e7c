//! What goes to the clipboard.

use super::shell::word;
use crate::console::action::Effect;
use crate::console::state::compose::key_name;
use crate::console::state::{Notice, State};
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape;
use crate::wire::json;

/// Terminals drop longer texts without a word.
const LONGEST: usize = 64 << 10;

/// The selected message's payload: as it is, or escaped where it is not UTF-8.
pub(super) fn payload(state: &mut State) -> Vec<Effect> {
    let Some((row, message)) = state.selected_message() else { return no_message(state) };
    let bytes = row.interval.payload(message);
    if bytes.len() > LONGEST {
        return too_long(state);
    }
    let (text, notice) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), "payload copied"),
        Err(_) => (escape(bytes), "payload copied, escaped: it is not UTF-8"),
    };
    copy(state, text, notice)
}

/// A shell line that publishes the selected message anew, signed now.
pub(super) fn command(state: &mut State) -> Vec<Effect> {
    let Some((row, message)) = state.selected_message() else { return no_message(state) };
    if row.interval.payload(message).len() > LONGEST {
        return too_long(state);
    }
    let envelope = row.interval.envelope(message);
    if !envelope.data.is_empty() && json::check(envelope.data).is_err() {
        state.notice = Some(Notice::error("its data is not JSON, so it cannot be published"));
        return Vec::new();
    }
    let Some(line) = line(state, message.channel.as_bytes(), &envelope) else {
        state.notice = Some(Notice::error("it has a NUL byte, which no shell line can hold"));
        return Vec::new();
    };
    copy(state, line, "shell line copied")
}

/// The line names the profile or server in use: without, it might go to another one.
fn line(state: &State, channel: &[u8], envelope: &Envelope<'_>) -> Option<String> {
    let mut words = vec!["aircheck".to_owned(), "publish".to_owned()];
    if !state.setup.profile.is_empty() {
        words.extend(["--profile".to_owned(), word(state.setup.profile.as_bytes())?]);
    } else if !state.setup.target.is_empty() {
        words.extend(["--url".to_owned(), word(url(&state.setup.target).as_bytes())?]);
    }
    if envelope.signature.is_empty() {
        words.push("--no-sign".to_owned());
    } else if let Some(key) = key_name(envelope.signature)
        && state.setup.keyring.signing_keys().contains(&key)
    {
        words.extend(["--key".to_owned(), word(key)?]);
    }
    words.push("--".to_owned());
    words.extend([word(channel)?, word(envelope.name)?]);
    if !envelope.data.is_empty() {
        words.push(word(envelope.data)?);
    }
    Some(words.join(" "))
}

fn url(target: &str) -> String {
    match target.strip_prefix("unix:") {
        Some(path) => format!("unix://{path}"),
        None => format!("redis://{target}"),
    }
}

fn copy(state: &mut State, text: String, notice: &str) -> Vec<Effect> {
    if text.len() > LONGEST {
        return too_long(state);
    }
    state.notice = Some(Notice::done(notice));
    vec![Effect::Copy(text)]
}

fn no_message(state: &mut State) -> Vec<Effect> {
    state.notice = Some(Notice::error("no message is selected"));
    Vec::new()
}

fn too_long(state: &mut State) -> Vec<Effect> {
    state.notice = Some(Notice::error("it is too long for the clipboard (64 KiB)"));
    Vec::new()
}
