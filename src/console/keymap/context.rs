//! The contexts of the table of keys, and which of them are active together.

use crate::console::panes::Pane;

/// Where keys are valid. Each context is a section of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::VariantArray)]
pub enum Context {
    /// The selected row, in Messages and Detail.
    Row,
    /// Messages, and Timeline, which moves its selection.
    Messages,
    /// Detail.
    Detail,
    /// What can be copied: in Messages, Detail, the copy menu and the messages of a gap.
    Copy,
    /// Channels.
    Channels,
    /// Lists with entries to pick: Channels, the channels found on the server, and the panes or columns shown.
    Picking,
    /// Lists with several orders: Channels and the message names.
    Sorting,
    /// A finding: in Findings that under the cursor, in Messages and Detail that of the row.
    Finding,
    /// A gap: as a finding, and in the messages of a gap.
    Gap,
    /// Findings and Rejected.
    FindingsAndRejected,
    /// Timeline.
    Timeline,
    /// Compose, in each of its fields, and the question before sending.
    Send,
    /// Compose, in each of its fields.
    Compose,
    /// Compose and forms, to move between fields.
    Fields,
    /// Popups in which something can be chosen or entered.
    Popup,
    /// The messages that were sent.
    Sent,
    /// Prompts that complete what is typed.
    Completing,
    /// The prompt of the search.
    Search,
    /// The prompt of the filter.
    Filter,
    /// Popups whose lines can be narrowed. Their key is the one of the panes.
    Narrowing,
    /// The channels found on the server. The key that looks again is the one of the panes.
    Discovering,
    /// Questions.
    Confirm,
    /// Every pane of a replay.
    Replay,
    /// Every popup.
    Closing,
    /// Every text field.
    Text,
    /// Every list and text, for movements.
    Moving,
    /// Every pane except Compose.
    Panes,
    /// Every pane and popup.
    Everywhere,
}

impl Context {
    /// All contexts, in the order of the help.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The heading in the help.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Row => "The selected row",
            Self::Messages => "Messages",
            Self::Detail => "Detail",
            Self::Copy => "Copying",
            Self::Channels => "Channels",
            Self::Picking => "Picking from a list",
            Self::Sorting => "Sorting a list",
            Self::Finding => "A finding",
            Self::Gap => "A gap",
            Self::FindingsAndRejected => "Findings and Rejected",
            Self::Timeline => "Timeline",
            Self::Send => "Sending",
            Self::Compose => "Compose",
            Self::Fields => "Moving between fields",
            Self::Popup => "In a popup",
            Self::Sent => "Messages sent",
            Self::Completing => "Completing",
            Self::Search => "Searching",
            Self::Filter => "Filtering",
            Self::Narrowing => "Narrowing a list",
            Self::Discovering => "Channels on the server",
            Self::Confirm => "Answering a question",
            Self::Replay => "A replay",
            Self::Closing => "Closing a popup",
            Self::Text => "Editing text",
            Self::Moving => "Moving",
            Self::Panes => "In every pane but Compose",
            Self::Everywhere => "Everywhere",
        }
    }
}

use Context as C;

/// A prompt with a text field.
pub(crate) const PROMPT: &[C] = &[C::Popup, C::Closing, C::Text, C::Everywhere];
/// A prompt that completes what is typed.
pub(crate) const COMPLETING: &[C] = &[C::Completing, C::Popup, C::Closing, C::Text, C::Everywhere];
/// The prompt of the filter.
pub const FILTER: &[C] = &[C::Filter, C::Completing, C::Popup, C::Closing, C::Text, C::Everywhere];
/// The prompt of the search.
pub(crate) const SEARCH: &[C] = &[C::Search, C::Popup, C::Closing, C::Text, C::Everywhere];
/// A form with several fields.
pub(crate) const FORM: &[C] = &[C::Popup, C::Fields, C::Closing, C::Text, C::Everywhere];
/// A list that is narrowed by typing.
pub(crate) const SEARCHED_LIST: &[C] = &[C::Popup, C::Closing, C::Text, C::Moving, C::Everywhere];
/// The messages that were sent.
pub const SENT: &[C] = &[C::Sent, C::Narrowing, C::Moving, C::Closing, C::Everywhere];
/// The help.
pub const HELP: &[C] = &[C::Narrowing, C::Moving, C::Closing, C::Everywhere];
/// The message names.
pub const NAMES: &[C] = &[C::Sorting, C::Narrowing, C::Moving, C::Closing, C::Everywhere];
/// A list with entries to pick.
pub(crate) const PICKING: &[C] = &[C::Picking, C::Popup, C::Moving, C::Closing, C::Everywhere];
/// The channels found on the server.
pub(crate) const DISCOVER: &[C] =
    &[C::Picking, C::Popup, C::Discovering, C::Narrowing, C::Moving, C::Closing, C::Everywhere];
/// The copy menu.
pub(crate) const COPY: &[C] = &[C::Copy, C::Popup, C::Moving, C::Closing, C::Everywhere];
/// The messages of a gap that another recording has.
pub const GAP: &[C] = &[C::Gap, C::Copy, C::Popup, C::Moving, C::Closing, C::Everywhere];
/// A question.
pub(crate) const CONFIRM: &[C] = &[C::Confirm, C::Closing, C::Everywhere];
/// The question before sending.
pub(crate) const CONFIRM_SEND: &[C] = &[C::Confirm, C::Send, C::Closing, C::Everywhere];
/// A text to read.
pub(crate) const TEXT: &[C] = &[C::Moving, C::Closing, C::Everywhere];
/// The field of Compose that chooses the key.
pub(crate) const COMPOSE_KEY: &[C] = &[C::Send, C::Compose, C::Fields, C::Everywhere];

/// The contexts of all popups, and of what is typed in a pane.
pub(crate) const POPUPS: &[&[C]] = &[
    PROMPT,
    COMPLETING,
    FILTER,
    SEARCH,
    FORM,
    SEARCHED_LIST,
    SENT,
    HELP,
    NAMES,
    PICKING,
    DISCOVER,
    COPY,
    GAP,
    CONFIRM,
    CONFIRM_SEND,
    TEXT,
    COMPOSE_KEY,
];

/// The contexts of a pane. A replay has no Compose: Messages takes its place.
#[must_use]
pub fn contexts_of(pane: Pane, in_replay: bool) -> Vec<C> {
    let pane = if in_replay && pane == Pane::Compose { Pane::Messages } else { pane };
    let mut contexts = pane.spec().contexts.to_vec();
    // The keys of the pane come first, so that a narrow footer shows them. Those of every pane come after.
    let place = contexts.iter().position(|context| *context == C::Moving).filter(|_| in_replay);
    if let Some(place) = place {
        contexts.insert(place, C::Replay);
    }
    contexts
}

/// All lists of contexts that can be active together.
#[must_use]
pub fn places() -> Vec<Vec<C>> {
    let panes = Pane::ALL.iter().flat_map(|pane| [contexts_of(*pane, false), contexts_of(*pane, true)]);
    panes.chain(POPUPS.iter().map(|contexts| contexts.to_vec())).collect()
}
