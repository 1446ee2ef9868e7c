//! The selected row is taken apart.

use super::clock::SECOND;
use super::json_lines;
use crate::console::layout::Layout;
use crate::console::state::detail::{CHECKED_BYTES, Detail, DetailView, LAID_OUT_BYTES};
use crate::console::state::{Pane, State};
use crate::wire::escape::escape;
use crate::wire::verdict::{Refusal, Verdict};

/// Lines of Detail beside the checks and the payload: what the row is, and when it came.
const HEADING_LINES: usize = 10;

/// Lines of Detail for a finding or a change of the link.
const OTHER_LINES: usize = 40;

/// Takes the selected row apart, if it is another one than before.
pub(super) fn fill(state: &mut State) {
    if state.detail.serial != state.messages.cursor {
        let Detail { open, view, .. } = state.detail;
        state.detail = Detail { open, view, serial: state.messages.cursor, ..taken_apart(state) };
    }
    state.detail.lines = lines(state);
}

fn taken_apart(state: &State) -> Detail {
    let Some((row, message)) = state.selected_message() else { return Detail::default() };
    let envelope = row.interval.envelope(message);
    let payload = row.interval.payload(message);
    let too_long_to_check = payload.len() > CHECKED_BYTES;
    let checks = if too_long_to_check {
        Vec::new()
    } else {
        state.setup.keyring.explain(&envelope, message.at.div_euclid(SECOND))
    };
    let is_json = message.verdict != Verdict::Refused(Refusal::InvalidJson);
    let (json, json_cut) = if is_json { json_lines::lines(envelope.data) } else { (Vec::new(), false) };
    let looked_at = &payload[..payload.len().min(LAID_OUT_BYTES)];
    Detail { checks, too_long_to_check, json, json_cut, raw_length: escape(looked_at).len(), ..Detail::default() }
}

fn lines(state: &State) -> usize {
    let Some((row, message)) = state.selected_message() else { return OTHER_LINES };
    let width = Layout::for_state(state).inner(Pane::Detail).map_or(80, |area| usize::from(area.width).max(1));
    let bytes = row.interval.payload(message).len().min(LAID_OUT_BYTES);
    let payload = match state.detail.view {
        DetailView::Json if !state.detail.json.is_empty() => state.detail.json.len(),
        DetailView::Json | DetailView::Raw => state.detail.raw_length.div_ceil(width),
        DetailView::Hex => bytes.div_ceil(DetailView::hex_bytes(width)),
    };
    HEADING_LINES + state.detail.checks.len() + payload
}
