//! The state that the recorder publishes.

use std::time::Instant;

/// The state of a recorder, published after every batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether the recorder is writing.
    pub state: RecorderState,
    /// The number of messages in committed transactions of this session. They survive any end of the process.
    pub committed: u64,
    /// The size of their payloads, in bytes.
    pub committed_bytes: u64,
    /// The number of messages waiting to be written.
    pub pending: u64,
    /// When the oldest waiting message was received, in microseconds since the epoch.
    pub pending_since: Option<i64>,
    /// The number of messages of this session that were received but not recorded.
    pub not_recorded: u64,
    /// The number of messages that retention deleted in this session.
    pub deleted: u64,
    /// The size of the file with its journal, in bytes.
    pub file_bytes: u64,
    /// When the writer's loop last ran, in monotonic time. It does not advance if the file system hangs.
    pub alive: Instant,
}

/// Whether a recorder is writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderState {
    /// It is writing.
    Recording,
    /// It cannot write, and retries.
    NotRecording {
        /// Since when, in microseconds since the epoch.
        since: i64,
        /// The reason, escaped for a terminal.
        reason: String,
    },
    /// The session has ended, and its end is recorded.
    Ended,
}

impl Status {
    pub(crate) fn new() -> Self {
        Self {
            state: RecorderState::Recording,
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

    /// The age of the oldest waiting message at `now`, in microseconds.
    #[must_use]
    pub fn lag(&self, now: i64) -> u64 {
        self.pending_since.map_or(0, |since| u64::try_from(now.saturating_sub(since)).unwrap_or(0))
    }

    /// Since when and why the recorder cannot write. `None` if it is writing.
    #[must_use]
    pub fn failure(&self) -> Option<(i64, &str)> {
        match &self.state {
            RecorderState::NotRecording { since, reason } => Some((*since, reason)),
            RecorderState::Recording | RecorderState::Ended => None,
        }
    }
}
