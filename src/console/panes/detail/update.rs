//! Parses the selected or pinned row, and splits it into lines.

use crate::console::app::scrollback::Row;
use crate::console::app::state::{Notice, State};
use crate::console::app::update::SECOND;
use crate::console::layout::Layout;
use crate::console::panes::Pane;
use crate::console::panes::detail::raw::Raw;
use crate::console::panes::detail::state::{CHECKED_BYTES, Detail, DetailView, Find, Stage};
use crate::console::panes::detail::summary;
use crate::console::panes::detail::tree::{Tree, Value};
use crate::console::panes::detail::{difference, find, fold, lines, tree};
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape_capped;
use crate::wire::signature::Keyring;
use crate::wire::verdict::{Rejection, Verdict};

/// The maximum length of a key's name, in characters.
const MAX_KEY: usize = 60;

/// Parses the row if it is not the same as before, and updates the lines if anything changed.
pub(crate) fn fill(state: &mut State) {
    let selected = state.selected_row_id();
    if state.detail.pinned.is_none() && state.detail.row_id != selected {
        state.detail.row_id = selected;
        let Detail { open, view, folding, wrap, row_id, .. } = state.detail;
        let find = Find { hits: Vec::new(), at: 0, ..std::mem::take(&mut state.detail.find) };
        state.detail =
            Detail { open, view, folding, wrap, row_id, find, ..detail_lines(state, state.replay.is_some()) };
    }
    look(state);
    lay_out(state);
}

/// Parses the row. `is_recorded`: its verdict is a recorder's.
fn detail_lines(state: &State, is_recorded: bool) -> Detail {
    let Some(row) = state.detail_row() else { return Detail::default() };
    let Some(message) = row.message() else { return Detail::default() };
    let envelope = row.interval.envelope(message);
    let too_long_to_check = row.interval.payload(message).len() > CHECKED_BYTES;
    let keyring = &state.setup.keyring;
    let at = message.at.div_euclid(SECOND);
    let is_checked = is_recorded && !too_long_to_check;
    let not_repeated = is_checked.then(|| why_not_repeated(keyring, &envelope, message.verdict, at)).flatten();
    let checks = if too_long_to_check || not_repeated.is_some() { Vec::new() } else { keyring.explain(&envelope, at) };
    let is_json = message.verdict != Verdict::Rejected(Rejection::InvalidJson);
    let tree = if is_json { tree::tree(envelope.data) } else { Tree::default() };
    Detail { checks, too_long_to_check, is_recorded, not_repeated, tree, ..Detail::default() }
}

/// Why the checks of this console do not give the recorded verdict, e.g. because it does not have the recorder's keys. `None` if
/// they do.
fn why_not_repeated(keyring: &Keyring, envelope: &Envelope<'_>, recorded: Verdict, at: i64) -> Option<String> {
    let checked = keyring.verify(envelope, at);
    if checked.verdict == recorded {
        return None;
    }
    Some(match (recorded, checked.verdict) {
        (_, Verdict::Rejected(Rejection::UnknownKey)) => {
            let key = escape_capped(checked.key_name.unwrap_or_default(), MAX_KEY);
            format!("the checks cannot be repeated: key {key} is not set")
        }
        (Verdict::Rejected(Rejection::Unsigned), _) => {
            String::from("the checks cannot be repeated: no signing key is set")
        }
        (_, verdict) => format!("the keys and settings here give another verdict: {verdict}"),
    })
}

/// Creates the data that only the shown view needs.
fn look(state: &mut State) {
    let Some(row) = state.detail_row() else { return };
    let Some(message) = row.message() else { return };
    match state.detail.shown_view() {
        DetailView::Raw if state.detail.raw.is_none() => {
            state.detail.raw = Some(Raw::of(row.interval.payload(message), message.timestamp));
        }
        DetailView::Diff if state.detail.difference.is_none() => {
            state.detail.difference = difference::to_the_one_before(state);
        }
        _ => {}
    }
}

/// Updates the lines for the current width. Does nothing if Detail is not shown. The cursor stays on the same value.
fn lay_out(state: &mut State) {
    let under = state.detail.part().map(|part| (part.item, part.from));
    lay_out_at(state, under);
}

/// Makes the lines again, with the cursor on the line that shows this byte of an item, or on the nearest line before.
pub(crate) fn place(state: &mut State, item: usize, from: usize) {
    state.detail.stage = Stage::Changed;
    lay_out_at(state, Some((item, from)));
}

fn lay_out_at(state: &mut State, at: Option<(usize, usize)>) {
    let Some(area) = Layout::for_state(state).inner(Pane::Detail) else { return };
    let extent = summary::extent(state, area);
    let width = usize::from(area.width).saturating_sub(2);
    let view = state.detail.shown_view();
    let fresh = state.detail.stage == Stage::Fresh;
    if state.detail.stage != Stage::Settled || (state.detail.lines.width, state.detail.lines.view) != (width, view) {
        let parts = lines::parts(state, width);
        let lines = &mut state.detail.lines;
        (lines.parts, lines.width, lines.view) = (parts, width, view);
        state.detail.stage = Stage::Settled;
        find::look(state);
    }
    let detail = &mut state.detail;
    let lines = &mut detail.lines;
    (lines.heading, lines.before, lines.after) = (extent.heading, extent.before, extent.after);
    if fresh {
        let height = usize::from(area.height).saturating_sub(lines.heading);
        // The first line of the payload, or the last visible line if the payload is further down: the checks stay visible.
        detail.position.cursor = if lines.parts.is_empty() { 0 } else { lines.before.min(height.saturating_sub(1)) };
        detail.position.top = 0;
    } else if let Some(at) = at.filter(|_| !lines.parts.is_empty()) {
        let upto = lines.parts.partition_point(|part| (part.item, part.from) <= at);
        detail.position.cursor = lines.before + upto.saturating_sub(1);
    }
}

/// Shows this view of the payload.
pub(crate) fn show(state: &mut State, view: DetailView) {
    if state.detail.view != view {
        state.detail.view = view;
        state.detail.stage = Stage::Fresh;
    }
}

/// Wraps strings that are longer than a line, or cuts them. The other views always wrap.
pub(crate) fn toggle_wrap(state: &mut State) {
    if state.detail.shown_view() != DetailView::Json {
        state.notice = Some(Notice::done("raw, hex and diff are always wrapped"));
        return;
    }
    let Detail { tree, toggled, .. } = &mut state.detail;
    toggled.retain(|node| !matches!(tree.nodes.get(*node).map(|node| &node.value), Some(Value::Text(..))));
    state.detail.wrap = !state.detail.wrap;
    state.detail.stage = Stage::Changed;
}

/// Pins the shown row, or unpins it, so that Detail shows the selected row again.
pub(crate) fn toggle_pin(state: &mut State) {
    if state.detail.pinned.take().is_some() {
        state.notice = Some(Notice::done("Detail follows the selection again"));
        return;
    }
    state.detail.pinned = state.detail_row().cloned();
    if state.detail.pinned.is_none() {
        state.notice = Some(Notice::error("no row is selected"));
    }
}

/// Shows and pins a row of a recording, which need not be in Messages.
pub(crate) fn pin(state: &mut State, row: Row) {
    let find = Find { hits: Vec::new(), at: 0, ..std::mem::take(&mut state.detail.find) };
    let Detail { open, view, folding, wrap, .. } = state.detail;
    state.detail.pinned = Some(row.clone());
    // Without a row ID, so that the selected row is parsed again when this one is unpinned.
    state.detail = Detail { open, view, folding, wrap, find, pinned: Some(row), ..detail_lines(state, true) };
}

/// Handles a click in the pane.
pub(crate) fn click(state: &mut State, line: usize, column: usize, height: usize) {
    let heading = state.detail.lines.heading;
    let Some(index) = line.checked_sub(heading).and_then(|line| state.detail.window(height).nth(line)) else {
        return;
    };
    state.detail.position.cursor = index;
    let Some(node) = state.detail.node() else { return };
    let mark = state.detail.tree.indent(node, state.detail.lines.width);
    if (mark..mark + 2).contains(&column) {
        fold::toggle(state);
    }
}
