//! Text in cells: widths, cuts, numbers, durations and times.

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
        LinkState::Stale => "stale",
        LinkState::Live => "answers again",
        LinkState::ClockSet => "this machine's clock was set",
        LinkState::DuplicateCheckIncomplete => "duplicate check incomplete",
    }
}

#[cfg(test)]
mod tests;

/// More characters than the escaper lets stand in one cell.
pub(crate) const CHARS_A_CELL: usize = 6;

/// How many cells the text takes.
#[must_use]
pub(crate) fn cells(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    text.graphemes(true).map(grapheme_cells).sum()
}

/// Whether each byte is a character of one cell that joins no other: a short way for most of what is shown.
#[must_use]
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// How many cells one grapheme takes, counted as the buffer counts them.
#[must_use]
pub(crate) fn grapheme_cells(grapheme: &str) -> usize {
    if grapheme.len() == 1 { 1 } else { usize::from(grapheme.cell_width()) }
}

/// The text cut to `width` cells; `…` stands for what was cut.
#[must_use]
pub(crate) fn cut(text: &str, width: usize) -> String {
    let (head, whole) = head(text, width);
    if whole { head.to_owned() } else { format!("{head}…") }
}

/// As much of the text as fits into `width` cells, and whether that is all of it; where it is not, a cell is left for `…`.
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

/// Untrusted bytes for one row of at most `width` cells; never reads more of them than can be seen.
#[must_use]
pub(crate) fn row(bytes: &[u8], width: usize) -> String {
    cut(&escape_capped(bytes, width.saturating_add(1).saturating_mul(CHARS_A_CELL)), width)
}

/// A channel's name for one row.
#[must_use]
pub(crate) fn channel(channel: &Channel, width: usize) -> String {
    row(channel.as_bytes(), width)
}

/// A number with its thousands apart: `9 977`.
#[must_use]
pub(crate) fn number(value: u64) -> String {
    apart(&value.to_string())
}

/// Messages a second: `412`, below ten with a tenth; `?` where there was no full second yet.
#[must_use]
pub(crate) fn rate(rate: Option<f64>) -> String {
    match rate {
        None => String::from("?"),
        Some(rate) if rate > 0.0 && rate < 9.95 => format!("{rate:.1}"),
        Some(rate) => apart(&format!("{rate:.0}")),
    }
}

/// What came in ten seconds as a rate: `41.2`, from a hundred on without the tenth.
#[must_use]
pub(crate) fn tenths(in_ten_seconds: u64) -> String {
    match in_ten_seconds {
        0 => String::from("0"),
        1..1_000 => format!("{}.{}", in_ten_seconds / 10, in_ten_seconds % 10),
        _ => number(in_ten_seconds / 10),
    }
}

/// The text hard broken into lines of `width` cells, for what has no words.
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

fn apart(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun: `1 gap`, `2 gaps`.
#[must_use]
pub(crate) fn counted(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(value))
}

/// A duration in microseconds, in the two units that matter: `0.4 ms`, `4.2 s`, `1 min 5 s`, `2 h 3 min`, `3 d 4 h`.
#[must_use]
pub(crate) fn duration(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        1_000_000..10_000_000 => format!("{seconds}.{} s", micros % 1_000_000 / 100_000),
        _ => match seconds {
            0..60 => format!("{seconds} s"),
            60..3600 => two_units(seconds / 60, "min", seconds % 60, "s"),
            3600..86_400 => two_units(seconds / 3600, "h", seconds % 3600 / 60, "min"),
            _ => two_units(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
        },
    }
}

fn two_units(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{} {large_unit}", number(large))
    } else {
        format!("{} {large_unit} {small} {small_unit}", number(large))
    }
}

/// The time from `at` to `now` in whole seconds and larger units; a time to come counts as none.
#[must_use]
pub(crate) fn age(at: i64, now: i64) -> String {
    let micros = u64::try_from(now.saturating_sub(at)).unwrap_or(0);
    if micros < 10_000_000 {
        return format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000);
    }
    duration(micros)
}

/// As [`age`], in whole seconds where it is short.
#[must_use]
pub(crate) fn seconds(at: i64, now: i64) -> String {
    let micros = u64::try_from(now.saturating_sub(at)).unwrap_or(0);
    if micros < 10_000_000 { format!("{} s", micros / 1_000_000) } else { duration(micros) }
}

/// As [`age`], in the largest unit and at most four cells: `4s`, `12m`, `3h`, `99d`.
#[must_use]
pub(crate) fn short_age(at: i64, now: i64) -> String {
    let seconds = u64::try_from(now.saturating_sub(at)).unwrap_or(0) / 1_000_000;
    match seconds {
        0..100 => format!("{seconds}s"),
        100..6_000 => format!("{}m", seconds / 60),
        6_000..360_000 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", (seconds / 86_400).min(999)),
    }
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

/// A time of day in microseconds since the epoch; question marks where it is beyond the calendar.
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

/// The text broken into lines of at most `width` cells, between words where it can be.
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

/// Each word with the spaces behind it; a space that a mark joins is none.
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
