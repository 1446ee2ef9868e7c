//! Looks for the messages of a gap in another recording.

use std::fmt::Write as _;
use std::path::PathBuf;

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::focus;
use crate::console::app::footer;
use crate::console::app::scrollback::Row;
use crate::console::app::state::{Notice, State};
use crate::console::keymap::table::Action;
use crate::console::layout::{popup_area, popup_rows};
use crate::console::panes::Pane;
use crate::console::panes::detail;
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::text::Precision;
use crate::console::ui::{list, popup_frame, prompt, text, verdict};
use crate::ledger::format::counted;
use crate::ledger::sequence::{Channel, Sequence, notation};

/// A gap to look for in another recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapQuery {
    /// The row ID of the finding's row.
    pub row_id: u64,
    /// The channel.
    pub channel: Channel,
    /// The first and last sequence number.
    pub range: (u64, u64),
    /// When it was found, in microseconds since the epoch.
    pub at: i64,
    /// The sequence numbers and payloads of messages next to the gap. They show whether the other recording used the same
    /// counter.
    pub neighbours: Vec<(u64, Vec<u8>)>,
}

/// The messages of a gap that a recording has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillResult {
    /// The end of the path of the file or directory, escaped: long enough to differ from the recordings that this console uses.
    pub file: String,
    /// The server in the recording, escaped. Of several, one that may have another counter.
    pub source: String,
    /// The messages by sequence number, then those whose number may be in the gap. At most a thousand.
    pub rows: Vec<Row>,
    /// The recordings that have messages of the gap.
    pub files: Vec<PathBuf>,
    /// For a directory: the names of the recordings, escaped, and the sequence numbers that each supplied.
    pub supplied: Vec<(String, Vec<(u64, u64)>)>,
    /// How many of the sequence numbers it has.
    pub found: u64,
    /// How many sequence numbers the gap has.
    pub of: u64,
    /// How many other messages may belong to the gap.
    pub maybe: u64,
    /// Why the counters may not be the same, if they may not.
    pub doubt: Option<&'static str>,
}

impl BackfillResult {
    /// E.g. `12 of 16 found in other.db`, escaped. With a question mark if the counters may not be the same.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { found, of, maybe, file, .. } = self;
        let maybe = if *maybe > 0 { format!(", {maybe} more may be") } else { String::new() };
        let doubt = if self.doubt.is_some() { " (?)" } else { "" };
        format!("{found} of {of}{maybe} found in {file}{doubt}{}", self.supply())
    }

    /// E.g. `: a.db #188–190, b.db #191`. Empty for a single recording.
    fn supply(&self) -> String {
        let mut words = String::new();
        for (index, (file, ranges)) in self.supplied.iter().take(MAX_FILES).enumerate() {
            let ranges: Vec<_> = ranges.iter().take(MAX_RANGES).map(|(from, to)| notation::range(*from, *to)).collect();
            let _ = write!(words, "{} {file} {}", if index == 0 { ":" } else { "," }, ranges.join(" "));
        }
        if self.supplied.len() > MAX_FILES || self.supplied.iter().any(|(_, ranges)| ranges.len() > MAX_RANGES) {
            words.push_str(" …");
        }
        words
    }
}

/// The prompt for the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillPrompt {
    /// The gap.
    pub wanted: Box<GapQuery>,
    /// The file.
    pub line: LineEdit,
    /// The recordings to offer. `None` while they are being looked for.
    pub offered: Option<Vec<String>>,
    /// The index of the next one to offer.
    pub next: usize,
    /// Something was typed, so a recording is only offered on request.
    pub is_typed: bool,
}

/// The list of messages found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillList {
    /// The row ID of the finding's row.
    pub row_id: u64,
    /// The cursor.
    pub position: ListCursor,
}

/// The maximum number of recordings that a result names.
const MAX_FILES: usize = 5;
/// The maximum number of ranges that a result names for a recording.
const MAX_RANGES: usize = 3;
/// The maximum number of gaps whose messages are kept.
const KEPT: usize = 16;
/// The maximum distance of a compared message from the gap, in sequence numbers.
const BESIDE: u64 = 50;
/// The maximum number of messages compared on each side.
const COMPARED: usize = 8;
/// Longer payloads are not compared.
const COMPARED_BYTES: usize = 64 << 10;
/// The maximum number of rows searched on each side.
const ROWS: usize = 20_000;

/// Asks for the file. The one that was searched last is filled in.
pub(crate) fn ask(state: &mut State) -> Vec<Effect> {
    let shown = match &state.popup {
        Some(Popup::BackfillResult(list)) => Some(list.row_id),
        _ => None,
    };
    let entry = match shown {
        Some(row_id) => state.findings.list.get(row_id).ok_or("the gap is not in the list any more"),
        None => state.finding_at_hand(),
    };
    let entry = match entry {
        Ok(entry) => entry,
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return Vec::new();
        }
    };
    let (Some(from), Some(to), true) =
        (entry.finding.sequence_from, entry.finding.sequence_to, entry.finding.kind.is_gap())
    else {
        state.notice = Some(Notice::error("only a gap with numbers can be looked for in another recording"));
        return Vec::new();
    };
    let row_id = entry.row_id;
    let channel = entry.finding.channel.clone();
    let at = entry.finding.at;
    let neighbours = neighbours(state, row_id, &channel, (from, to));
    let wanted = Box::new(GapQuery { row_id, channel, range: (from, to), at, neighbours });
    state.popup = Some(Popup::BackfillFrom(BackfillPrompt {
        wanted,
        line: LineEdit::prefilled(&state.findings.searched),
        offered: None,
        next: 0,
        is_typed: !state.findings.searched.is_empty(),
    }));
    vec![Effect::FindRecordings(known(state))]
}

/// The recordings that this console uses.
fn known(state: &State) -> Vec<PathBuf> {
    let replayed = state.replay.iter().map(|replay| replay.file.clone());
    state.recorded_to.iter().map(PathBuf::from).chain(replayed).collect()
}

/// The messages of the channel next to the gap.
fn neighbours(state: &State, row_id: u64, channel: &Channel, (from, to): (u64, u64)) -> Vec<(u64, Vec<u8>)> {
    let messages = &state.messages;
    let at =
        usize::try_from(row_id.saturating_sub(messages.first_row_id)).unwrap_or(usize::MAX).min(messages.rows.len());
    let near = from.saturating_sub(BESIDE)..=to.saturating_add(BESIDE);
    let numbered = |row: &Row| {
        let message = row.message().filter(|message| row.interval.channel(message) == channel)?;
        let payload = row.interval.payload(message);
        match message.sequence {
            Sequence::Exact(number) if near.contains(&number) && payload.len() <= COMPARED_BYTES => {
                Some((number, payload.to_vec()))
            }
            _ => None,
        }
    };
    let before = messages.rows.range(..at).rev().take(ROWS).filter_map(numbered).take(COMPARED);
    let after = messages.rows.range(at..).take(ROWS).filter_map(numbered).take(COMPARED);
    before.chain(after).collect()
}

/// Takes the list of recordings.
pub(crate) fn offered(state: &mut State, found: Vec<String>) {
    let Some(Popup::BackfillFrom(prompt)) = &mut state.popup else { return };
    prompt.offered = Some(found);
    if !prompt.is_typed {
        offer(prompt);
        prompt.line = LineEdit::prefilled(prompt.line.text());
    }
}

/// Completes the line with the next recording.
pub(crate) fn complete(state: &mut State) {
    if let Some(Popup::BackfillFrom(prompt)) = &mut state.popup {
        offer(prompt);
    }
}

fn offer(prompt: &mut BackfillPrompt) {
    let offered = prompt.offered.as_deref().unwrap_or_default();
    if let Some(file) = offered.get(prompt.next % offered.len().max(1)) {
        prompt.line = LineEdit::new(file);
        prompt.next = (prompt.next + 1) % offered.len();
    }
}

/// Looks in the file.
pub(crate) fn look(state: &mut State) -> Vec<Effect> {
    let Some(Popup::BackfillFrom(prompt)) = &state.popup else { return Vec::new() };
    let path = prompt.line.text().to_owned();
    if path.trim().is_empty() {
        let key = state.keymap.way_to(Action::Complete);
        state.notice =
            Some(Notice::error(format!("type the name of a recording or directory; {key} offers those that are here")));
        return Vec::new();
    }
    let wanted = prompt.wanted.clone();
    state.findings.searched.clone_from(&path);
    state.popup = None;
    state.notice = Some(Notice::in_progress("looking…"));
    vec![Effect::LookIn { path, wanted, known: known(state) }]
}

/// The text or its cursor changed.
pub(crate) fn edited(state: &mut State) {
    if let Some(Popup::BackfillFrom(prompt)) = &mut state.popup {
        prompt.is_typed = true;
    }
}

/// Takes the messages found. The gap may be gone meanwhile, e.g. after a jump in a replay.
pub(crate) fn found(state: &mut State, wanted: &GapQuery, result: Result<Box<BackfillResult>, String>) {
    let is_there = state.findings.list.get(wanted.row_id).is_some_and(|entry| {
        let finding = &entry.finding;
        finding.channel == wanted.channel
            && (finding.sequence_from, finding.sequence_to) == (Some(wanted.range.0), Some(wanted.range.1))
    });
    let filled = match result {
        Ok(filled) if is_there => filled,
        Ok(_) => {
            state.notice = Some(Notice::error("the gap is not in the list any more"));
            return;
        }
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return;
        }
    };
    state.notice = Some(Notice::done(filled.words()));
    let row_id = wanted.row_id;
    let is_empty = filled.rows.is_empty();
    state.findings.backfilled.insert(row_id, *filled);
    while state.findings.backfilled.len() > KEPT {
        let other = state.findings.backfilled.keys().copied().find(|other| *other != row_id);
        other.map(|other| state.findings.backfilled.remove(&other));
    }
    let is_in_view = match state.focus {
        Pane::Findings => true,
        Pane::Messages | Pane::Detail => state.finding_at_hand().is_ok_and(|entry| entry.row_id == row_id),
        _ => false,
    };
    if state.popup.is_none() && !is_empty && is_in_view {
        state.popup = Some(Popup::BackfillResult(BackfillList { row_id, position: ListCursor::default() }));
    }
}

/// Pins the message under the cursor in Detail.
pub(crate) fn open(state: &mut State) {
    let Some(row) = state.row_at_hand().cloned() else { return };
    state.popup = None;
    detail::update::pin(state, row);
    focus::show(state, Pane::Detail);
    let key = state.keymap.way_to(Action::Pin);
    state.notice = Some(Notice::done(format!("pinned, from the other recording: {key} follows the selection again")));
}

const SAME: &str = "The messages next to the gap are the same in both recordings.";

/// Draws the prompt.
pub(crate) fn render_prompt(cx: &Context<'_>, popup: &Popup, asked: &BackfillPrompt, buf: &mut Buffer) {
    let known = match &asked.offered {
        None => String::from("looking for recordings"),
        Some(offered) if offered.is_empty() => String::from("no recording is here"),
        Some(offered) => {
            format!("{} here", counted(offered.iter().filter(|path| !path.ends_with('/')).count() as u64, "recording"))
        }
    };
    let known = vec![(known, cx.theme.soft)];
    prompt::footer(cx, popup_area(cx.state.size, popup), "look in", &asked.line, &known, buf);
}

/// Draws the list over the panes.
pub(crate) fn render_result(cx: &Context<'_>, popup: &Popup, at: BackfillList, buf: &mut Buffer) {
    let theme = cx.theme;
    let Some(filled) = cx.state.findings.backfilled.get(&at.row_id) else {
        let inner = popup_frame::draw(cx, popup, "Found", Vec::new(), theme.accent, buf);
        list::empty(
            cx,
            inner,
            buf,
            "The gap has left the list.",
            &format!("{} closes this.", footer::key_of(cx, Action::Close)),
        );
        return;
    };
    let gap = cx.state.findings.list.get(at.row_id).map(|entry| &entry.finding);
    let of = gap.map_or_else(String::new, |gap| format!("{} {}", text::channel(&gap.channel, 20), gap.range()));
    let inner = popup_frame::draw(cx, popup, &filled.words(), vec![(of, theme.soft)], theme.accent, buf);
    let (words, style) = match filled.doubt {
        None => (SAME.to_owned(), theme.soft),
        Some(doubt) => (format!("{doubt} It names {}.", filled.source), theme.warn),
    };
    Pen::new(buf, inner, 0).skip(1).put(&words, style);
    let rows = popup_rows(cx.state.size, popup).intersection(inner);
    if filled.rows.is_empty() {
        let advice = format!("{} looks in another recording.", footer::key_of(cx, Action::Backfill));
        list::empty(cx, rows, buf, "It has none of these numbers.", &advice);
        return;
    }
    list::rows(cx, rows, at.position, filled.rows.len(), buf, |pen, index| message(cx, &filled.rows[index], pen));
}

fn message(cx: &Context<'_>, row: &Row, pen: &mut Pen<'_>) {
    let Some(message) = row.message() else { return };
    let envelope = row.interval.envelope(message);
    pen.column(&message.sequence.to_string(), 12, Align::Left, cx.theme.accent).skip(1);
    pen.put(&cx.time(message.at, Precision::Seconds), cx.theme.soft).skip(1);
    pen.column(&text::row(envelope.name, 20), 20, Align::Left, cx.theme.text).skip(1);
    pen.put(verdict::glyph(message.verdict), verdict::style(cx, message.verdict)).skip(1);
    let room = pen.room();
    pen.put(&text::row(envelope.data, room), cx.theme.soft);
}
