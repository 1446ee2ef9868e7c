//! Splits the payload into lines that fit the width of the pane.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::console::app::state::State;
use crate::console::panes::detail::state::{Detail, DetailView, LAID_OUT_BYTES, Part};
use crate::console::panes::detail::tree::{Value, rest};
use crate::console::ui::text::{cells, chop, head};

/// The lines of the view that is shown.
pub(crate) fn parts(state: &State, width: usize) -> Vec<Part> {
    let detail = &state.detail;
    let Some((row, message)) = state.detail_row().and_then(|row| Some((row, row.message()?))) else {
        return Vec::new();
    };
    let width = width.max(1);
    match detail.shown_view() {
        DetailView::Json => tree(detail, width),
        DetailView::Raw => {
            let text = detail.raw.as_ref().map_or("", |raw| &raw.text);
            pieces(0, 0, &chop(text, width))
        }
        DetailView::Hex => {
            let length = row.interval.payload(message).len().min(LAID_OUT_BYTES);
            let step = DetailView::hex_bytes(width);
            let part = |from: usize| Part { item: 0, from, to: (from + step).min(length), cut: false };
            (0..length).step_by(step).map(part).collect()
        }
        DetailView::Diff => {
            let changes = detail.difference.as_ref().map_or(&[][..], |difference| difference.changes());
            let lines = changes.iter().enumerate().flat_map(|(item, change)| wrapped(item, &change.text(), width, 2));
            lines.collect()
        }
    }
}

/// The lines of the tree without folded values. A string that is longer than a line is cut if it is folded, and wrapped
/// otherwise.
fn tree(detail: &Detail, width: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(node) = detail.tree.nodes.get(at) {
        let folded = detail.is_folded(at);
        let text = detail.tree.text(at, folded, width);
        let whole = Part { item: at, from: 0, to: text.len(), cut: false };
        match node.value {
            _ if cells(&text) <= width => parts.push(whole),
            Value::Text(_, bytes) if folded => {
                let room = width.saturating_sub(cells(&rest(bytes)));
                parts.push(Part { to: beginning(&text, room), cut: true, ..whole });
            }
            _ => parts.extend(wrapped(at, &text, width, detail.tree.hang(at, width))),
        }
        at = match node.value {
            Value::Open { end, .. } if folded => end + 1,
            _ => at + 1,
        };
    }
    parts
}

fn beginning(text: &str, room: usize) -> usize {
    let (shown, whole) = head(text, room.saturating_add(1));
    if whole { text.len() } else { shown.len() }
}

/// Wraps a text. The first line has `width` cells, the others `hang` cells fewer. A line ends after a space if one is near.
fn wrapped(item: usize, text: &str, width: usize, hang: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = 0;
    while from < text.len() || parts.is_empty() {
        let room = if from == 0 { width } else { width.saturating_sub(hang) };
        let to = from + line_length(&text[from..], room.max(1));
        parts.push(Part { item, from, to, cut: false });
        from = to;
    }
    parts
}

/// The number of bytes of the text that fit on a line of this width. At least one character.
fn line_length(text: &str, width: usize) -> usize {
    let fits = beginning(text, width);
    if fits == text.len() {
        return fits;
    }
    if fits == 0 {
        return text.graphemes(true).next().map_or(0, str::len);
    }
    text[..fits].rfind(' ').map(|space| space + 1).filter(|space| *space > fits / 2).unwrap_or(fits)
}

fn pieces(item: usize, start: usize, lines: &[&str]) -> Vec<Part> {
    let mut from = start;
    let part = |line: &&str| {
        let part = Part { item, from, to: from + line.len(), cut: false };
        from = part.to;
        part
    };
    lines.iter().map(part).collect()
}
