//! What the console knows: no styles, no input or output.
//!
//! Times are microseconds since the Unix epoch.

pub mod channels;
pub mod compose;
pub mod detail;
pub mod findings;
pub mod link;
pub mod messages;

use std::sync::Arc;

use self::channels::Channels;
use self::compose::Compose;
use self::detail::Detail;
use self::findings::{Gaps, Refusals};
use self::link::LinkStatus;
use self::messages::Messages;
use super::action::DiscoveredChannel;
use crate::wire::signature::Keyring;

/// Everything that is drawn.
#[derive(Debug)]
pub struct State {
    /// What does not change while running.
    pub setup: Setup,
    /// The time of the last [`super::action::Event::Clock`].
    pub now: i64,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// The link to the server.
    pub link: LinkStatus,
    /// The numbers of the header.
    pub totals: Totals,
    /// The channels, in order of their first appearance.
    pub channels: Channels,
    /// The stream: messages, findings and link changes.
    pub messages: Messages,
    /// The findings, for the Gaps pane.
    pub gaps: Gaps,
    /// The refused messages, for the Refused pane.
    pub refusals: Refusals,
    /// What the Detail pane shows.
    pub detail: Detail,
    /// The message being composed, and what became of those sent.
    pub compose: Compose,
    /// The pane that gets the keys.
    pub focus: Pane,
    /// The list looked at last: Messages, Gaps or Refused; the one that shows where they share an area as tabs.
    pub tab: Pane,
    /// What lies over the panes.
    pub popup: Option<Popup>,
    /// One line about the last action, until the next key; escaped already.
    pub notice: Option<Notice>,
}

/// What does not change while running.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The profile's name; empty where there is none. Not escaped.
    pub profile: String,
    /// The profile's colour: a name that a terminal knows, or `#rrggbb`.
    pub colour: Option<String>,
    /// The server's address without user and password. Not escaped.
    pub target: String,
    /// Nothing may be sent.
    pub read_only: bool,
    /// What is sent is shown and asked for first.
    pub confirm: bool,
    /// The keys to judge and sign with.
    pub keyring: Arc<Keyring>,
    /// The channels and patterns asked for; none: the console offers what it discovers.
    pub channels: Vec<String>,
    /// How many rows the scrollback keeps.
    pub max_rows: usize,
    /// How many bytes the scrollback keeps.
    pub max_bytes: usize,
    /// Whether times are shown in UTC instead of the local time zone.
    pub utc: bool,
    /// Whether this is the demonstration.
    pub demo: bool,
}

/// The numbers of the header; four kinds of loss that are never mixed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages received.
    pub received: u64,
    /// Gap findings.
    pub gaps: u64,
    /// Sequence numbers missed upstream; where `missed_unknown`, at least that many.
    pub missed: u64,
    /// A counter was reset or could not be read, so that more may have been missed than can be known.
    pub missed_unknown: bool,
    /// Messages refused.
    pub refused: u64,
    /// Findings that are no gaps: repeats, clocks, rogue publishers, resets.
    pub other_findings: u64,
    /// Messages that the console was too slow for: never shown.
    pub dropped: u64,
    /// Rows that left the scrollback by its bounds.
    pub evicted: u64,
}

/// The panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the panes' titles")]
pub enum Pane {
    Channels,
    Messages,
    Gaps,
    Refused,
    Detail,
    Compose,
}

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
    /// The text asked for a sequence number to jump to.
    Jump {
        #[expect(missing_docs, reason = "said above")]
        text: String,
    },
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
    /// What went wrong, escaped already.
    pub error: Option<String>,
}

/// One line about the last action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The words, escaped already.
    pub text: String,
    /// Whether something went wrong.
    pub is_error: bool,
}
