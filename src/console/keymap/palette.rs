//! The command palette: searches all actions, and shows why an action is not available.

use crate::console::app::scrollback::Row;
use crate::console::app::state::State;
use crate::console::keymap::context::{Context, contexts_of};
use crate::console::keymap::table::{Action, TABLE};
use crate::console::keymap::{Binding, Needs};
use crate::console::panes::Pane;
use crate::ledger::interval::Entry;

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
    // The row that is selected in Findings or Rejected is the one of Detail, not that of Messages.
    if matches!(context, Context::Row | Context::Copy) && state.shown_list() != Pane::Messages {
        return Some(Pane::Detail);
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
        return Some(format!("only {}", place_of(binding.context)));
    }
    if sends(binding) && state.setup.read_only {
        return Some(String::from("the profile is read_only"));
    }
    missing(state, binding.needs).map(str::to_owned)
}

/// What an action needs that is not there.
fn missing(state: &State, needs: Needs) -> Option<&'static str> {
    let row = state.row_at_hand();
    let message = row.and_then(|row| Some((row, row.message()?)));
    let finding = state.finding_at_hand();
    let (is_missing, words) = match needs {
        Needs::Nothing | Needs::Sending | Needs::Server => return None,
        Needs::Message => (message.is_none(), "no message is selected"),
        Needs::MessageToSend => (state.message_at_hand().is_none(), "no message is selected"),
        Needs::Data => {
            let has_data = message.is_some_and(|(row, message)| !row.interval.envelope(message).data.is_empty());
            (!has_data, "no message with data is selected")
        }
        Needs::Value => (state.detail.path().is_none(), "no value is selected"),
        Needs::Row => (state.selected_row_id().is_none(), "no row is selected"),
        Needs::Listed => (state.messages.listed_len() == 0, "Messages is empty"),
        Needs::Cleared => (state.messages.cleared_len() == 0, "no row is hidden"),
        Needs::RowAtHand => (row.is_none() && state.detail.pinned.is_none(), "no row is selected"),
        Needs::Explanation => {
            let is_explained = |row: &Row| matches!(row.entry(), Entry::Finding(_) | Entry::Dropped(_));
            (!row.is_some_and(is_explained), "no finding is selected")
        }
        Needs::Entry if state.focus == Pane::Rejected => {
            (state.rejections.list.selected().is_none(), "no rejected message is selected")
        }
        Needs::Entry => (state.findings.list.selected().is_none(), "no finding is selected"),
        Needs::Finding => return state.findings_at_hand().err(),
        Needs::RecordedFinding => match finding {
            Ok(_) => (state.recording_file().is_none(), "nothing is recorded"),
            Err(why) => return Some(why),
        },
        Needs::Acknowledged => match state.findings_at_hand() {
            Ok(chosen) => (chosen.iter().all(|entry| state.findings.note(entry).is_none()), "it is not acknowledged"),
            Err(why) => return Some(why),
        },
        Needs::Gap => match finding {
            Ok(entry) => (!entry.is_numbered_gap(), "no gap with numbers is selected"),
            Err(why) => return Some(why),
        },
        Needs::Bookmark => (state.messages.bookmarks.is_empty(), "no row is bookmarked"),
        Needs::Subscription => (!state.channels.is_on_name(), "no channel or pattern is selected"),
        Needs::Search if state.focus == Pane::Detail => {
            (state.detail.find.line.text().is_empty(), "nothing is searched for")
        }
        Needs::Search => (state.search.is_none(), "nothing is searched for"),
        Needs::OtherProfile => (state.profiles.is_empty(), "the configuration has no other profile"),
        Needs::Alerts => (!state.alerts.wanted.is_wanted(), "the profile has no alerts"),
        Needs::Composed => (state.compose.name.is_empty(), "no message is composed"),
    };
    is_missing.then_some(words)
}

/// Where an action works that no pane has.
fn place_of(context: Context) -> &'static str {
    match context {
        Context::Replay => "in a replay",
        Context::Completing => "where a text is completed",
        Context::Search => "in the search prompt",
        Context::Filter => "in the filter prompt",
        Context::Confirm => "in a question",
        _ => "in a popup",
    }
}

/// Whether an action leads to a message being sent.
fn sends(binding: &Binding) -> bool {
    composes(binding.context) || matches!(binding.needs, Needs::Sending | Needs::MessageToSend)
}

/// Whether an action is possible in a replay.
pub(crate) fn is_in_replay(binding: &Binding) -> bool {
    let needs_server = matches!(binding.needs, Needs::Server | Needs::OtherProfile | Needs::Subscription);
    !sends(binding) && !needs_server
}

/// The answer for a replay; `None` if a replay makes no difference.
#[expect(clippy::option_option, reason = "outer: whether the action is decided here; inner: the reason")]
fn reason_of_replay(state: &State, binding: &Binding) -> Option<Option<String>> {
    state.replay.as_ref()?;
    match binding.context {
        Context::Replay => Some(None),
        _ if !is_in_replay(binding) => Some(Some(String::from("not in a replay"))),
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
