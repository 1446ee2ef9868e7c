//! Switches to another profile.
//!
//! ```text
//! ╭ Switch to prod? ─────────────────────────────────────╮
//! │ server   redis.internal:6379                         │
//! │ sending  asks before each message                    │
//! │ ⚠ The text in Compose was not sent and is lost.      │
//! │  y switch  Esc cancel                                │
//! ╰──────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::{Effect, NextProfile};
use crate::console::app::state::{Notice, State};
use crate::console::panes::compose::state::Sent;
use crate::console::popups::Popup;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::theme::strong;
use crate::console::ui::{popup_frame, text};
use crate::wire::escape::escape;

/// Loads the profile with this name.
pub(crate) fn choose(state: &mut State, name: &str) -> Vec<Effect> {
    if name.is_empty() {
        state.notice = Some(Notice::error("type the name of a profile"));
        return Vec::new();
    }
    vec![Effect::LoadProfile(name.to_owned())]
}

/// The profile was loaded. Switches to it, or asks first if the switch would lose something. If loading failed, the current
/// profile stays connected.
pub(crate) fn loaded(state: &mut State, result: Result<NextProfile, String>) -> Vec<Effect> {
    match result {
        Err(why) => {
            state.notice = Some(Notice::error(format!("not switched: {why}")));
            Vec::new()
        }
        Ok(next) if losses(state).is_empty() => switch(state, next.name),
        Ok(next) => {
            state.popup = Some(Popup::ConfirmProfile(next));
            Vec::new()
        }
    }
}

/// The question was answered with yes. Switches to the profile.
pub(crate) fn confirmed(state: &mut State) -> Vec<Effect> {
    match state.popup.take() {
        Some(Popup::ConfirmProfile(next)) => switch(state, next.name),
        _ => Vec::new(),
    }
}

/// Switches to the profile, unless a message is being sent, because its receipt would be lost.
fn switch(state: &mut State, name: String) -> Vec<Effect> {
    if state.compose.last().is_some_and(Sent::is_pending) {
        state.notice = Some(Notice::error("not switched: a message is still being sent"));
        return Vec::new();
    }
    state.notice = Some(Notice::in_progress(format!("switching to {}", escape(name.as_bytes()))));
    vec![Effect::SwitchProfile(name)]
}

/// What the switch ends or loses.
fn losses(state: &State) -> Vec<String> {
    let mut losses = Vec::new();
    if state.compose.unsent {
        losses.push(String::from("The text in Compose was not sent and is lost."));
    }
    if let Some(recording) = &state.recording {
        losses.push(format!("The recording to {} ends.", recording.file));
    }
    losses
}

/// Draws the question over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, next: &NextProfile, buf: &mut Buffer) {
    let theme = cx.theme;
    let title = format!("Switch to {}?", text::row(next.name.as_bytes(), 20));
    let inner = popup_frame::draw(cx, popup, &title, Vec::new(), theme.warn, buf);
    let sending = match (next.read_only, next.confirm) {
        (true, _) => "forbidden",
        (false, true) => "asks before each message",
        (false, false) => "does not ask",
    };
    let server = text::row(next.target.as_bytes(), usize::from(inner.width).saturating_sub(11));
    for (row, (label, words)) in (0..).zip([("server", server.as_str()), ("sending", sending)]) {
        let mut pen = Pen::new(buf, inner, row);
        pen.skip(1).column(label, 9, Align::Left, theme.soft).put(words, strong(theme.text));
    }
    for (row, words) in (2..).zip(losses(cx.state)) {
        Pen::new(buf, inner, row).skip(1).put("⚠ ", strong(theme.warn)).put(&words, strong(theme.warn));
    }
}
