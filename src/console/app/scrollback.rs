//! The scrollback: messages, findings and link changes in stream order.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::console::app::background::NextRow;
use crate::console::ui::list_cursor::{ListCursor, Move};
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::Channel;

/// The scrollback, and the window onto it.
#[derive(Debug, Default)]
pub struct Messages {
    /// The rows, oldest first. Every entry of an interval is a row, except counters and barriers.
    pub rows: VecDeque<Row>,
    /// The row ID of `rows[0]`. A row's ID is this plus its index in `rows`, and never changes.
    pub first_serial: u64,
    /// The size of the rows' intervals, in bytes.
    pub bytes: usize,
    /// The IDs of the rows that are shown, oldest first. `None`: all rows are shown.
    pub shown: Option<VecDeque<u64>>,
    /// The ID of the selected row. `None` if no row is shown.
    pub cursor: Option<u64>,
    /// Whether the view follows the newest row. Space and scrolling up end it. New rows are still added.
    pub follow: bool,
    /// The number of shown rows that were added since following ended.
    pub unseen: u64,
    /// The IDs of the bookmarked rows.
    pub bookmarks: BTreeSet<u64>,
    /// The ID of the first row in the window. Not used while following.
    pub top: u64,
    /// One end of the rows to save. The selected row is the other end.
    pub mark: Option<u64>,
    /// The cells by which the payloads are scrolled to the left.
    pub sideways: usize,
}

/// One row: an entry of an interval. Two rows are equal if they are the same entry of the same interval.
#[derive(Debug, Clone)]
pub struct Row {
    /// The interval; shared, never copied.
    pub interval: Arc<Interval>,
    /// The entry's index in it.
    pub index: usize,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.interval, &other.interval) && self.index == other.index
    }
}

impl Eq for Row {}

impl Row {
    /// The entry.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.interval.entries()[self.index]
    }

    /// The message, if it is one.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        match self.entry() {
            Entry::Message(message) => Some(message),
            _ => None,
        }
    }

    /// When it was received or found, in microseconds since the epoch.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.entry().at()
    }

    /// The channel, if it concerns one.
    #[must_use]
    pub fn channel(&self) -> Option<&Channel> {
        match self.entry() {
            Entry::Message(message) => Some(self.interval.channel(message)),
            Entry::Finding(finding) => Some(&finding.channel),
            Entry::Dropped(dropped) => dropped.channel.as_ref(),
            Entry::Link(link) => link.channel.as_ref(),
            Entry::Counter { channel, .. } => Some(channel),
            Entry::Barrier { .. } => None,
        }
    }
}

/// The cells of one step sideways.
const SIDEWAYS: usize = 8;
/// The furthest that payloads can be scrolled, in cells.
const MAX_SIDEWAYS: usize = 4096;

impl Messages {
    /// Scrolls the payloads to the left or right by steps.
    pub(crate) fn scroll_sideways(&mut self, steps: isize) {
        let by = SIDEWAYS.saturating_mul(steps.unsigned_abs());
        self.sideways = if steps < 0 { self.sideways.saturating_sub(by) } else { self.sideways + by }.min(MAX_SIDEWAYS);
    }

    /// Creates an empty scrollback, whose view follows the newest row.
    #[must_use]
    pub fn new() -> Self {
        Self { follow: true, ..Self::default() }
    }

    /// The row with this ID, unless it was trimmed or does not exist.
    #[must_use]
    pub fn row(&self, row_id: u64) -> Option<&Row> {
        let index = usize::try_from(row_id.checked_sub(self.first_serial)?).ok()?;
        self.rows.get(index)
    }

    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&Row> {
        self.row(self.cursor?)
    }

    /// The ID that the next row gets.
    #[must_use]
    pub fn next_serial(&self) -> u64 {
        self.first_serial + self.rows.len() as u64
    }

    /// The IDs of all rows in the scrollback.
    #[must_use]
    pub fn row_ids(&self) -> Range<u64> {
        self.first_serial..self.next_serial()
    }

    /// The number of rows that are shown, inside or outside the window.
    #[must_use]
    pub fn shown_len(&self) -> usize {
        self.shown.as_ref().map_or(self.rows.len(), VecDeque::len)
    }

    /// The ID of the shown row at an index among the shown rows.
    #[must_use]
    pub fn shown_serial(&self, index: usize) -> Option<u64> {
        match &self.shown {
            Some(shown) => shown.get(index).copied(),
            None => (index < self.rows.len()).then(|| self.first_serial + index as u64),
        }
    }

    /// The index among the shown rows of this row, or of the next shown row after it.
    #[must_use]
    pub fn shown_index(&self, row_id: u64) -> usize {
        match &self.shown {
            Some(shown) => shown.partition_point(|shown| *shown < row_id),
            None => {
                usize::try_from(row_id.saturating_sub(self.first_serial)).unwrap_or(usize::MAX).min(self.rows.len())
            }
        }
    }

    /// Whether this row is in the scrollback and shown.
    #[must_use]
    pub fn is_shown(&self, row_id: u64) -> bool {
        self.shown_serial(self.shown_index(row_id)) == Some(row_id)
    }

    /// The rows in a window of `height` lines, oldest first: the row's ID, the row, and whether it is selected.
    pub fn window(&self, height: usize) -> impl Iterator<Item = (u64, &Row, bool)> {
        self.position(height).range(self.shown_len(), height).filter_map(|index| {
            let row_id = self.shown_serial(index)?;
            Some((row_id, self.row(row_id)?, self.cursor == Some(row_id)))
        })
    }

    /// The cursor and the window, as indices among the shown rows.
    #[must_use]
    pub fn position(&self, height: usize) -> ListCursor {
        let len = self.shown_len();
        let cursor = self.cursor.map_or(0, |row_id| self.shown_index(row_id));
        let top = if self.follow { len.saturating_sub(height) } else { self.shown_index(self.top) };
        ListCursor { cursor, top }.settled(len, height)
    }

    /// Sets the cursor and the window, as indices among the shown rows, and stops following.
    pub(crate) fn set_position(&mut self, position: ListCursor) {
        self.follow = false;
        self.cursor = self.shown_serial(position.cursor);
        self.top = self.shown_serial(position.top).unwrap_or(self.first_serial);
    }

    /// Moves the cursor. Going past the last row, or to the last row by key, follows; any other move stops following.
    pub(crate) fn go(&mut self, step: Move, height: usize) {
        let before = self.position(height);
        let after = before.moved(step, self.shown_len(), height);
        if step == Move::Last || (step.is_down() && after == before) {
            self.follow_newest();
        } else {
            self.set_position(after);
        }
    }

    /// Moves the window to the cursor, unless it follows.
    pub(crate) fn settle(&mut self, height: usize) {
        if !self.follow {
            let top = self.position(height).top;
            self.top = self.shown_serial(top).unwrap_or(self.first_serial);
        }
    }

    /// Follows the newest row.
    pub(crate) fn follow_newest(&mut self) {
        self.follow = true;
        self.unseen = 0;
        self.cursor = self.shown_len().checked_sub(1).and_then(|last| self.shown_serial(last));
    }

    /// Appends a row.
    pub(crate) fn push(&mut self, row: Row, shown: bool) {
        let row_id = self.next_serial();
        self.rows.push_back(row);
        if !shown {
            return;
        }
        if let Some(list) = &mut self.shown {
            list.push_back(row_id);
        }
        if self.follow || self.cursor.is_none() {
            self.cursor = Some(row_id);
        }
        if !self.follow {
            self.unseen += 1;
        }
    }

    /// Removes the oldest rows until the rest is within the limits. Returns the number of removed rows. `max_bytes` never
    /// removes the newest interval.
    pub(crate) fn evict(&mut self, max_rows: usize, max_bytes: usize) -> u64 {
        let before = self.first_serial;
        while self.rows.len() > max_rows.max(1) || (self.bytes > max_bytes && self.has_older_interval()) {
            let Some(row) = self.rows.pop_front() else { break };
            self.first_serial += 1;
            if !self.rows.front().is_some_and(|next| Arc::ptr_eq(&next.interval, &row.interval)) {
                self.bytes = self.bytes.saturating_sub(row.interval.size());
            }
        }
        if self.first_serial > before {
            self.forget_evicted();
        }
        self.first_serial - before
    }

    /// Removes all rows, as if they were trimmed. Row IDs are never reused.
    pub(crate) fn clear(&mut self) {
        self.first_serial = self.next_serial();
        self.rows.clear();
        self.bytes = 0;
        self.forget_evicted();
        self.cursor = None;
        self.mark = None;
        self.top = self.first_serial;
    }

    fn has_older_interval(&self) -> bool {
        match (self.rows.front(), self.rows.back()) {
            (Some(oldest), Some(newest)) => !Arc::ptr_eq(&oldest.interval, &newest.interval),
            _ => false,
        }
    }

    fn forget_evicted(&mut self) {
        let first = self.first_serial;
        if let Some(shown) = &mut self.shown {
            let gone = shown.partition_point(|row_id| *row_id < first);
            shown.drain(..gone);
        }
        if self.bookmarks.first().is_some_and(|row_id| *row_id < first) {
            self.bookmarks = self.bookmarks.split_off(&first);
        }
        if self.cursor.is_some_and(|row_id| row_id < first) {
            self.cursor = self.shown_serial(0);
        }
        self.mark = self.mark.map(|row_id| row_id.max(first));
        self.unseen = self.unseen.min(self.shown_len() as u64);
    }

    /// Shows only the rows for which `shows` returns true, or all rows for `None`. If the selected row is hidden, the next
    /// one is selected.
    pub(crate) fn show_only(&mut self, shows: Option<&dyn Fn(&Row) -> bool>) {
        self.shown = shows.map(|shows| {
            let row_ids = self.first_serial..;
            self.rows.iter().zip(row_ids).filter(|(row, _)| shows(row)).map(|(_, row_id)| row_id).collect()
        });
        if self.follow {
            self.follow_newest();
            return;
        }
        let last = self.shown_len().saturating_sub(1);
        let row_id = self.cursor.unwrap_or(self.first_serial);
        self.cursor = self.shown_serial(self.shown_index(row_id).min(last));
        self.unseen = self.unseen.min(self.shown_len() as u64);
    }

    /// The rows from the mark to the selected row, both included, as indices among the shown rows. Without a mark, only the
    /// selected row.
    #[must_use]
    pub fn selection(&self) -> Range<usize> {
        let Some(cursor) = self.cursor else { return 0..0 };
        let mark = self.mark.unwrap_or(cursor);
        let (first, last) = (mark.min(cursor), mark.max(cursor));
        self.shown_index(first)..(self.shown_index(last + 1)).min(self.shown_len())
    }

    /// Shows one more row at either end; `unseen` if it arrived after following ended.
    pub(crate) fn show(&mut self, ahead: NextRow, unseen: bool) {
        let Some(shown) = &mut self.shown else { return };
        let row_id = ahead.row_id();
        match ahead {
            NextRow::Later(_) => shown.push_back(row_id),
            NextRow::Earlier(_) => shown.push_front(row_id),
        }
        if self.cursor.is_none() {
            self.cursor = Some(row_id);
            self.top = row_id;
        }
        if self.follow {
            self.cursor = shown.back().copied();
        } else if unseen {
            self.unseen += 1;
        }
    }

    /// Hides all rows, until they are shown one by one.
    pub(crate) fn show_none(&mut self) {
        self.shown = Some(VecDeque::new());
        self.cursor = None;
        self.unseen = 0;
    }

    /// Hides rows. If the selected row is hidden, the next one is selected.
    pub(crate) fn hide(&mut self, row_ids: &BTreeSet<u64>) {
        let Some(shown) = &mut self.shown else { return };
        let seen = shown.len().saturating_sub(usize::try_from(self.unseen).unwrap_or(usize::MAX));
        let gone = shown.range(seen..).filter(|row_id| row_ids.contains(row_id)).count();
        shown.retain(|row_id| !row_ids.contains(row_id));
        self.unseen = self.unseen.saturating_sub(gone as u64);
        if self.follow {
            self.follow_newest();
        } else if let Some(row_id) = self.cursor {
            let last = self.shown_len().saturating_sub(1);
            self.cursor = self.shown_serial(self.shown_index(row_id).min(last));
        }
    }
}
