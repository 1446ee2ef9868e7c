//! The search in Detail. It also finds text in folded values.

use crate::console::app::footer;
use crate::console::app::state::{Notice, State};
use crate::console::panes::detail;
use crate::console::panes::detail::state::{DetailView, Find, Hit, LAID_OUT_BYTES, MAX_HITS};
use crate::console::panes::detail::tree::Value;
use crate::console::ui::line_edit::LineEdit;

/// Asks for the text of a new search.
pub(crate) fn ask(state: &mut State) {
    state.detail.find = Find { typing: true, ..Find::default() };
}

/// Starts the search for the typed text.
pub(crate) fn accept(state: &mut State) {
    let find = &mut state.detail.find;
    find.typing = false;
    if !find.line.text().is_empty() && find.hits.is_empty() {
        state.notice = Some(Notice::error("not found in this view"));
    }
}

/// Ends the search. Returns false if there was none.
pub(crate) fn clear(state: &mut State) -> bool {
    let before = std::mem::take(&mut state.detail.find);
    before.typing || !before.line.text().is_empty()
}

/// Changes the text, or moves its cursor.
pub(crate) fn edit(state: &mut State, change: impl FnOnce(&mut LineEdit)) {
    change(&mut state.detail.find.line);
    search(state);
}

/// Goes to the next or previous hit. Wraps around at the ends.
pub(crate) fn step(state: &mut State, forward: bool) {
    let Find { hits, at, line, .. } = &mut state.detail.find;
    if hits.is_empty() {
        let notice =
            if line.text().is_empty() { footer::no_search(state) } else { Notice::done("not found in this view") };
        state.notice = Some(notice);
        return;
    }
    *at = if forward { (*at + 1) % hits.len() } else { (*at + hits.len() - 1) % hits.len() };
    go(state);
}

/// Finds the hits, and goes to the first one at or after the cursor.
fn search(state: &mut State) {
    look(state);
    let here = state.detail.part().map_or((0, 0), |part| (part.item, part.from));
    let find = &mut state.detail.find;
    find.at = find.hits.iter().position(|hit| (hit.item, hit.from) >= here).unwrap_or(0);
    go(state);
}

/// Moves the cursor to the hit and unfolds the values around it.
fn go(state: &mut State) {
    let detail = &mut state.detail;
    let Some(hit) = detail.find.hits.get(detail.find.at).copied() else { return };
    if detail.shown_view() == DetailView::Json {
        let around: Vec<usize> = detail.tree.ancestors(hit.item).collect();
        for node in around {
            detail.set_folded(node, false);
        }
        if matches!(detail.tree.nodes.get(hit.item).map(|node| &node.value), Some(Value::Text(..))) {
            detail.set_folded(hit.item, false);
        }
    }
    detail::update::place(state, hit.item, hit.from);
}

/// Finds the hits in the view that is shown.
pub(crate) fn look(state: &mut State) {
    let mut find = std::mem::take(&mut state.detail.find);
    find.hits.clear();
    if !find.line.text().is_empty() {
        find.hits = hits(state, find.line.text());
        find.hits.truncate(detail::state::MAX_HITS);
    }
    find.at = find.at.min(find.hits.len().saturating_sub(1));
    state.detail.find = find;
}

fn hits(state: &State, needle: &str) -> Vec<Hit> {
    let detail = &state.detail;
    let width = detail.lines.width;
    let needle = Needle::of(needle);
    let mut hits = Vec::new();
    match detail.shown_view() {
        DetailView::Json => {
            for item in 0..detail.tree.nodes.len() {
                let pieces = detail.tree.pieces(item, false, width);
                let frame = pieces.first().map_or(0, |(_, frame)| frame.len());
                let text: String = pieces.into_iter().skip(1).map(|(_, text)| text).collect();
                needle.find(text.as_bytes(), item, frame, &mut hits);
            }
        }
        DetailView::Raw => {
            let text = detail.raw.as_ref().map_or("", |raw| &raw.text);
            needle.find(text.as_bytes(), 0, 0, &mut hits);
        }
        DetailView::Hex => {
            let row = state.detail_row().and_then(|row| Some((row, row.message()?)));
            let payload = row.map_or(&[][..], |(row, message)| row.interval.payload(message));
            needle.find(&payload[..payload.len().min(LAID_OUT_BYTES)], 0, 0, &mut hits);
        }
        DetailView::Diff => {
            let changes = detail.difference.as_ref().map_or(&[][..], |difference| difference.changes());
            for (item, change) in changes.iter().enumerate() {
                needle.find(change.text().as_bytes(), item, 0, &mut hits);
            }
        }
    }
    hits
}

/// The text to find. The search ignores case unless the text has a capital letter.
struct Needle {
    bytes: Vec<u8>,
    exact: bool,
}

impl Needle {
    fn of(text: &str) -> Self {
        let exact = text.bytes().any(|byte| byte.is_ascii_uppercase());
        Self { bytes: text.as_bytes().to_vec(), exact }
    }

    fn find(&self, text: &[u8], item: usize, start: usize, hits: &mut Vec<Hit>) {
        let lowered = if self.exact { Vec::new() } else { text.to_ascii_lowercase() };
        let text = if self.exact { text } else { &lowered };
        let room = MAX_HITS.saturating_sub(hits.len());
        let found = memchr::memmem::find_iter(text, &self.bytes).take(room);
        hits.extend(found.map(|at| Hit { item, from: start + at, to: start + at + self.bytes.len() }));
    }
}
