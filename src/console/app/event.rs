//! The console's events and effects.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::console::app::replay::{ReplayOrder, ReplayStatus};
use crate::console::app::scrollback::Row;
use crate::console::app::settings::Settings;
use crate::console::panes::compose::echoes::SentCopy;
use crate::console::panes::compose::history::HistoryEntry;
use crate::console::popups::backfill::{BackfillResult, GapQuery};
use crate::console::popups::bundle::BundleOrder;
use crate::console::popups::discover::DiscoveredChannel;
use crate::console::popups::record::RecordingStatus;
use crate::console::popups::save::SavedRow;
use crate::console::popups::series::{Series, SeriesEnd};
use crate::filter::Filter;
use crate::filter::jq_worker::Answer;
use crate::ledger::finding::{Acknowledgement, Finding};
use crate::ledger::interval::{Interval, Link};

/// An input of the console.
#[derive(Debug, Clone)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// A mouse event.
    Mouse(MouseEvent),
    /// Text was pasted (bracketed paste).
    Paste(String),
    /// The terminal's new size in columns and rows.
    Resize(u16, u16),
    /// The subscription delivered an interval.
    Interval(Arc<Interval>),
    /// The result of publishing a message. Errors in all events are already escaped.
    Published {
        /// The number given in [`Effect::Publish`].
        id: u64,
        /// Receivers and sequence number, or the error.
        result: Result<(u64, u64), String>,
        /// The time in microseconds since the epoch.
        at: i64,
    },
    /// Progress of a series of messages.
    Series {
        /// The number of messages sent.
        sent: u64,
        /// Receivers and sequence number of the last message.
        last: Option<(u64, u64)>,
        /// The end of the series, if it has ended.
        end: Option<SeriesEnd>,
        /// The time in microseconds since the epoch.
        at: i64,
    },
    /// Messages of a series were sent: all until `at` that were not reported before.
    SeriesCopies {
        /// The messages.
        copies: Vec<SentCopy>,
        /// The time in microseconds since the epoch.
        at: i64,
    },
    /// `$EDITOR` ended: the data, or the error.
    Edited(Result<String, String>),
    /// The send history, oldest first, or the error.
    History(Result<Vec<HistoryEntry>, String>),
    /// A sent message could not be added to the history.
    NotRemembered(String),
    /// Discovery ended: the channels, or the error.
    Discovered(Result<Vec<DiscoveredChannel>, String>),
    /// The command of an alert could not be run, failed or took too long.
    AlertFailed(String),
    /// The jq predicate's answers.
    Answered {
        /// The number given in [`Effect::Ask`].
        id: u64,
        /// The answers, with the IDs of the rows.
        answers: Vec<(u64, Answer)>,
        /// Why jq is no longer used, already escaped.
        stopped: Option<String>,
    },
    /// Rows were saved: their number and the file (escaped), or the error.
    Saved(Result<(u64, String), String>),
    /// A bundle was written: what it contains (escaped), or the error.
    Bundled(Result<String, String>),
    /// The settings could not be saved.
    NotKept(String),
    /// Something outside the console failed.
    Warning(String),
    /// The status of the recording.
    Recording(RecordingStatus),
    /// The recording ended: the number of messages, or the error.
    RecordingEnded(Result<u64, String>),
    /// The recordings found for [`Effect::FindRecordings`], without paths that are not UTF-8.
    RecordingsFound(Vec<String>),
    /// What a recording has of a gap, or the error.
    BackfillResult(Box<GapQuery>, Result<Box<BackfillResult>, String>),
    /// The profile of [`Effect::LoadProfile`], or the error.
    ProfileLoaded(Result<NextProfile, String>),
    /// The status of the replay.
    Replay(ReplayStatus),
    /// The replay jumped. The next rows do not continue those shown so far.
    Jumped,
    /// The newest row is the requested one.
    Found,
    /// No other event is waiting, so there is time for a step of background work; see
    /// [`crate::console::app::background::has_work`].
    Work,
    /// The time in microseconds since the epoch. Live, it is sent before every batch of events; in a replay, by the player while
    /// it plays.
    Clock(i64),
}

/// The entry of an interval that an alert is about.
#[derive(Debug, Clone)]
pub struct Alert {
    /// The interval; shared, never copied.
    pub interval: Arc<Interval>,
    /// The entry's index in it.
    pub index: usize,
}

impl PartialEq for Alert {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.interval, &other.interval) && self.index == other.index
    }
}

impl Eq for Alert {}

/// A profile to switch to. Its texts are not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextProfile {
    /// The name.
    pub name: String,
    /// The server's address without user and password, and what it is from if it is not the profile's.
    pub target: String,
    /// Whether sending is forbidden.
    pub read_only: bool,
    /// Whether every message must be confirmed before it is sent.
    pub confirm: bool,
}

/// Something that the console asks the runtime to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Quit the console.
    Quit,
    /// Restore the terminal, and stop the process until it is continued.
    Suspend,
    /// Redraw the screen.
    Redraw,
    /// Publish a payload; the answer is [`Event::Published`] with the same number.
    Publish {
        /// An ID that the console chooses.
        id: u64,
        /// The channel.
        channel: Vec<u8>,
        /// The exact payload.
        payload: Vec<u8>,
    },
    /// Publish a message many times; the answers are [`Event::Series`].
    PublishSeries(Box<Series>),
    /// Stop the running series.
    StopSeries,
    /// Edit this text in `$EDITOR`; the answer is [`Event::Edited`].
    Edit(String),
    /// Add a sent message to the history.
    Remember(HistoryEntry),
    /// Keep the acknowledgement of a finding for later runs. `None` withdraws it.
    Acknowledge(Box<Finding>, Option<Acknowledgement>),
    /// Save the settings.
    Keep(Settings),
    /// Search for channels; the answer is [`Event::Discovered`].
    Discover,
    /// Subscribe to more channels and patterns.
    Subscribe(Vec<String>),
    /// Unsubscribe from channels and patterns.
    Unsubscribe(Vec<String>),
    /// Ring the terminal's bell.
    Bell,
    /// Run the alert command; if it fails, the answer is [`Event::AlertFailed`].
    Alert(Alert),
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Evaluate the filter's jq predicate; the answer is [`Event::Answered`] with the same ID.
    Ask {
        /// An ID that the console chooses. A request cancels those with a lower ID.
        id: u64,
        /// The filter.
        filter: Filter,
        /// The messages, with their row IDs.
        rows: Vec<(u64, Row)>,
    },
    /// Record to this file, until [`Effect::StopRecording`]; the answers are [`Event::Recording`].
    Record {
        /// The file as typed.
        path: String,
        /// The link, if it is live: the recording starts with it.
        link: Option<Link>,
    },
    /// Stop recording; the answer is [`Event::RecordingEnded`].
    StopRecording,
    /// Load the profile of this name; the answer is [`Event::ProfileLoaded`].
    LoadProfile(String),
    /// End this console, and start the next with the profile of this name, which was loaded.
    SwitchProfile(String),
    /// Control the replay.
    Replay(ReplayOrder),
    /// Search for recordings in the current directory and next to these files; answered by [`Event::RecordingsFound`].
    FindRecordings(Vec<PathBuf>),
    /// Search for a gap in a recording or a directory, without changing it; the answer is [`Event::BackfillResult`].
    LookIn {
        /// The file or directory as typed.
        path: String,
        /// The gap.
        wanted: Box<GapQuery>,
        /// The recordings that this console uses. A search of a directory skips them.
        known: Vec<PathBuf>,
    },
    /// Write a bundle around a finding; the answer is [`Event::Bundled`].
    Bundle {
        /// The new file as typed.
        path: String,
        /// The finding and its recording.
        order: Box<BundleOrder>,
    },
    /// Save rows as JSON lines in a new file; the answer is [`Event::Saved`].
    Save {
        /// The file as typed.
        path: String,
        /// The rows.
        rows: Vec<SavedRow>,
    },
}
