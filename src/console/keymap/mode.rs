//! What gets the keys, and so which parts of the table hold.

use crate::console::app::state::{Pane, State};
use crate::console::keymap::context::Context;
use crate::console::panes::compose::state::Field;
use crate::console::popups::Popup;

/// What gets the keys: a popup, or the pane with the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A pane; Compose with its field that chooses the key is [`Mode::ComposeKey`].
    Pane(Pane),
    /// A pane in a replay; never Compose.
    Replay(Pane),
    /// Compose, in the field that chooses the key.
    ComposeKey,
    /// The keys.
    Help,
    /// A list to choose from.
    Pick,
    /// A template that asks for something.
    Prompt,
    /// The question how many to send.
    SeriesForm,
    /// The question whether to send so many.
    ConfirmSeries,
    /// A series on its way.
    Series,
    /// The messages sent.
    Sent,
    /// The question whether to send a message again.
    Resend,
    /// The question whether to send.
    ConfirmSend,
    /// The question whether to leave.
    ConfirmQuit,
    /// The channels found on the server.
    Discover,
    /// The question for a sequence number.
    Jump,
    /// The message names.
    Names,
    /// The question for a channel or pattern.
    AddChannel,
    /// The note for a finding.
    Note,
    /// The prompt of the search.
    Search,
    /// The prompt of the filter.
    Filter,
    /// The command palette.
    Palette,
    /// The prompt for the file to save rows in.
    Save,
    /// What is shown and what not.
    ToggleList,
    /// The prompt for the file to record to.
    Record,
    /// The prompt for the recording to look for a gap in.
    FillFrom,
    /// What a recording knows of a gap.
    BackfillResult,
    /// What can be copied.
    Copy,
    /// Detail, while the text to search for is typed.
    DetailFind,
}

impl Mode {
    /// What gets the keys now.
    #[must_use]
    pub fn of(state: &State) -> Self {
        match &state.popup {
            Some(Popup::Help { .. }) => Self::Help,
            Some(Popup::Pick(_)) => Self::Pick,
            Some(Popup::Prompt(_)) => Self::Prompt,
            Some(Popup::SeriesForm(_)) => Self::SeriesForm,
            Some(Popup::ConfirmSeries(_)) => Self::ConfirmSeries,
            Some(Popup::Series) => Self::Series,
            Some(Popup::Sent(_)) => Self::Sent,
            Some(Popup::Resend(_)) => Self::Resend,
            Some(Popup::ConfirmSend) => Self::ConfirmSend,
            Some(Popup::ConfirmQuit) => Self::ConfirmQuit,
            Some(Popup::Discover(_)) => Self::Discover,
            Some(Popup::Jump { .. }) => Self::Jump,
            Some(Popup::Names(_)) => Self::Names,
            Some(Popup::AddChannel(_)) => Self::AddChannel,
            Some(Popup::Note { .. }) => Self::Note,
            Some(Popup::Search(_)) => Self::Search,
            Some(Popup::Filter(_)) => Self::Filter,
            Some(Popup::Palette(_)) => Self::Palette,
            Some(Popup::Save(_)) => Self::Save,
            Some(Popup::ToggleList(_)) => Self::ToggleList,
            Some(Popup::Record(_)) => Self::Record,
            Some(Popup::FillFrom(_)) => Self::FillFrom,
            Some(Popup::BackfillResult(_)) => Self::BackfillResult,
            Some(Popup::Copy { .. }) => Self::Copy,
            None if state.focus == Pane::Detail && state.detail.find.typing => Self::DetailFind,
            None if state.focus == Pane::Compose && state.compose.field == Field::Key => Self::ComposeKey,
            None => Self::beneath(state),
        }
    }

    /// The pane that would get the keys without a popup; what the help begins with.
    #[must_use]
    pub fn beneath(state: &State) -> Self {
        if state.replay.is_some() { Self::Replay(state.focus) } else { Self::Pane(state.focus) }
    }

    /// The contexts that hold, the nearest first.
    #[must_use]
    pub fn contexts(self) -> &'static [Context] {
        use Context as C;
        match self {
            Self::Pane(Pane::Channels) => &[C::Channels, C::Moving, C::Lists, C::Panes, C::Everywhere],
            Self::Pane(Pane::Messages) => &[C::Messages, C::Row, C::Moving, C::Lists, C::Panes, C::Everywhere],
            Self::Pane(Pane::Findings) => {
                &[C::FindingsAndRejected, C::Findings, C::Moving, C::Lists, C::Panes, C::Everywhere]
            }
            Self::Pane(Pane::Rejected) => &[C::FindingsAndRejected, C::Moving, C::Lists, C::Panes, C::Everywhere],
            Self::Pane(Pane::Detail) => &[C::Detail, C::Row, C::Moving, C::Panes, C::Everywhere],
            Self::Pane(Pane::Compose) => &[C::Compose],
            Self::Replay(Pane::Channels) => &[C::Replay, C::Channels, C::Moving, C::Lists, C::Panes, C::Everywhere],
            Self::Replay(Pane::Messages | Pane::Compose) => {
                &[C::Replay, C::Messages, C::Row, C::Moving, C::Lists, C::Panes, C::Everywhere]
            }
            Self::Replay(Pane::Findings) => {
                &[C::Replay, C::FindingsAndRejected, C::Findings, C::Moving, C::Lists, C::Panes, C::Everywhere]
            }
            Self::Replay(Pane::Rejected) => {
                &[C::Replay, C::FindingsAndRejected, C::Moving, C::Lists, C::Panes, C::Everywhere]
            }
            Self::Replay(Pane::Detail) => &[C::Replay, C::Detail, C::Row, C::Moving, C::Panes, C::Everywhere],
            Self::Replay(Pane::Timeline) => &[C::Replay, C::Timeline, C::Panes, C::Everywhere],
            Self::ComposeKey => &[C::ComposeKey, C::Compose],
            Self::Pick => &[C::Pick, C::Everywhere],
            Self::Prompt => &[C::Prompt, C::Everywhere],
            Self::SeriesForm => &[C::SeriesForm, C::Everywhere],
            Self::ConfirmSeries => &[C::ConfirmSeries, C::Everywhere],
            Self::Series => &[C::Series],
            Self::Sent => &[C::Sent, C::Moving, C::Everywhere],
            Self::Resend => &[C::Resend, C::Everywhere],
            Self::Pane(Pane::Timeline) => &[C::Timeline, C::Panes, C::Everywhere],
            Self::Help => &[C::Help, C::Moving, C::Everywhere],
            Self::ConfirmSend => &[C::ConfirmSend, C::Everywhere],
            Self::ConfirmQuit => &[C::ConfirmQuit, C::Everywhere],
            Self::Discover => &[C::Discover, C::Moving, C::Everywhere],
            Self::Jump => &[C::Jump, C::Everywhere],
            Self::Names => &[C::Names, C::Moving, C::Everywhere],
            Self::AddChannel => &[C::AddChannel, C::Everywhere],
            Self::Note => &[C::Note, C::Everywhere],
            Self::Search => &[C::Search, C::Everywhere],
            Self::Filter => &[C::Filter, C::Everywhere],
            Self::Palette => &[C::Palette, C::Everywhere],
            Self::Save => &[C::Save, C::Everywhere],
            Self::ToggleList => &[C::ToggleList, C::Moving, C::Everywhere],
            Self::Record => &[C::Record, C::Everywhere],
            Self::FillFrom => &[C::FillFrom, C::Everywhere],
            Self::BackfillResult => &[C::BackfillResult, C::Moving, C::Everywhere],
            Self::Copy => &[C::Copy, C::Moving, C::Everywhere],
            Self::DetailFind => &[C::DetailFind, C::Everywhere],
        }
    }
}
