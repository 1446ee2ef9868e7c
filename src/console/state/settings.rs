//! What a person has chosen for the screen, and what stays from run to run: names and numbers, no styles.

use std::collections::BTreeSet;

use super::Pane;

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The theme; none: as the terminal's environment says. What was chosen holds under `NO_COLOR` too, which asks for
    /// what is usual (<https://no-color.org>).
    pub theme: Option<ThemeName>,
    /// Times are shown in UTC instead of the local time zone.
    pub utc: bool,
    /// How the times of messages are written.
    pub time_format: TimeFormat,
    /// The columns of Messages, beside those that it always has.
    pub columns: ShownColumns,
    /// How large the panes are.
    pub sizes: Sizes,
    /// The panes that are only shown while they have the focus.
    pub hidden: BTreeSet<Pane>,
}

/// The themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThemeName {
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// The sixteen colours of the terminal's own palette.
    Sixteen,
    /// No colours.
    None,
}

impl ThemeName {
    /// All themes, in the order in which they follow each other.
    pub const ALL: [Self; 4] = [Self::Light, Self::Dark, Self::Sixteen, Self::None];

    /// Its name, as it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Sixteen => "16",
            Self::None => "none",
        }
    }
}

/// How the times of messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimeFormat {
    /// `12:31:06.412`
    #[default]
    Millis,
    /// `12:31:06`
    Seconds,
    /// `2026-07-01 12:31:06.412`
    Date,
}

impl TimeFormat {
    /// All formats, in the order in which they follow each other.
    pub const ALL: [Self; 3] = [Self::Millis, Self::Seconds, Self::Date];

    /// Its name, as it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Millis => "milliseconds",
            Self::Seconds => "seconds",
            Self::Date => "date",
        }
    }
}

/// A column of Messages that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageColumn {
    /// When it came.
    Time,
    /// How long ago it came.
    Age,
    /// Its channel, where several are shown.
    Channel,
    /// The bytes of its payload.
    Size,
    /// The key that it was signed with.
    Key,
}

impl MessageColumn {
    /// All of them, from left to right.
    pub const ALL: [Self; 5] = [Self::Time, Self::Age, Self::Channel, Self::Size, Self::Key];

    /// Its name, as it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Age => "age",
            Self::Channel => "channel",
            Self::Size => "size",
            Self::Key => "key",
        }
    }

    /// What stands in it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Time => "when it came",
            Self::Age => "how long ago it came",
            Self::Channel => "its channel, where several are shown",
            Self::Size => "the bytes of its payload",
            Self::Key => "the key that it was signed with",
        }
    }
}

/// The columns that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownColumns(pub BTreeSet<MessageColumn>);

impl ShownColumns {
    /// Whether a column is shown, where it has room.
    #[must_use]
    pub fn has(&self, column: MessageColumn) -> bool {
        self.0.contains(&column)
    }
}

impl Default for ShownColumns {
    fn default() -> Self {
        Self([MessageColumn::Time, MessageColumn::Channel, MessageColumn::Key].into())
    }
}

/// How large the panes are, in cells with their borders, where every pane is shown at once; none: as the screen suggests.
/// What a screen has no room for is cut when it is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sizes {
    /// The columns of the left side: Channels, Findings, Rejected.
    pub left: Option<u16>,
    /// The columns of Detail.
    pub detail: Option<u16>,
    /// The rows of Findings.
    pub findings: Option<u16>,
    /// The rows of Rejected.
    pub rejected: Option<u16>,
}

/// A border that can be moved, by the pane that it sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Border {
    /// Between the left side and Messages.
    Left,
    /// Between Messages and Detail.
    Detail,
    /// Above Findings.
    Findings,
    /// Above Rejected.
    Rejected,
}

impl Border {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Left, Self::Detail, Self::Findings, Self::Rejected];

    /// Whether it is moved from side to side.
    #[must_use]
    pub fn is_upright(self) -> bool {
        matches!(self, Self::Left | Self::Detail)
    }
}

/// The panes that can be hidden; Messages always stays.
pub const HIDEABLE: [Pane; 6] =
    [Pane::Channels, Pane::Findings, Pane::Rejected, Pane::Detail, Pane::Timeline, Pane::Compose];

/// A pane's name, as it is kept.
#[must_use]
pub fn pane_name(pane: Pane) -> &'static str {
    match pane {
        Pane::Channels => "channels",
        Pane::Messages => "messages",
        Pane::Findings => "findings",
        Pane::Rejected => "rejected",
        Pane::Detail => "detail",
        Pane::Timeline => "timeline",
        Pane::Compose => "compose",
    }
}

/// A list of things that are shown or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToggleList {
    /// What is listed.
    pub of: SwitchList,
    /// The line under the cursor.
    pub cursor: usize,
}

/// What can be shown or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchList {
    /// The panes.
    Panes,
    /// The columns of Messages.
    Columns,
}

impl SwitchList {
    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Panes => HIDEABLE.len(),
            Self::Columns => MessageColumn::ALL.len(),
        }
    }

    /// Never: there is always something to choose.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}
