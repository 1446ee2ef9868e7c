//! Draws text with the hits of the search highlighted.

use ratatui::style::{Modifier, Style};

use crate::console::app::context::Context;
use crate::console::panes::detail::state::Hit;
use crate::console::ui::pen::Pen;
use crate::console::ui::theme::badge;

/// Writes a part of an item's text, with the hits highlighted. `at` is the byte offset of `text` in the item's text.
pub(crate) fn put(cx: &Context<'_>, pen: &mut Pen<'_>, item: usize, at: usize, text: &str, style: Style) {
    let mut start = 0;
    for (index, hit) in hits(cx, item, at) {
        let from = hit.from.saturating_sub(at);
        if from >= text.len() {
            break;
        }
        let from = from.max(start);
        let to = (hit.to - at).min(text.len());
        let (Some(before), Some(found)) = (text.get(start..from), text.get(from..to)) else { break };
        pen.put(before, style).put(found, mark(cx, index, style));
        start = to;
    }
    pen.put(text.get(start..).unwrap_or_default(), style);
}

/// The style of the byte at offset `at` of an item's text.
pub(crate) fn style(cx: &Context<'_>, item: usize, at: usize, style: Style) -> Style {
    match hits(cx, item, at).next() {
        Some((index, hit)) if hit.from <= at => mark(cx, index, style),
        _ => style,
    }
}

/// The hits in this item that end after offset `at`, with their indices.
fn hits<'a>(cx: &Context<'a>, item: usize, at: usize) -> impl Iterator<Item = (usize, &'a Hit)> {
    let hits = &cx.state.detail.find.hits;
    let first = hits.partition_point(|hit| (hit.item, hit.to) <= (item, at));
    (first..).zip(&hits[first..]).take_while(move |(_, hit)| hit.item == item)
}

/// The style of a hit. The current hit differs from the others.
fn mark(cx: &Context<'_>, index: usize, style: Style) -> Style {
    if index == cx.state.detail.find.at { badge(cx.theme.warn) } else { style.add_modifier(Modifier::REVERSED) }
}
