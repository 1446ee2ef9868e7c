//! Selects the rows around the place that a bundle is about.

use std::path::Path;

use super::focus::Focus;
use super::{BundleExtent, BundleRequest};
use crate::ledger::interval::Entry;
use crate::recording::file::RecordError;
use crate::recording::reader::{Page, RecordingReader};

/// The number of rows read at once.
const ROWS_PER_READ: usize = 1000;
/// The maximum number of rows on each side.
const MAX_ROWS: usize = 20_000;
/// The maximum size of the payloads on each side, in bytes.
const MAX_BYTES: usize = 64 << 20;
/// The maximum number of consecutive rows outside the requested time. In a merged recording, the clocks of the machines can
/// differ.
const MAX_STRAYS: usize = 100;

/// A range of ids around the place, and the messages next to its sequence numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) focus: Focus,
    pub(super) first: i64,
    pub(super) last: i64,
    /// The messages next to the gap. They can be outside the range.
    pub(super) neighbours: Vec<i64>,
    /// The start of the requested time, as far as the recording covers it, in microseconds since the epoch.
    pub(super) from_at: i64,
    pub(super) to_at: i64,
    /// Whether the maximum size was reached, before and after the place. The rows of the place count to those after it.
    pub(super) is_cut: [bool; 2],
    /// The session that is in progress.
    pub(super) running: Option<i64>,
}

/// The end of the range on one side: the last id, its time, and whether the maximum size was reached.
struct WindowEdge {
    id: i64,
    at: i64,
    is_cut: bool,
}

/// Where a walk starts: the first id that is not read, the id up to which messages do not count to the extent, and the time.
struct WalkStart {
    id: i64,
    free_to: i64,
    at: i64,
}

/// Selects the rows around the place of the request.
pub(super) fn around(reader: &RecordingReader, file: &Path, request: &BundleRequest) -> Result<Window, RecordError> {
    let mut focus = Focus::find(reader, file, &request.focus)?;
    let ((mut start, mut end), (mut from, mut to)) = (focus.span, (focus.from, focus.to));
    if let Some(numbers) = request.numbers
        && let Some((first, last, first_at, last_at)) = focus.extend(reader, numbers)?
    {
        (start, end) = (start.min(first), end.max(last));
        (from, to) = (from.min(first_at), to.max(last_at));
    }
    let before = walk(reader, &WalkStart { id: start, free_to: start, at: from }, request.before, true)?;
    let after = walk(reader, &WalkStart { id: start.saturating_sub(1), free_to: end, at: to }, request.after, false)?;
    let time = |at: i64, reach, edge: &WindowEdge, sign: i64| match reach {
        BundleExtent::Micros(micros) => at.saturating_add(sign.saturating_mul(micros)),
        BundleExtent::Messages(_) => edge.at,
    };
    let Covered { from: covered_from, to: covered_to, running } = Covered::read(reader, request.made_at)?;
    Ok(Window {
        first: before.id,
        last: after.id,
        neighbours: neighbours(reader, &focus)?,
        from_at: time(from, request.before, &before, -1).max(covered_from).min(from),
        to_at: time(to, request.after, &after, 1).min(covered_to).max(to),
        is_cut: [before.is_cut, after.is_cut],
        running,
        focus,
    })
}

/// The time that the recording covers.
struct Covered {
    from: i64,
    to: i64,
    /// The session that is in progress.
    running: Option<i64>,
}

impl Covered {
    /// Up to `now` if the recording is being written.
    fn read(reader: &RecordingReader, now: i64) -> Result<Self, RecordError> {
        let (sessions, overview) = (reader.sessions()?, reader.overview()?);
        let newest = sessions.last().filter(|session| session.ended_at.is_none());
        let running = if reader.is_being_written()? { newest.map(|session| session.id) } else { None };
        let starts = sessions.iter().map(|session| session.started_at);
        let ends = sessions.iter().map(|session| match session.ended_at {
            None if running == Some(session.id) => now,
            end => end.unwrap_or(session.last_at),
        });
        // An imported recording has messages from before its sessions.
        let from = starts.chain(overview.first.map(|(_, at)| at)).min().max(overview.deleted_to).unwrap_or(i64::MIN);
        let to = ends.chain(overview.last.map(|(_, at)| at)).max().unwrap_or(i64::MAX);
        Ok(Self { from, to: to.min(now), running })
    }
}

fn walk(
    reader: &RecordingReader,
    start: &WalkStart,
    reach: BundleExtent,
    is_back: bool,
) -> Result<WindowEdge, RecordError> {
    let at = start.at;
    let mut edge = WindowEdge { id: start.id, at, is_cut: false };
    let (mut next, mut rows, mut messages, mut bytes, mut strays) = (start.id, 0_usize, 0_usize, 0_usize, 0_usize);
    loop {
        let page = if is_back { reader.backward(next, ROWS_PER_READ)? } else { reader.forward(next, ROWS_PER_READ)? };
        for (place, entry) in rows_of(&page, is_back) {
            next = place;
            rows += 1;
            if let Entry::Message(message) = entry {
                messages += usize::from(is_back || place > start.free_to);
                bytes += page.interval.payload(message).len();
            }
            let is_over = match reach {
                BundleExtent::Messages(most) => messages > most,
                BundleExtent::Micros(micros) => {
                    let is_early = is_back && entry.at() < at.saturating_sub(micros);
                    let is_late = !is_back && entry.at() > at.saturating_add(micros);
                    strays = if is_early || is_late { strays + 1 } else { 0 };
                    strays > MAX_STRAYS
                }
            };
            if is_over {
                return Ok(edge);
            }
            if rows > MAX_ROWS || bytes > MAX_BYTES {
                return Ok(WindowEdge { is_cut: strays == 0, ..edge });
            }
            if strays == 0 {
                (edge.id, edge.at) = (place, entry.at());
            }
        }
        if !page.is_cut {
            return Ok(edge);
        }
    }
}

/// The rows of a page, nearest to the finding first, each with its id.
fn rows_of(page: &Page, is_back: bool) -> Box<dyn Iterator<Item = (i64, &Entry)> + '_> {
    let rows = page.places.iter().map(|place| place.id).zip(page.interval.entries());
    if is_back { Box::new(rows.rev()) } else { Box::new(rows) }
}

/// The messages on the channel immediately before and after the sequence numbers.
fn neighbours(reader: &RecordingReader, focus: &Focus) -> Result<Vec<i64>, RecordError> {
    let Some(numbers) = &focus.numbers else { return Ok(Vec::new()) };
    let (from, to) = numbers.range;
    let mut found = Vec::new();
    if let Some(below) = reader.last_below(&numbers.channel, numbers.epoch, from)? {
        found.push(below);
    }
    if let Some(above) = to.checked_add(1) {
        let (page, _) = reader.by_sequence(&numbers.channel, numbers.epoch, (above, u64::MAX), None, 1)?;
        found.extend(page.places.first().map(|place| place.id));
    }
    Ok(found)
}
