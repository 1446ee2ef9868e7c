//! The lines about the selected row: a heading, the checks or the explanation of a finding, and notes.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::app::scrollback::Row;
use crate::console::app::state::State;
use crate::console::keymap::table::Action;
use crate::console::panes::detail::state::{DetailView, Extent, LAID_OUT_BYTES, LAID_OUT_LINES};
use crate::console::panes::detail::{changes, payload};
use crate::console::ui::panel::Words;
use crate::console::ui::text::{Precision, cells};
use crate::console::ui::theme::{PLAIN, strong};
use crate::console::ui::{text, verdict};
use crate::ledger::finding::{Acknowledgement, Finding};
use crate::ledger::format;
use crate::ledger::format::{age, number};
use crate::ledger::interval::{Entry, Link, Message};
use crate::ledger::sequence::Channel;
use crate::wire::verdict::{Check, CheckKind, CheckOutcome, Verdict};

/// The lines about a row, except those of the payload, which are stored in the state.
#[derive(Debug, Default)]
pub(crate) struct DetailLines {
    /// The heading: the kind of row and its main facts.
    pub(crate) heading: Vec<Words>,
    /// The checks of a message, or the explanation of another row.
    pub(crate) checks: Vec<Words>,
    /// The notes about parts that are not shown.
    pub(crate) tail: Vec<Words>,
}

/// Creates the lines about a row, for a width of `width` cells.
pub(crate) fn detail_lines(cx: &Context<'_>, row: &Row, width: usize) -> DetailLines {
    match row.entry() {
        Entry::Message(message) => {
            let heading = heading(cx, row, message, width);
            let mut apart = DetailLines { heading, ..DetailLines::default() };
            content(cx, row, message, width, &mut apart);
            apart
        }
        Entry::Finding(found) => finding_lines(cx, found, width),
        Entry::Dropped(dropped) => DetailLines {
            heading: vec![vec![(dropped.line(), strong(cx.theme.warn))], when(cx, dropped.at)],
            checks: wrapped(&dropped.explain(), width, cx.theme.text).collect(),
            ..DetailLines::default()
        },
        Entry::Link(link) => link_lines(cx, link, width),
        // These have no rows.
        Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => DetailLines::default(),
    }
}

/// The minimum width at which the border shows the name, the channel and the sequence number, in cells.
const TITLED: usize = 60;

/// The name, channel and sequence number of a row for the border. Empty if they are in the heading.
pub(crate) fn title(cx: &Context<'_>, row: &Row, width: usize) -> Words {
    if width < TITLED {
        return Vec::new();
    }
    let theme = cx.theme;
    let part = |words: String, style| [(String::from(" · "), theme.line), (words, style)];
    let place = |channel: &Channel, sequence: String| {
        let separator = if sequence.is_empty() { "" } else { " " };
        let channel = format!("{}{separator}", text::channel(channel, width / 3));
        [(String::from(" · "), theme.line), (channel, theme.text), (sequence, strong(theme.accent))]
    };
    match row.entry() {
        Entry::Message(message) => {
            let name = part(message_name(row, message, width / 4), strong(theme.text));
            let place = place(row.interval.channel(message), message.sequence.to_string());
            name.into_iter().chain(place).collect()
        }
        Entry::Finding(found) => {
            let headline = part(found.headline(), strong(theme.finding(found)));
            headline.into_iter().chain(place(&found.channel, found.range())).collect()
        }
        Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => {
            Vec::new()
        }
    }
}

fn message_name(row: &Row, message: &Message, width: usize) -> String {
    match text::row(row.interval.envelope(message).name, width) {
        name if name.is_empty() => String::from("(no name)"),
        name => name,
    }
}

fn heading(cx: &Context<'_>, row: &Row, message: &Message, width: usize) -> Vec<Words> {
    let theme = cx.theme;
    let mut lines = Vec::new();
    if width < TITLED {
        let name = message_name(row, message, width.saturating_mul(3));
        lines.extend(wrapped(&name, width, strong(theme.text)));
        let sequence = message.sequence.to_string();
        let channel = text::channel(row.interval.channel(message), width.saturating_sub(cells(&sequence) + 1));
        lines.push(vec![(channel, theme.text), (format!(" {sequence}"), strong(theme.accent))]);
    }
    let mut verdict = verdict_words(cx, message.verdict);
    let checks = &cx.state.detail.checks;
    if !checks.is_empty() && all_passed(checks) {
        let detail = |kind| checks.iter().find(|check| check.kind == kind).map_or("", |check| &check.detail);
        let signed = message.timestamp.map_or(message.at, |seconds| seconds.saturating_mul(1_000_000));
        let words = format!(
            "  key {} ({}), signed {} ago",
            detail(CheckKind::Key),
            detail(CheckKind::Algorithm),
            format::seconds(signed, cx.state.now)
        );
        verdict.push((words, theme.soft));
    }
    let used: usize = verdict.iter().map(|(words, _)| cells(words)).sum();
    let when = when(cx, message.at);
    if used + 2 + when.iter().map(|(words, _)| cells(words)).sum::<usize>() <= width {
        verdict.push((String::from("  "), theme.soft));
        verdict.extend(when);
        lines.push(verdict);
    } else {
        lines.extend([when, verdict]);
    }
    if let Some(reason) = message.sequence.uncertainty() {
        lines.extend(wrapped(reason, width, theme.warn));
    }
    if let Some(words) = copies(cx, row) {
        lines.extend(wrapped(&words, width, theme.text));
    }
    lines
}

/// The maximum number of copies that are listed.
const MAX_COPIES: usize = 8;

/// The copies that share the row, with their sequence numbers and times. `None` if there are none.
fn copies(cx: &Context<'_>, row: &Row) -> Option<String> {
    let messages = &cx.state.messages;
    let row_id = cx.state.detail.row_id.filter(|row_id| messages.row(*row_id) == Some(row))?;
    let sharing = messages.copies.sharing(row_id)?;
    let all = std::iter::once(&row_id).chain(sharing);
    let place = |row_id: &u64| {
        let message = messages.row(*row_id)?.message()?;
        Some(format!("{} {}", message.sequence, cx.time(message.at, Precision::Millis)))
    };
    let listed: Vec<String> = all.take(MAX_COPIES).filter_map(place).collect();
    let count = sharing.len() + 1;
    let more = match count.saturating_sub(MAX_COPIES) {
        0 => String::new(),
        more => format!(", and {} more: toggle-copies shows each", number(more as u64)),
    };
    Some(format!("{} copies within 1 s: {}{more}", number(count as u64), listed.join(", ")))
}

fn all_passed(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.outcome == CheckOutcome::Passed)
}

fn content(cx: &Context<'_>, row: &Row, message: &Message, width: usize, apart: &mut DetailLines) {
    let theme = cx.theme;
    let detail = &cx.state.detail;
    let payload = row.interval.payload(message);
    let view = detail.shown_view();
    if view == DetailView::Diff {
        apart.checks.extend(changes::intro(cx, message.at, width));
        return;
    }
    if detail.too_long_to_check {
        apart.checks.extend(wrapped("too long to show the checks one by one", width, theme.soft));
    }
    if let Some(why) = &detail.not_repeated {
        apart.checks.extend(wrapped(why, width, theme.soft));
    }
    if !all_passed(&detail.checks) {
        apart.checks.push(Vec::new());
        apart.checks.extend(check_lines(cx, width));
        apart.checks.push(Vec::new());
    }
    match view {
        DetailView::Json if detail.tree.cut => {
            let words = format!(
                "… the data goes on: {} and {} are laid out at most",
                format::counted(LAID_OUT_LINES as u64, "line"),
                format::counted((LAID_OUT_BYTES >> 10) as u64, "KiB").trim_end_matches('s'),
            );
            apart.tail.extend(wrapped(&words, width, theme.warn));
        }
        DetailView::Json | DetailView::Diff => {}
        DetailView::Raw | DetailView::Hex => {
            if detail.view == DetailView::Json && row.interval.envelope(message).data.is_empty() {
                apart.checks.push(vec![(String::from("no data"), theme.soft)]);
            }
            let size = format::counted(payload.len() as u64, "byte");
            let words = if view == DetailView::Raw { format!("{size}, as received") } else { size };
            apart.checks.push(vec![(words, theme.soft)]);
            apart.checks.extend(payload::legend(cx, payload, message, width));
            let left_out = payload.len().saturating_sub(LAID_OUT_BYTES);
            if left_out > 0 {
                apart.tail.extend(wrapped(&format!("… {} more bytes", number(left_out as u64)), width, theme.warn));
            }
        }
    }
}

fn verdict_words(cx: &Context<'_>, of: Verdict) -> Vec<(String, Style)> {
    let style = strong(verdict::style(cx, of));
    let words = match (of, cx.state.detail.is_recorded) {
        (Verdict::Verified, false) => String::from("verified"),
        (Verdict::Verified, true) => String::from("verified when it was recorded"),
        (Verdict::Unsigned, false) => String::from("accepted unsigned: there is no signing key"),
        (Verdict::Unsigned, true) => String::from("accepted unsigned when it was recorded"),
        (Verdict::Rejected(rejection), false) => format!("rejected: {}", rejection.words()),
        (Verdict::Rejected(rejection), true) => format!("rejected when it was recorded: {}", rejection.words()),
    };
    vec![(format!("{} {words}", verdict::glyph(of)), style)]
}

fn check_lines(cx: &Context<'_>, width: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    for check in &cx.state.detail.checks {
        let (glyph, style) = match check.outcome {
            CheckOutcome::Passed => ("✓", cx.theme.good),
            CheckOutcome::Failed => ("✗", strong(cx.theme.bad)),
            CheckOutcome::Skipped => ("·", cx.theme.soft),
        };
        let detail_style = match check.outcome {
            CheckOutcome::Passed => cx.theme.text,
            CheckOutcome::Failed => cx.theme.bad,
            CheckOutcome::Skipped => cx.theme.soft,
        };
        let label = format!(" {:<10}", check.kind.name());
        let mut rest = text::wrap(&check.detail, width.saturating_sub(12)).into_iter();
        let first = rest.next().unwrap_or_default();
        lines.push(vec![(glyph.to_owned(), style), (label, cx.theme.soft), (first, detail_style)]);
        lines.extend(rest.map(|line| vec![(format!("{:12}{line}", ""), detail_style)]));
        let explanation = check.explanation.map(|explanation| text::wrap(explanation, width.saturating_sub(12)));
        let explanation = explanation.unwrap_or_default().into_iter();
        lines.extend(explanation.map(|line| vec![(format!("{:12}{line}", ""), cx.theme.text)]));
    }
    lines
}

fn finding_lines(cx: &Context<'_>, found: &Finding, width: usize) -> DetailLines {
    let theme = cx.theme;
    let style = cx.theme.finding(found);
    let channel = text::channel(&found.channel, width);
    let mut heading = Vec::new();
    if width < TITLED {
        heading.push(vec![(found.headline(), strong(style))]);
        heading.push(vec![(format!("{channel} "), theme.text), (found.range(), strong(theme.accent))]);
    }
    heading.push(when(cx, found.at));
    let mut checks = Vec::new();
    if let Some(Acknowledgement { at, note }) = cx.state.acknowledgements.get(found) {
        let words = format!("✓ acknowledged {} {}", cx.time(*at, Precision::Date), text::row(note.as_bytes(), 2000));
        checks.extend(wrapped(words.trim_end(), width, theme.text));
        checks.push(Vec::new());
    }
    let cause = found.cause_words();
    if !cause.is_empty() {
        checks.extend(wrapped(&cause, width, style));
        checks.push(Vec::new());
    }
    checks.extend(wrapped(&found.explain(), width, theme.text));
    if found.kind.is_while_absent() {
        let key = footer::key_of(cx, Action::Backfill);
        checks.extend(wrapped(&format!("{key} looks for them in other recordings."), width, theme.text));
    }
    DetailLines { heading, checks, ..DetailLines::default() }
}

fn link_lines(cx: &Context<'_>, link: &Link, width: usize) -> DetailLines {
    let theme = cx.theme;
    let mut heading = vec![vec![(text::link_words(link.state).to_owned(), strong(theme.text))]];
    if let Some(channel) = &link.channel {
        heading.push(vec![(text::channel(channel, width), theme.text)]);
    }
    heading.push(when(cx, link.at));
    let mut checks = Vec::new();
    if let Some(server) = &link.server {
        for (label, value) in [("role", &server.role), ("version", &server.version), ("mode", &server.mode)] {
            let value = text::row(value.as_bytes(), width);
            checks.push(vec![(format!("{label:<9}"), theme.soft), (value, theme.text)]);
        }
    }
    if let Some(reason) = &link.reason {
        checks.push(Vec::new());
        checks.extend(wrapped(&text::row(reason.as_bytes(), 2000), width, theme.text));
    }
    DetailLines { heading, checks, ..DetailLines::default() }
}

fn when(cx: &Context<'_>, at: i64) -> Words {
    let zone = if cx.state.settings.utc { " UTC" } else { "" };
    let today = cx.time(cx.state.now, Precision::Date);
    let date = cx.time(at, Precision::Date);
    // The date is shown only if it is not today, to leave space for the age, which is more important.
    let time = if date.get(..10) == today.get(..10) { cx.time(at, Precision::Millis) } else { date };
    let words = format!("{time}{zone} · {} old", age(at, cx.state.now));
    vec![(words, cx.theme.soft)]
}

fn wrapped(words: &str, width: usize, style: Style) -> impl Iterator<Item = Words> {
    text::wrap(words, width).into_iter().map(move |line| vec![(line, style)])
}

/// The number of lines that the pane draws before and after the payload.
pub(crate) fn extent(state: &State, inner: Rect) -> Extent {
    let Some(row) = state.detail_row() else { return Extent::default() };
    let apart = detail_lines(&Context { state, theme: &PLAIN }, row, room(inner));
    let stays = stays(&apart, inner);
    Extent { heading: stays, before: apart.heading.len() - stays + apart.checks.len(), after: apart.tail.len() }
}

/// The width for text, in cells: one column stays free on each side.
pub(crate) fn room(inner: Rect) -> usize {
    usize::from(inner.width).saturating_sub(2)
}

/// The number of heading lines that do not scroll: at most a third of the pane.
pub(crate) fn stays(apart: &DetailLines, inner: Rect) -> usize {
    apart.heading.len().min(usize::from(inner.height) / 3)
}
