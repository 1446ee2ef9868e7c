//! The header: the profile, the server, the state of the connection, and the counts of problems.
//!
//! ```text
//! ▌ PROD  redis.internal:6379 primary 7.2  ● live 0.4 ms   3 channels  412 msg/s   2 gaps ≥16 missed  1 rejected      12:31:07 ▐
//! ```
//!
//! If the width is too small, the least important parts are left out. The ends are in the profile's colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::replay;
use crate::console::app::state::Phase;
use crate::console::app::state::{Setup, Totals};
use crate::console::popups::record;
use crate::console::ui::pen::Pen;
use crate::console::ui::text;
use crate::console::ui::text::{Precision, cells};
use crate::console::ui::theme::{badge, strong};
use crate::ledger::format;
use crate::ledger::format::{counted, number};
use crate::wire::escape::escape;

/// The rank of the cause of a lost connection. It is more important than everything but the profile, the state and the counts of
/// gaps and rejections.
const CAUSE_RANK: u8 = 5;

/// One part of the header.
#[derive(Debug)]
pub(crate) struct Part {
    /// Parts with a higher rank are left out first.
    pub(crate) rank: u8,
    /// The number of cells before it.
    pub(crate) gap: usize,
    pub(crate) words: String,
    /// A shorter text that is tried before the part is left out.
    pub(crate) short: Option<String>,
    /// The rank of the shorter text.
    pub(crate) short_rank: u8,
    pub(crate) style: Style,
}

/// Draws the header.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let profile = cx.profile();
    let room = usize::from(area.width);
    // The clock of a replay is one of the parts.
    let clock = if cx.state.replay.is_some() { String::new() } else { clock(cx) };
    let clock_cells = if clock.is_empty() { 0 } else { cells(&clock) + 4 };
    // At least two cells are between the parts and the clock.
    // Below this width the clock only gets the space that is left.
    let room_for_parts = room.saturating_sub(if room < 100 { 2 } else { clock_cells + 2 });
    let parts = fit(parts(cx, room_for_parts), room_for_parts);

    let mut pen = Pen::new(buf, area, 0).reserve(1);
    pen.put("▌", profile);
    for part in &parts {
        pen.skip(part.gap).put(&part.words, part.style);
    }
    if pen.room() >= clock_cells {
        let left = pen.room() - clock_cells + 2;
        pen.skip(left).put(&clock, cx.theme.soft);
    }
    let mut edge = Pen::new(buf, area, 0);
    edge.skip(room.saturating_sub(1)).put("▐", profile);
}

/// The console's time with its zone: `12:31:07 UTC`.
pub(crate) fn clock(cx: &Context<'_>) -> String {
    let zone = if cx.state.settings.utc { " UTC" } else { "" };
    format!("{}{zone}", cx.time(cx.state.now, Precision::Seconds))
}

/// The width of some parts, with the gaps before them.
fn width<'a>(parts: impl IntoIterator<Item = &'a Part>) -> usize {
    parts.into_iter().map(|part| part.gap + cells(&part.words)).sum()
}

/// Leaves out or shortens the least important parts until the rest fits. A part that was left out returns if it fits in the end:
/// a longer one may have been left out after it.
fn fit(parts: Vec<Part>, room: usize) -> Vec<Part> {
    let mut shown: Vec<(usize, Part)> = parts.into_iter().enumerate().collect();
    let mut left_out = Vec::new();
    let taken = |shown: &[(usize, Part)]| width(shown.iter().map(|(_, part)| part));
    while taken(&shown) > room && shown.len() > 1 {
        let Some(last) = (0..shown.len()).max_by_key(|index| shown[*index].1.rank) else { break };
        let part = &mut shown[last].1;
        match part.short.take() {
            Some(short) => (part.words, part.rank) = (short, part.short_rank),
            None => left_out.push(shown.remove(last)),
        }
    }
    for (place, part) in left_out.into_iter().rev() {
        if taken(&shown) + width([&part]) <= room {
            let at = shown.partition_point(|(other, _)| *other < place);
            shown.insert(at, (place, part));
        }
    }
    shown.into_iter().map(|(_, part)| part).collect()
}

/// The maximum cells of the short name of the server.
const SHORT_TARGET: usize = 14;

/// The server's name in a few cells, without its port if it does not fit.
fn short_target(target: &str) -> String {
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    text::cut(if cells(target) > SHORT_TARGET { host } else { target }, SHORT_TARGET)
}

fn parts(cx: &Context<'_>, room: usize) -> Vec<Part> {
    let mut parts = badges(cx, &cx.state.setup);
    let soft = cx.theme.soft;
    let target = text::row(cx.state.setup.target.as_bytes(), 48);
    let short = Some(short_target(&target));
    // The name of a profile already identifies the server.
    let short_rank = if cx.state.setup.profile.is_empty() { 8 } else { 11 };
    parts.push(Part { rank: 12, gap: 1, words: target, short, short_rank, style: cx.theme.text });
    if let Some(server) = &cx.state.link.server {
        let words = format!("{} {}", text::row(server.role.as_bytes(), 12), text::row(server.version.as_bytes(), 12));
        parts.push(Part { rank: 22, gap: 1, words, short: None, short_rank: 0, style: soft });
    }
    let link_index = parts.len();
    match &cx.state.replay {
        Some(replay) => replay::parts(cx, replay, &mut parts),
        None => parts.push(link(cx)),
    }
    record::parts(cx, &mut parts);
    if cx.state.replay.is_none() && cx.state.is_all_denied() {
        let words = String::from("access denied");
        parts.push(Part { rank: 2, gap: 2, words, short: None, short_rank: 0, style: strong(cx.theme.bad) });
    }
    let channels = cx.state.channels.list.len() as u64;
    parts.push(Part { rank: 20, gap: 3, words: counted(channels, "channel"), short: None, short_rank: 0, style: soft });
    let rate = format!("{} msg/s", format::rate(cx.state.rate()));
    parts.push(Part { rank: 10, gap: 2, words: rate, short: None, short_rank: 0, style: cx.theme.text });
    losses(cx, &cx.state.totals, &mut parts);
    if cx.state.replay.is_none() && cx.state.link.phase == Phase::Down {
        add_cause(cx, &mut parts, link_index, room);
    }
    parts
}

/// Adds the cause to the state of a lost connection. The cause is cut to the space that the more important parts leave; the
/// others are left out before it is cut.
fn add_cause(cx: &Context<'_>, parts: &mut [Part], link: usize, room: usize) {
    let Some(reason) = &cx.state.link.reason else { return };
    let taken = width(parts.iter().filter(|part| part.rank < CAUSE_RANK));
    let link = &mut parts[link];
    let cause = cause(reason, &cx.state.setup.target);
    let words = format!("{}: {}", link.words, text::row(cause.as_bytes(), room.saturating_sub(taken + 2)));
    link.short = Some(std::mem::replace(&mut link.words, words));
    (link.short_rank, link.rank) = (link.rank, CAUSE_RANK);
}

/// The reason without the server's address, which the header shows already and which is escaped in the reason: `connection
/// refused` for `cannot reach redis:6379: connection refused`.
fn cause<'a>(reason: &'a str, target: &str) -> &'a str {
    let target = escape(target.strip_prefix("TLS ").unwrap_or(target).as_bytes());
    let rest = reason.strip_prefix("cannot reach ").unwrap_or(reason);
    rest.strip_prefix(target.as_str())
        .and_then(|rest| rest.strip_prefix(": ").or(rest.strip_prefix(' ')))
        .unwrap_or(reason)
}

fn badges(cx: &Context<'_>, setup: &Setup) -> Vec<Part> {
    let mut parts = Vec::new();
    if setup.profile.is_empty() {
        parts.push(Part {
            rank: 24,
            gap: 1,
            words: String::from("aircheck"),
            short: None,
            short_rank: 0,
            style: strong(cx.theme.text),
        });
    } else {
        let name = text::row(setup.profile.as_bytes(), 20);
        // An escape sequence keeps its letters.
        let name = if name.contains('\\') { name } else { name.to_uppercase() };
        let words = format!(" {name} ");
        parts.push(Part { rank: 0, gap: 0, words, short: None, short_rank: 0, style: badge(cx.profile()) });
    }
    if setup.demo {
        let words = String::from(" DEMO ");
        parts.push(Part { rank: 2, gap: 1, words, short: None, short_rank: 0, style: badge(cx.theme.note) });
    }
    if cx.state.alerts.muted {
        let words = String::from(" MUTED ");
        parts.push(Part { rank: 11, gap: 1, words, short: None, short_rank: 0, style: badge(cx.theme.note) });
    }
    if setup.read_only && cx.state.replay.is_none() {
        let words = String::from(" READ-ONLY ");
        parts.push(Part {
            rank: 11,
            gap: 1,
            words,
            short: Some(String::from(" RO ")),
            short_rank: 5,
            style: badge(cx.theme.soft),
        });
    }
    parts
}

fn link(cx: &Context<'_>) -> Part {
    let link = &cx.state.link;
    let since = format::seconds(link.since, cx.state.now);
    let (words, style) = match link.phase {
        Phase::Connecting => (String::from("◌ connecting"), cx.theme.warn),
        Phase::Live => (String::from("● live"), cx.theme.good),
        Phase::Stale => (format!("◐ stale {since}"), strong(cx.theme.warn)),
        Phase::Down => (format!("○ down {since}"), strong(cx.theme.bad)),
    };
    match link.round_trip.filter(|_| link.phase == Phase::Live) {
        Some(micros) => {
            let long = format!("{words} {}", format::duration(micros));
            Part { rank: 13, gap: 2, words: long, short: Some(words), short_rank: 1, style }
        }
        None => Part { rank: 1, gap: 2, words, short: None, short_rank: 0, style },
    }
}

/// Each kind of loss with its own text, without what was acknowledged. A number that was counted without a message is not called
/// missed. Unknown counts are `?`, lower bounds `≥`.
fn losses(cx: &Context<'_>, totals: &Totals, parts: &mut Vec<Part>) {
    let calm = |count: u64, style| if count == 0 { cx.theme.soft } else { strong(style) };
    let open = cx.state.open();
    let words = cx.state.gap_words();
    parts.push(Part { rank: 3, gap: 3, words, short: None, short_rank: 0, style: calm(open.gaps, cx.theme.warn) });
    let is_inexact = open.inexact > 0 || totals.had_unreadable_counter;
    if open.missed > 0 || is_inexact {
        let words = match (open.missed, is_inexact) {
            (0, _) => String::from("? missed"),
            (missed, true) => format!("≥{} missed", number(missed)),
            (missed, false) => format!("{} missed", number(missed)),
        };
        parts.push(Part { rank: 6, gap: 1, words, short: None, short_rank: 0, style: cx.theme.warn });
    }
    if open.not_received > 0 {
        let words = format!("{} not received", number(open.not_received));
        parts.push(Part { rank: 14, gap: 1, words, short: None, short_rank: 0, style: cx.theme.warn });
    }
    let words = format!("{} rejected", number(totals.rejected));
    parts.push(Part { rank: 4, gap: 2, words, short: None, short_rank: 0, style: calm(totals.rejected, cx.theme.bad) });
    let unmet = cx.state.channels.unmet;
    for (count, word) in [(unmet.silent, "silent"), (unmet.too_many, "too many")] {
        if count > 0 {
            let words = format!("{} {word}", number(count));
            parts.push(Part { rank: 4, gap: 2, words, short: None, short_rank: 0, style: strong(cx.theme.bad) });
        }
    }
    // The findings of these expectations are not counted twice.
    let others = cx.state.open_others().saturating_sub(unmet.in_findings);
    if others > 0 {
        let words = format!("{} other", number(others));
        parts.push(Part { rank: 9, gap: 2, words, short: None, short_rank: 0, style: cx.theme.note });
    }
    if totals.dropped > 0 {
        let words = format!("{} dropped: too fast for this screen", number(totals.dropped));
        let short = Some(format!("{} dropped", number(totals.dropped)));
        parts.push(Part { rank: 15, gap: 2, words, short, short_rank: 7, style: strong(cx.theme.warn) });
    }
    if totals.trimmed > 0 {
        let words = format!("{} trimmed", number(totals.trimmed));
        parts.push(Part { rank: 23, gap: 2, words, short: None, short_rank: 0, style: cx.theme.soft });
    }
}
