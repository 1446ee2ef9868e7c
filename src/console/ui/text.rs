//! Text in cells: widths, cuts, line breaks and times.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use crate::ledger::interval::LinkState;
use crate::ledger::sequence::Channel;
use crate::wire::escape::escape_capped;

/// The words for a state of the link.
#[must_use]
pub(crate) fn link_words(state: LinkState) -> &'static str {
    match state {
        LinkState::Connected => "connected",
        LinkState::Disconnected => "disconnected",
        LinkState::Denied => "the server denies",
        LinkState::Granted => "granted again",
        LinkState::UnsubscribeFailed => "cannot unsubscribe",
        LinkState::TooManyChannels => "too many channels",
        LinkState::Stale => "stale",
        LinkState::Live => "answers again",
        LinkState::ClockSet => "this machine's clock was set",
        LinkState::DuplicateCheckIncomplete => "duplicate check incomplete",
    }
}

#[cfg(test)]
mod tests;

/// An upper bound of the characters in one cell of escaped text.
const CHARS_A_CELL: usize = 6;

/// The cells of a text.
#[must_use]
pub(crate) fn cells(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    text.graphemes(true).map(grapheme_cells).sum()
}

/// Whether the text is printable ASCII, which needs no look at its graphemes. Most text is.
#[must_use]
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// The cells of a grapheme, as ratatui's buffer counts them.
#[must_use]
pub(crate) fn grapheme_cells(grapheme: &str) -> usize {
    if grapheme.len() == 1 { 1 } else { usize::from(grapheme.cell_width()) }
}

/// The text cut to `width` cells. It ends in `…` if it was cut.
#[must_use]
pub(crate) fn cut(text: &str, width: usize) -> String {
    let (head, whole) = head(text, width);
    if whole { head.to_owned() } else { format!("{head}…") }
}

/// The part of the text that fits into `width` cells, and whether it is all of it. If not, a cell is left for `…`.
#[must_use]
pub(crate) fn head(text: &str, width: usize) -> (&str, bool) {
    if is_plain(text) {
        return match width {
            _ if text.len() <= width => (text, true),
            0 => ("", true),
            _ => (&text[..width - 1], false),
        };
    }
    let (mut used, mut end) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme_cells(grapheme);
        if used > width {
            return (if width == 0 { "" } else { &text[..end] }, width == 0);
        }
        if used < width {
            end = at + grapheme.len();
        }
    }
    (text, true)
}

/// Untrusted bytes for one row of at most `width` cells. Only the bytes that can be seen are read.
#[must_use]
pub(crate) fn row(bytes: &[u8], width: usize) -> String {
    cut(&escape_capped(bytes, width.saturating_add(1).saturating_mul(CHARS_A_CELL)), width)
}

/// A channel's name for one row.
#[must_use]
pub(crate) fn channel(channel: &Channel, width: usize) -> String {
    row(channel.as_bytes(), width)
}

/// The text broken into lines of `width` cells, not between words.
#[must_use]
pub(crate) fn chop(text: &str, width: usize) -> Vec<&str> {
    let width = width.max(1);
    let mut lines = Vec::new();
    if text.is_ascii() {
        let mut rest = text;
        while rest.len() > width {
            let (line, after) = rest.split_at(width);
            lines.push(line);
            rest = after;
        }
        lines.push(rest);
        return lines;
    }
    let (mut start, mut used) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        let cells = grapheme_cells(grapheme);
        if used > 0 && used + cells > width {
            lines.push(&text[start..at]);
            (start, used) = (at, 0);
        }
        used += cells;
    }
    lines.push(&text[start..]);
    lines
}

/// The parts of a time that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// `12:31:06`
    Seconds,
    /// `12:31:06.412`
    Millis,
    /// `2026-07-01 12:31:06.412`
    Date,
}

/// A time in microseconds since the epoch. Question marks if it is beyond the calendar.
#[must_use]
pub(crate) fn time(at: i64, utc: bool, precision: Precision) -> String {
    static LOCAL: LazyLock<TimeZone> = LazyLock::new(TimeZone::system);
    let Ok(timestamp) = Timestamp::from_microsecond(at) else {
        return String::from(match precision {
            Precision::Seconds => "??:??:??",
            Precision::Millis => "??:??:??.???",
            Precision::Date => "????-??-?? ??:??:??.???",
        });
    };
    let zone = if utc { &TimeZone::UTC } else { &*LOCAL };
    let civil = zone.to_offset(timestamp).to_datetime(timestamp);
    let (hour, minute, second) = (civil.hour(), civil.minute(), civil.second());
    let millis = civil.subsec_nanosecond() / 1_000_000;
    match precision {
        Precision::Seconds => format!("{hour:02}:{minute:02}:{second:02}"),
        Precision::Millis => format!("{hour:02}:{minute:02}:{second:02}.{millis:03}"),
        Precision::Date => format!("{} {hour:02}:{minute:02}:{second:02}.{millis:03}", civil.date()),
    }
}

/// The text broken into lines of at most `width` cells, between words if possible.
#[must_use]
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0;
        for word in words(paragraph) {
            let bare = cells(word.trim_end());
            if used > 0 && used + bare > width {
                lines.push(trimmed(&mut line));
                used = 0;
            }
            if bare <= width {
                line.push_str(word);
                used += cells(word);
                continue;
            }
            for piece in chop(word, width) {
                if used > 0 {
                    lines.push(trimmed(&mut line));
                }
                line.push_str(piece);
                used = cells(piece);
            }
        }
        lines.push(trimmed(&mut line));
    }
    lines
}

/// Each word with the spaces after it. A space with a combining mark does not end a word.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let space = rest.grapheme_indices(true).find(|(_, grapheme)| *grapheme == " ");
        let (word, after) = rest.split_at(space.map_or(rest.len(), |(at, _)| at + 1));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

fn trimmed(line: &mut String) -> String {
    line.truncate(line.trim_end_matches(' ').len());
    std::mem::take(line)
}
