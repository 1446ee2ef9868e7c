//! The cursor of a list, and scrolling a text.

use std::ops::Range;

/// A step in a list or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The cursor moves by entries or lines.
    By(isize),
    /// The cursor moves by half pages.
    HalfPages(isize),
    /// The cursor moves by pages.
    Pages(isize),
    /// The window moves by entries or lines, as with the mouse wheel.
    Scroll(isize),
    /// To the first entry or line.
    First,
    /// To the last entry or line.
    Last,
}

impl Move {
    /// The entries or lines that a move by a page, half a page or less covers. A page keeps one entry of the page before.
    fn distance(self, height: usize) -> isize {
        let of = |pages: isize, page: usize| pages.saturating_mul(isize::try_from(page.max(1)).unwrap_or(isize::MAX));
        match self {
            Self::By(by) | Self::Scroll(by) => by,
            Self::HalfPages(pages) => of(pages, height / 2),
            Self::Pages(pages) => of(pages, height.saturating_sub(1)),
            Self::First => isize::MIN,
            Self::Last => isize::MAX,
        }
    }

    /// Whether it moves towards the end.
    #[must_use]
    pub(crate) fn is_down(self) -> bool {
        self.distance(2) > 0
    }
}

/// The cursor of a list and the first entry in its window. The number of entries and the height of the window are
/// arguments, because both can change between two moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCursor {
    /// The index of the entry under the cursor.
    pub cursor: usize,
    /// The index of the first entry shown.
    pub top: usize,
}

impl ListCursor {
    /// The nearest position that is valid: the cursor is on an entry, the window shows it, and the window is full if there
    /// are enough entries. Without height, the window stays as it is until it is shown again.
    #[must_use]
    pub(crate) fn settled(self, len: usize, height: usize) -> Self {
        let cursor = self.cursor.min(len.saturating_sub(1));
        if height == 0 {
            return Self { cursor, ..self };
        }
        let lowest = (cursor + 1).saturating_sub(height);
        let top = self.top.clamp(lowest, cursor).min(len.saturating_sub(height));
        Self { cursor, top }
    }

    /// The indices of the entries shown.
    #[must_use]
    pub fn range(self, len: usize, height: usize) -> Range<usize> {
        let Self { top, .. } = self.settled(len, height);
        top.min(len)..top.saturating_add(height).min(len)
    }

    /// The position after a move. The window follows the cursor, or the cursor the window when it scrolls.
    #[must_use]
    pub fn moved(self, step: Move, len: usize, height: usize) -> Self {
        let by = step.distance(height);
        if let Move::Scroll(_) = step {
            let top = scroll_text(self.settled(len, height).top, step, len, height);
            let cursor = self.cursor.clamp(top, top + height.saturating_sub(1));
            return Self { cursor, top }.settled(len, height);
        }
        Self { cursor: self.cursor.saturating_add_signed(by), ..self }.settled(len, height)
    }
}

/// The first line shown of a text after a move.
#[must_use]
pub(crate) fn scroll_text(top: usize, step: Move, lines: usize, height: usize) -> usize {
    top.saturating_add_signed(step.distance(height)).min(lines.saturating_sub(height))
}
