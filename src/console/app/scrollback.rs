//! The scrollback: messages, findings and link changes in stream order.
//!
//! Three sets of rows: *all* rows in the scrollback; the *listed* ones, which the picked channels, the filter and `clear`
//! let through; the *shown* ones, which are listed and do not share the row of an earlier copy.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::console::app::background::NextRow;
use crate::console::app::copies::{Copies, is_copy};
use crate::console::ui::list_cursor::{ListCursor, Move};
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::Channel;

/// The scrollback, and the window onto it.
#[derive(Debug, Default)]
pub struct Messages {
    /// The rows, oldest first. Every entry of an interval is a row, except counters, expectations and barriers.
    pub rows: VecDeque<Row>,
    /// The row ID of `rows[0]`. A row's ID is this plus its index in `rows`, and never changes.
    pub first_row_id: u64,
    /// The size of the rows' intervals, in bytes.
    pub bytes: usize,
    /// The IDs of the rows that the picked channels and the filter let through, oldest first. `None`: all rows that are not
    /// cleared.
    pub listed: Option<VecDeque<u64>>,
    /// The copies that share a row.
    pub copies: Copies,
    /// The ID before which rows are hidden by `clear`.
    pub cleared: u64,
    /// Whether a row has several lines if its payload needs them.
    pub wrapped: bool,
    /// The ID of the selected row. `None` if no row is shown.
    pub cursor: Option<u64>,
    /// The ID of the row that the user selected. The selection differs from it while the view follows, or after that row was
    /// trimmed or hidden.
    pub chosen: Option<u64>,
    /// Whether the view follows the newest row. Space and scrolling up end it. New rows are still added.
    pub follow: bool,
    /// The number of listed rows that were added since the newest row was last visible.
    pub unseen: u64,
    /// The IDs of the bookmarked rows.
    pub bookmarks: BTreeSet<u64>,
    /// The IDs of the echoes of messages sent from this console.
    pub own: BTreeSet<u64>,
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
            Entry::Expectation(status) => Some(&status.channel),
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
        let index = usize::try_from(row_id.checked_sub(self.first_row_id)?).ok()?;
        self.rows.get(index)
    }

    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&Row> {
        self.row(self.cursor?)
    }

    /// The selected row, if the user selected it.
    #[must_use]
    pub(crate) fn selected_by_user(&self) -> Option<&Row> {
        self.selected().filter(|_| !self.follow && self.chosen == self.cursor)
    }

    /// The ID that the next row gets.
    #[must_use]
    pub fn next_row_id(&self) -> u64 {
        self.first_row_id + self.rows.len() as u64
    }

    /// The IDs of the rows in the scrollback that are not cleared.
    #[must_use]
    pub fn row_ids(&self) -> Range<u64> {
        let next = self.next_row_id();
        self.first_row_id.max(self.cleared).min(next)..next
    }

    /// The number of rows in the scrollback that are hidden by `clear`.
    #[must_use]
    pub fn cleared_len(&self) -> u64 {
        self.row_ids().start - self.first_row_id
    }

    /// The number of listed rows.
    #[must_use]
    pub fn listed_len(&self) -> usize {
        match &self.listed {
            Some(listed) => listed.len(),
            None => index(self.row_ids().end - self.row_ids().start),
        }
    }

    fn listed_row_id(&self, index: usize) -> Option<u64> {
        match &self.listed {
            Some(listed) => listed.get(index).copied(),
            None => Some(self.row_ids().start + index as u64).filter(|row_id| *row_id < self.next_row_id()),
        }
    }

    /// The index among the listed rows of this row, or of the next listed row after it.
    fn listed_index(&self, row_id: u64) -> usize {
        match &self.listed {
            Some(listed) => listed.partition_point(|listed| *listed < row_id),
            None => index(row_id.saturating_sub(self.row_ids().start)).min(self.listed_len()),
        }
    }

    /// The IDs of the listed rows.
    #[must_use]
    pub fn listed_serials(&self) -> impl DoubleEndedIterator<Item = u64> {
        (0..self.listed_len()).filter_map(|index| self.listed_row_id(index))
    }

    /// Whether this row is listed. If it is a copy, it may share the row of an earlier one.
    #[must_use]
    pub fn is_listed(&self, row_id: u64) -> bool {
        self.listed_row_id(self.listed_index(row_id)) == Some(row_id)
    }

    /// The number of rows that are shown, inside or outside the window.
    #[must_use]
    pub fn shown_len(&self) -> usize {
        self.listed_len() - self.copies.folded()
    }

    /// The ID of the shown row at an index among the shown rows.
    #[must_use]
    pub fn shown_row_id(&self, index: usize) -> Option<u64> {
        if self.copies.folded() == 0 {
            return self.listed_row_id(index);
        }
        // The first listed row with `index` shown rows before it, that is shown itself.
        let (mut low, mut high) = (index, self.listed_len());
        while low < high {
            let middle = low + (high - low) / 2;
            let shown = middle + 1 - self.copies.folded_before(self.listed_row_id(middle)? + 1);
            if shown <= index {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.listed_row_id(low)
    }

    /// The index among the shown rows of this row, or of the next shown row after it.
    #[must_use]
    pub fn shown_index(&self, row_id: u64) -> usize {
        self.listed_index(row_id) - self.copies.folded_before(row_id)
    }

    /// Whether this row is listed and has a row of its own.
    #[must_use]
    pub fn is_shown(&self, row_id: u64) -> bool {
        self.is_listed(row_id) && !self.copies.is_folded(row_id)
    }

    /// Unfolds the copies that share a row with this one, so that it can be selected.
    pub(crate) fn reveal(&mut self, row_id: u64) {
        self.copies.unfold(row_id);
    }

    /// Gives all copies rows of their own, or lets them share rows again.
    pub(crate) fn toggle_copies(&mut self) {
        self.copies.toggle();
        self.settle_cursor();
    }

    /// Notes that the next row is a message of the channel with this index, which may be a copy of the newest one.
    pub(crate) fn note_copy(&mut self, channel: usize, interval: &Interval, message: &Message) {
        let first = self.copies.open_run(channel).map(|(_, first)| first).filter(|first| {
            let row = self.row(*first).and_then(|row| Some((&*row.interval, row.message()?)));
            row.is_some_and(|first| is_copy(first, (interval, message)))
        });
        self.copies.note(channel, self.next_row_id(), first);
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
        self.cursor = self.shown_row_id(position.cursor);
        self.chosen = self.cursor;
        self.top = self.shown_row_id(position.top).unwrap_or(self.first_row_id);
    }

    /// Stops following. The newest row stays selected, but does not count as chosen by the user.
    pub(crate) fn pause(&mut self, height: usize) {
        self.set_position(self.position(height));
        self.chosen = None;
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
        self.settle_at(self.position(height).range(self.shown_len(), height));
    }

    /// Moves the window, unless it follows, to these indices among the shown rows. If the newest row is in it, no row is new.
    pub(crate) fn settle_at(&mut self, window: Range<usize>) {
        if !self.follow {
            self.top = self.shown_row_id(window.start).unwrap_or(self.first_row_id);
        }
        if window.end == self.shown_len() && !window.is_empty() {
            self.unseen = 0;
        }
    }

    /// Follows the newest row.
    pub(crate) fn follow_newest(&mut self) {
        self.follow = true;
        self.unseen = 0;
        self.cursor = self.shown_len().checked_sub(1).and_then(|last| self.shown_row_id(last));
    }

    /// Appends a row.
    pub(crate) fn push(&mut self, row: Row, shown: bool) {
        let row_id = self.next_row_id();
        if row.message().is_none() {
            self.copies.separate(row_id);
        }
        self.rows.push_back(row);
        if !shown {
            return;
        }
        if let Some(list) = &mut self.listed {
            list.push_back(row_id);
        }
        self.list_last_copy(row_id);
        if (self.follow || self.cursor.is_none()) && !self.copies.is_folded(row_id) {
            self.cursor = Some(row_id);
        }
        if !self.follow {
            self.unseen += 1;
        }
    }

    /// Removes the oldest rows until the rest is within the limits. Returns the number of removed rows. `max_bytes` never
    /// removes the newest interval.
    pub(crate) fn trim(&mut self, max_rows: usize, max_bytes: usize) -> u64 {
        let before = self.first_row_id;
        while self.rows.len() > max_rows.max(1) || (self.bytes > max_bytes && self.has_older_interval()) {
            let Some(row) = self.rows.pop_front() else { break };
            self.copies.trim(self.first_row_id);
            self.first_row_id += 1;
            if !self.rows.front().is_some_and(|next| Arc::ptr_eq(&next.interval, &row.interval)) {
                self.bytes = self.bytes.saturating_sub(row.interval.size());
            }
        }
        if self.first_row_id > before {
            self.forget_trimmed();
        }
        self.first_row_id - before
    }

    /// Removes all rows, as if they were trimmed. Row IDs are never reused.
    pub(crate) fn clear(&mut self) {
        self.first_row_id = self.next_row_id();
        self.rows.clear();
        self.copies.clear();
        self.bytes = 0;
        self.forget_trimmed();
        self.cursor = None;
        self.mark = None;
        self.top = self.first_row_id;
    }

    /// Marks the row, which may be the next one, as the echo of a message sent from this console.
    pub(crate) fn mark_own(&mut self, row_id: u64) {
        if row_id >= self.first_row_id {
            self.own.insert(row_id);
        }
    }

    /// Whether the row, or a copy that shares it, is the echo of a message sent from this console.
    #[must_use]
    pub fn is_own(&self, row_id: u64) -> bool {
        let is_own = |row_id: &u64| self.own.contains(row_id);
        is_own(&row_id)
            || !self.own.is_empty() && self.copies.sharing(row_id).is_some_and(|copies| copies.iter().any(is_own))
    }

    fn has_older_interval(&self) -> bool {
        match (self.rows.front(), self.rows.back()) {
            (Some(oldest), Some(newest)) => !Arc::ptr_eq(&oldest.interval, &newest.interval),
            _ => false,
        }
    }

    fn forget_trimmed(&mut self) {
        let first = self.first_row_id;
        if let Some(listed) = &mut self.listed {
            let gone = listed.partition_point(|row_id| *row_id < first);
            listed.drain(..gone);
        }
        if self.bookmarks.first().is_some_and(|row_id| *row_id < first) {
            self.bookmarks = self.bookmarks.split_off(&first);
        }
        while self.own.first().is_some_and(|row_id| *row_id < first) {
            self.own.pop_first();
        }
        if self.follow {
            // A copy that shared a trimmed row can be the newest row now.
            self.follow_newest();
        } else if self.cursor.is_some_and(|row_id| row_id < first) {
            self.cursor = self.shown_row_id(0);
        }
        self.mark = self.mark.map(|row_id| row_id.max(first));
        self.unseen = self.unseen.min(self.listed_len() as u64);
    }

    /// Lists only the rows for which `lists` returns true, or all rows for `None`; in both cases only those that are not
    /// cleared. If the selected row is hidden, the next one is selected.
    pub(crate) fn list_only(&mut self, lists: Option<&dyn Fn(&Row) -> bool>) {
        self.listed = lists.map(|lists| {
            let is_listed = |row_id: &u64| self.row(*row_id).is_some_and(lists);
            self.row_ids().filter(is_listed).collect()
        });
        self.list_copies_again();
    }

    fn list_last_copy(&mut self, row_id: u64) {
        if self.copies.first_of(row_id).is_none() {
            return;
        }
        let mut copies = std::mem::take(&mut self.copies);
        copies.list_last(row_id, |row_id| self.is_listed(row_id));
        self.copies = copies;
    }

    /// Other rows are listed now.
    fn list_copies_again(&mut self) {
        let mut copies = std::mem::take(&mut self.copies);
        copies.list_again(|row_id| self.is_listed(row_id));
        self.copies = copies;
        self.settle_cursor();
    }

    /// Selects a row that is shown: the newest one while following, otherwise the same one or the next.
    fn settle_cursor(&mut self) {
        if self.follow {
            self.follow_newest();
            return;
        }
        let last = self.shown_len().saturating_sub(1);
        let row_id = self.copies.row_of(self.cursor.unwrap_or(self.first_row_id));
        self.cursor = self.shown_row_id(self.shown_index(row_id).min(last));
        self.unseen = self.unseen.min(self.listed_len() as u64);
    }

    /// The rows from the mark to the selected row, both included, as indices among the shown rows. Without a mark, only the
    /// selected row.
    #[must_use]
    pub fn selection(&self) -> Range<usize> {
        let Some(cursor) = self.cursor else { return 0..0 };
        let mark = self.copies.row_of(self.mark.unwrap_or(cursor));
        let (first, last) = (mark.min(cursor), mark.max(cursor));
        self.shown_index(first)..(self.shown_index(last + 1)).min(self.shown_len())
    }

    /// The IDs of the rows to save, oldest first: the selection, with the copies that share its rows.
    #[must_use]
    pub(crate) fn selected_serials(&self) -> Vec<u64> {
        let mut row_ids = Vec::new();
        for row_id in self.selection().filter_map(|index| self.shown_row_id(index)) {
            row_ids.push(row_id);
            row_ids.extend(self.copies.sharing(row_id).into_iter().flatten());
        }
        row_ids.sort_unstable();
        row_ids
    }

    /// Lists one more row at either end; `unseen` if it arrived after following ended.
    pub(crate) fn list(&mut self, ahead: NextRow, unseen: bool) {
        let Some(listed) = &mut self.listed else { return };
        let row_id = ahead.row_id();
        match ahead {
            NextRow::Later(_) => {
                listed.push_back(row_id);
                self.list_last_copy(row_id);
                if self.follow && !self.copies.is_folded(row_id) {
                    self.cursor = Some(row_id);
                }
            }
            NextRow::Earlier(_) => {
                listed.push_front(row_id);
                self.copies.list_first(row_id);
                if let Some(cursor) = self.cursor.filter(|cursor| self.copies.is_folded(*cursor)) {
                    let newest = self.shown_len() - 1;
                    self.cursor =
                        if self.follow { self.shown_row_id(newest) } else { Some(self.copies.row_of(cursor)) };
                }
            }
        }
        if self.cursor.is_none() {
            self.cursor = Some(row_id);
            self.top = row_id;
        }
        if unseen && !self.follow {
            self.unseen += 1;
        }
    }

    /// Hides all rows, until they are listed one by one.
    pub(crate) fn list_none(&mut self) {
        self.listed = Some(VecDeque::new());
        self.list_copies_again();
        self.cursor = None;
        self.unseen = 0;
    }

    /// Hides rows. If the selected row is hidden, the next one is selected.
    pub(crate) fn hide(&mut self, row_ids: &BTreeSet<u64>) {
        let Some(listed) = &mut self.listed else { return };
        let seen = listed.len().saturating_sub(index(self.unseen));
        let gone = listed.range(seen..).filter(|row_id| row_ids.contains(row_id)).count();
        listed.retain(|row_id| !row_ids.contains(row_id));
        self.unseen = self.unseen.saturating_sub(gone as u64);
        self.list_copies_again();
    }
}

/// A number of rows as an index.
fn index(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}
