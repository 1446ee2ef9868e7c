//! Which places are around a finding.

use std::path::Path;

use super::{Reach, Request};
use crate::ledger::finding::{Cause, Finding};
use crate::ledger::interval::Entry;
use crate::record::file::RecordError;
use crate::record::reader::{Page, Reader};

/// Read at once.
const PAGE: usize = 1000;
/// No more rows than this on each side.
const MAX_ROWS: usize = 20_000;
/// No more bytes of payloads than this on each side.
const MAX_BYTES: usize = 64 << 20;
/// Rows out of the time that may stand among others: of a merged recording the clocks may differ.
const MAX_STRAYS: usize = 100;

/// Places in stream order around a finding, and single ones that its numbers are between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) finding: i64,
    pub(super) first: i64,
    pub(super) last: i64,
    /// The messages next to the finding's numbers, wherever they are.
    pub(super) neighbours: Vec<i64>,
    /// The time that was asked for, in microseconds since the epoch.
    pub(super) from_at: i64,
    pub(super) to_at: i64,
    /// Whether the bounds ended it before that, on either side.
    pub(super) is_cut: [bool; 2],
}

/// One side: the last place that belongs to it, when that was, and whether a bound ended it.
struct Edge {
    id: i64,
    at: i64,
    is_cut: bool,
}

/// Finds the window.
pub(super) fn around(reader: &Reader, file: &Path, request: &Request) -> Result<Window, RecordError> {
    let page = reader.finding(request.finding)?.unwrap_or_default();
    let (Some(place), Some(Entry::Finding(finding))) = (page.places.first(), page.interval.entries().first()) else {
        let what = format_args!("has no finding with the id {} (see the SQL view findings)", request.finding);
        return Err(RecordError::new(file, what));
    };
    let (from, to) = (begin(finding), finding.at);
    let before = walk(reader, place.id, (from, request.before), true)?;
    let after = walk(reader, place.id, (to, request.after), false)?;
    let time = |at: i64, reach, edge: &Edge, sign: i64| match reach {
        Reach::Micros(micros) => at.saturating_add(sign.saturating_mul(micros)),
        Reach::Messages(_) => edge.at,
    };
    Ok(Window {
        finding: place.id,
        first: before.id,
        last: after.id,
        neighbours: neighbours(reader, finding, place.epoch)?,
        from_at: time(from, request.before, &before, -1).min(from),
        to_at: time(to, request.after, &after, 1).max(to),
        is_cut: [before.is_cut, after.is_cut],
    })
}

/// When what was found began.
fn begin(finding: &Finding) -> i64 {
    match finding.cause {
        Cause::Disconnected { duration_micros: micros, .. } => {
            finding.at.saturating_sub(i64::try_from(micros).unwrap_or(i64::MAX))
        }
        Cause::NotRunning { since, .. } => since.min(finding.at),
        _ => finding.at,
    }
}

fn walk(reader: &Reader, start: i64, (at, reach): (i64, Reach), is_back: bool) -> Result<Edge, RecordError> {
    let mut edge = Edge { id: start, at, is_cut: false };
    let (mut next, mut rows, mut messages, mut bytes, mut strays) = (start, 0_usize, 0_usize, 0_usize, 0_usize);
    loop {
        let page = if is_back { reader.backward(next, PAGE)? } else { reader.forward(next, PAGE)? };
        for (place, entry) in rows_of(&page, is_back) {
            next = place;
            rows += 1;
            if let Entry::Message(message) = entry {
                messages += 1;
                bytes += page.interval.payload(message).len();
            }
            let is_over = match reach {
                Reach::Messages(most) => messages > most,
                Reach::Micros(micros) => {
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
                return Ok(Edge { is_cut: strays == 0, ..edge });
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

/// The entries of a page from the near end on, each with its place.
fn rows_of(page: &Page, is_back: bool) -> Box<dyn Iterator<Item = (i64, &Entry)> + '_> {
    let rows = page.places.iter().map(|place| place.id).zip(page.interval.entries());
    if is_back { Box::new(rows.rev()) } else { Box::new(rows) }
}

/// The messages of the channel just below and above the finding's numbers.
fn neighbours(reader: &Reader, finding: &Finding, epoch: i64) -> Result<Vec<i64>, RecordError> {
    let (Some(from), Some(to), true) = (finding.sequence_from, finding.sequence_to, finding.kind.is_gap()) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    if let Some(below) = reader.last_below(&finding.channel, epoch, from)? {
        found.push(below);
    }
    if let Some(above) = to.checked_add(1) {
        let (page, _) = reader.by_sequence(&finding.channel, epoch, (above, u64::MAX), None, 1)?;
        found.extend(page.places.first().map(|place| place.id));
    }
    Ok(found)
}
