//! The table of keys, from which the help, the footer and the palette are generated.

pub mod action;
pub mod context;
pub mod help;
pub mod key;
pub mod palette;
pub mod table;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::console::app::state::{Pane, State};
use crate::console::keymap::action::Action;
use crate::console::keymap::context::Context;
use crate::console::keymap::key::Key;
use crate::console::keymap::table::TABLE;
use crate::console::panes::compose::state::Field;

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where the keys apply.
    pub context: Context,
    /// The keys, the main one first.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// The text in the help. Neighbours with the same text share a line.
    pub help: &'static str,
    /// The label in the footer, if any.
    pub hint: Option<&'static str>,
    /// The equivalent with the mouse, if any.
    pub mouse: Option<&'static str>,
}

/// A key in the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key or keys, e.g. `]/[`.
    pub keys: String,
    /// What they do, in a word or two.
    pub text: &'static str,
}

/// The active contexts, the nearest first: those of the popup, or of the focused pane.
#[must_use]
pub fn contexts(state: &State) -> Vec<Context> {
    match &state.popup {
        Some(popup) => popup.spec().contexts.to_vec(),
        None if state.focus == Pane::Detail && state.detail.find.typing => {
            vec![Context::DetailFind, Context::Everywhere]
        }
        None if state.focus == Pane::Compose && state.compose.field == Field::Key => {
            vec![Context::ComposeKey, Context::Compose]
        }
        None => contexts_beneath(state),
    }
}

/// The contexts of the pane with the focus, as if no popup were open. The help starts with them.
#[must_use]
pub fn contexts_beneath(state: &State) -> Vec<Context> {
    contexts_of(state.focus, state.replay.is_some())
}

/// The contexts of a pane. A replay has no Compose: Messages takes its place.
#[must_use]
pub fn contexts_of(pane: Pane, in_replay: bool) -> Vec<Context> {
    use Context as C;
    let contexts: &[Context] = match pane {
        Pane::Channels => &[C::Channels, C::Moving, C::Lists, C::Panes, C::Everywhere],
        Pane::Compose if !in_replay => &[C::Compose],
        Pane::Messages | Pane::Compose => &[C::Messages, C::Row, C::Moving, C::Lists, C::Panes, C::Everywhere],
        Pane::Findings => &[C::FindingsAndRejected, C::Findings, C::Moving, C::Lists, C::Panes, C::Everywhere],
        Pane::Rejected => &[C::FindingsAndRejected, C::Moving, C::Lists, C::Panes, C::Everywhere],
        Pane::Detail => &[C::Detail, C::Row, C::Moving, C::Panes, C::Everywhere],
        Pane::Timeline => &[C::Timeline, C::Panes, C::Everywhere],
    };
    in_replay.then_some(C::Replay).into_iter().chain(contexts.iter().copied()).collect()
}

/// The action of a key; `None` if it has none or is text.
#[must_use]
pub fn lookup(contexts: &[Context], event: &KeyEvent) -> Option<Action> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let key = Key::of(event);
    bindings(contexts).find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
}

/// The footer's hints, the most useful first.
#[must_use]
pub fn hints(contexts: &[Context]) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    for binding in bindings(contexts) {
        let (Some(text), Some(key)) = (binding.hint, binding.keys.first()) else { continue };
        // A nearer context overrides a key.
        if lookup(contexts, &key.event()) != Some(binding.action) {
            continue;
        }
        match hints.iter_mut().find(|hint| hint.text == text) {
            Some(hint) => {
                hint.keys.push('/');
                hint.keys.push_str(&key.label());
            }
            None => hints.push(Hint { keys: key.label(), text }),
        }
    }
    hints
}

/// The bindings of the copy menu.
#[must_use]
pub fn copies() -> Vec<&'static Binding> {
    let in_menu = |binding: &&Binding| {
        binding.context == Context::Copy && !matches!(binding.action, Action::Accept | Action::Close)
    };
    TABLE.iter().filter(in_menu).collect()
}

/// The active bindings, the nearest first.
fn bindings(contexts: &[Context]) -> impl Iterator<Item = &'static Binding> {
    contexts.iter().flat_map(|context| TABLE.iter().filter(move |binding| binding.context == *context))
}
