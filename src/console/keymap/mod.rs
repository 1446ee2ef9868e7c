//! The keymap: one table for all keys, the help, the footer and the palette.

pub mod context;
pub mod help;
pub mod key;
pub mod palette;
pub mod table;

use std::collections::HashMap;

use crossterm::event::{KeyEvent, KeyEventKind};
use unicode_width::UnicodeWidthStr as _;

use crate::console::app::narrowing;
use crate::console::app::state::State;
use crate::console::app::update::is_text;
use crate::console::keymap::context::{Context, contexts_of, places};
use crate::console::keymap::key::Key;
use crate::console::keymap::table::{Action, TABLE};
use crate::console::panes::Pane;
use crate::console::panes::compose::state::Field;
use crate::console::panes::findings::state::FindingEntry;

/// A row of the key table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where the keys are valid.
    pub context: Context,
    /// Another context in which they are valid.
    pub also: Option<Context>,
    /// The default keys, the main one first. Without keys, only the palette reaches the action.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// The text in the help. Neighbours with the same text share a line of the help.
    pub help: &'static str,
    /// The text in the footer, if it is shown there.
    pub hint: Option<&'static str>,
    /// How to do the same with the mouse.
    pub mouse: Option<&'static str>,
    /// When it is available.
    pub needs: Needs,
}

/// What an action needs to be available. The palette shows what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A profile that permits sending.
    Sending,
    /// A server: a replay has none.
    Server,
    /// A server, and another profile in the configuration.
    OtherProfile,
    /// A message in Messages or Detail.
    Message,
    /// A selected message, and a profile that permits sending.
    MessageToSend,
    /// A message with data in Messages or Detail.
    Data,
    /// A value under the cursor of Detail.
    Value,
    /// A selected row.
    Row,
    /// A row in Messages.
    Listed,
    /// A row that was cleared.
    Cleared,
    /// A row in Messages or Detail.
    RowAtHand,
    /// A row that explains itself: a finding or dropped messages.
    Explanation,
    /// A line in Findings or Rejected.
    Entry,
    /// A finding, or a group of findings.
    Finding,
    /// A finding, not a group, and a recording that this console replays or writes.
    RecordedFinding,
    /// An acknowledged finding, or a group with one.
    Acknowledged,
    /// A gap whose sequence numbers are known.
    Gap,
    /// A bookmark.
    Bookmark,
    /// A channel or pattern under the cursor of Channels, and a server.
    Subscription,
    /// An active search.
    Search,
    /// Alerts in the profile.
    Alerts,
    /// A message in Compose.
    Composed,
}

impl Binding {
    /// Whether the keys are valid in this context.
    #[must_use]
    pub fn is_in(&self, context: Context) -> bool {
        self.context == context || self.also == Some(context)
    }
}

/// A hint: a key in the footer or at the bottom of a popup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key or keys, e.g. `] [`.
    pub keys: String,
    /// What they do, in a word or two.
    pub text: &'static str,
    /// The action of the first key.
    pub action: Action,
}

impl Hint {
    /// The cells that it takes: a space before the keys, between keys and text, and after the text.
    #[must_use]
    pub fn width(&self) -> usize {
        self.keys.width() + self.text.width() + 3
    }
}

/// The contexts of the open popup, or of the pane with the focus. Keys of the first contexts take precedence.
#[must_use]
pub fn contexts(state: &State) -> Vec<Context> {
    match &state.popup {
        Some(popup) => popup.spec().contexts.to_vec(),
        None if state.focus == Pane::Detail && state.detail.find.typing => context::PROMPT.to_vec(),
        None if narrowing::is_typing(state) => context::SEARCHED_LIST.to_vec(),
        None if state.focus == Pane::Compose && state.compose.field == Field::Key => context::COMPOSE_KEY.to_vec(),
        None => contexts_beneath(state),
    }
}

/// The hints of the open popup, or of the pane with the focus, the most useful first.
#[must_use]
pub fn hints(state: &State) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    let finding = state.finding_at_hand();
    let is_finding = state.focus == Pane::Findings || finding.is_ok();
    let is_gap = state.popup.is_some() || finding.is_ok_and(FindingEntry::is_numbered_gap);
    for hint in state.keymap.hints(&contexts(state)) {
        match hint.action {
            Action::Backfill if !is_gap => continue,
            Action::Acknowledge | Action::Bundle if !is_finding => continue,
            _ => {}
        }
        let text = state.popup.as_ref().and_then(|popup| popup.hint(hint.action)).unwrap_or(hint.text);
        add_hint(&mut hints, Hint { text, ..hint });
    }
    hints
}

/// The contexts of the pane with the focus, as if no popup were open. The help starts with them.
#[must_use]
pub fn contexts_beneath(state: &State) -> Vec<Context> {
    contexts_of(state.focus, state.replay.is_some())
}

/// The keys of all actions: those of the table, unless the configuration replaces them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap {
    replaced: HashMap<Action, Vec<Key>>,
}

/// A key with two actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The key.
    pub key: Key,
    /// The action that the configuration binds to it.
    pub action: Action,
    /// The other action.
    pub other: Action,
    /// A context of the other action.
    pub context: Context,
}

impl Keymap {
    /// Replaces the keys of an action in all its contexts.
    pub fn replace(&mut self, action: Action, keys: Vec<Key>) {
        self.replaced.insert(action, keys);
    }

    /// The keys of a row of the table.
    #[must_use]
    pub fn keys<'a>(&'a self, binding: &'a Binding) -> &'a [Key] {
        self.replaced.get(&binding.action).map_or(binding.keys, Vec::as_slice)
    }

    /// The names of a row's keys, e.g. `j Down`.
    #[must_use]
    pub fn labels(&self, binding: &Binding) -> String {
        self.keys(binding).iter().map(Key::label).collect::<Vec<_>>().join(" ")
    }

    /// The main key of an action.
    #[must_use]
    pub fn key_of(&self, action: Action) -> Option<Key> {
        let mut bindings = TABLE.iter().filter(|binding| binding.action == action);
        bindings.find_map(|binding| self.keys(binding).first()).copied()
    }

    /// How to reach an action: its main key, or the palette's key and the action's name, e.g. `:add-channel`.
    #[must_use]
    pub(crate) fn way_to(&self, action: Action) -> String {
        if let Some(key) = self.key_of(action) {
            return key.label();
        }
        match self.key_of(Action::Palette).as_ref().map(Key::label) {
            Some(palette) if palette.chars().count() == 1 => palette + &action.name(),
            Some(palette) => format!("{palette} {}", action.name()),
            None => action.name(),
        }
    }

    /// The action of a key. `None` if it has none, or is text to be typed.
    #[must_use]
    pub fn lookup(&self, contexts: &[Context], event: &KeyEvent) -> Option<Action> {
        if event.kind == KeyEventKind::Release || (contexts.contains(&Context::Text) && is_text(event)) {
            return None;
        }
        let key = Key::of(event);
        bindings(contexts).find(|binding| self.keys(binding).contains(&key)).map(|binding| binding.action)
    }

    /// The hints of the footer, the most useful first.
    #[must_use]
    pub fn hints(&self, contexts: &[Context]) -> Vec<Hint> {
        let mut hints: Vec<Hint> = Vec::new();
        for binding in bindings(contexts) {
            let Some(text) = binding.hint else { continue };
            if contexts.contains(&Context::Replay) && !palette::is_in_replay(binding) {
                continue;
            }
            // A context before this one, or a text field, may use the key for something else.
            let works = |key: &&Key| self.lookup(contexts, &key.event()) == Some(binding.action);
            let Some(key) = self.keys(binding).iter().find(works) else { continue };
            add_hint(&mut hints, Hint { keys: key.label(), text, action: binding.action });
        }
        hints
    }

    /// The hints that fit into `width` cells. Those for the help, which leads to all others, and for Compose are always among
    /// them.
    #[must_use]
    pub fn fitting_hints(&self, contexts: &[Context], width: usize) -> Vec<Hint> {
        fitting(self.hints(contexts), width)
    }

    /// A key of this action that another action has, too, where both are active. Defaults do not conflict with each other:
    /// the order of the contexts decides.
    #[must_use]
    pub(crate) fn conflict(&self, action: Action) -> Option<Conflict> {
        for place in places() {
            let own = bindings(&place).find(|binding| binding.action == action);
            let Some(own) = own.filter(|_| self.replaced.contains_key(&action)) else { continue };
            for binding in bindings(&place).filter(|binding| binding.action != action) {
                let typed = |key: &Key| place.contains(&Context::Text) && is_text(&key.event());
                let clashes = |key: &&Key| {
                    let defaults = is_default(action, **key) && is_default(binding.action, **key);
                    self.keys(binding).contains(key) && !defaults && !typed(key)
                };
                if let Some(key) = self.keys(own).iter().find(clashes) {
                    return Some(Conflict { key: *key, action, other: binding.action, context: binding.context });
                }
            }
        }
        None
    }
}

/// Adds a hint, or its keys to the hint with the same text.
fn add_hint(hints: &mut Vec<Hint>, new: Hint) {
    match hints.iter_mut().find(|hint| hint.text == new.text) {
        Some(hint) => {
            hint.keys.push(' ');
            hint.keys.push_str(&new.keys);
        }
        None => hints.push(new),
    }
}

/// The hints that fit into `width` cells, as [`Keymap::fitting_hints`].
pub(crate) fn fitting(hints: Vec<Hint>, width: usize) -> Vec<Hint> {
    let is_kept = |hint: &Hint| matches!(hint.action, Action::Help | Action::Compose);
    let kept: usize = hints.iter().filter(|hint| is_kept(hint)).map(Hint::width).sum();
    let mut left = width.saturating_sub(kept);
    let mut full = false;
    let fits = |hint: &Hint| {
        if is_kept(hint) {
            return true;
        }
        full = full || hint.width() > left;
        if !full {
            left -= hint.width();
        }
        !full
    };
    hints.into_iter().filter(fits).collect()
}

/// Whether the table has this key for this action.
fn is_default(action: Action, key: Key) -> bool {
    TABLE.iter().any(|binding| binding.action == action && binding.keys.contains(&key))
}

/// All actions with their default keys and what they do, in the order of the table.
#[must_use]
pub fn actions() -> Vec<(Action, Vec<Key>, &'static str)> {
    let mut actions: Vec<(Action, Vec<Key>, &'static str)> = Vec::new();
    for binding in TABLE {
        match actions.iter_mut().find(|(action, ..)| *action == binding.action) {
            Some((_, keys, _)) => {
                let new = binding.keys.iter().filter(|key| !keys.contains(key)).copied().collect::<Vec<_>>();
                keys.extend(new);
            }
            None => actions.push((binding.action, binding.keys.to_vec(), binding.help)),
        }
    }
    actions
}

/// The rows of the table for the copy menu.
#[must_use]
pub fn copies() -> Vec<&'static Binding> {
    let in_menu = |binding: &&Binding| binding.context == Context::Copy && binding.action != Action::CopyMenu;
    TABLE.iter().filter(in_menu).collect()
}

/// The bindings of the contexts, in their order.
fn bindings(contexts: &[Context]) -> impl Iterator<Item = &'static Binding> {
    contexts.iter().flat_map(|context| TABLE.iter().filter(move |binding| binding.is_in(*context)))
}
