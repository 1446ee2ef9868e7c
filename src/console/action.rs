//! What can happen to the console, and what it asks for.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use super::state::Pane;
use super::state::filtering::Answer;
use super::state::history::HistoryEntry;
use super::state::messages::Row;
use super::state::recording::RecordingStatus;
use super::state::replay::{ReplayOrder, ReplayStatus};
use super::state::series::{Series, SeriesEnd};
use crate::filter::Filter;
use crate::ledger::interval::{Interval, Link};
use crate::ledger::sequence::{Channel, Reading};

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
    /// The hand-over to the console dropped that many messages, all told: the console was too slow.
    Dropped(u64),
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
    /// What the jq predicate says of messages: their rows' serials and the answers.
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
    /// How the recording goes.
    Recording(RecordingStatus),
    /// The recording cannot begin, or has ended: how many messages it took, or why not (escaped already).
    RecordingEnded(Result<u64, String>),
    /// How the replay goes.
    Replay(ReplayStatus),
    /// The replay goes on somewhere else: what was shown is not what comes before the rest.
    Jumped,
    /// The newest row is the one that was asked for.
    Found,
    /// There is time for a slice of what [`super::update::has_work`] says.
    Work,
    /// The time, in microseconds since the epoch; before every batch of events, and at least once a second.
    Clock(i64),
}

/// A channel that the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveredChannel {
    /// The channel.
    pub channel: Channel,
    /// Its counter.
    pub counter: Reading,
    /// Its subscribers, where that may be asked.
    pub subscribers: Option<u64>,
}

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
    /// Look for channels; the answer is [`Event::Discovered`].
    Discover,
    /// Subscribe to these channels and patterns too.
    Subscribe(Vec<String>),
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Ask the filter's jq predicate of messages; the answer is [`Event::Answered`] with the same number.
    Ask {
        /// A number of the console's own; a higher one makes all before it needless.
        id: u64,
        /// The filter.
        filter: Filter,
        /// The messages, with their serials.
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
    /// Save rows as JSON lines in a file that is not there yet; the answer is [`Event::Saved`].
    Save {
        /// The file as typed.
        path: String,
        /// The rows.
        rows: Vec<Row>,
    },
}

/// Something that a person asks for with a key; which key, where and in what words is in [`super::keymap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Leave, after a question where a composed text was not sent.
    Quit,
    /// Leave without a question.
    QuitNow,
    /// Stop until continued.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Show the keys.
    Help,
    /// The focus goes to the next pane.
    NextPane,
    /// The focus goes to the pane before.
    PreviousPane,
    /// The focus goes to this pane.
    ShowPane(Pane),
    /// Close what was opened last; otherwise back to Messages.
    Back,
    /// Pause the view, or follow the newest row again.
    ToggleFollow,
    /// One entry or line up.
    Up,
    /// One entry or line down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first entry or line.
    First,
    /// To the last entry or line.
    Last,
    /// The selection goes to the next finding or refused message in the stream.
    NextFinding,
    /// The selection goes to the finding or refused message before.
    PreviousFinding,
    /// Show the selected row in Detail.
    OpenDetail,
    /// The selection goes to the row before, while Detail has the focus.
    PreviousRow,
    /// The selection goes to the next row, while Detail has the focus.
    NextRow,
    /// Select the finding's or refused message's row in Messages.
    GoToRow,
    /// Mark the finding under the cursor as handled, with a note.
    MarkHandled,
    /// Take the mark away.
    Reopen,
    /// Show only the channel under the cursor.
    PickOnly,
    /// Add the channel under the cursor to those shown, or take it away.
    TogglePick,
    /// Show all channels.
    PickAll,
    /// Ask for a sequence number to go to.
    Jump,
    /// Bookmark the selected row, or take the bookmark away.
    Bookmark,
    /// The selection goes to the next bookmark, after the last one to the first.
    NextBookmark,
    /// Choose what to copy.
    CopyMenu,
    /// Copy the message's payload.
    CopyPayload,
    /// Copy a shell line that publishes the message.
    CopyCommand,
    /// Copy the message's data, indented.
    CopyPretty,
    /// Copy the message's data in one line.
    CopyCompact,
    /// Copy the value under the cursor of Detail.
    CopyValue,
    /// Copy the path of the value under the cursor of Detail.
    CopyPath,
    /// Copy the JSON line of the row, as `aircheck tail` prints it.
    CopyLine,
    /// Copy the explanation of the finding.
    CopyExplanation,
    /// The next view of the payload: JSON, raw, hexadecimal, difference.
    CycleView,
    /// The row in Detail stays, or follows the selection again.
    Pin,
    /// Fold the value under the cursor, or unfold it.
    ToggleFold,
    /// Fold the value under the cursor, or go to what it stands in.
    FoldValue,
    /// Unfold the value under the cursor, or go a line down.
    UnfoldValue,
    /// Fold all values.
    FoldAll,
    /// Unfold all values.
    UnfoldAll,
    /// Ask for a text to search for in Detail.
    FindInDetail,
    /// To the next place in Detail where the text was found.
    NextInDetail,
    /// To the place before.
    PreviousInDetail,
    /// Search for the text that was typed.
    AcceptFind,
    /// Search for nothing.
    CancelFind,
    /// Look for channels on the server.
    Discover,
    /// Compose a message.
    Compose,
    /// The next field of the composed message.
    NextField,
    /// The field before.
    PreviousField,
    /// The next choice of how to sign.
    NextKey,
    /// Take the last change of the text back.
    Undo,
    /// Make the change again.
    Redo,
    /// Lay the data out in lines.
    Format,
    /// Choose from what was sent before.
    History,
    /// Choose a template.
    Templates,
    /// Edit the data in `$EDITOR`.
    Edit,
    /// Send the composed message many times.
    SendMany,
    /// Stop sending, or close what it came to.
    StopSeries,
    /// Show what was sent in this run.
    ShowSent,
    /// Load the selected message to be edited.
    LoadMessage,
    /// Send the selected message again as it is.
    SendAgain,
    /// Send the composed message.
    Send,
    /// Send it: the answer to the question.
    ConfirmSend,
    /// Leave: the answer to the question.
    ConfirmQuit,
    /// Subscribe to the picked channels.
    Subscribe,
    /// Take what was typed: go to the sequence number, keep the note.
    Accept,
    /// Close the popup; a question is answered with no.
    Close,
    /// Search in the messages.
    Search,
    /// The selection goes to the next hit of the search, after the last one to the first.
    NextHit,
    /// The selection goes to the hit before, before the first one to the last.
    PreviousHit,
    /// What is searched for is a regex, or plain text again.
    ToggleRegex,
    /// Close the prompt of the search; the hits stay.
    KeepSearch,
    /// End the search, and go back to where it began.
    EndSearch,
    /// Hide what does not match a filter.
    Filter,
    /// Take the next of the filter's completions; in Compose, choose the channel or name from those known.
    Complete,
    /// The filter used before.
    OlderFilter,
    /// The filter used after that.
    NewerFilter,
    /// Show only what matches the filter that was typed.
    ApplyFilter,
    /// Show all again.
    ClearFilter,
    /// Show every action, to be chosen from.
    Palette,
    /// Do the action chosen in the palette.
    RunChosen,
    /// Mark rows from here on, or no more.
    Mark,
    /// Ask for a file to save the marked rows in.
    Save,
    /// Save the marked rows in the file that was typed.
    SaveRows,
    /// Record what comes, or record no more.
    Record,
    /// Record to the file that was typed.
    RecordTo,
    /// Ask something of the replay.
    Replay(ReplayOrder),
}
