//! What another recording knows of a gap.

use super::line_edit::LineEdit;
use super::messages::Row;
use super::scroll::Scroll;
use crate::ledger::sequence::Channel;

/// A gap that is looked for in another recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapQuery {
    /// The row_id of the finding's row.
    pub row_id: u64,
    /// The channel.
    pub channel: Channel,
    /// The first and the last number.
    pub range: (u64, u64),
    /// When it was found, in microseconds since the epoch.
    pub at: i64,
    /// Messages next to it: their numbers and payloads. By these the other recording's numbers are known to be the same.
    pub beside: Vec<(u64, Vec<u8>)>,
}

/// What a recording knows of a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillResult {
    /// The file's name, escaped.
    pub file: String,
    /// The server that it names, escaped.
    pub source: String,
    /// The messages, by their numbers, and then those that may be among the numbers; a thousand at most.
    pub rows: Vec<Row>,
    /// How many of the numbers it knows.
    pub found: u64,
    /// How many numbers the gap has.
    pub of: u64,
    /// How many more messages may be among them.
    pub maybe: u64,
    /// Why it is not known whether the counters are the same.
    pub doubt: Option<&'static str>,
}

impl BackfillResult {
    /// `12 of 16 found in other.db`: safe text; with a question mark where the counters may be others.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { found, of, maybe, file, .. } = self;
        let maybe = if *maybe > 0 { format!(", {maybe} more may be") } else { String::new() };
        let doubt = if self.doubt.is_some() { " (?)" } else { "" };
        format!("{found} of {of}{maybe} found in {file}{doubt}")
    }
}

/// The file being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillPrompt {
    /// The gap.
    pub wanted: Box<GapQuery>,
    /// The file.
    pub line: LineEdit,
    /// Recordings that are there, to be offered; none while they are looked for.
    pub offered: Option<Vec<String>>,
    /// Which of them is offered next.
    pub next: usize,
    /// Something was typed: nothing is offered any more unless it is asked for.
    pub is_typed: bool,
}

/// A place in the list of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillList {
    /// The row_id of the finding's row.
    pub row_id: u64,
    /// The line under the cursor.
    pub cursor: usize,
    /// The first line shown where not all have room.
    pub top: usize,
}

impl BackfillList {
    pub(crate) fn scroll(self, len: usize, height: usize) -> Scroll {
        Scroll { len, top: self.top, cursor: self.cursor, height }
    }
}
