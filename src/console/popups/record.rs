//! Records while watching.
//!
//! ```text
//! ╭ Stop recording? ─────────────────────────────────────╮
//! │ file     aircheck-prod.db                            │
//! │ recorded 1 046 messages                              │
//! │  y stop  Esc continue                                │
//! ╰──────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::header::Part;
use crate::console::app::state::Phase as LinkPhase;
use crate::console::app::state::{Notice, State};
use crate::console::layout::popup_area;
use crate::console::popups::{Popup, confirm};
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::text::Precision;
use crate::console::ui::theme::{badge, strong};
use crate::console::ui::{popup_frame, prompt, text};
use crate::ledger::format::{counted, number};
use crate::ledger::interval::{Link, LinkState};
use crate::wire::escape::escape;

/// A lag of at least this is shown, in seconds.
const MIN_SHOWN_LAG: i64 = 2;

/// The state of the recording, for the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingStatus {
    /// The file, escaped.
    pub file: String,
    /// Its phase.
    pub phase: Phase,
    /// Messages committed to the file.
    pub committed: u64,
    /// Messages received but not recorded, because the recorder was too slow or the file could not be written.
    pub not_recorded: u64,
    /// Since when the file cannot be written, in microseconds since the epoch, and the escaped reason.
    pub failure: Option<(i64, String)>,
    /// How it is shipped. None without a store.
    pub shipping: Option<Box<ShippingStatus>>,
}

/// The phases of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The file is being opened.
    Opening,
    /// Messages are recorded, unless writing fails.
    Recording,
    /// The last messages are being written.
    Stopping,
}

/// Starts recording, after asking for a file if none is known; or asks before stopping it.
pub(crate) fn toggle(state: &mut State) -> Vec<Effect> {
    if state.replay.is_some() {
        state.notice = Some(Notice::error("this is a recording already"));
        return Vec::new();
    }
    match state.recording.as_ref().map(|recording| recording.phase) {
        Some(Phase::Recording) => {
            state.popup = Some(Popup::ConfirmStop);
            Vec::new()
        }
        Some(Phase::Opening) => {
            state.notice = Some(Notice::done("the file is still being opened"));
            Vec::new()
        }
        Some(Phase::Stopping) => {
            state.notice = Some(Notice::done("the last messages are still being written"));
            Vec::new()
        }
        None => {
            if let Some(path) = state.recorded_to.clone() {
                return begin(state, path);
            }
            state.popup = Some(Popup::Record(LineEdit::prefilled(&default_file(state))));
            Vec::new()
        }
    }
}

/// The question was answered with yes. Stops the recording.
pub(crate) fn stop(state: &mut State) -> Vec<Effect> {
    state.popup = None;
    match &mut state.recording {
        Some(recording) if recording.phase == Phase::Recording => {
            recording.phase = Phase::Stopping;
            vec![Effect::StopRecording]
        }
        _ => Vec::new(),
    }
}

/// Records to the typed file.
pub(crate) fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Record(line)) = &state.popup else { return Vec::new() };
    let path = line.text().to_owned();
    if path.trim().is_empty() {
        state.notice = Some(Notice::error("type a file name: a new file, or a recording to append to"));
        return Vec::new();
    }
    state.popup = None;
    begin(state, path)
}

/// How a recording is shipped to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingStatus {
    /// The rows that were committed in the last second.
    pub rows_per_second: u64,
    /// When the oldest message that the store lacks was received, in microseconds since the epoch.
    pub pending_since: Option<i64>,
    /// Since when and why nothing is shipped. Escaped.
    pub failure: Option<(i64, String)>,
}

/// Takes the state of the recorder, unless it is being stopped.
pub(crate) fn news(state: &mut State, status: RecordingStatus) {
    let began = match &state.recording {
        Some(RecordingStatus { phase: Phase::Stopping, .. }) => return,
        Some(RecordingStatus { phase: Phase::Recording, .. }) => false,
        Some(RecordingStatus { phase: Phase::Opening, .. }) | None => status.phase == Phase::Recording,
    };
    if began {
        state.notice = Some(Notice::done(format!("recording to {}", status.file)));
    }
    state.recording = Some(status);
}

/// The recording ended. If it failed, the next one asks for a file.
pub(crate) fn ended(state: &mut State, result: Result<u64, String>) {
    let before = state.recording.take();
    state.notice = Some(match result {
        Ok(messages) => {
            let file = before.map(|status| status.file).unwrap_or_default();
            Notice::done(format!("recorded {} to {file}", counted(messages, "message")))
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
        phase: Phase::Opening,
        committed: 0,
        not_recorded: 0,
        failure: None,
        shipping: None,
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

/// `aircheck-PROFILE.db` in the current directory. Each recording of a profile is appended to the same file.
fn default_file(state: &State) -> String {
    let letter = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let profile: String = state.setup.profile.chars().take(40).map(letter).collect();
    if profile.is_empty() { String::from("aircheck.db") } else { format!("aircheck-{profile}.db") }
}

/// Draws the prompt.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, typed: &LineEdit, buf: &mut Buffer) {
    prompt::footer(cx, popup_area(cx.state.size, popup), "record to", typed, &Vec::new(), buf);
}

/// Draws the question before the recording is stopped.
pub(crate) fn render_stop(cx: &Context<'_>, popup: &Popup, buf: &mut Buffer) {
    let inner = popup_frame::draw(cx, popup, "Stop recording?", Vec::new(), cx.theme.warn, buf);
    let Some(recording) = &cx.state.recording else { return };
    let style = strong(cx.theme.text);
    let file = text::cut(&recording.file, usize::from(inner.width).saturating_sub(11));
    let facts = [("file", (file, style)), ("recorded", (counted(recording.committed, "message"), style))];
    confirm::lines(cx, &facts, inner, buf);
}

/// Appends the parts of the header. Without a recording, there are none.
pub(crate) fn parts(cx: &Context<'_>, parts: &mut Vec<Part>) {
    let Some(recording) = &cx.state.recording else { return };
    let plain =
        |words: &str, style| Part { rank: 1, gap: 2, words: String::from(words), short: None, short_rank: 0, style };
    parts.push(match (&recording.failure, recording.phase) {
        (Some((since, why)), _) => {
            let since = cx.time(*since, Precision::Seconds);
            // The writer escaped the reason.
            let words = format!(" NOT RECORDING since {since} because {} ", text::cut(why, 60));
            let short = Some(String::from(" NOT RECORDING "));
            Part { rank: 11, gap: 2, words, short, short_rank: 1, style: badge(cx.theme.bad) }
        }
        (None, Phase::Recording) => plain("◉ REC", strong(cx.theme.bad)),
        (None, Phase::Opening | Phase::Stopping) => plain("◌ REC", cx.theme.warn),
    });
    if recording.not_recorded > 0 {
        let words = format!("{} not recorded", number(recording.not_recorded));
        parts.push(Part { rank: 7, gap: 1, words, short: None, short_rank: 0, style: strong(cx.theme.warn) });
    }
    let Some(shipping) = &recording.shipping else { return };
    parts.push(if let Some((since, why)) = &shipping.failure {
        let since = cx.time(*since, Precision::Seconds);
        let words = format!(" NOT SHIPPING since {since} because {} ", text::cut(why, 60));
        let short = Some(String::from(" NOT SHIPPING "));
        Part { rank: 11, gap: 2, words, short, short_rank: 1, style: badge(cx.theme.warn) }
    } else {
        let lag = shipping.pending_since.map_or(0, |since| cx.state.now.saturating_sub(since) / 1_000_000);
        let lag = if lag >= MIN_SHOWN_LAG { format!(" lag {lag} s") } else { String::new() };
        plain(&format!("store {}/s{lag}", number(shipping.rows_per_second)), cx.theme.soft)
    });
}
