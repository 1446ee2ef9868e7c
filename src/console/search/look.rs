//! Whether one row has a hit, piece by piece where its payload is long.

use crate::console::app::background::ROW;
use crate::console::app::scrollback::Messages;
use crate::console::search::needle::Needle;
use crate::console::ui::text;
use crate::ledger::interval::Entry;

/// So many bytes of a payload are looked at in one piece.
const PIECE: usize = 64 << 10;

/// Pieces begin so many bytes before the end of the one before, so that what lies across is found; a longer match of a
/// regex may not be.
const OVERLAP: usize = 8 << 10;

/// What came of looking.
pub(crate) struct Looked {
    pub(crate) hit: bool,
    /// Where the payload goes on, if it does.
    pub(crate) rest: Option<usize>,
    /// In bytes.
    pub(crate) cost: usize,
}

/// Looks at a row; a payload from that offset on. What is not shown has no hit.
pub(crate) fn look(messages: &Messages, needle: &Needle, row_id: u64, offset: usize) -> Looked {
    let Some(row) = messages.row(row_id).filter(|_| messages.is_shown(row_id)) else {
        return Looked { hit: false, rest: None, cost: ROW };
    };
    let (hit, rest, cost) = match row.entry() {
        Entry::Message(message) => {
            let payload = row.interval.payload(message);
            let end = boundary(payload, offset.saturating_add(PIECE));
            let start = boundary(payload, offset.saturating_sub(OVERLAP));
            let hit = (offset == 0 && needle.is_in(row.interval.channel(message).as_bytes()))
                || needle.is_in(&payload[start..end]);
            (hit, Some(end).filter(|end| *end < payload.len()), end - start)
        }
        Entry::Finding(finding) => {
            let words = [finding.line(), finding.kind.name().to_owned()];
            let channel = finding.channel.as_bytes();
            (words.iter().any(|words| needle.is_in(words.as_bytes())) || needle.is_in(channel), None, 256)
        }
        Entry::Dropped(dropped) => {
            let channel = dropped.channel.as_ref().is_some_and(|channel| needle.is_in(channel.as_bytes()));
            (channel || needle.is_in(dropped.line().as_bytes()), None, 64)
        }
        Entry::Link(link) => {
            let words = text::link_words(link.state);
            let reason = link.reason.as_deref().unwrap_or_default();
            let channel = link.channel.as_ref().is_some_and(|channel| needle.is_in(channel.as_bytes()));
            (channel || needle.is_in(words.as_bytes()) || needle.is_in(reason.as_bytes()), None, reason.len())
        }
        Entry::Counter { .. } | Entry::Barrier { .. } => (false, None, 0),
    };
    Looked { hit, rest, cost: cost + ROW }
}

/// The offset, or the one a little before it where a character begins.
fn boundary(bytes: &[u8], offset: usize) -> usize {
    let offset = offset.min(bytes.len());
    let continues = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (offset.saturating_sub(3)..=offset).rev().find(|at| !continues(at)).unwrap_or(offset)
}
