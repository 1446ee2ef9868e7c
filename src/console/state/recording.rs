//! The recording that is made while watching.

/// How a recording goes, as the header says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingStatus {
    /// The file, escaped already.
    pub file: String,
    /// How far it is.
    pub phase: Phase,
    /// Messages that are in the file and stay there.
    pub committed: u64,
    /// Messages that were received and are not in the file: the recorder was too slow, or the file could not be written.
    pub not_recorded: u64,
    /// Since when it cannot be written, in microseconds since the epoch, and why, escaped already.
    pub trouble: Option<(i64, String)>,
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The file is being opened.
    Beginning,
    /// What comes is recorded, unless there is trouble.
    Recording,
    /// The last messages are being written.
    Ending,
}
