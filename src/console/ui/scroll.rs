//! A list with a cursor in a window that has room for only some of its entries.

use std::collections::VecDeque;
use std::ops::Range;

/// Where one is in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scroll {
    /// How many entries there are.
    pub len: usize,
    /// The first entry shown.
    pub top: usize,
    /// The entry under the cursor.
    pub cursor: usize,
    /// How many entries have room.
    pub height: usize,
}

impl Scroll {
    /// The cursor is on an entry, the window shows it and, where there are enough entries, is full. A window without room
    /// is not seen, so it stays where it will be seen again.
    #[must_use]
    pub fn settled(self) -> Self {
        let cursor = self.cursor.min(self.len.saturating_sub(1));
        if self.height == 0 {
            return Self { cursor, ..self };
        }
        let lowest = (cursor + 1).saturating_sub(self.height);
        let top = self.top.clamp(lowest, cursor).min(self.len.saturating_sub(self.height));
        Self { top, cursor, ..self }
    }

    /// The entries shown.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        let Self { top, len, height, .. } = self.settled();
        top.min(len)..(top + height).min(len)
    }

    /// The cursor moves by so many entries; the window follows where it must.
    #[must_use]
    pub fn moved(self, by: isize) -> Self {
        Self { cursor: self.cursor.saturating_add_signed(by), ..self }.settled()
    }

    /// The window moves by so many entries; the cursor follows where it must.
    #[must_use]
    pub fn scrolled(self, by: isize) -> Self {
        let last_top = self.len.saturating_sub(self.height);
        let top = self.settled().top.saturating_add_signed(by).min(last_top);
        let cursor = self.cursor.clamp(top, top + self.height.saturating_sub(1));
        Self { top, cursor, ..self }.settled()
    }
}

/// How many entries a list of findings or rejected messages holds; the oldest leave.
pub const MAX_LISTED: usize = 10_000;

/// Adds the newest entry. A cursor on the newest follows unless `keep_cursor` is set.
pub(crate) fn push<T>(
    list: &mut VecDeque<T>,
    evicted: &mut u64,
    (cursor, top): (&mut usize, &mut usize),
    entry: T,
    keep_cursor: bool,
) {
    let on_newest = *cursor + 1 >= list.len();
    list.push_back(entry);
    if on_newest && !keep_cursor {
        *cursor = list.len() - 1;
    }
    if list.len() > MAX_LISTED {
        list.pop_front();
        *evicted += 1;
        *cursor = cursor.saturating_sub(1);
        *top = top.saturating_sub(1);
    }
}
