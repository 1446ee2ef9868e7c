//! Draws a payload as received: escaped, or in hexadecimal. The bytes that the HMAC covers are marked.

use ratatui::style::{Modifier, Style};

use crate::console::app::context::Context;
use crate::console::panes::detail::found;
use crate::console::panes::detail::raw::signed;
use crate::console::panes::detail::state::{DetailView, Part};
use crate::console::ui::panel::Words;
use crate::console::ui::pen::Pen;
use crate::console::ui::text;
use crate::ledger::interval::Message;
use crate::wire::envelope::{Envelope, SignatureText};

/// The parts of a payload that the HMAC covers.
const PARTS: &str = "name, timestamp, data";

/// The style of signed bytes.
fn signed_style(style: Style) -> Style {
    style.add_modifier(Modifier::UNDERLINED)
}

/// Explains how signed bytes are marked, or that there are none.
pub(crate) fn legend(cx: &Context<'_>, payload: &[u8], message: &Message, width: usize) -> Vec<Words> {
    let theme = cx.theme;
    let signature = SignatureText::parse(Envelope::parse(payload).signature);
    let Some(signature) = signature else {
        return vec![vec![(String::from("not signed"), theme.soft)]];
    };
    let sample = |word: &str| (word.to_owned(), signed_style(theme.text));
    let mut line = if cx.state.detail.shown_view() == DetailView::Hex {
        let bracket = |bracket: &str| (bracket.to_owned(), theme.accent);
        vec![bracket("["), sample("signed"), bracket("] "), (PARTS.to_owned(), theme.soft)]
    } else {
        vec![sample("underlined"), (String::from(" is signed"), theme.soft), (format!(": {PARTS}"), theme.soft)]
    };
    if line.iter().map(|(words, _)| text::cells(words)).sum::<usize>() > width {
        line.pop();
    }
    let mut lines = vec![line];
    let integer = message.timestamp.map(|timestamp| timestamp.to_string());
    if let Some(integer) = integer.filter(|integer| signature.timestamp != Some(integer.as_bytes())) {
        let words = format!("the timestamp is signed as {integer}");
        lines.extend(text::wrap(&words, width).into_iter().map(|line| vec![(line, theme.soft)]));
    }
    lines
}

/// Writes a line of the escaped text.
pub(crate) fn put_raw(cx: &Context<'_>, pen: &mut Pen<'_>, part: &Part) {
    let Some(raw) = &cx.state.detail.raw else { return };
    let mut at = part.from;
    let mut put = |to: usize, style: Style| {
        let to = to.clamp(at, part.to);
        found::put(cx, pen, 0, at, raw.text.get(at..to).unwrap_or_default(), style);
        at = to;
    };
    for range in raw.signed.iter().filter(|range| range.end > part.from && range.start < part.to) {
        put(range.start, cx.theme.soft);
        put(range.end, signed_style(cx.theme.text));
    }
    let rest = if raw.signed.is_empty() { cx.theme.text } else { cx.theme.soft };
    put(part.to, rest);
}

/// Writes one line in hexadecimal: the offset, the bytes, and the bytes as ASCII if printable. Signed bytes are in brackets.
pub(crate) fn put_hex(
    cx: &Context<'_>,
    pen: &mut Pen<'_>,
    (payload, message): (&[u8], &Message),
    part: &Part,
    width: usize,
) {
    let theme = cx.theme;
    let covered = signed(payload, message.timestamp);
    let is_signed = |at: usize| at < part.to && covered.iter().any(|range| range.contains(&at));
    let mark = |signed: bool, style: Style| if signed { signed_style(style) } else { style };
    pen.put(&format!("{:06x} ", part.from), theme.soft);
    for at in part.from..part.from + DetailView::hex_bytes(width) {
        let after_signed = at > part.from && is_signed(at - 1);
        let bracket = match (after_signed, is_signed(at)) {
            (false, true) => "[",
            (true, false) => "]",
            _ => " ",
        };
        pen.put(bracket, theme.accent);
        match payload.get(at).filter(|_| at < part.to) {
            Some(byte) => pen.put(&format!("{byte:02x}"), found::style(cx, 0, at, mark(is_signed(at), theme.text))),
            None => pen.skip(2),
        };
    }
    let last = part.from + DetailView::hex_bytes(width);
    pen.put(if part.to == last && is_signed(last - 1) { "]" } else { " " }, theme.accent).skip(1);
    for (at, byte) in (part.from..part.to).zip(payload.get(part.from..part.to).unwrap_or_default()) {
        let printable = byte.is_ascii_graphic() || *byte == b' ';
        let style = found::style(cx, 0, at, if printable { theme.json_string } else { theme.soft });
        if printable {
            pen.put(char::from(*byte).encode_utf8(&mut [0; 4]), style);
        } else {
            pen.put("·", style);
        }
    }
}
