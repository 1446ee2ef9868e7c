//! The stream: messages, findings and link changes in their places.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::ledger::interval::{Entry, Interval};

/// The scrollback and where one looks at it.
#[derive(Debug, Default)]
pub struct Messages {
    /// The rows, oldest first. Every entry of an interval but counters and barriers is a row.
    pub rows: VecDeque<Row>,
    /// The serial number of `rows[0]`; a row's serial is this plus its index, and never changes.
    pub first_serial: u64,
    /// The bytes that the rows' intervals take.
    pub bytes: usize,
    /// The serials of the rows that are shown, when channels are picked; none: all rows are.
    pub shown: Option<VecDeque<u64>>,
    /// The selected row's serial; none while there is no row.
    pub cursor: Option<u64>,
    /// Whether the view follows the newest row. Space and scrolling up end it; the intake goes on.
    pub follow: bool,
    /// Rows shown that came since following ended.
    pub unseen: u64,
    /// Serials of the bookmarked rows.
    pub bookmarks: std::collections::BTreeSet<u64>,
}

/// One row: an entry of an interval.
#[derive(Debug, Clone)]
pub struct Row {
    /// The interval; shared, never copied.
    pub interval: Arc<Interval>,
    /// The entry's index in it.
    pub index: usize,
}

impl Row {
    /// The entry.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.interval.entries()[self.index]
    }
}
