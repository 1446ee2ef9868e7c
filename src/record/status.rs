//! The state that the recorder publishes.

use std::time::Instant;

/// The state of a recorder; published after every batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether it is being written.
    pub state: State,
    /// Messages in finished transactions of this session: they outlive the end of the process in any way.
    pub committed: u64,
    /// The payloads of those, in bytes.
    pub committed_bytes: u64,
    /// Messages that wait to be written.
    pub pending: u64,
    /// When the oldest of those was received, in microseconds since the epoch.
    pub pending_since: Option<i64>,
    /// Messages of this session that were received and not recorded: the holes.
    pub not_recorded: u64,
    /// Messages that retention deleted in this session.
    pub deleted: u64,
    /// The size of the file with its journal, in bytes.
    pub file_bytes: u64,
    /// When the writer last came round, in monotonic time: one that hangs in the file system does not.
    pub alive: Instant,
}

/// Whether a recording is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is.
    Recording,
    /// It is not; the writer tries again by itself.
    NotRecording {
        /// Since when, in microseconds since the epoch.
        since: i64,
        /// Why, already escaped for a terminal.
        reason: String,
    },
    /// The session is over: its end is recorded.
    Ended,
}

impl Status {
    pub(super) fn new() -> Self {
        Self {
            state: State::Recording,
            committed: 0,
            committed_bytes: 0,
            pending: 0,
            pending_since: None,
            not_recorded: 0,
            deleted: 0,
            file_bytes: 0,
            alive: Instant::now(),
        }
    }

    /// How long the oldest message has been waiting to be written, in microseconds, at `now`.
    #[must_use]
    pub fn lag(&self, now: i64) -> u64 {
        self.pending_since.map_or(0, |since| u64::try_from(now.saturating_sub(since)).unwrap_or(0))
    }

    /// `NOT RECORDING since 12:31:07 because …`'s reason and time, where that is so.
    #[must_use]
    pub fn trouble(&self) -> Option<(i64, &str)> {
        match &self.state {
            State::NotRecording { since, reason } => Some((*since, reason)),
            State::Recording | State::Ended => None,
        }
    }
}
