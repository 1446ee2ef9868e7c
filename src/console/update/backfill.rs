//! A gap is looked for in another recording.

use crossterm::event::KeyEvent;

use super::line::input;
use super::{detail, focus};
use crate::console::action::Effect;
use crate::console::state::backfill::{BackfillList, BackfillPrompt, BackfillResult, GapQuery};
use crate::console::state::line_edit::LineEdit;
use crate::console::state::{Notice, Pane, Popup, State};
use crate::ledger::sequence::{Channel, Sequence};

/// So many gaps keep what was found of them.
const KEPT: usize = 16;
/// How far from the gap messages are looked for that the other recording may have too, in numbers.
const BESIDE: u64 = 50;
/// How many of them are compared, on each side.
const COMPARED: usize = 8;
/// Longer payloads are not compared.
const COMPARED_BYTES: usize = 64 << 10;
/// So many rows are looked through for them, on each side.
const ROWS: usize = 20_000;

/// Asks for the file; where something was found already, that is shown.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let shown = match &state.popup {
        Some(Popup::BackfillResult(list)) => Some(list.row_id),
        _ => None,
    };
    let entry = match shown {
        Some(row_id) => state.findings.list.iter().find(|entry| entry.row_id == row_id),
        None => state.findings.selected(),
    };
    let Some(entry) = entry else {
        state.notice = Some(Notice::error("no finding is selected"));
        return Vec::new();
    };
    let (Some(from), Some(to), true) = (entry.finding.from, entry.finding.to, entry.finding.kind.is_gap()) else {
        state.notice = Some(Notice::error("only a gap with numbers can be looked for in another recording"));
        return Vec::new();
    };
    let row_id = entry.row_id;
    if shown.is_none() && state.findings.filled.contains_key(&row_id) {
        state.popup = Some(Popup::BackfillResult(BackfillList { row_id, cursor: 0, top: 0 }));
        return Vec::new();
    }
    let channel = entry.finding.channel.clone();
    let at = entry.finding.at;
    let beside = beside(state, row_id, &channel, (from, to));
    let wanted = Box::new(GapQuery { row_id, channel, range: (from, to), at, beside });
    state.popup = Some(Popup::FillFrom(BackfillPrompt {
        wanted,
        line: LineEdit::default(),
        offered: None,
        next: 0,
        is_typed: false,
    }));
    let known = state.recorded_to.iter().map(Into::into).chain(state.replay.iter().map(|replay| replay.file.clone()));
    vec![Effect::FindRecordings(known.collect())]
}

/// Messages of the channel whose numbers are next to the gap.
fn beside(state: &State, row_id: u64, channel: &Channel, (from, to): (u64, u64)) -> Vec<(u64, Vec<u8>)> {
    let messages = &state.messages;
    let at =
        usize::try_from(row_id.saturating_sub(messages.first_serial)).unwrap_or(usize::MAX).min(messages.rows.len());
    let near = from.saturating_sub(BESIDE)..=to.saturating_add(BESIDE);
    let numbered = |row: &crate::console::state::messages::Row| {
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

/// Recordings that are there.
pub(super) fn offered(state: &mut State, found: Vec<String>) {
    let Some(Popup::FillFrom(prompt)) = &mut state.popup else { return };
    prompt.offered = Some(found);
    if !prompt.is_typed {
        offer(prompt);
    }
}

/// Puts the next recording that is there into the line.
pub(super) fn complete(state: &mut State) {
    if let Some(Popup::FillFrom(prompt)) = &mut state.popup {
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

/// Looks in the file that was typed.
pub(super) fn look(state: &mut State) -> Vec<Effect> {
    let Some(Popup::FillFrom(prompt)) = &state.popup else { return Vec::new() };
    let path = prompt.line.text().to_owned();
    if path.trim().is_empty() {
        state.notice = Some(Notice::error("type the name of a recording; Tab offers those that are here"));
        return Vec::new();
    }
    let wanted = prompt.wanted.clone();
    state.popup = None;
    state.notice = Some(Notice::done("looking…"));
    vec![Effect::LookIn { path, wanted }]
}

/// A key that is typed.
pub(super) fn typed(state: &mut State, key: KeyEvent) {
    if let Some(Popup::FillFrom(prompt)) = &mut state.popup {
        input(&mut prompt.line, key);
        prompt.is_typed = true;
    }
}

/// Text that is pasted.
pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(Popup::FillFrom(prompt)) = &mut state.popup {
        prompt.line.insert(text);
        prompt.is_typed = true;
    }
}

/// What was found; the gap may be gone meanwhile, as where a replay went somewhere else.
pub(super) fn found(state: &mut State, wanted: &GapQuery, result: Result<Box<BackfillResult>, String>) {
    let is_there = state.findings.list.iter().any(|entry| {
        let finding = &entry.finding;
        entry.row_id == wanted.row_id
            && finding.channel == wanted.channel
            && (finding.from, finding.to) == (Some(wanted.range.0), Some(wanted.range.1))
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
    state.findings.filled.insert(row_id, *filled);
    while state.findings.filled.len() > KEPT {
        let other = state.findings.filled.keys().copied().find(|other| *other != row_id);
        other.map(|other| state.findings.filled.remove(&other));
    }
    if state.popup.is_none() && !is_empty && state.focus == Pane::Findings {
        state.popup = Some(Popup::BackfillResult(BackfillList { row_id, cursor: 0, top: 0 }));
    }
}

/// Shows the message under the cursor in Detail, where it stays.
pub(super) fn open(state: &mut State) {
    let Some(row) = state.row_at_hand().cloned() else { return };
    state.popup = None;
    detail::pin(state, row);
    focus::show(state, Pane::Detail);
    state.notice = Some(Notice::done("pinned, from the other recording: p follows the selection again"));
}
