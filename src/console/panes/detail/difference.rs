//! Compares the data with that of the previous message of the same name on the same channel.

use std::collections::{HashMap, HashSet};

use crate::console::app::scrollback::Row;
use crate::console::app::state::State;
use crate::console::panes::detail::state::{Change, Difference, Outcome};
use crate::console::panes::detail::tree;
use crate::console::panes::detail::tree::{NodeKind, Step, Tree, Value};
use crate::ledger::interval::Message;
use crate::wire::verdict::{Rejection, Verdict};

/// The maximum number of rows that are searched for the previous message. More would delay drawing.
const SEARCHED_ROWS: usize = 20_000;

/// The maximum number of characters of a value that are shown.
const SHOWN_CHARS: usize = 200;

/// The difference between the message in Detail and the previous one. `None` if Detail shows no message.
pub(crate) fn to_the_one_before(state: &State) -> Option<Difference> {
    let row = state.detail_row()?;
    let message = row.message()?;
    let (channel, name) = (row.interval.channel(message), row.interval.envelope(message).name);
    let row_id = state.detail.row_id?;
    let before = usize::try_from(row_id.saturating_sub(state.messages.first_row_id)).unwrap_or(usize::MAX);
    let before = before.min(state.messages.rows.len());
    let first = before.saturating_sub(SEARCHED_ROWS);
    let is_it = |row: &&Row| {
        row.message()
            .is_some_and(|other| row.interval.channel(other) == channel && row.interval.envelope(other).name == name)
    };
    let Some(at) = (first..before).rev().find(|at| state.messages.rows.get(*at).as_ref().is_some_and(is_it)) else {
        return Some(Difference::NoEarlier { searched: (first > 0).then_some(SEARCHED_ROWS) });
    };
    let (other_row, row_id) = (state.messages.rows.get(at)?, state.messages.first_row_id + at as u64);
    let other = other_row.message()?;
    let (Message { sequence, at, .. }, new) = (other.clone(), &state.detail.tree);
    let (old_data, new_data) = (other_row.interval.envelope(other).data, row.interval.envelope(message).data);
    let invalid = Verdict::Rejected(Rejection::InvalidJson);
    let outcome = if other.verdict == invalid || message.verdict == invalid {
        Outcome::NotJson { same: old_data == new_data }
    } else {
        let old = tree::tree(old_data);
        Outcome::Changes { list: changes(&old, new), cut: old.cut || new.cut }
    };
    Some(Difference::To { row_id, sequence, at, outcome })
}

/// The changes, in the order of the newer data. Removed values come after their neighbours. Arrays are compared index by index,
/// and numbers by their text.
pub(crate) fn changes(old: &Tree, new: &Tree) -> Vec<Change> {
    let mut changes = Vec::new();
    match (old.nodes.is_empty(), new.nodes.is_empty()) {
        (true, true) => return changes,
        (true, false) => changes.push(added(new, 0)),
        (false, true) => changes.push(removed(old, 0)),
        (false, false) => compare(old, new, (0, 0), &mut changes),
    }
    changes
}

/// Not recursive, so deeply nested data cannot overflow the stack.
fn compare(old: &Tree, new: &Tree, from: (usize, usize), changes: &mut Vec<Change>) {
    let mut open = vec![Task::Compare(from.0, from.1)];
    while let Some(task) = open.pop() {
        let (a, b) = match task {
            Task::Compare(a, b) => (a, b),
            Task::Added(b) => {
                changes.push(added(new, b));
                continue;
            }
            Task::Removed(a) => {
                changes.push(removed(old, a));
                continue;
            }
        };
        match (kind(old, a), kind(new, b)) {
            (Some(left), Some(right)) if left == right => {
                let mut tasks = Vec::new();
                let old_children = children(old, a);
                let by_step: HashMap<&Step, usize> = old_children.iter().copied().collect();
                let new_children = children(new, b);
                let kept: HashSet<&Step> = new_children.iter().map(|(step, _)| *step).collect();
                for (step, child) in &new_children {
                    tasks.push(by_step.get(step).map_or(Task::Added(*child), |before| Task::Compare(*before, *child)));
                }
                let gone = old_children.iter().filter(|(step, _)| !kept.contains(step));
                tasks.extend(gone.map(|(_, child)| Task::Removed(*child)));
                open.extend(tasks.into_iter().rev());
            }
            _ if same(old, a, new, b) => {}
            _ => changes.push(Change { old: Some(value(old, a)), ..added(new, b) }),
        }
    }
}

enum Task {
    Compare(usize, usize),
    Added(usize),
    Removed(usize),
}

fn kind(tree: &Tree, node: usize) -> Option<NodeKind> {
    match tree.nodes.get(node)?.value {
        Value::Open { kind, .. } | Value::Empty(kind) => Some(kind),
        _ => None,
    }
}

/// The values in an array or object. If a key is repeated, the last value counts, as in PHP.
fn children(tree: &Tree, node: usize) -> Vec<(&Step, usize)> {
    let Some(Value::Open { end, .. }) = tree.nodes.get(node).map(|node| &node.value) else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = node + 1;
    while let Some(child) = tree.nodes.get(at).filter(|_| at < *end) {
        found.extend(child.step.as_ref().map(|step| (step, at)));
        at = match child.value {
            Value::Open { end, .. } => end + 1,
            _ => at + 1,
        };
    }
    let last: HashMap<&Step, usize> = found.iter().copied().collect();
    found.retain(|(step, at)| last.get(step) == Some(at));
    found
}

/// Whether two values are the same. Strings are compared by their decoded text, other values by their text in JSON.
fn same(old: &Tree, a: usize, new: &Tree, b: usize) -> bool {
    let (Some(left), Some(right)) = (old.nodes.get(a), new.nodes.get(b)) else { return false };
    left.value == right.value
}

fn added(new: &Tree, node: usize) -> Change {
    let span = new.nodes.get(node).map(|node| node.span.clone());
    Change { path: new.path(node), old: None, new: Some(value(new, node)), span }
}

fn removed(old: &Tree, node: usize) -> Change {
    Change { path: old.path(node), old: Some(value(old, node)), new: None, span: None }
}

/// A value on one line. Arrays and objects are shown as if they were folded.
fn value(tree: &Tree, node: usize) -> String {
    let Some(line) = tree.nodes.get(node) else { return String::new() };
    let text = match &line.value {
        Value::Text(text, _) | Value::Plain(text) => text.clone(),
        _ => {
            // The last piece before the comma.
            let pieces = tree.pieces(node, true, 0);
            let last = pieces.iter().rev().find(|(_, text)| text != ",");
            last.map(|(_, text)| text.clone()).unwrap_or_default()
        }
    };
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
