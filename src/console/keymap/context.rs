//! The contexts of the table of keys.

/// Where keys apply. Each context is a section of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Every pane and popup except Compose and a running series, which have their own bindings.
    Everywhere,
    /// Every list. Detail has its own search.
    Lists,
    /// Every pane except Compose.
    Panes,
    /// Every list or text.
    Moving,
    /// Messages and Detail: what can be done with the selected row.
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
    /// A list to choose from.
    Pick,
    /// A template that asks for something.
    Prompt,
    /// The question how many to send.
    SeriesForm,
    /// The question whether to send so many.
    ConfirmSeries,
    /// A running series.
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
    BackfillFrom,
    /// What a recording knows of a gap.
    BackfillResult,
    /// In every pane of a replay.
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
            Self::Everywhere => "Everywhere else",
            Self::Lists => "In every list",
            Self::Panes => "In every pane but Compose",
            Self::Moving => "Moving",
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
