//! The state of the console.
//!
//! Times are microseconds since the Unix epoch.

use std::path::PathBuf;
use std::sync::Arc;

use crate::console::app::alerts::AlertState;
use crate::console::app::replay::Replay;
use crate::console::app::scrollback::{Messages, Row};
use crate::console::app::settings::{Border, Settings};
use crate::console::filter::state::Filtering;
use crate::console::keymap::Keymap;
use crate::console::panes::Pane;
use crate::console::panes::channels::names::Names;
use crate::console::panes::channels::rate::PerSecond;
use crate::console::panes::channels::state::Channels;
use crate::console::panes::compose::state::Compose;
use crate::console::panes::detail::state::Detail;
use crate::console::panes::findings::state::{FindingEntry, Findings};
use crate::console::panes::rejected::state::Rejections;
use crate::console::panes::timeline::state::Timeline;
use crate::console::popups::Popup;
use crate::console::popups::discover::Discover;
use crate::console::popups::record::RecordingStatus;
use crate::console::search::state::Search;
use crate::ledger::finding::{Acknowledgements, Cause, Finding, FindingKind};
use crate::ledger::format::counted;
use crate::ledger::interval::{Entry, Interval, Link, LinkState, Message, ServerInfo};
use crate::wire::glob;
use crate::wire::signature::Keyring;

/// The state of the console: everything that is drawn.
#[derive(Debug)]
pub struct State {
    /// The setup, which does not change while running.
    pub setup: Setup,
    /// The time of the last [`crate::console::app::event::Event::Clock`].
    pub now: i64,
    /// The current time, also in a replay. Set before every batch of events.
    pub wall_clock: i64,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// The link to the server.
    pub link: LinkStatus,
    /// The counts in the header.
    pub totals: Totals,
    /// The messages per second over all channels, for the last seconds.
    pub per_second: PerSecond,
    /// Messages and findings over the last day.
    pub timeline: Timeline,
    /// The channels, in order of their first appearance.
    pub channels: Channels,
    /// Statistics per message name.
    pub names: Names,
    /// The stream: messages, findings and link changes.
    pub messages: Messages,
    /// The filter over the stream.
    pub filtering: Filtering,
    /// The search in the stream.
    pub search: Option<Search>,
    /// The findings, for the Findings pane.
    pub findings: Findings,
    /// The acknowledgements of the server's findings, also those of earlier runs.
    pub acknowledgements: Acknowledgements,
    /// Whether acknowledgements are kept for later runs.
    pub keeps_acknowledgements: bool,
    /// The rejected messages, for the Rejected pane.
    pub rejections: Rejections,
    /// What the Detail pane shows.
    pub detail: Detail,
    /// The message being composed, and the sent messages with their results.
    pub compose: Compose,
    /// The pane with the focus.
    pub focus: Pane,
    /// Whether that pane takes the whole screen.
    pub zoomed: bool,
    /// The list that had the focus last: Messages, Findings or Rejected. If they share an area as tabs, this one is shown.
    pub tab: Pane,
    /// The list in which a row was selected last: Messages, Findings or Rejected. Detail shows that row.
    pub detail_list: Pane,
    /// The open popup.
    pub popup: Option<Popup>,
    /// The result of the last action, until the next key, or for some seconds if it is a success. Already escaped.
    pub notice: Option<Notice>,
    /// The alerts.
    pub alerts: AlertState,
    /// The replay, if this is one. Then `now` is the time in the recording.
    pub replay: Option<Replay>,
    /// The status of the recording, while there is one.
    pub recording: Option<RecordingStatus>,
    /// The last file recorded to, as typed. The next recording uses it without asking.
    pub recorded_to: Option<String>,
    /// The names of the other profiles, not escaped.
    pub profiles: Vec<String>,
    /// The subscribed channels and patterns, those of the setup first.
    pub subscribed: Vec<String>,
    /// The keys.
    pub keymap: Keymap,
    /// The display settings.
    pub settings: Settings,
    /// The border that the mouse drags, and its distance from the mouse in cells.
    pub held: Option<(Border, i32)>,
    /// The place and time of the last click, to detect double clicks.
    pub last_click: Option<(u16, u16, i64)>,
}

impl State {
    /// The state at the start. Without a channel in the setup, it shows the channels of the server to choose from.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let mut channels = Channels::default();
        channels.tree = true;
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
            keymap: Keymap::default(),
            setup,
            now: 0,
            wall_clock: 0,
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
            acknowledgements: Acknowledgements::default(),
            keeps_acknowledgements: false,
            rejections: Rejections::default(),
            detail: Detail::default(),
            focus: Pane::Messages,
            zoomed: false,
            tab: Pane::Messages,
            detail_list: Pane::Messages,
            popup,
            notice: None,
            replay: None,
            recording: None,
            recorded_to: None,
            profiles: Vec::new(),
            last_click: None,
        }
    }

    /// Adds a row for the end of the previous connection, before the first interval of this one.
    pub fn note_previous(&mut self, reason: &str, at: i64) {
        let mut interval = Interval::default();
        let (state, reason) = (LinkState::Disconnected, Some(reason.into()));
        interval.push(Entry::Link(Link { state, reason, channel: None, server: None, at }));
        self.messages.bytes += interval.size();
        self.messages.push(Row { interval: Arc::new(interval), index: 0 }, true);
    }

    /// Messages per second over the last full seconds; `None` before the first.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.per_second.rate()
    }

    /// Sets the time of this machine, in microseconds since the epoch. A notice ends when its time is over.
    pub fn set_wall_clock(&mut self, now: i64) {
        self.wall_clock = now;
        self.notice.take_if(|notice| notice.is_over(now));
    }

    /// The counts of the findings that are not acknowledged.
    pub(crate) fn open(&self) -> FindingCounts {
        self.totals.findings.without(self.findings.acknowledged_counts)
    }

    /// The number of gaps that are not acknowledged.
    #[must_use]
    pub fn open_gaps(&self) -> u64 {
        self.open().gaps
    }

    /// The number of open gaps in words. If some are acknowledged, `0 open gaps`.
    pub(crate) fn gap_words(&self) -> String {
        let open = self.open_gaps();
        counted(open, if open < self.totals.findings.gaps { "open gap" } else { "gap" })
    }

    /// The number of findings that are neither gaps nor acknowledged.
    #[must_use]
    pub fn open_others(&self) -> u64 {
        self.open().others
    }

    /// The list whose selected row Detail shows. It is Messages if nothing is selected in `detail_list`.
    pub(crate) fn shown_list(&self) -> Pane {
        match self.detail_list {
            Pane::Findings if self.findings.list.selected().is_some() => Pane::Findings,
            Pane::Rejected if self.rejections.list.selected().is_some() => Pane::Rejected,
            _ => Pane::Messages,
        }
    }

    /// The row ID of the selected row. On the line of a group, it is that of the group's newest entry.
    #[must_use]
    pub fn selected_row_id(&self) -> Option<u64> {
        match self.shown_list() {
            Pane::Findings => self.findings.list.selected()?.newest().map(|entry| entry.row_id),
            Pane::Rejected => self.rejections.list.selected()?.newest().map(|entry| entry.row_id),
            _ => self.messages.cursor,
        }
    }

    /// The row that Detail shows: the pinned one, or the selected one.
    #[must_use]
    pub fn detail_row(&self) -> Option<&Row> {
        self.detail.pinned.as_ref().or_else(|| self.messages.row(self.detail.row_id?))
    }

    /// The recording that this console replays, or records to.
    #[must_use]
    pub(crate) fn recording_file(&self) -> Option<PathBuf> {
        let replayed = self.replay.as_ref().map(|replay| replay.file.clone());
        replayed.or_else(|| self.recorded_to.as_ref().map(PathBuf::from))
    }

    /// The row that actions apply to: the one under the cursor in the results of a backfill, the one in Detail if Detail has the
    /// focus, otherwise the selected one.
    #[must_use]
    pub(crate) fn row_at_hand(&self) -> Option<&Row> {
        if let Some(Popup::BackfillResult(list)) = &self.popup {
            return self.findings.backfilled.get(&list.row_id)?.rows.get(list.position.cursor);
        }
        if self.focus == Pane::Detail { self.detail_row() } else { self.messages.row(self.selected_row_id()?) }
    }

    /// The row ID of the row that actions apply to. `None` if Detail shows a row of another recording.
    #[must_use]
    pub(crate) fn row_id_at_hand(&self) -> Option<u64> {
        if self.focus == Pane::Detail { self.detail.row_id } else { self.selected_row_id() }
    }

    /// The finding that actions apply to: in Messages and Detail that of the row, elsewhere the one under the cursor of Findings.
    /// Or why there is none.
    pub(crate) fn finding_at_hand(&self) -> Result<&FindingEntry, &'static str> {
        if !matches!(self.focus, Pane::Messages | Pane::Detail) {
            return self.findings.selected();
        }
        let entry = self.row_id_at_hand().and_then(|row_id| self.findings.list.get(row_id));
        match (entry, self.row_at_hand().map(Row::entry)) {
            (Some(entry), _) => Ok(entry),
            (_, Some(Entry::Finding(_))) => Err("this finding was trimmed from Findings"),
            (_, Some(_)) => Err("this row is not a finding"),
            (None, None) => Err("no row is selected"),
        }
    }

    /// As [`Self::finding_at_hand`]; on the line of a group in Findings, all its findings.
    pub(crate) fn findings_at_hand(&self) -> Result<Vec<&FindingEntry>, &'static str> {
        let chosen: Vec<_> = match self.focus {
            Pane::Messages | Pane::Detail => Vec::new(),
            _ => self.findings.chosen().collect(),
        };
        if chosen.is_empty() { self.finding_at_hand().map(|entry| vec![entry]) } else { Ok(chosen) }
    }

    /// The message of [`Self::row_at_hand`], with its row. `None` if the row is not a message.
    #[must_use]
    pub(crate) fn message_at_hand(&self) -> Option<(&Row, &Message)> {
        let row = self.row_at_hand()?;
        row.message().map(|message| (row, message))
    }
}

impl State {
    /// Whether the server denies every subscribed channel and pattern, and nothing is received.
    pub(crate) fn is_all_denied(&self) -> bool {
        !self.subscribed.is_empty()
            && self.subscribed.iter().all(|name| self.channels.is_denied(name))
            && self.rate().is_none_or(|rate| rate == 0.0)
    }

    /// How many of the receivers of a channel are this console. Each matching subscription is one receiver, so a channel that is
    /// subscribed both by name and by a pattern counts twice.
    pub(crate) fn own_receivers(&self, channel: &[u8]) -> u64 {
        if matches!(self.link.phase, Phase::Live | Phase::Stale) { self.subscriptions_to(channel) } else { 0 }
    }

    /// How many of the subscribed channels and patterns match a channel, without those that the server denies.
    pub(crate) fn subscriptions_to(&self, channel: &[u8]) -> u64 {
        let matches = |name: &str| {
            if is_pattern(name) { glob::matches(name.as_bytes(), channel) } else { name.as_bytes() == channel }
        };
        self.subscribed.iter().filter(|name| matches(name) && !self.channels.is_denied(name)).count() as u64
    }
}

/// Whether Redis treats it as a pattern: it contains `*`, `?` or `[`.
#[must_use]
pub(crate) fn is_pattern(channel: &str) -> bool {
    channel.contains(['*', '?', '['])
}

/// The setup, which does not change while running.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "the four settings are independent of each other")]
pub struct Setup {
    /// The profile's name; empty if there is none. Not escaped.
    pub profile: String,
    /// The profile's colour: a name that a terminal knows, or `#rrggbb`.
    pub colour: Option<String>,
    /// The server's address without user and password. Not escaped.
    pub target: String,
    /// The server's URL without user and password; empty if it is unknown.
    pub url: String,
    /// Whether sending is disabled.
    pub read_only: bool,
    /// Whether every message must be confirmed before it is sent.
    pub confirm: bool,
    /// The keys for verification and signing.
    pub keyring: Arc<Keyring>,
    /// The channels and patterns to subscribe to. If empty, the console offers the channels that it discovers.
    pub channels: Vec<String>,
    /// The maximum number of rows in the scrollback.
    pub max_rows: usize,
    /// The maximum size of the scrollback, in bytes.
    pub max_bytes: usize,
    /// Whether times are shown in UTC instead of the local time zone by default.
    pub utc: bool,
    /// Whether this is the demo.
    pub demo: bool,
}

/// The counts in the header. Missed, not received, dropped and trimmed are never added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// The number of messages received.
    pub received: u64,
    /// All findings.
    pub findings: FindingCounts,
    /// Whether a counter could not be read, so that an unknown number of messages may have been missed.
    pub had_unreadable_counter: bool,
    /// The number of rejected messages.
    pub rejected: u64,
    /// The number of messages that were dropped because the console was too slow.
    pub dropped: u64,
    /// The number of rows trimmed from the scrollback.
    pub trimmed: u64,
}

/// The counts of some findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FindingCounts {
    /// The number of gaps.
    pub gaps: u64,
    /// The number of findings that are not gaps.
    pub others: u64,
    /// The number of messages missed while disconnected or not running. A lower bound unless `inexact` is 0.
    pub missed: u64,
    /// The number of sequence numbers that were counted while connected, but without a message. Nothing was necessarily missed:
    /// Redis delivers published messages in order.
    pub not_received: u64,
    /// The number of findings with which more messages may have been missed, e.g. because a counter was reset or could not be
    /// read.
    pub inexact: u64,
}

impl FindingCounts {
    /// The counts of one finding.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        let is_gap = finding.kind.is_gap();
        let is_at_least = match finding.cause {
            Cause::Disconnected { lower_bound, .. } | Cause::NotRunning { lower_bound, .. } => lower_bound,
            Cause::Reset { .. } => true,
            Cause::CountMismatch { .. }
            | Cause::Duplicate { .. }
            | Cause::ClockSkew { .. }
            | Cause::Expectation { .. } => false,
        };
        let count_if = |counts: bool| finding.missed().filter(|_| counts).unwrap_or(0);
        Self {
            gaps: u64::from(is_gap),
            others: u64::from(!is_gap),
            missed: count_if(finding.kind.is_while_absent()),
            not_received: count_if(finding.kind == FindingKind::CountedNotReceived),
            inexact: u64::from(is_at_least || (is_gap && finding.count.is_none())),
        }
    }

    /// The counts with those of `more` findings.
    pub(crate) fn with(self, more: Self) -> Self {
        self.combine(more, u64::saturating_add)
    }

    /// The counts without those of `fewer` findings.
    pub(crate) fn without(self, fewer: Self) -> Self {
        self.combine(fewer, u64::saturating_sub)
    }

    fn combine(self, other: Self, of: fn(u64, u64) -> u64) -> Self {
        Self {
            gaps: of(self.gaps, other.gaps),
            others: of(self.others, other.others),
            missed: of(self.missed, other.missed),
            not_received: of(self.not_received, other.not_received),
            inexact: of(self.inexact, other.inexact),
        }
    }
}

/// The result of the last action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The text, already escaped.
    pub text: String,
    /// Whether it is an error.
    pub is_error: bool,
    /// Whether it stays until the next key: an error, or work in progress.
    is_lasting: bool,
    /// When the clock advanced first while it was shown, by [`State::wall_clock`].
    shown_since: Option<i64>,
}

/// How long a notice of success is shown, in microseconds.
const NOTICE_TIMEOUT: i64 = 8_000_000;

impl Notice {
    /// A success. The text is already escaped.
    pub fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: false, is_lasting: false, shown_since: None }
    }

    /// Work in progress, until its result is known. The text is already escaped.
    pub(crate) fn in_progress(text: impl Into<String>) -> Self {
        Self { is_lasting: true, ..Self::done(text) }
    }

    /// An error. The text is already escaped.
    pub fn error(text: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::in_progress(text) }
    }

    /// Whether it was shown for long enough. A clock that was set back ends it too.
    pub(crate) fn is_over(&mut self, wall_clock: i64) -> bool {
        let since = *self.shown_since.get_or_insert(wall_clock);
        !self.is_lasting && !(since..since.saturating_add(NOTICE_TIMEOUT)).contains(&wall_clock)
    }
}

/// The link as the header shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkStatus {
    /// The state.
    pub phase: Phase,
    /// The time of the last change; 0 before the first connection.
    pub since: i64,
    /// Why it is disconnected, not escaped.
    pub reason: Option<Arc<str>>,
    /// The last round trip of a barrier in microseconds.
    pub round_trip: Option<u64>,
    /// The server's version, role and mode.
    pub server: Option<Arc<ServerInfo>>,
}

/// The state of the link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not connected yet.
    #[default]
    Connecting,
    /// Connected, and barriers are answered.
    Live,
    /// Connected, but the oldest pending request has had no reply for two seconds.
    Stale,
    /// Not connected.
    Down,
}
