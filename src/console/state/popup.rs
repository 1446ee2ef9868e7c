//! What lies over the panes.

use std::ops::Range;

use super::add_channel::AddChannel;
use super::backfill::{BackfillList, BackfillPrompt};
use super::draft::Prompting;
use super::filtering::FilterPrompt;
use super::line_edit::LineEdit;
use super::names_view::NamesView;
use super::palette::Palette;
use super::picker::Picker;
use super::saving::SavePrompt;
use super::scroll::Scroll;
use super::search::SearchPrompt;
use super::series::SeriesForm;
use super::settings::ToggleList;
use crate::console::action::DiscoveredChannel;
use crate::wire::verdict::Verdict;

/// What lies over the panes and gets the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Popup {
    /// The keys, scrolled down by that many lines.
    Help {
        #[expect(missing_docs, reason = "said above")]
        scroll: usize,
    },
    /// The exact message to be sent, and the question whether to send it.
    ConfirmSend,
    /// A list to choose from: completion, history, templates.
    Pick(Picker),
    /// A template asks for something.
    Prompt(Prompting),
    /// A message of somebody, and the question whether to send it again as it is.
    Resend(Again),
    /// The question how many times to send, and how fast.
    SeriesForm(SeriesForm),
    /// The first message, and the question whether to send so many.
    ConfirmSeries(SeriesForm),
    /// How far a series has come; the numbers are in [`super::compose::Compose::series`].
    Series,
    /// What was sent in this run.
    Sent(SentList),
    /// Leave, though there is an unsent text?
    ConfirmQuit,
    /// The channels found on the server.
    Discover(Discover),
    /// What can be copied, with the cursor on one of the lines.
    Copy {
        #[expect(missing_docs, reason = "said above")]
        cursor: usize,
    },
    /// The text asked for a sequence number to jump to.
    Jump {
        #[expect(missing_docs, reason = "said above")]
        text: String,
    },
    /// The message names of a channel, or of several.
    Names(NamesView),
    /// The channel or pattern to subscribe to.
    AddChannel(AddChannel),
    /// The note for a finding that is to be marked as handled.
    Note {
        /// The row_id of the finding's row.
        row_id: u64,
        /// The note in the making.
        note: LineEdit,
    },
    /// The text to search for.
    Search(SearchPrompt),
    /// The filter.
    Filter(FilterPrompt),
    /// Every action, to be chosen from.
    Palette(Palette),
    /// The file to save rows in.
    Save(SavePrompt),
    /// What is shown and what not.
    ToggleList(ToggleList),
    /// The file to record to.
    Record(LineEdit),
    /// The recording to look for a gap in.
    FillFrom(BackfillPrompt),
    /// What a recording knows of a gap.
    BackfillResult(BackfillList),
}

impl Popup {
    /// Whether it is a line at the bottom, beside which the panes are looked at.
    #[must_use]
    pub fn is_prompt(&self) -> bool {
        matches!(self, Self::Search(_) | Self::Filter(_) | Self::Save(_) | Self::Record(_) | Self::FillFrom(_))
    }
}

/// A message to be sent again as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The channel.
    pub channel: Vec<u8>,
    /// The exact payload.
    pub payload: Vec<u8>,
    /// The time in its signature, in Unix seconds, if it has one.
    pub timestamp: Option<i64>,
    /// What the checks said of it when it came.
    pub verdict: Verdict,
}

/// A place in the list of what was sent, which begins with the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SentList {
    /// The line under the cursor.
    pub cursor: usize,
    /// The first line shown where not all have room.
    pub top: usize,
}

impl SentList {
    pub(crate) fn scroll(self, len: usize, height: usize) -> Scroll {
        Scroll { len, top: self.top, cursor: self.cursor, height }
    }
}

/// The channels found on the server, to be picked from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discover {
    /// Still looking.
    pub searching: bool,
    /// What was found, sorted by name.
    pub found: Vec<DiscoveredChannel>,
    /// Which of them are picked, by index.
    pub picked: std::collections::BTreeSet<usize>,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row shown where not all have room.
    pub top: usize,
    /// What went wrong, escaped already.
    pub error: Option<String>,
}

impl Discover {
    /// The indices of the channels that have room in `height` lines.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.scroll(height).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.found.len(), top: self.top, cursor: self.cursor, height }
    }
}
