//! What can happen to the console, and what it asks for.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::ledger::interval::Interval;
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
    /// Discovery ended: the channels, or what went wrong (escaped already).
    Discovered(Result<Vec<DiscoveredChannel>, String>),
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
    /// Look for channels; the answer is [`Event::Discovered`].
    Discover,
    /// Subscribe to these channels and patterns too.
    Subscribe(Vec<String>),
    /// Put text on the clipboard (OSC 52).
    Copy(String),
}
