//! Long work on the rows runs in small steps, so that keys and drawing never wait for it.

use std::ops::Range;

use crate::console::app::event::Effect;
use crate::console::app::state::State;
use crate::console::{filter, search};

/// The bytes that one step examines: a few milliseconds of work, even if it examines them twice.
pub(crate) const SLICE: usize = 256 << 10;

/// The work of examining a row, as a number of bytes that is added to its payload.
pub(crate) const ROW: usize = 64;

/// Whether a filter or a search is still in progress.
#[must_use]
pub fn has_work(state: &State) -> bool {
    filter::update::has_work(state) || search::update::has_work(state)
}

/// Continues the filter and the search by one step.
pub(crate) fn step(state: &mut State) -> Vec<Effect> {
    filter::update::scan(state);
    search::update::scan(state);
    filter::update::ask(state)
}

/// The rows that a filter or search has examined: all from one row ID up to another. It grows in both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScanRange {
    low: u64,
    high: u64,
}

/// The next row to examine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRow {
    /// The row after the last examined one.
    Later(u64),
    /// The row before the first examined one.
    Earlier(u64),
}

impl NextRow {
    /// The row's ID.
    #[must_use]
    pub fn row_id(self) -> u64 {
        match self {
            Self::Later(row_id) | Self::Earlier(row_id) => row_id,
        }
    }
}

impl ScanRange {
    /// Starts before the row with this ID.
    #[must_use]
    pub fn from(row_id: u64) -> Self {
        Self { low: row_id, high: row_id }
    }

    /// The IDs of the examined rows. Some may be trimmed already.
    #[must_use]
    pub fn seen(&self) -> Range<u64> {
        self.low..self.high
    }

    /// The next row among `rows`: later rows first.
    #[must_use]
    pub fn ahead(&self, rows: &Range<u64>) -> Option<NextRow> {
        let later = self.high.max(rows.start);
        if later < rows.end {
            Some(NextRow::Later(later))
        } else {
            let earlier = self.low.min(rows.end);
            (earlier > rows.start).then(|| NextRow::Earlier(earlier - 1))
        }
    }

    /// Records that the row was examined.
    pub fn passed(&mut self, ahead: NextRow) {
        match ahead {
            NextRow::Later(row_id) => self.high = row_id + 1,
            NextRow::Earlier(row_id) => self.low = row_id,
        }
    }

    /// The percentage of `rows` that was examined.
    #[must_use]
    pub fn percent(&self, rows: &Range<u64>) -> u64 {
        let all = rows.end.saturating_sub(rows.start);
        let seen = self.high.min(rows.end).saturating_sub(self.low.max(rows.start));
        (seen * 100).checked_div(all).unwrap_or(100)
    }
}
