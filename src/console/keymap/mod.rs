//! Every key in one table, which also writes the help and the footer.

mod key;
mod table;

use crossterm::event::{KeyEvent, KeyEventKind};

pub use self::key::Key;
pub use self::table::TABLE;
use super::action::Action;
use super::state::{Pane, Popup, State};

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where the keys hold.
    pub context: Context,
    /// The keys, the usual one first.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// What the help says of it. Neighbours with the same words share a line of the help.
    pub help: &'static str,
    /// What the footer says of it, if it does.
    pub hint: Option<&'static str>,
    /// How the mouse does the same, if it can.
    pub mouse: Option<&'static str>,
}

/// Where keys hold; each is a part of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// In every pane and popup.
    Everywhere,
    /// In every pane but Compose.
    Panes,
    /// Where there is a list or text to move in.
    Moving,
    /// Messages and Detail: what can be done with the selected row.
    Row,
    /// Messages.
    Messages,
    /// Channels.
    Channels,
    /// Gaps and Refused.
    Findings,
    /// Compose, in each of its fields.
    Compose,
    /// Compose, in the field that chooses the key.
    ComposeKey,
    /// The keys.
    Help,
    /// The question whether to send.
    ConfirmSend,
    /// The question whether to leave.
    ConfirmQuit,
    /// The channels found on the server.
    Discover,
    /// The question for a sequence number.
    Jump,
}

/// What gets the keys: a popup, or the pane with the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A pane; Compose with its field that chooses the key is [`Mode::ComposeKey`].
    Pane(Pane),
    /// Compose, in the field that chooses the key.
    ComposeKey,
    /// The keys.
    Help,
    /// The question whether to send.
    ConfirmSend,
    /// The question whether to leave.
    ConfirmQuit,
    /// The channels found on the server.
    Discover,
    /// The question for a sequence number.
    Jump,
}

/// A part of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpSection {
    /// Where the keys hold.
    pub title: &'static str,
    /// The keys, in the table's order.
    pub lines: Vec<HelpLine>,
}

/// A line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpLine {
    /// The keys, e.g. `j Down`.
    pub keys: String,
    /// What they do.
    pub text: &'static str,
    /// How the mouse does the same.
    pub mouse: Option<&'static str>,
}

/// What the footer says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key or keys, e.g. `]/[`.
    pub keys: String,
    /// What they do, in a word or two.
    pub text: &'static str,
}

/// All contexts, in the order of the help.
const CONTEXTS: [Context; 14] = [
    Context::Row,
    Context::Messages,
    Context::Channels,
    Context::Findings,
    Context::Compose,
    Context::ComposeKey,
    Context::Discover,
    Context::Jump,
    Context::ConfirmSend,
    Context::ConfirmQuit,
    Context::Help,
    Context::Moving,
    Context::Panes,
    Context::Everywhere,
];

impl Context {
    /// The heading in the help.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Panes => "In every pane but Compose",
            Self::Moving => "Moving",
            Self::Row => "The selected row",
            Self::Messages => "Messages",
            Self::Channels => "Channels",
            Self::Findings => "Gaps and Refused",
            Self::Compose => "Compose",
            Self::ComposeKey => "Compose, choosing the key",
            Self::Help => "Help",
            Self::ConfirmSend => "Before sending",
            Self::ConfirmQuit => "Before leaving",
            Self::Discover => "Channels on the server",
            Self::Jump => "Going to a sequence number",
        }
    }
}

impl Mode {
    /// What gets the keys now.
    #[must_use]
    pub fn of(state: &State) -> Self {
        use super::state::compose::Field;
        match &state.popup {
            Some(Popup::Help { .. }) => Self::Help,
            Some(Popup::ConfirmSend) => Self::ConfirmSend,
            Some(Popup::ConfirmQuit) => Self::ConfirmQuit,
            Some(Popup::Discover(_)) => Self::Discover,
            Some(Popup::Jump { .. }) => Self::Jump,
            None if state.focus == Pane::Compose && state.compose.field == Field::Key => Self::ComposeKey,
            None => Self::Pane(state.focus),
        }
    }

    /// The pane that would get the keys without a popup; what the help begins with.
    #[must_use]
    pub fn beneath(state: &State) -> Self {
        Self::Pane(state.focus)
    }

    /// The contexts that hold, the nearest first.
    #[must_use]
    pub fn contexts(self) -> &'static [Context] {
        use Context as C;
        match self {
            Self::Pane(Pane::Channels) => &[C::Channels, C::Moving, C::Panes, C::Everywhere],
            Self::Pane(Pane::Messages) => &[C::Messages, C::Row, C::Moving, C::Panes, C::Everywhere],
            Self::Pane(Pane::Gaps | Pane::Refused) => &[C::Findings, C::Moving, C::Panes, C::Everywhere],
            Self::Pane(Pane::Detail) => &[C::Row, C::Moving, C::Panes, C::Everywhere],
            Self::Pane(Pane::Compose) => &[C::Compose, C::Everywhere],
            Self::ComposeKey => &[C::ComposeKey, C::Compose, C::Everywhere],
            Self::Help => &[C::Help, C::Moving, C::Everywhere],
            Self::ConfirmSend => &[C::ConfirmSend, C::Everywhere],
            Self::ConfirmQuit => &[C::ConfirmQuit, C::Everywhere],
            Self::Discover => &[C::Discover, C::Moving, C::Everywhere],
            Self::Jump => &[C::Jump, C::Everywhere],
        }
    }

    /// The bindings that hold, the nearest first.
    fn bindings(self) -> impl Iterator<Item = &'static Binding> {
        self.contexts().iter().flat_map(|context| TABLE.iter().filter(move |binding| binding.context == *context))
    }
}

/// What a key does; none where it does nothing, or is text to be typed.
#[must_use]
pub fn lookup(mode: Mode, event: &KeyEvent) -> Option<Action> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let key = Key::of(event);
    mode.bindings().find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
}

/// The footer's hints, the most useful first; what does not fit is left out from the end.
#[must_use]
pub fn hints(mode: Mode) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    for binding in mode.bindings() {
        let (Some(text), Some(key)) = (binding.hint, binding.keys.first()) else { continue };
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

/// The help: what holds in this mode first, then all the rest; every line of the table once.
#[must_use]
pub fn help(mode: Mode) -> Vec<HelpSection> {
    let here = mode.contexts();
    let rest = CONTEXTS.iter().filter(|context| !here.contains(context));
    here.iter().chain(rest).map(|context| section(*context)).collect()
}

/// How many lines the help takes: each section's heading and lines, and an empty line between sections.
#[must_use]
pub fn help_height(sections: &[HelpSection]) -> usize {
    sections.iter().map(|section| section.lines.len() + 2).sum::<usize>().saturating_sub(1)
}

fn section(context: Context) -> HelpSection {
    let mut lines: Vec<HelpLine> = Vec::new();
    for binding in TABLE.iter().filter(|binding| binding.context == context) {
        let keys = binding.keys.iter().map(Key::label).collect::<Vec<_>>().join(" ");
        match lines.last_mut().filter(|line| line.text == binding.help) {
            Some(line) => {
                line.keys.push(' ');
                line.keys.push_str(&keys);
            }
            None => lines.push(HelpLine { keys, text: binding.help, mouse: binding.mouse }),
        }
    }
    HelpSection { title: context.title(), lines }
}
