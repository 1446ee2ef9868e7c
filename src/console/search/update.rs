//! Searches the rows and moves among the hits.

use crate::console::app::background::{NextRow, ROW, SLICE};
use crate::console::app::scrollback::Messages;
use crate::console::app::state::{Notice, State};
use crate::console::app::{focus, footer, navigation};
use crate::console::filter;
use crate::console::panes::Pane;
use crate::console::popups::Popup;
use crate::console::search::needle::Needle;
use crate::console::search::state::{Place, Search, SearchPrompt};
use crate::console::ui::text;
use crate::ledger::interval::Entry;

/// Opens the prompt.
pub(crate) fn open(state: &mut State) {
    let messages = &state.messages;
    let place = Place { cursor: messages.cursor, top: messages.top, follow: messages.follow, chosen: messages.chosen };
    let is_regex = state.search.as_ref().is_some_and(|search| search.needle.is_regex());
    focus::show(state, Pane::Messages);
    state.popup = Some(Popup::Search(SearchPrompt { is_regex, place, ..SearchPrompt::default() }));
}

/// The text was edited.
pub(crate) fn edited(state: &mut State, changed: bool) {
    if changed {
        begin(state);
    }
}

/// Changes between regex and plain text.
pub(crate) fn toggle_regex(state: &mut State) {
    if let Some(Popup::Search(prompt)) = &mut state.popup {
        prompt.is_regex = !prompt.is_regex;
        begin(state);
    }
}

/// Starts the search for the typed text, from the position where the prompt was opened.
fn begin(state: &mut State) {
    let Some(Popup::Search(prompt)) = &mut state.popup else { return };
    prompt.error = None;
    let place = prompt.place;
    let needle = match Needle::new(prompt.line.text(), prompt.is_regex) {
        Ok(needle) => needle,
        Err(error) => {
            prompt.error = Some(error);
            return;
        }
    };
    go_back(state, place);
    state.search = None;
    if !needle.text().is_empty() {
        state.search = Some(Search::new(needle, from(state)));
        scan(state);
    }
}

fn go_back(state: &mut State, place: Place) {
    match place.cursor.filter(|row_id| state.messages.is_listed(*row_id)) {
        Some(row_id) if !place.follow => {
            state.messages.follow = false;
            state.messages.cursor = Some(state.messages.copies.row_of(row_id));
            (state.messages.top, state.messages.chosen) = (place.top, place.chosen);
        }
        _ => state.messages.follow_newest(),
    }
}

/// Where a search starts: at the cursor. While a filter examines the rows, it starts among those that were examined: it also
/// ends there, and continues when there are more.
fn from(state: &State) -> u64 {
    let next = state.messages.next_row_id();
    let from = state.messages.cursor.filter(|_| !state.messages.follow).unwrap_or(next);
    if !filter::update::is_scanning(state) {
        return from;
    }
    let examined = state.filtering.scan_range.seen();
    from.clamp(examined.start, examined.end)
}

/// Closes the prompt; the hits stay.
pub(crate) fn keep(state: &mut State) {
    state.popup = None;
}

/// Ends the search. If the prompt is open, the scroll position from before is restored.
pub(crate) fn end(state: &mut State) {
    if let Some(Popup::Search(prompt)) = &state.popup {
        let place = prompt.place;
        state.popup = None;
        go_back(state, place);
    }
    state.search = None;
}

/// Searches again because other rows are visible now. The selection stays.
pub(crate) fn restart(state: &mut State) {
    let from = from(state);
    if let Some(search) = state.search.take() {
        state.search = Some(Search { seeking: false, ..Search::new(search.needle, from) });
    }
}

/// Selects the next or previous hit.
pub(crate) fn step(state: &mut State, forward: bool) {
    let Some(search) = &mut state.search else {
        state.notice = Some(footer::no_search(state));
        return;
    };
    let place = state.messages.cursor.unwrap_or_default();
    match next_row(search, &state.messages, place, forward) {
        Some(row_id) => {
            search.seeking = false;
            focus::show(state, Pane::Messages);
            navigation::select(state, row_id);
        }
        None if has_work(state) => state.notice = Some(Notice::done("nothing found yet; still searching")),
        None => state.notice = Some(Notice::error("nothing found")),
    }
}

/// The next row with a hit. A copy that shares the row of another one is passed over, because it has the same hits.
fn next_row(search: &Search, messages: &Messages, from: u64, forward: bool) -> Option<u64> {
    let mut row_id = search.next(from, forward)?;
    for _ in 0..search.hits.len() {
        if messages.is_shown(row_id) {
            return Some(row_id);
        }
        row_id = search.next(row_id, forward)?;
    }
    Some(messages.copies.row_of(row_id))
}

/// Whether there are rows to examine.
pub(crate) fn has_work(state: &State) -> bool {
    let rows = rows(state);
    state.search.as_ref().is_some_and(|search| search.partial.is_some() || search.scan_range.ahead(&rows).is_some())
}

/// The rows that can be examined: those that the filter has examined.
fn rows(state: &State) -> std::ops::Range<u64> {
    let all = state.messages.row_ids();
    if state.filtering.filter.is_none() {
        return all;
    }
    let seen = state.filtering.scan_range.seen();
    all.start.max(seen.start)..all.end.min(seen.end)
}

/// Examines some rows.
pub(crate) fn scan(state: &mut State) {
    let rows = rows(state);
    let Some(search) = &mut state.search else { return };
    let mut left = SLICE;
    let mut found = None;
    while left > 0 {
        let Some((ahead, offset)) = search.partial.take().or_else(|| Some((search.scan_range.ahead(&rows)?, 0))) else {
            break;
        };
        let looked = look(&state.messages, &search.needle, ahead.row_id(), offset);
        left = left.saturating_sub(looked.cost);
        if !looked.hit
            && let Some(offset) = looked.rest
        {
            search.partial = Some((ahead, offset));
            continue;
        }
        search.scan_range.passed(ahead);
        if looked.hit {
            match ahead {
                NextRow::Later(row_id) => search.hits.push_back(row_id),
                NextRow::Earlier(row_id) => search.hits.push_front(row_id),
            }
            if search.seeking {
                search.seeking = false;
                found = Some(ahead.row_id());
            }
        }
    }
    if let Some(row_id) = found {
        navigation::select(state, state.messages.copies.row_of(row_id));
    }
}

/// Removes trimmed rows from the hits.
pub(crate) fn forget(state: &mut State) {
    let first = state.messages.first_row_id;
    if let Some(search) = &mut state.search {
        while search.hits.front().is_some_and(|row_id| *row_id < first) {
            search.hits.pop_front();
        }
    }
}

/// The maximum size of the part of a payload that is examined at once, in bytes.
const PIECE: usize = 64 << 10;

/// Pieces overlap by this many bytes, so that a match across the boundary is found, unless it is a longer match of a
/// regex.
const OVERLAP: usize = 8 << 10;

/// The result of examining a row.
pub(crate) struct Looked {
    pub(crate) hit: bool,
    /// The offset of the rest of the payload, if any.
    pub(crate) rest: Option<usize>,
    /// In bytes.
    pub(crate) cost: usize,
}

/// Examines a row, its payload from this offset on. Hidden rows have no hit.
pub(crate) fn look(messages: &Messages, needle: &Needle, row_id: u64, offset: usize) -> Looked {
    let Some(row) = messages.row(row_id).filter(|_| messages.is_listed(row_id)) else {
        return Looked { hit: false, rest: None, cost: ROW };
    };
    let (hit, rest, cost) = match row.entry() {
        Entry::Message(message) => {
            let payload = row.interval.payload(message);
            let end = boundary(payload, offset.saturating_add(PIECE));
            let start = boundary(payload, offset.saturating_sub(OVERLAP));
            let hit = (offset == 0 && needle.is_in(row.interval.channel(message).as_bytes()))
                || needle.is_in(&payload[start..end]);
            (hit, Some(end).filter(|end| *end < payload.len()), end - start)
        }
        Entry::Finding(finding) => {
            let words = [finding.line(), finding.kind.name().to_owned()];
            let channel = finding.channel.as_bytes();
            (words.iter().any(|words| needle.is_in(words.as_bytes())) || needle.is_in(channel), None, 256)
        }
        Entry::Dropped(dropped) => {
            let channel = dropped.channel.as_ref().is_some_and(|channel| needle.is_in(channel.as_bytes()));
            (channel || needle.is_in(dropped.line().as_bytes()), None, 64)
        }
        Entry::Link(link) => {
            let words = text::link_words(link.state);
            let reason = link.reason.as_deref().unwrap_or_default();
            let channel = link.channel.as_ref().is_some_and(|channel| needle.is_in(channel.as_bytes()));
            (channel || needle.is_in(words.as_bytes()) || needle.is_in(reason.as_bytes()), None, reason.len())
        }
        Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => (false, None, 0),
    };
    Looked { hit, rest, cost: cost + ROW }
}

/// The offset, or the start of the character that contains it.
fn boundary(bytes: &[u8], offset: usize) -> usize {
    let offset = offset.min(bytes.len());
    let continues = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (offset.saturating_sub(3)..=offset).rev().find(|at| !continues(at)).unwrap_or(offset)
}
