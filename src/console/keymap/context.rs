//! The contexts of the table of keys.

/// Where keys are valid. Each context is a section of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Every pane and popup, except a series that is being sent.
    Everywhere,
    /// Every text field.
    Text,
    /// Every list, but not Detail, which has its own search.
    Lists,
    /// Every pane except Compose.
    Panes,
    /// Every list and text, for movements.
    Moving,
    /// Popups that have no text field and ask no question.
    Closing,
    /// The selected row, in Messages and Detail.
    Row,
    /// Messages.
    Messages,
    /// Detail.
    Detail,
    /// Channels.
    Channels,
    /// Findings.
    Findings,
    /// Findings and Rejected.
    FindingsAndRejected,
    /// Timeline.
    Timeline,
    /// Compose, in each of its fields.
    Compose,
    /// Compose, in the field that chooses the key.
    ComposeKey,
    /// The keys.
    Help,
    /// A list to choose from by typing.
    Pick,
    /// A template's question.
    Prompt,
    /// The form for a series.
    SeriesForm,
    /// The question before a series.
    ConfirmSeries,
    /// A series that is being sent.
    Series,
    /// The messages sent.
    Sent,
    /// The question before sending a message again.
    Resend,
    /// The question before sending.
    ConfirmSend,
    /// The question before quitting.
    ConfirmQuit,
    /// The channels found on the server.
    Discover,
    /// The sequence number to go to.
    Jump,
    /// The message names.
    Names,
    /// The channel or pattern to subscribe to.
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
    /// The panes or columns that are shown.
    ToggleList,
    /// The prompt for the file to record to.
    Record,
    /// The prompt for the recording to look for a gap in.
    BackfillFrom,
    /// The messages of a gap in a recording.
    BackfillResult,
    /// Every pane of a replay.
    Replay,
    /// The copy menu.
    Copy,
    /// The text to search for in Detail.
    DetailFind,
}

/// All contexts, in the order of the help.
pub(crate) const CONTEXTS: &[Context] = &[
    Context::Row,
    Context::Messages,
    Context::Detail,
    Context::DetailFind,
    Context::Copy,
    Context::Channels,
    Context::Findings,
    Context::FindingsAndRejected,
    Context::Timeline,
    Context::Compose,
    Context::ComposeKey,
    Context::Pick,
    Context::Prompt,
    Context::SeriesForm,
    Context::ConfirmSeries,
    Context::Series,
    Context::Sent,
    Context::Resend,
    Context::Discover,
    Context::Jump,
    Context::Names,
    Context::AddChannel,
    Context::Note,
    Context::Search,
    Context::Filter,
    Context::Palette,
    Context::Save,
    Context::ToggleList,
    Context::Record,
    Context::BackfillFrom,
    Context::BackfillResult,
    Context::ConfirmSend,
    Context::ConfirmQuit,
    Context::Replay,
    Context::Help,
    Context::Closing,
    Context::Text,
    Context::Moving,
    Context::Lists,
    Context::Panes,
    Context::Everywhere,
];

impl Context {
    /// The heading in the help.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Lists => "In every list",
            Self::Panes => "In every pane but Compose",
            Self::Text => "Editing text",
            Self::Moving => "Moving",
            Self::Closing => "Closing a popup",
            Self::Row => "The selected row",
            Self::Messages => "Messages",
            Self::Detail => "Detail",
            Self::Channels => "Channels",
            Self::Findings => "Findings",
            Self::FindingsAndRejected => "Findings and Rejected",
            Self::Timeline => "Timeline",
            Self::Compose => "Compose",
            Self::ComposeKey => "Compose, choosing the key",
            Self::Pick => "Choosing from a list",
            Self::Prompt => "Answering a template",
            Self::SeriesForm => "How many to send",
            Self::ConfirmSeries => "Before sending many",
            Self::Series => "While many are sent",
            Self::Sent => "Messages sent",
            Self::Resend => "Before sending again",
            Self::Help => "Help",
            Self::ConfirmSend => "Before sending",
            Self::ConfirmQuit => "Before leaving",
            Self::Discover => "Channels on the server",
            Self::Jump => "Going to a sequence number",
            Self::Names => "Message names",
            Self::AddChannel => "Adding a channel",
            Self::Note => "A note for a finding",
            Self::Search => "Searching",
            Self::Filter => "Filtering",
            Self::Palette => "Commands",
            Self::Save => "Saving rows",
            Self::ToggleList => "Choosing panes or columns",
            Self::Record => "Recording",
            Self::BackfillFrom => "Looking for a gap in a recording",
            Self::BackfillResult => "What a recording knows of a gap",
            Self::Replay => "A replay",
            Self::Copy => "Copying",
            Self::DetailFind => "Searching in Detail",
        }
    }
}
