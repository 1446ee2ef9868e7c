//! The command palette: searches all actions, and shows why an action is not available.

use crate::console::app::state::State;
use crate::console::keymap::context::{Context, contexts_of};
use crate::console::keymap::table::{Action, TABLE};
use crate::console::keymap::{Binding, Needs};
use crate::console::panes::Pane;

/// An action in the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The action.
    pub action: Action,
    /// Its keys, e.g. `j Down`; may be empty.
    pub keys: String,
    /// The help.
    pub help: &'static str,
    /// Its context.
    pub context: Context,
    /// Why it is not available now.
    pub reason: Option<String>,
    /// The indices of the matched characters in the help text.
    pub places: Vec<usize>,
}

/// What can be done now. With typed text, all actions that match, the best first. Those that are not
/// available come last, unless the text is the name of the action or its key.
#[must_use]
pub fn find(state: &State, typed: &str) -> Vec<Choice> {
    let mut found: Vec<(u32, Choice)> = choices(state).into_iter().filter_map(|choice| score(choice, typed)).collect();
    if typed.trim().is_empty() {
        found.retain(|(_, choice)| choice.reason.is_none());
    }
    let is_exact = |score: u32| score == u32::MAX;
    found.sort_by_key(|(score, choice)| (choice.reason.is_some() && !is_exact(*score), std::cmp::Reverse(*score)));
    found.into_iter().map(|(_, choice)| choice).collect()
}

/// One choice for each action, in a context in which it is available, if there is one.
fn choices(state: &State) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for binding in TABLE {
        let mut new = Choice {
            action: binding.action,
            keys: state.keymap.labels(binding),
            help: binding.help,
            context: binding.context,
            reason: reason(state, binding),
            places: Vec::new(),
        };
        let Some(known) = choices.iter_mut().find(|known| known.action == new.action) else {
            choices.push(new);
            continue;
        };
        for label in std::mem::take(&mut new.keys).split_whitespace() {
            if !known.keys.split(' ').any(|key| key == label) {
                known.keys.push_str(if known.keys.is_empty() { "" } else { " " });
                known.keys.push_str(label);
            }
        }
        if known.reason.is_some() && new.reason.is_none() {
            *known = Choice { keys: std::mem::take(&mut known.keys), ..new };
        }
    }
    choices
}

/// Whether a context is active in a pane.
fn holds(pane: Pane, context: Context) -> bool {
    contexts_of(pane, false).contains(&context)
}

/// Whether a context belongs to Compose.
fn composes(context: Context) -> bool {
    matches!(context, Context::Send | Context::Compose | Context::Fields | Context::Text)
}

/// The pane that an action needs; `None` if the focused pane has it.
#[must_use]
pub fn pane(state: &State, context: Context) -> Option<Pane> {
    if holds(state.focus, context) {
        return None;
    }
    Pane::by_preference().find(|pane| holds(*pane, context))
}

/// Why an action is not available now.
fn reason(state: &State, binding: &Binding) -> Option<String> {
    if let Some(reason) = reason_of_replay(state, binding) {
        return reason;
    }
    let needs_popup = !Pane::ALL.iter().any(|pane| holds(*pane, binding.context));
    if needs_popup {
        return Some(format!("in: {}", binding.context.title()));
    }
    match binding.needs {
        Needs::Message if state.selected_message().is_none() => Some(String::from("no message is selected")),
        Needs::Row if state.messages.cursor.is_none() => Some(String::from("no row is selected")),
        Needs::Finding if state.findings.list.is_empty() && state.rejections.list.is_empty() => {
            Some(String::from("nothing was found"))
        }
        Needs::OtherProfile if state.profiles.is_empty() => {
            Some(String::from("the configuration has no other profile"))
        }
        Needs::Search if state.search.is_none() => Some(String::from("there is no search")),
        _ if sends(binding) && state.setup.read_only => Some(String::from("the profile is read_only")),
        Needs::Nothing
        | Needs::Sending
        | Needs::Server
        | Needs::OtherProfile
        | Needs::Message
        | Needs::Row
        | Needs::Finding
        | Needs::Search => None,
    }
}

/// Whether an action leads to a message being sent.
fn sends(binding: &Binding) -> bool {
    composes(binding.context) || binding.needs == Needs::Sending
}

/// The answer for a replay; `None` if a replay makes no difference.
#[expect(clippy::option_option, reason = "outer: whether the action is decided here; inner: the reason")]
fn reason_of_replay(state: &State, binding: &Binding) -> Option<Option<String>> {
    state.replay.as_ref()?;
    match binding.context {
        Context::Replay => Some(None),
        _ if sends(binding) || matches!(binding.needs, Needs::Server | Needs::OtherProfile) => {
            Some(Some(String::from("not in a replay")))
        }
        _ => None,
    }
}

/// The name and the argument of an action that takes one: `profile` and `staging` of `profile staging`.
#[must_use]
pub fn argument(action: Action, typed: &str) -> Option<(&str, &str)> {
    let (name, argument) = typed.trim().split_once(' ')?;
    (action == Action::Profile && name == action.name()).then(|| (name, argument.trim()))
}

/// The score of a match. All typed characters must appear in order. Starts of words and runs of characters score higher.
fn score(choice: Choice, typed: &str) -> Option<(u32, Choice)> {
    let wanted: Vec<char> = typed.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if wanted.is_empty() {
        return Some((0, choice));
    }
    // A key's name and the action's name in the configuration match, too.
    let name = argument(choice.action, typed).map_or(typed.trim(), |(name, _)| name);
    if choice.keys.split(' ').any(|key| key == typed.trim()) || choice.action.name() == name {
        return Some((u32::MAX, choice));
    }
    let text: Vec<char> = choice.help.chars().map(|c| c.to_ascii_lowercase()).collect();
    let starts = (0..text.len()).filter(|start| text.get(*start) == wanted.first());
    let (score, places) = starts.filter_map(|start| matched(&text, &wanted, start)).max_by_key(|(score, _)| *score)?;
    Some((score, Choice { places, ..choice }))
}

/// Matches each character at its first place from `start` on.
fn matched(text: &[char], wanted: &[char], start: usize) -> Option<(u32, Vec<usize>)> {
    let mut places: Vec<usize> = Vec::with_capacity(wanted.len());
    let mut score = 0;
    for char in wanted {
        let from = places.last().map_or(start, |last| last + 1);
        let at = from + text.get(from..)?.iter().position(|c| c == char)?;
        let begins_word = at == 0 || text.get(at - 1).is_none_or(|before| !before.is_alphanumeric());
        let in_a_row = places.last().is_some_and(|last| last + 1 == at);
        score += 1 + 8 * u32::from(in_a_row) + 4 * u32::from(begins_word);
        places.push(at);
    }
    Some((score, places))
}
