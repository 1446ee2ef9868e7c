//! Sends the selected message again, byte for byte, after a question.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State};
use crate::console::panes::compose::state::Sent;
use crate::console::panes::compose::{buffer_limit, send};
use crate::console::popups::{Popup, confirm};
use crate::console::ui::{popup_frame, text};
use crate::ledger::format::{bytes, duration};
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape;
use crate::wire::verdict::Verdict;

/// A message to send again, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResendMessage {
    /// The channel.
    pub channel: Vec<u8>,
    /// The exact payload.
    pub payload: Vec<u8>,
    /// The time in its signature, in Unix seconds, if it has one.
    pub timestamp: Option<i64>,
    /// The verdict when it was received.
    pub verdict: Verdict,
}

/// Shows the exact payload and asks.
pub(crate) fn ask(state: &mut State) {
    if state.setup.read_only {
        state.notice = Some(send::read_only(state));
        return;
    }
    let Some((row, message)) = state.message_at_hand() else {
        state.notice = Some(Notice::error("no message is selected"));
        return;
    };
    state.popup = Some(Popup::Resend(ResendMessage {
        channel: row.interval.channel(message).as_bytes().to_vec(),
        payload: row.interval.payload(message).to_vec(),
        timestamp: message.timestamp.filter(|_| !row.interval.envelope(message).signature.is_empty()),
        verdict: message.verdict,
    }));
}

/// Sends it; the answer was yes.
pub(crate) fn confirmed(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Resend(again)) = state.popup.take() else { return Vec::new() };
    if let Some(why) = send::blocked(state) {
        state.notice = Some(why);
        return Vec::new();
    }
    let name = Envelope::parse(&again.payload).name.to_vec();
    let sent = Sent::new(again.channel, name, again.payload, state.now);
    vec![send::publish(state, sent)]
}

/// The maximum bytes of the payload that are shown.
const MAX_SHOWN: usize = 32 << 10;

/// Draws the question over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, message: &ResendMessage, buf: &mut Buffer) {
    let theme = cx.theme;
    let profile = text::row(cx.state.setup.profile.as_bytes(), 20);
    let to = if profile.is_empty() { String::new() } else { format!(" to {profile}") };
    let inner = popup_frame::draw(cx, popup, &format!("Send again{to}, as it is?"), Vec::new(), cx.profile(), buf);
    let below = confirm::facts(cx, &message.channel, inner, buf);
    let size = message.payload.len() as u64;
    let size = match buffer_limit::warning(size) {
        None => (bytes(size), theme.text),
        Some(warning) => (format!("{} ⚠ {warning}", bytes(size)), theme.warn),
    };
    let mut lines = vec![("size", size), ("signed", validity(cx, message))];
    lines.extend(confirm::rejected(message.verdict).map(|words| ("verdict", (words, theme.bad))));
    let rest = confirm::lines(cx, &lines, below, buf);
    let cut = message.payload.len().saturating_sub(MAX_SHOWN);
    let mut shown = escape(&message.payload[..message.payload.len() - cut]);
    if cut > 0 {
        shown = format!("{shown}… and {cut} bytes more");
    }
    confirm::payload(cx, &shown, rest, buf);
}

/// When the signature expires by the time tolerance of this profile.
fn validity(cx: &Context<'_>, message: &ResendMessage) -> (String, Style) {
    let theme = cx.theme;
    let Some(timestamp) = message.timestamp else {
        return (String::from("no: it has no signature that could expire"), theme.text);
    };
    let tolerance = i128::from(cx.state.setup.keyring.time_tolerance());
    let age = i128::from(cx.state.now.div_euclid(1_000_000)) - i128::from(timestamp);
    let span = |seconds: i128| duration(u64::try_from(seconds).unwrap_or(u64::MAX).saturating_mul(1_000_000));
    if age < -tolerance {
        return (format!("{} ahead: will be rejected by listeners until then", span(-age)), theme.bad);
    }
    let when = if age < 0 { format!("{} ahead", span(-age)) } else { format!("{} ago", span(age)) };
    if age > tolerance {
        (format!("{when}, expired: will be rejected by listeners"), theme.bad)
    } else {
        (format!("{when}, expires in {}; listeners may see a duplicate", span(tolerance - age)), theme.warn)
    }
}
