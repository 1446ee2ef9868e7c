//! The findings: when, where, what, how many, why. Findings of one kind on one channel are one entry.
//!
//! ```text
//! ╭ Findings · 1 gap, 7 other ───╮    in one line in the tabs:
//! │▸12:31:11 ops  16 missed      │    12:31:11  ops  16 missed  #1031–1046  disconnected 4.2 s
//! │  #1031–1046 disconnected 4 s │    12:31:11  ops  6 duplicates  5 findings since 12:31:11
//! │ 12:31:11 ops  6 duplicates   │
//! │  5 findings since 12:31:11   │
//! ╰──────────────────────────────╯
//! ```

use std::collections::HashMap;
use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::narrowing;
use crate::console::app::state::{Phase, State};
use crate::console::panes::Pane;
use crate::console::panes::findings::state::{FindingEntry, FindingLine};
use crate::console::ui::list::MARK;
use crate::console::ui::panel::Panel;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::{Precision, cells};
use crate::console::ui::theme::strong;
use crate::console::ui::{list, names, panel, text};
use crate::ledger::finding::Finding;
use crate::ledger::format::{counted, number};

/// A channel takes at most this many cells on a row of one line.
const MAX_CHANNEL: usize = 20;

/// The cells before the lower one of two lines.
const INDENT: usize = 2;

/// The widths of the columns, from the entries that are shown.
struct Widths<'a> {
    channels: HashMap<&'a [u8], String>,
    channel: usize,
    headline: usize,
    range: usize,
}

/// Draws the pane; `framed` with a border, and each entry in `lines` lines.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer, framed: bool, lines: u16) {
    let focused = cx.focused(Pane::Findings);
    let gaps = &cx.state.findings;
    let inner = if framed { frame(cx, area, buf, focused) } else { area };
    if gaps.list.is_empty() {
        list::empty(cx, inner, buf, empty_headline(cx.state), &empty_advice(cx.state));
        return;
    }
    if gaps.list.found().0 == 0 {
        list::empty(cx, inner, buf, "No finding matches.", &narrowing::advice(cx));
        return;
    }
    let lines = lines.max(1);
    let seen = gaps.list.window(usize::from(inner.height / lines));
    let per_entry = usize::from(lines);
    // Without a border, the scrollbar takes the last column.
    let inner = if framed { inner } else { Rect { width: inner.width.saturating_sub(1), ..inner } };
    scrollbar(buf, inner, gaps.list.len() * per_entry, seen.start * per_entry, cx.theme.soft);
    let lower_line = (lines > 1).then(|| usize::from(inner.width).saturating_sub(INDENT));
    let shown: Vec<Shown<'_>> = seen
        .clone()
        .filter_map(|line| Shown::of(cx, &gaps.list.line(line)?, gaps.list.position.cursor == line, lower_line))
        .collect();
    let channels = names::channels(shown.iter().map(|line| &line.newest.finding.channel), MAX_CHANNEL);
    let widths = Widths {
        channel: channels.values().map(|name| cells(name)).max().unwrap_or(0),
        channels,
        headline: shown.iter().map(|line| cells(&line.headline)).max().unwrap_or(0).min(24),
        range: shown.iter().map(|line| cells(&line.range)).max().unwrap_or(0).min(24),
    };
    for (place, line) in (0..).zip(&shown) {
        let row = place * lines;
        if lines == 1 {
            one_line(cx, line, &widths, inner, row, buf);
        } else {
            two_lines(cx, line, &shown, inner, row, buf);
        }
        if line.is_selected {
            let marked = Rect { height: lines, ..list::line(inner, row) }.intersection(inner);
            list::select(buf, marked, cx.theme.finding(&line.newest.finding), focused);
        }
    }
}

/// What an empty list means. Without a subscription, nothing is known.
fn empty_headline(state: &State) -> &'static str {
    if state.replay.is_some() {
        return "No findings yet.";
    }
    match state.link.phase {
        Phase::Connecting => "Unknown until connected.",
        Phase::Down => "Unknown until reconnected.",
        Phase::Live | Phase::Stale if state.is_all_denied() => "Unknown: access denied.",
        Phase::Live | Phase::Stale => "No findings yet.",
    }
}

/// What appears in an empty list. An expectation that was unmet before has no finding here, but is in the header and in Channels.
fn empty_advice(state: &State) -> String {
    let unmet = state.channels.unmet;
    let earlier = match unmet.silent + unmet.too_many {
        0 => String::new(),
        1 => String::from("1 expectation was already unmet at the start: see Channels. "),
        count => format!("{} expectations were already unmet at the start: see Channels. ", number(count)),
    };
    format!(
        "{earlier}Gaps, counter resets, duplicates, clock skew and expectations that become unmet appear here, with their range and \
         cause."
    )
}

/// The number of open gaps, of how many if some are acknowledged, and the number of the other findings after a plus. Its style
/// depends on whether there are open ones.
pub(crate) fn numbers(cx: &Context<'_>) -> (String, Style) {
    let (all, open) = (cx.state.totals.findings.gaps, cx.state.open_gaps());
    let all = if open < all { format!(" of {}", number(all)) } else { String::new() };
    let others = cx.state.open_others();
    let other = if others > 0 { format!(" +{}", number(others)) } else { String::new() };
    let is_calm = open == 0 && others == 0;
    (format!("{}{all}{other}", number(open)), if is_calm { cx.theme.soft } else { cx.theme.warn })
}

fn frame(cx: &Context<'_>, area: Rect, buf: &mut Buffer, focused: bool) -> Rect {
    let name = panel::name(cx.theme, "Findings", focused);
    let room = usize::from(area.width).saturating_sub(5 + cells(&name.0));
    let mut title = vec![name];
    title.extend(title_counts(cx, room));
    let (mut below, mut below_right) = narrowing::words(cx, Pane::Findings);
    if below.is_empty() && cx.state.findings.list.trimmed > 0 {
        below.push((format!("{} older trimmed", number(cx.state.findings.list.trimmed)), cx.theme.soft));
    }
    let acknowledged = cx.state.findings.acknowledged.len() as u64;
    if below_right.is_empty() && acknowledged > 0 {
        below_right.push((format!("✓ {} acknowledged", number(acknowledged)), cx.theme.soft));
    }
    Panel { border: panel::border(cx.theme, focused), title, right: Vec::new(), below, below_right }.draw(area, buf)
}

/// The open gaps and the other open findings, for the title: `1 gap, 3 other`, or `1 +3` if that does not fit.
fn title_counts(cx: &Context<'_>, room: usize) -> panel::Words {
    let (gaps, others) = (cx.state.totals.findings.gaps, cx.state.open_others());
    let style = if cx.state.open_gaps() > 0 { strong(cx.theme.warn) } else { cx.theme.soft };
    let mut words = panel::Words::new();
    if gaps > 0 {
        words.push((format!(" · {}", cx.state.gap_words()), style));
    }
    if others > 0 {
        let separator = if gaps > 0 { ", " } else { " · " };
        words.push((format!("{separator}{} other", number(others)), cx.theme.note));
    }
    if panel::cells_of(&words) > room {
        words = vec![(format!(" · {}", number(cx.state.open_gaps())), style)];
        if others > 0 {
            words.push((format!(" +{}", number(others)), cx.theme.note));
        }
    }
    words
}

/// The texts of a line.
struct Shown<'a> {
    newest: &'a FindingEntry,
    at: i64,
    headline: String,
    range: String,
    detail: String,
    is_indented: bool,
    is_selected: bool,
    /// Whether all its findings are acknowledged.
    is_acknowledged: bool,
}

impl<'a> Shown<'a> {
    /// The texts for one line or, if the width of the lower line is given, for two.
    fn of(cx: &Context<'_>, line: &FindingLine<'a>, is_selected: bool, lower_line: Option<usize>) -> Option<Self> {
        let newest = line.newest()?;
        let is_indented = line.is_indented;
        let Some(entry) = line.entry else {
            let acknowledged = line.group.kept.iter().filter(|entry| cx.state.findings.note(entry).is_some()).count();
            return Some(Self {
                newest,
                at: newest.finding.at,
                headline: headline(line, newest, lower_line.is_some()),
                // The headline counts messages.
                range: if newest.finding.kind.is_ongoing() {
                    counted(line.group.count, "finding")
                } else {
                    String::new()
                },
                detail: detail(cx, line, newest, acknowledged, lower_line.is_some()),
                is_indented,
                is_selected,
                is_acknowledged: acknowledged as u64 == line.group.count,
            });
        };
        let finding = &entry.finding;
        let outcome = outcome(cx, entry);
        let is_cause = outcome.is_none();
        let mut shown = Self {
            newest,
            at: finding.at,
            headline: finding.headline(),
            range: finding.range(),
            detail: outcome.unwrap_or_else(|| finding.cause_words()),
            is_indented,
            is_selected,
            is_acknowledged: cx.state.findings.note(entry).is_some(),
        };
        if let Some(width) = lower_line {
            shown.headline = finding.short_headline();
            let width = width.saturating_sub(shown.indent());
            if is_cause && cells(&shown.range) + 1 + cells(&shown.detail) > width {
                (shown.range, shown.detail) = (finding.short_range_and_cause(), String::new());
            }
        }
        Some(shown)
    }

    /// The additional cells before the texts of a group's member.
    fn indent(&self) -> usize {
        if self.is_indented { 2 } else { 0 }
    }

    /// The styles of the headline and of the rest. What was acknowledged is dimmed.
    fn styles(&self, cx: &Context<'_>) -> (Style, Style) {
        if self.is_acknowledged {
            (cx.theme.soft, cx.theme.soft)
        } else {
            (strong(cx.theme.finding(&self.newest.finding)), cx.theme.text)
        }
    }
}

/// `6 duplicates`, the number of messages over all findings; `2 × counter reset`, the number of findings; gaps follow others that
/// are listed one by one: `5 more gaps`.
fn headline(line: &FindingLine<'_>, newest: &FindingEntry, is_brief: bool) -> String {
    let count = number(line.group.count);
    let kind = newest.finding.kind;
    if kind.is_gap() {
        return format!("{count} more gaps");
    }
    if !kind.is_ongoing() {
        return format!("{count} × {}", kind.words());
    }
    let kept = &line.group.kept;
    let messages = kept.iter().map(|entry| entry.finding.count.unwrap_or(1)).fold(0, u64::saturating_add);
    let lower_bound = if kept.len() as u64 == line.group.count { "" } else { "≥" };
    let all = Finding { count: Some(messages), ..newest.finding.clone() };
    format!("{lower_bound}{}", if is_brief { all.short_headline() } else { all.headline() })
}

/// The number of missed messages, the time of the first finding, and the number of acknowledged findings.
fn detail(
    cx: &Context<'_>,
    line: &FindingLine<'_>,
    newest: &FindingEntry,
    acknowledged: usize,
    is_brief: bool,
) -> String {
    let mut detail = String::new();
    let kept = &line.group.kept;
    if newest.finding.kind.is_gap() {
        let exact =
            |entry: &FindingEntry| entry.finding.count.is_some() && entry.finding.cause.lower_bound() != Some(true);
        let is_exact = kept.len() as u64 == line.group.count && kept.iter().all(exact);
        let sum = kept.iter().filter_map(|entry| entry.finding.missed()).fold(0, u64::saturating_add);
        let lower_bound = if is_exact { "" } else { "≥" };
        // After a killed recorder, some of the time aircheck was running.
        let is_killed = kept.iter().any(|entry| entry.finding.lost().is_some());
        let kind = newest.finding.kind;
        let words = if is_brief || is_killed { kind.short_words() } else { kind.words() };
        let separator = if is_brief { " " } else { "  " };
        let _ = write!(detail, "{lower_bound}{} {words}{separator}", number(sum));
    }
    let _ = write!(detail, "since {}", cx.time(line.group.since, Precision::Seconds));
    if acknowledged > 0 {
        let _ = write!(detail, "  ✓ {} acknowledged", number(acknowledged as u64));
    }
    detail
}

fn one_line(cx: &Context<'_>, line: &Shown<'_>, widths: &Widths<'_>, inner: Rect, row: u16, buf: &mut Buffer) {
    let (style, plain) = line.styles(cx);
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if line.is_selected { MARK } else { " " }, cx.theme.accent);
    pen.skip(line.indent());
    pen.put(&cx.time(line.at, Precision::Seconds), cx.theme.soft).skip(2);
    let channel = widths.channels.get(line.newest.finding.channel.as_bytes()).map_or("", String::as_str);
    pen.column(channel, widths.channel, Align::Left, plain).skip(2);
    pen.column(&line.headline, widths.headline, Align::Left, style).skip(2);
    pen.column(&line.range, widths.range, Align::Left, plain).skip(2);
    pen.put(&line.detail, cx.theme.soft);
}

fn two_lines(cx: &Context<'_>, line: &Shown<'_>, shown: &[Shown<'_>], inner: Rect, row: u16, buf: &mut Buffer) {
    let (style, plain) = line.styles(cx);
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if line.is_selected { MARK } else { " " }, cx.theme.accent).skip(line.indent());
    pen.put(&cx.time(line.at, Precision::Seconds), cx.theme.soft).skip(1);
    if !line.is_indented {
        // The headline comes first; the channel keeps four cells.
        let width = pen.room().saturating_sub(cells(&line.headline) + 1).max(4);
        let shown = shown.iter().map(|line| &line.newest.finding.channel);
        let name = names::channels(shown, width).remove(line.newest.finding.channel.as_bytes()).unwrap_or_default();
        pen.put(&name, plain).skip(1);
    }
    pen.put(&line.headline, style);
    let mut pen = Pen::new(buf, inner, row + 1);
    pen.skip(INDENT + line.indent());
    if !line.range.is_empty() {
        pen.put(&line.range, plain).skip(1);
    }
    pen.put(&line.detail, cx.theme.soft);
}

/// The result of a backfill, or the note of an acknowledged finding.
fn outcome(cx: &Context<'_>, entry: &FindingEntry) -> Option<String> {
    if let Some(filled) = cx.state.findings.backfilled.get(&entry.row_id) {
        return Some(filled.words());
    }
    Some(match cx.state.findings.note(entry)? {
        "" => String::from("✓ acknowledged"),
        note => format!("✓ {}", text::row(note.as_bytes(), 200)),
    })
}
