//! What lies over the panes.

use std::ops::Range;

use super::add_channel::AddChannel;
use super::filtering::FilterPrompt;
use super::line::Line;
use super::names_view::NamesView;
use super::palette::Palette;
use super::saving::SavePrompt;
use super::scroll::Scroll;
use super::search::SearchPrompt;
use crate::console::action::DiscoveredChannel;

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
        /// The serial of the finding's row.
        serial: u64,
        /// The note in the making.
        note: Line,
    },
    /// The text to search for.
    Search(SearchPrompt),
    /// The filter.
    Filter(FilterPrompt),
    /// Every action, to be chosen from.
    Palette(Palette),
    /// The file to save rows in.
    Save(SavePrompt),
}

impl Popup {
    /// Whether it is a line at the bottom, beside which the panes are looked at.
    #[must_use]
    pub fn is_prompt(&self) -> bool {
        matches!(self, Self::Search(_) | Self::Filter(_) | Self::Save(_))
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
