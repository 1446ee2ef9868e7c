//! Asks before sending a message and before quitting.
//!
//! ```text
//! ╭ Send to PROD? ───────────────────────────────────────╮
//! │ server   redis.internal:6379                         │
//! │ channel  ops                                         │
//! │ signed   default (sha256)                            │
//! │ payload  cache-flush:sha256|default|1795516352|…:{}  │
//! │  y Ctrl-S send  Esc cancel                           │
//! ╰──────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::panes::compose::changes_view;
use crate::console::popups::Popup;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::theme::strong;
use crate::console::ui::{list, popup_frame, text};
use crate::wire::verdict::Verdict;

/// Draws the question before sending.
pub(crate) fn send(cx: &Context<'_>, popup: &Popup, buf: &mut Buffer) {
    let theme = cx.theme;
    let profile = text::row(cx.state.setup.profile.as_bytes(), 20);
    let title = if profile.is_empty() { String::from("Send?") } else { format!("Send to {profile}?") };
    let inner = popup_frame::draw(cx, popup, &title, Vec::new(), cx.profile(), buf);
    let compose = &cx.state.compose;
    let below = signing(cx, facts(cx, compose.channel_text().as_bytes(), inner, buf), buf);
    let Some(preview) = &compose.preview else {
        Pen::new(buf, below, 0).skip(1).put("The message is not valid.", theme.bad);
        return;
    };
    let Some(difference) = &compose.difference else {
        payload(cx, preview, below, buf);
        return;
    };
    // A third for the payload, the rest for what changed in it.
    let wanted = text::wrap(preview, usize::from(below.width).saturating_sub(12)).len();
    let height = u16::try_from(wanted).unwrap_or(u16::MAX).clamp(1, (below.height / 3).max(1)).min(below.height);
    payload(cx, preview, Rect { height, ..below }, buf);
    let rest = Rect { y: below.y + height, height: below.height - height, ..below };
    changes_view::render(cx, difference, rest, buf);
}

/// Draws channel and server. Returns the area below.
pub(crate) fn facts(cx: &Context<'_>, channel: &[u8], inner: Rect, buf: &mut Buffer) -> Rect {
    let value = |bytes: &[u8]| (text::row(bytes, 200), strong(cx.theme.text));
    let facts = [("server", value(cx.state.setup.target.as_bytes())), ("channel", value(channel))];
    lines(cx, &facts, inner, buf)
}

/// The warning about a message that was rejected, to be shown before it is sent again.
pub(crate) fn rejected(verdict: Verdict) -> Option<String> {
    verdict.rejection().map(|rejection| format!("✗ it was rejected here: {rejection}"))
}

/// Draws how the composed message is signed, and whether it was loaded from a rejected one. Returns the area below.
pub(crate) fn signing(cx: &Context<'_>, area: Rect, buf: &mut Buffer) -> Rect {
    let compose = &cx.state.compose;
    let key = compose.key_label(&cx.state.setup.keyring);
    let (words, style) = if compose.is_signing_off() {
        (format!("⚠ {key}: listeners with a signing key reject it"), strong(cx.theme.warn))
    } else {
        (key, cx.theme.text)
    };
    let rejected = compose.original.as_ref().and_then(|original| rejected(original.verdict));
    let mut facts = vec![("signed", (words, style))];
    facts.extend(rejected.map(|words| ("verdict", (words, cx.theme.bad))));
    lines(cx, &facts, area, buf)
}

/// Draws lines with a label. Returns the area below.
pub(crate) fn lines(cx: &Context<'_>, all: &[(&str, (String, Style))], area: Rect, buf: &mut Buffer) -> Rect {
    for (row, (label, (words, style))) in (0..).zip(all) {
        let mut pen = Pen::new(buf, area, row);
        pen.skip(1).column(label, 9, Align::Left, cx.theme.soft).put(words, *style);
    }
    let used = u16::try_from(all.len()).unwrap_or(0).min(area.height);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// Draws an escaped payload, and how much of it does not fit.
pub(crate) fn payload(cx: &Context<'_>, escaped: &str, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let lines = text::wrap(escaped, usize::from(area.width).saturating_sub(12));
    let room = usize::from(area.height);
    for (row, line) in (0..area.height).zip(&lines) {
        let mut pen = Pen::new(buf, area, row);
        pen.skip(1).column(if row == 0 { "payload" } else { "" }, 9, Align::Left, theme.soft);
        if usize::from(row) + 1 == room && lines.len() > room {
            pen.put(&format!("… {} more lines", lines.len() - room + 1), theme.warn);
        } else {
            pen.put(line, theme.text);
        }
    }
}

/// Draws the question before quitting.
pub(crate) fn quit(cx: &Context<'_>, popup: &Popup, buf: &mut Buffer) {
    let inner = popup_frame::draw(cx, popup, "Leave?", Vec::new(), cx.theme.warn, buf);
    list::empty(cx, inner, buf, "The text in Compose was not sent and is lost.", "");
}
