//! A recording is begun and ended.

use crossterm::event::KeyEvent;

use super::line::input;
use crate::console::action::Effect;
use crate::console::state::line_edit::LineEdit;
use crate::console::state::link::Phase as LinkPhase;
use crate::console::state::recording::{Phase, RecordingStatus};
use crate::console::state::{Notice, Popup, State};
use crate::ledger::interval::{Link, LinkState};
use crate::wire::escape::escape;

/// Begins, after a question for the file where none is known yet; or ends.
pub(super) fn toggle(state: &mut State) -> Vec<Effect> {
    if state.replay.is_some() {
        state.notice = Some(Notice::error("this is a recording already"));
        return Vec::new();
    }
    match state.recording.as_mut().map(|recording| &mut recording.phase) {
        Some(phase @ Phase::Recording) => {
            *phase = Phase::Ending;
            vec![Effect::StopRecording]
        }
        Some(Phase::Beginning) => {
            state.notice = Some(Notice::done("the file is still being opened"));
            Vec::new()
        }
        Some(Phase::Ending) => {
            state.notice = Some(Notice::done("the last messages are still being written"));
            Vec::new()
        }
        None => {
            if let Some(path) = state.recorded_to.clone() {
                return begin(state, path);
            }
            state.popup = Some(Popup::Record(LineEdit::new(&default_file(state))));
            Vec::new()
        }
    }
}

/// Records to the file that was typed.
pub(super) fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Record(line)) = &state.popup else { return Vec::new() };
    let path = line.text().to_owned();
    if path.trim().is_empty() {
        state.notice = Some(Notice::error("type the name of a file: a new one, or a recording to go on with"));
        return Vec::new();
    }
    state.popup = None;
    begin(state, path)
}

/// A key that is typed.
pub(super) fn typed(state: &mut State, key: KeyEvent) {
    if let Some(Popup::Record(line)) = &mut state.popup {
        input(line, key);
    }
}

/// Text that is pasted.
pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(Popup::Record(line)) = &mut state.popup {
        line.insert(text);
    }
}

/// What the recorder says of itself; nothing any more once it was told to end.
pub(super) fn news(state: &mut State, status: RecordingStatus) {
    let began = match &state.recording {
        Some(RecordingStatus { phase: Phase::Ending, .. }) => return,
        Some(RecordingStatus { phase: Phase::Recording, .. }) => false,
        Some(RecordingStatus { phase: Phase::Beginning, .. }) | None => status.phase == Phase::Recording,
    };
    if began {
        state.notice = Some(Notice::done(format!("recording to {}", status.file)));
    }
    state.recording = Some(status);
}

/// It ended, or could not begin; then another file is asked for next time.
pub(super) fn ended(state: &mut State, result: Result<u64, String>) {
    let before = state.recording.take();
    state.notice = Some(match result {
        Ok(messages) => {
            let file = before.map(|status| status.file).unwrap_or_default();
            Notice::done(format!("recorded {messages} message{} to {file}", if messages == 1 { "" } else { "s" }))
        }
        Err(why) => {
            state.recorded_to = None;
            Notice::error(format!("not recorded: {why}"))
        }
    });
}

fn begin(state: &mut State, path: String) -> Vec<Effect> {
    state.recorded_to = Some(path.clone());
    state.recording = Some(RecordingStatus {
        file: escape(path.as_bytes()),
        phase: Phase::Beginning,
        committed: 0,
        not_recorded: 0,
        trouble: None,
    });
    let link = (state.link.phase == LinkPhase::Live).then(|| Link {
        state: LinkState::Connected,
        reason: None,
        channel: None,
        server: state.link.server.clone(),
        at: state.now,
    });
    vec![Effect::Record { path, link }]
}

/// `aircheck-PROFILE.db` in the current directory: one file a profile, which each recording goes on with.
fn default_file(state: &State) -> String {
    let letter = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let profile: String = state.setup.profile.chars().take(40).map(letter).collect();
    if profile.is_empty() { String::from("aircheck.db") } else { format!("aircheck-{profile}.db") }
}
