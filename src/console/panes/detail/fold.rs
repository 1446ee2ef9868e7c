//! Folds and unfolds values.

use crate::console::app::state::State;
use crate::console::panes::detail;
use crate::console::panes::detail::state::{Folding, Stage};
use crate::console::panes::detail::tree::Value;

/// Folds or unfolds the value under the cursor.
pub(crate) fn toggle(state: &mut State) {
    let Some(node) = target(state) else { return };
    let folded = !state.detail.is_folded(node);
    set(state, node, folded);
}

/// Folds the value under the cursor, or goes to the enclosing value if it is folded.
pub(crate) fn fold(state: &mut State) {
    if let Some(node) = target(state).filter(|node| !state.detail.is_folded(*node)) {
        set(state, node, true);
        return;
    }
    let Some(node) = state.detail.node() else { return };
    let parent = state.detail.tree.ancestors(node).next();
    if let Some(parent) = parent {
        detail::update::place(state, parent, 0);
    }
}

/// Unfolds the value under the cursor, or goes down a line if it is unfolded.
pub(crate) fn unfold(state: &mut State) {
    match target(state).filter(|node| state.detail.is_folded(*node)) {
        Some(node) => set(state, node, false),
        None if state.detail.node().is_some() => {
            let last = state.detail.lines.total().saturating_sub(1);
            state.detail.position.cursor = (state.detail.position.cursor + 1).min(last);
        }
        None => {}
    }
}

/// Folds or unfolds all values. The cursor stays on its value, or goes to the value around it.
pub(crate) fn all(state: &mut State, folding: Folding) {
    let node = state.detail.node();
    state.detail.folding = folding;
    state.detail.wrap = folding == Folding::Nothing;
    state.detail.toggled.clear();
    state.detail.stage = Stage::Changed;
    if let Some(node) = node {
        let outermost = state.detail.tree.ancestors(node).filter(|node| state.detail.is_folded(*node)).last();
        detail::update::place(state, outermost.unwrap_or(node), 0);
    }
}

/// The line of the value under the cursor, if it can be folded. At a closing bracket, the line of the opening bracket.
fn target(state: &State) -> Option<usize> {
    let detail = &state.detail;
    let node = detail.node()?;
    match detail.tree.nodes.get(node)?.value {
        Value::Open { .. } => Some(node),
        Value::Close(_) => Some(detail.opener(node)),
        Value::Text(..) => {
            let mut parts = detail.lines.parts.iter().filter(|part| part.item == node);
            let first = parts.next()?;
            (first.cut || parts.next().is_some()).then_some(node)
        }
        _ => None,
    }
}

fn set(state: &mut State, node: usize, folded: bool) {
    state.detail.set_folded(node, folded);
    detail::update::place(state, node, 0);
}
