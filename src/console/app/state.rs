//! What the console knows: no styles, no input or output.
//!
//! Times are microseconds since the Unix epoch.

use std::sync::Arc;

use crate::console::app::alerts::AlertState;
use crate::console::app::replay::Replay;
use crate::console::app::scrollback::{Messages, Row};
use crate::console::app::settings::{Border, Settings};
use crate::console::filter::state::Filtering;
use crate::console::panes::channels::names::Names;
use crate::console::panes::channels::rate::PerSecond;
use crate::console::panes::channels::state::Channels;
use crate::console::panes::compose::state::Compose;
use crate::console::panes::detail::state::Detail;
use crate::console::panes::findings::state::Findings;
use crate::console::panes::rejected::state::Rejections;
use crate::console::panes::timeline::state::Timeline;
use crate::console::popups::record::RecordingStatus;
use crate::console::popups::{Discover, Popup};
use crate::console::search::state::Search;
use crate::ledger::interval::{Message, Server};
use crate::wire::signature::Keyring;

/// Everything that is drawn.
#[derive(Debug)]
pub struct State {
    /// What does not change while running.
    pub setup: Setup,
    /// The time of the last [`crate::console::app::event::Event::Clock`].
    pub now: i64,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// The link to the server.
    pub link: LinkStatus,
    /// The numbers of the header.
    pub totals: Totals,
    /// Messages of each of the last seconds, over all channels.
    pub per_second: PerSecond,
    /// Messages and findings over the last day.
    pub timeline: Timeline,
    /// The channels, in order of their first appearance.
    pub channels: Channels,
    /// What is known of each message name.
    pub names: Names,
    /// The stream: messages, findings and link changes.
    pub messages: Messages,
    /// The filter over the stream.
    pub filtering: Filtering,
    /// What is searched for in the stream.
    pub search: Option<Search>,
    /// The findings, for the Findings pane.
    pub findings: Findings,
    /// The rejected messages, for the Rejected pane.
    pub rejections: Rejections,
    /// What the Detail pane shows.
    pub detail: Detail,
    /// The message being composed, and what became of those sent.
    pub compose: Compose,
    /// The pane that gets the keys.
    pub focus: Pane,
    /// The list looked at last: Messages, Findings or Rejected; the one that shows where they share an area as tabs.
    pub tab: Pane,
    /// What lies over the panes.
    pub popup: Option<Popup>,
    /// One line about the last action, until the next key; escaped already.
    pub notice: Option<Notice>,
    /// What rings the bell or runs a command.
    pub alerts: AlertState,
    /// What is replayed, where this is a replay: then `now` is the time that it has come to.
    pub replay: Option<Replay>,
    /// How the recording goes, while there is one.
    pub recording: Option<RecordingStatus>,
    /// The file that was recorded to last, as typed: the next recording goes there too, without a question.
    pub recorded_to: Option<String>,
    /// Channels and patterns subscribed to, those of the setup first.
    pub subscribed: Vec<String>,
    /// What was chosen for the screen.
    pub settings: Settings,
    /// The border that the mouse holds, and by how many cells the mouse stood beside it.
    pub held: Option<(Border, i32)>,
    /// The last click: where, and when; a second one there soon after is a double click.
    pub last_click: Option<(u16, u16, i64)>,
}

impl State {
    /// Nothing has come yet. Without a channel in the setup, what the server has is offered.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let mut channels = Channels::default();
        for name in &setup.channels {
            channels.note(name, true);
        }
        channels.refresh();
        let popup =
            setup.channels.is_empty().then(|| Popup::Discover(Discover { searching: true, ..Discover::default() }));
        Self {
            subscribed: setup.channels.clone(),
            names: Names::default(),
            alerts: AlertState::default(),
            compose: Compose::new(&setup.keyring),
            settings: Settings { utc: setup.utc, ..Settings::default() },
            held: None,
            setup,
            now: 0,
            size: (80, 24),
            link: LinkStatus::default(),
            totals: Totals::default(),
            per_second: PerSecond::default(),
            timeline: Timeline::default(),
            channels,
            messages: Messages::new(),
            filtering: Filtering::default(),
            search: None,
            findings: Findings::default(),
            rejections: Rejections::default(),
            detail: Detail::default(),
            focus: Pane::Messages,
            tab: Pane::Messages,
            popup,
            notice: None,
            replay: None,
            recording: None,
            recorded_to: None,
            last_click: None,
        }
    }

    /// Messages a second, over the last full seconds; none before there was one.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.per_second.rate()
    }

    /// Gap findings that are not acknowledged.
    #[must_use]
    pub fn open_gaps(&self) -> u64 {
        self.totals.gaps.saturating_sub(self.findings.acknowledged_gaps)
    }

    /// The row that Detail shows: the pinned one, or the selected one.
    #[must_use]
    pub fn detail_row(&self) -> Option<&Row> {
        self.detail.pinned.as_ref().or_else(|| self.messages.row(self.detail.row_id?))
    }

    /// The row that is worked with: that under the cursor of what another recording knows, that of Detail where it has the focus, otherwise the selected one.
    #[must_use]
    pub fn row_at_hand(&self) -> Option<&Row> {
        if let Some(Popup::BackfillResult(list)) = &self.popup {
            return self.findings.backfilled.get(&list.row_id)?.rows.get(list.cursor);
        }
        if self.focus == Pane::Detail { self.detail_row() } else { self.messages.selected() }
    }

    /// The selected row's message with its interval, if a message is selected.
    #[must_use]
    pub fn selected_message(&self) -> Option<(&Row, &Message)> {
        let row = self.messages.selected()?;
        row.message().map(|message| (row, message))
    }
}

/// Whether Redis reads it as a pattern: it has a `*`, `?` or `[`.
#[must_use]
pub fn is_pattern(channel: &str) -> bool {
    channel.contains(['*', '?', '['])
}

/// What does not change while running.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "four settings that do not depend on each other")]
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
    /// Whether times are shown in UTC instead of the local time zone, until it is chosen otherwise.
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
    /// Messages rejected.
    pub rejected: u64,
    /// Findings that are no gaps: duplicates, clocks, rogue publishers, resets.
    pub other_findings: u64,
    /// Messages that the console was too slow for: never shown.
    pub dropped: u64,
    /// Rows that left the scrollback by its bounds.
    pub evicted: u64,
}

/// The panes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[expect(missing_docs, reason = "the variants are the panes' titles")]
pub enum Pane {
    Channels,
    Messages,
    Findings,
    Rejected,
    Detail,
    Timeline,
    Compose,
}

/// One line about the last action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The words, escaped already.
    pub text: String,
    /// Whether something went wrong.
    pub is_error: bool,
}

impl Notice {
    /// Something was done. The words are escaped already.
    pub fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: false }
    }

    /// Something went wrong, or is not possible. The words are escaped already.
    pub fn error(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: true }
    }
}

/// The link as the header shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkStatus {
    /// Which state.
    pub phase: Phase,
    /// Since when; 0 before the first connection.
    pub since: i64,
    /// Why it is down, not escaped.
    pub reason: Option<Arc<str>>,
    /// The last round trip of a barrier in microseconds.
    pub round_trip: Option<u64>,
    /// What the server said of itself.
    pub server: Option<Arc<ServerInfo>>,
}

/// The link's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Never connected yet.
    #[default]
    Connecting,
    /// Connected, and barriers are answered.
    Live,
    /// Connected, but no barrier was answered for two seconds.
    Stale,
    /// Not connected.
    Down,
}
