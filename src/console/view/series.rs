//! Many messages: how many, the question, and how far they have come.
//!
//! ```text
//! ╭ Sending to PROD ───────────────────────────────────╮
//! │ ████████████░░░░░░░░░░░░░░░░  412 of 1 000         │
//! │ sent 412   failed 0   51 a second                  │
//! │ last #1460 to 3 receivers                          │
//! │  Esc/Ctrl-C stop, then close                       │
//! ╰────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::context::Context;
use super::pen::{Pen, Side};
use super::text::{self, counted, duration, number};
use super::theme::strong;
use super::{confirm, popup, question};
use crate::console::state::Popup;
use crate::console::state::line_edit::LineEdit;
use crate::console::state::series::{SeriesEnd, SeriesForm};

/// Asks how many and how fast.
pub(super) fn form(cx: &Context<'_>, popup: &Popup, form: &SeriesForm, buf: &mut Buffer) {
    let theme = cx.theme;
    let inner = popup::draw(cx, popup, "Send many times", Vec::new(), cx.profile(), buf);
    let fields = [("how many", &form.count, !form.in_rate), ("a second", &form.rate, form.in_rate)];
    for (row, (label, value, active)) in (0..).zip(fields) {
        let line = Rect { y: inner.y.saturating_add(row), height: u16::from(row < inner.height), ..inner };
        let label = format!("{} {label:<10}", if active { "▸" } else { " " });
        if active {
            question::line(cx, &label, &LineEdit::new(value), line, buf);
        } else {
            let value = text::row(value.as_bytes(), 20);
            let shown = if value.is_empty() { "as fast as the server takes them" } else { &value };
            Pen::new(buf, line, 0).skip(1).put(&label, theme.soft).put(shown, theme.text);
        }
    }
    let mut pen = Pen::new(buf, inner, 3);
    match &form.error {
        Some(error) => pen.skip(1).put(error, strong(theme.bad)),
        None if form.rate.is_empty() && form.in_rate => {
            pen.skip(1).put("empty: as fast as the server takes them", theme.soft)
        }
        None => pen.skip(1).put("up to 1 000 000; it stops at the first error", theme.soft),
    };
}

/// Shows the first message, and asks.
pub(super) fn confirm(cx: &Context<'_>, popup: &Popup, form: &SeriesForm, buf: &mut Buffer) {
    let theme = cx.theme;
    let Ok((count, rate)) = form.read() else { return };
    let profile = text::row(cx.state.setup.profile.as_bytes(), 20);
    let to = if profile.is_empty() { String::new() } else { format!(" to {profile}") };
    let title = format!("Send {}{to}?", counted(count, "message"));
    let inner = popup::draw(cx, popup, &title, Vec::new(), cx.profile(), buf);
    let compose = &cx.state.compose;
    let below = confirm::facts(cx, compose.channel_text().as_bytes(), inner, buf);
    let pace = match rate {
        None => String::from("as fast as the server takes them"),
        Some(rate) => {
            let takes = duration((count - 1).saturating_mul(1_000_000) / rate);
            format!("{} a second, about {takes} in all", number(rate))
        }
    };
    let anew = if compose.source.is_some() {
        "the placeholders of the template are evaluated anew for each"
    } else {
        "the same text each time, signed anew"
    };
    for (row, (label, words)) in (0..).zip([("pace", pace.as_str()), ("each", anew)]) {
        let mut pen = Pen::new(buf, below, row);
        pen.skip(1).column(label, 9, Side::Left, theme.soft).put(words, theme.text);
    }
    let rest = Rect { y: below.y.saturating_add(2), height: below.height.saturating_sub(2), ..below };
    match &compose.preview {
        Some(preview) => confirm::payload(cx, preview, rest, buf),
        None => {
            Pen::new(buf, rest, 0).skip(1).put("It cannot be sent as it stands.", theme.bad);
        }
    }
}

/// How far it has come.
pub(super) fn progress(cx: &Context<'_>, popup: &Popup, buf: &mut Buffer) {
    let theme = cx.theme;
    let Some(progress) = &cx.state.compose.series else { return };
    let profile = text::row(cx.state.setup.profile.as_bytes(), 20);
    let verb = if progress.end.is_some() { "Sent" } else { "Sending" };
    let title = if profile.is_empty() { verb.to_owned() } else { format!("{verb} to {profile}") };
    let inner = popup::draw(cx, popup, &title, Vec::new(), cx.profile(), buf);
    let done = format!(" {} of {}", number(progress.sent), number(progress.count));
    let width = usize::from(inner.width).saturating_sub(text::cells(&done) + 3);
    let share = u128::from(progress.sent) * width as u128 / u128::from(progress.count.max(1));
    let full = usize::try_from(share).unwrap_or(width).min(width);
    Pen::new(buf, inner, 0)
        .skip(1)
        .fill("█", full, theme.accent)
        .fill("░", width - full, theme.line)
        .put(&done, strong(theme.text));
    let micros = u64::try_from(progress.at.saturating_sub(progress.began)).unwrap_or(0);
    let pace = u128::from(progress.sent) * 1_000_000 / u128::from(micros.max(1));
    let failed = u64::from(matches!(progress.end, Some(SeriesEnd::Failed(_))));
    let mut pen = Pen::new(buf, inner, 1);
    pen.skip(1).put(&format!("sent {}", number(progress.sent)), theme.text).skip(2);
    let style = if failed > 0 { strong(theme.bad) } else { theme.text };
    pen.put(&format!("failed {failed}"), style).skip(2);
    if progress.sent > 1 && micros > 0 {
        let pace = number(u64::try_from(pace).unwrap_or(u64::MAX));
        pen.put(&format!("{pace} a second, {}", duration(micros)), theme.soft);
    }
    if let Some((receivers, sequence)) = progress.last {
        let mut pen = Pen::new(buf, inner, 2);
        pen.skip(1).put(&format!("last #{sequence} to {}", counted(receivers, "receiver")), theme.text);
        if receivers == 0 {
            pen.put(" ⚠ nobody listens", strong(theme.warn));
        }
    }
    let (words, style) = match &progress.end {
        None if progress.stopping => (String::from("stopping after the message under way"), theme.warn),
        None => return,
        Some(SeriesEnd::Done) => (String::from("✓ all sent"), strong(theme.good)),
        Some(SeriesEnd::Stopped) => (String::from("stopped"), strong(theme.warn)),
        Some(SeriesEnd::Failed(why)) => (format!("✗ stopped at the first error: {why}"), strong(theme.bad)),
    };
    for (row, line) in (3..).zip(text::wrap(&words, usize::from(inner.width).saturating_sub(2))) {
        Pen::new(buf, inner, row).skip(1).put(&line, style);
    }
}
