//! What can happen to the console, and what it asks for.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::console::app::replay::{ReplayOrder, ReplayStatus};
use crate::console::app::scrollback::Row;
use crate::console::app::settings::Settings;
use crate::console::panes::compose::history::HistoryEntry;
use crate::console::popups::backfill::{BackfillResult, GapQuery};
use crate::console::popups::discover::DiscoveredChannel;
use crate::console::popups::record::RecordingStatus;
use crate::console::popups::series::{Series, SeriesEnd};
use crate::filter::Filter;
use crate::filter::jq_worker::Answer;
use crate::ledger::interval::{Interval, Link};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted (bracketed paste).
    Paste(String),
    /// The terminal has that many columns and rows now.
    Resize(u16, u16),
    /// The subscription handed over an interval.
    Interval(Arc<Interval>),
    /// A publication ended: receivers and sequence, or why it was not sent (escaped already).
    Published {
        /// The number given in [`Effect::Publish`].
        id: u64,
        /// Receivers and sequence number, or what went wrong.
        result: Result<(u64, u64), String>,
        /// When, in microseconds since the epoch.
        at: i64,
    },
    /// News of a series of messages.
    Series {
        /// How many were sent and counted.
        sent: u64,
        /// Receivers and sequence of the last one.
        last: Option<(u64, u64)>,
        /// How it ended, if it did.
        end: Option<SeriesEnd>,
        /// When, in microseconds since the epoch.
        at: i64,
    },
    /// `$EDITOR` ended: the data, or what went wrong (escaped already).
    Edited(Result<String, String>),
    /// What was sent before, oldest first, or why it cannot be read (escaped already).
    History(Result<Vec<HistoryEntry>, String>),
    /// What was sent cannot be kept: why (escaped already).
    NotRemembered(String),
    /// Discovery ended: the channels, or what went wrong (escaped already).
    Discovered(Result<Vec<DiscoveredChannel>, String>),
    /// The command of an alert could not be run, failed or took too long (escaped already).
    AlertFailed(String),
    /// What the jq predicate says of messages: their rows' row IDs and the answers.
    Answered {
        /// The number given in [`Effect::Ask`].
        id: u64,
        /// The answers.
        answers: Vec<(u64, Answer)>,
        /// Why it is not asked any more, escaped already.
        stopped: Option<String>,
    },
    /// Rows were saved: how many, and in which file (escaped already), or what went wrong (escaped already).
    Saved(Result<(u64, String), String>),
    /// The settings cannot be kept: why (escaped already).
    NotKept(String),
    /// Something outside of the console failed (escaped already).
    Warning(String),
    /// How the recording goes.
    Recording(RecordingStatus),
    /// The recording cannot begin, or has ended: how many messages it took, or why not (escaped already).
    RecordingEnded(Result<u64, String>),
    /// Recordings that are there, for [`Effect::FindRecordings`]; paths that are not UTF-8 are left out.
    RecordingsFound(Vec<String>),
    /// What a recording knows of a gap, or why nothing can be known (escaped already).
    BackfillResult(Box<GapQuery>, Result<Box<BackfillResult>, String>),
    /// How the replay goes.
    Replay(ReplayStatus),
    /// The replay goes on somewhere else: what was shown is not what comes before the rest.
    Jumped,
    /// The newest row is the one that was asked for.
    Found,
    /// There is time for a slice of what [`crate::console::app::background::has_work`] says.
    Work,
    /// The time, in microseconds since the epoch; before every batch of events, and at least once a second.
    Clock(i64),
}

/// What an alert is about: an entry of an interval.
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

/// Something that the console asks of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Stop until continued (SIGTSTP).
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Publish a payload; the answer is [`Event::Published`] with the same number.
    Publish {
        /// A number of the console's own.
        id: u64,
        /// The channel.
        channel: Vec<u8>,
        /// The exact payload.
        payload: Vec<u8>,
    },
    /// Publish a message many times; the answers are [`Event::Series`].
    PublishSeries(Box<Series>),
    /// Stop the series.
    StopSeries,
    /// Let this text be edited in `$EDITOR`; the answer is [`Event::Edited`].
    Edit(String),
    /// Keep what was sent.
    Remember(HistoryEntry),
    /// Keep the settings.
    Keep(Settings),
    /// Look for channels; the answer is [`Event::Discovered`].
    Discover,
    /// Subscribe to these channels and patterns too.
    Subscribe(Vec<String>),
    /// End the subscription to these channels and patterns.
    Unsubscribe(Vec<String>),
    /// Ring the terminal's bell.
    Bell,
    /// Run the command of the profile's alerts; where it fails the answer is [`Event::AlertFailed`].
    Alert(Alert),
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Ask the filter's jq predicate of messages; the answer is [`Event::Answered`] with the same number.
    Ask {
        /// A number of the console's own; a higher one makes all before it needless.
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
        /// The server, where the link is live now: the recording begins with it.
        link: Option<Link>,
    },
    /// Record no more; the answer is [`Event::RecordingEnded`].
    StopRecording,
    /// Ask something of the replay.
    Replay(ReplayOrder),
    /// Look for recordings in the current directory and next to these files; the answer is [`Event::RecordingsFound`].
    FindRecordings(Vec<PathBuf>),
    /// Look for a gap in a recording, which stays as it is; the answer is [`Event::BackfillResult`].
    LookIn {
        /// The file as typed.
        path: String,
        /// The gap.
        wanted: Box<GapQuery>,
    },
    /// Save rows as JSON lines in a file that is not there yet; the answer is [`Event::Saved`].
    Save {
        /// The file as typed.
        path: String,
        /// The rows.
        rows: Vec<Row>,
    },
}
