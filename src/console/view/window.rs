//! Which rows of a list are seen. It follows from the cursor alone, so that drawing and pointing always agree.

use std::ops::Range;

use crate::console::state::messages::Messages;

/// The rows that are seen of a list of `len`: the one under the cursor stands in the middle but for both ends.
#[must_use]
pub fn centred(len: usize, cursor: usize, height: usize) -> Range<usize> {
    let first = cursor.saturating_sub(height / 2).min(len.saturating_sub(height));
    first..(first + height).min(len)
}

/// The positions among the rows shown that are seen in a Messages pane with `height` lines inside.
///
/// Following, these are the newest. When it ends the window stays where it is, whatever comes in, until the cursor
/// leaves its upper half or goes below it.
#[must_use]
pub fn messages(messages: &Messages, height: usize) -> Range<usize> {
    let len = shown(messages);
    let Some(cursor) = position(messages).filter(|_| !messages.follow) else {
        return len.saturating_sub(height)..len;
    };
    let unseen = usize::try_from(messages.unseen).unwrap_or(usize::MAX);
    let still = len.saturating_sub(unseen).max(cursor + 1);
    centred(still.max(height.min(len)), cursor, height)
}

/// How many rows are shown.
#[must_use]
pub fn shown(messages: &Messages) -> usize {
    messages.shown.as_ref().map_or(messages.rows.len(), std::collections::VecDeque::len)
}

/// The serial of the row shown at a position.
#[must_use]
pub fn serial(messages: &Messages, position: usize) -> Option<u64> {
    match &messages.shown {
        Some(shown) => shown.get(position).copied(),
        None => (position < messages.rows.len()).then(|| messages.first_serial.saturating_add(position as u64)),
    }
}

/// The position of the row under the cursor; the nearest later one where that row is not shown.
#[must_use]
pub fn position(messages: &Messages) -> Option<usize> {
    let cursor = messages.cursor?;
    let len = shown(messages);
    let position = match &messages.shown {
        Some(shown) => shown.partition_point(|serial| *serial < cursor),
        None => usize::try_from(cursor.saturating_sub(messages.first_serial)).unwrap_or(usize::MAX),
    };
    (len > 0).then(|| position.min(len - 1))
}
