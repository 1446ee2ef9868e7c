//! Converts rows to ledger entries.

use std::str::FromStr as _;
use std::sync::Arc;

use rusqlite::{Params, Row, Statement};

use crate::ledger::finding::Finding;
use crate::ledger::interval::{Entry, Interval, Link, ServerInfo};
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::recording::codes::{self, CAUSE_COLUMNS};
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

/// The maximum size of the payloads of a page, in bytes. A page always has at least one entry.
pub(crate) const MAX_BYTES: usize = 8 << 20;

/// Entries of a recording, in the requested order.
#[derive(Debug, Default)]
pub struct Page {
    /// The entries, as a live subscription would have produced them.
    pub interval: Interval,
    /// The place of each entry.
    pub places: Vec<Place>,
    /// Whether the page reached its maximum size, so that there may be more entries.
    pub is_cut: bool,
}

/// The place of an entry in the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The id in the stream.
    pub id: i64,
    /// The session that recorded it.
    pub session: i64,
    /// The channel's counter epoch. 0 for link changes.
    pub epoch: i64,
}

impl Page {
    pub(crate) fn push(&mut self, place: Place, entry: Entry) {
        self.interval.push(entry);
        self.places.push(place);
    }

    /// Reads at most `limit` messages from a statement that selects [`SELECT_MESSAGES`].
    pub(super) fn messages(statement: &mut Statement<'_>, params: impl Params, limit: usize) -> rusqlite::Result<Self> {
        let mut page = Self::default();
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            if page.is_full(limit) {
                page.is_cut = true;
                break;
            }
            page.message(row)?;
        }
        Ok(page)
    }

    fn message(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let message = RecordedMessage {
            at: row.get(3)?,
            channel: codes::channel(row, 4)?,
            sequence: codes::sequence(row, 5)?,
            verdict: codes::verdict(row, 9)?,
            timestamp: row.get(11)?,
        };
        let place = Place { id: row.get(0)?, session: row.get(1)?, epoch: row.get(2)? };
        self.push_message(place, message, row.get_ref(10)?.as_blob()?);
        Ok(())
    }

    /// Whether the page has `limit` entries, or the maximum size.
    pub(crate) fn is_full(&self, limit: usize) -> bool {
        self.places.len() >= limit || self.interval.payload_bytes() >= MAX_BYTES
    }

    /// Adds a message as it was recorded.
    pub(crate) fn push_message(&mut self, place: Place, message: RecordedMessage, payload: &[u8]) {
        let envelope = Envelope::parse(payload);
        let name = envelope.signature.split(|&byte| byte == b'|').next().unwrap_or_default();
        let algorithm = std::str::from_utf8(name).ok().and_then(|name| Algorithm::from_str(name).ok());
        self.interval.push_message(
            payload,
            message.at,
            message.channel,
            message.sequence,
            codes::checked_verdict(message.verdict, envelope.data),
            algorithm,
            message.timestamp,
        );
        self.places.push(place);
    }
}

/// The columns of a message, without its payload.
#[derive(Debug, Clone)]
pub(crate) struct RecordedMessage {
    pub(crate) at: i64,
    pub(crate) channel: Channel,
    pub(crate) sequence: Sequence,
    pub(crate) verdict: Verdict,
    pub(crate) timestamp: Option<i64>,
}

/// The columns that [`Page::messages`] reads.
pub(super) const SELECT_MESSAGES: &str = "SELECT m.id, m.session, m.epoch, m.at_unix_micros, c.name, m.certainty, m.sequence, \
     m.sequence_from, m.sequence_to, m.verdict, m.payload, m.timestamp FROM message m JOIN channel c ON c.id = m.channel";

/// The columns that [`finding`] reads.
pub(super) fn findings() -> String {
    format!(
        "SELECT f.id, f.session, f.epoch, f.at_unix_micros, f.kind, c.name, f.sequence_from, f.sequence_to, f.count, {CAUSE_COLUMNS}
         FROM finding f JOIN channel c ON c.id = f.channel LEFT JOIN channel o ON o.id = f.first_channel"
    )
}

pub(super) fn finding(row: &Row<'_>) -> rusqlite::Result<(Place, Entry)> {
    let kind = codes::finding_kind(row, 4)?;
    let number = |column| row.get::<usize, Option<i64>>(column).map(|number| number.map(i64::cast_unsigned));
    let finding = Finding {
        kind,
        channel: codes::channel(row, 5)?,
        sequence_from: number(6)?,
        sequence_to: number(7)?,
        count: number(8)?,
        at: row.get(3)?,
        cause: codes::cause(row, 9, kind)?,
    };
    Ok((Place { id: row.get(0)?, session: row.get(1)?, epoch: row.get(2)? }, finding.into()))
}

/// The columns that [`counter`] reads.
pub(super) const SELECT_COUNTERS: &str = "SELECT r.id, r.session, r.epoch, r.at_unix_micros, c.name, r.value, r.error \
     FROM counter r JOIN channel c ON c.id = r.channel";

pub(super) fn counter(row: &Row<'_>) -> rusqlite::Result<(Place, Entry)> {
    let reading = match (row.get::<_, Option<i64>>(5)?, row.get::<_, Option<String>>(6)?) {
        (_, Some(why)) => Reading::Unreadable(why.into()),
        (Some(value), None) => Reading::Value(value.cast_unsigned()),
        (None, None) => Reading::Missing,
    };
    // A recording stores the server with the channel, not with each reading.
    let entry = Entry::Counter { channel: codes::channel(row, 4)?, reading, server: None, at: row.get(3)? };
    Ok((Place { id: row.get(0)?, session: row.get(1)?, epoch: row.get(2)? }, entry))
}

/// The columns that [`link`] reads.
pub(super) const SELECT_LINKS: &str = "SELECT l.id, l.session, l.at_unix_micros, l.state, l.reason, l.channel, c.name, \
     l.server_version, l.server_role, l.server_mode FROM link l LEFT JOIN channel c ON c.id = l.channel";

pub(super) fn link(row: &Row<'_>) -> rusqlite::Result<(Place, Entry)> {
    let channel = match row.get::<_, Option<i64>>(5)? {
        Some(_) => Some(codes::channel(row, 6)?),
        None => None,
    };
    let server = match row.get::<_, Option<String>>(7)? {
        Some(version) => Some(Arc::new(ServerInfo { version, role: row.get(8)?, mode: row.get(9)? })),
        None => None,
    };
    let entry = Entry::Link(Link {
        state: codes::link_state(row, 3)?,
        reason: row.get::<_, Option<String>>(4)?.map(Into::into),
        channel,
        server,
        at: row.get(2)?,
    });
    Ok((Place { id: row.get(0)?, session: row.get(1)?, epoch: 0 }, entry))
}
