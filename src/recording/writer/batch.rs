//! Writes one transaction: intervals and holes, with everything derived from them.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::channels::Channels;
use super::hole::{LostEntries, LostSpan};
use super::recording_file::BatchTotals;
use super::rows::{MessageRow, MessageRows};
use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::interval::{Entry, Interval, Link, Message};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::recording::codes::{self, CauseColumns};
use crate::recording::insert::{self, RowIds};

/// If the wall clock moves by more than this relative to the monotonic clock, it was set. In microseconds.
const MIN_CLOCK_STEP: i64 = 1000;

/// A transaction in progress.
pub(super) struct Batch<'a> {
    connection: &'a Connection,
    rows: MessageRows<'a>,
    channels: &'a mut Channels,
    session: i64,
    /// The last wall-clock offset in the file. `None` at the start of a session.
    offset: Option<i64>,
    pub(super) totals: BatchTotals,
    /// The number of messages and of rejected messages, by second and channel.
    rates: HashMap<(i64, i64), (i64, i64)>,
    /// The numbers of the current second and channel, which are not in `rates` yet. Consecutive messages often have the same key.
    rate: ((i64, i64), (i64, i64)),
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        channels: &'a mut Channels,
        session: i64,
        offset: Option<i64>,
        next_id: i64,
    ) -> Self {
        let totals = BatchTotals { next_id, ..BatchTotals::default() };
        let rows = MessageRows::new(connection, session);
        let (rates, rate) = Default::default();
        Self { connection, rows, channels, session, offset, totals, rates, rate }
    }

    pub(super) fn interval(&mut self, interval: &'a Interval, offset: i64) -> rusqlite::Result<()> {
        self.clock(offset)?;
        let mut entries = interval.entries().iter().peekable();
        while let Some(entry) = entries.next() {
            match entry {
                Entry::Message(message) => self.message(interval, message)?,
                Entry::Dropped(dropped) => self.hole(&LostSpan::of_dropped(dropped, &mut entries, offset))?,
                Entry::Finding(finding) => self.finding(finding)?,
                Entry::Link(link) => self.link(link)?,
                Entry::Counter { channel, reading, server, at } => {
                    self.counter(channel, reading, server.as_ref(), *at)?;
                }
                Entry::Expectation(_) | Entry::Barrier { .. } => {}
            }
        }
        Ok(())
    }

    /// Writes a hole before the rest of the intervals whose messages were lost.
    pub(super) fn lost(&mut self, lost: &'a LostEntries) -> rusqlite::Result<()> {
        for hole in lost.others.iter().chain((!lost.is_empty()).then_some(&lost.hole)) {
            self.hole(hole)?;
        }
        let offset = lost.hole.offsets.map(|(_, last)| last).or(self.offset);
        self.interval(&lost.entries, offset.unwrap_or_default())?;
        for (channel, (reading, server, at)) in &lost.counters {
            self.counter(channel, reading, server.as_ref(), *at)?;
        }
        Ok(())
    }

    fn clock(&mut self, offset: i64) -> rusqlite::Result<()> {
        if self.offset.is_some_and(|known| known.abs_diff(offset) < MIN_CLOCK_STEP.unsigned_abs()) {
            return Ok(());
        }
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO clock (id, session, offset_micros) VALUES (?, ?, ?)")?
            .execute(params![self.totals.next_id, self.session, offset])?;
        self.offset = Some(offset);
        Ok(())
    }

    fn message(&mut self, interval: &'a Interval, message: &Message) -> rusqlite::Result<()> {
        let payload = interval.payload(message);
        let rejected = i64::from(message.verdict.rejection().is_some());
        let known = self.channels.find(self.connection, interval.channel(message))?;
        known.messages += 1;
        known.rejected += rejected;
        known.last_at = Some(message.at);
        // The next counter reading may be in a later transaction.
        if let Sequence::Exact(number) | Sequence::Inferred(number) = message.sequence {
            known.counter = Some((number.cast_signed(), message.at));
        }
        let (channel, epoch) = (known.id, known.epoch);
        let (certainty, sequence, low, high) = codes::sequence_columns(message.sequence);
        let verdict = codes::verdict_code(message.verdict);
        let (at, timestamp) = (message.at, message.timestamp);
        let row = MessageRow { at, channel, epoch, certainty, sequence, low, high, verdict, timestamp, payload };
        self.rows.push(self.totals.place(), row)?;
        let place = (message.at.div_euclid(1_000_000), channel);
        if self.rate.0 != place {
            self.settle_rate();
            self.rate.0 = place;
        }
        self.rate.1.0 += 1;
        self.rate.1.1 += rejected;
        self.totals.messages += 1;
        self.totals.rejected += rejected;
        self.totals.payload_bytes += i64::try_from(payload.len()).unwrap_or(i64::MAX);
        Ok(())
    }

    fn settle_rate(&mut self) {
        let (place, (messages, rejected)) = std::mem::take(&mut self.rate);
        if messages > 0 {
            let rate = self.rates.entry(place).or_default();
            rate.0 += messages;
            rate.1 += rejected;
        }
    }

    fn finding(&mut self, finding: &Finding) -> rusqlite::Result<()> {
        let columns = CauseColumns::from(&finding.cause);
        let first = match columns.first_channel {
            Some(channel) => Some(self.channels.find(self.connection, channel)?.id),
            None => None,
        };
        let known = self.channels.find(self.connection, &finding.channel)?;
        if finding.kind == FindingKind::CounterReset {
            known.epoch += 1;
        }
        let (channel, epoch) = (known.id, known.epoch);
        self.totals.findings += 1;
        let ids = RowIds { id: self.totals.place(), session: self.session, channel, epoch };
        insert::finding(self.connection, ids, first, finding)
    }

    fn counter(
        &mut self,
        channel: &Channel,
        reading: &Reading,
        server: Option<&Arc<ServerId>>,
        at: i64,
    ) -> rusqlite::Result<()> {
        let known = self.channels.find(self.connection, channel)?;
        let (value, error) = match reading {
            Reading::Value(value) => (Some(value.cast_signed()), None),
            Reading::Missing => (None, None),
            Reading::Unreadable(why) => (None, Some(&**why)),
        };
        if error.is_none() {
            // A missing counter counts as 0, like `INCR`.
            known.counter = Some((value.unwrap_or(0), at));
            known.server = server.cloned();
        }
        let (channel, epoch) = (known.id, known.epoch);
        self.connection
            .prepare_cached(
                "INSERT INTO counter (id, session, at_unix_micros, channel, epoch, value, error)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![self.totals.place(), self.session, at, channel, epoch, value, error])
            .map(drop)
    }

    fn link(&mut self, link: &Link) -> rusqlite::Result<()> {
        let channel = match &link.channel {
            Some(channel) => Some(self.channels.find(self.connection, channel)?.id),
            None => None,
        };
        let server = link.server.as_deref();
        self.connection
            .prepare_cached(
                "INSERT INTO link (id, session, at_unix_micros, state, reason, channel, server_version, server_role,
                    server_mode)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                self.totals.place(),
                self.session,
                link.at,
                link.state.name(),
                link.reason.as_deref(),
                channel,
                server.map(|server| &server.version),
                server.map(|server| &server.role),
                server.map(|server| &server.mode)
            ])
            .map(drop)
    }

    pub(super) fn hole(&mut self, hole: &LostSpan) -> rusqlite::Result<()> {
        let id = self.totals.place();
        let (from_monotonic, to_monotonic) =
            hole.offsets.map(|(from, to)| (hole.from_at - from, hole.to_at - to)).unzip();
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO hole (id, session, kind, from_unix_micros, to_unix_micros, from_monotonic_micros,
                to_monotonic_micros, messages, reason)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(params![
            id,
            self.session,
            hole.kind.name(),
            hole.from_at,
            hole.to_at,
            from_monotonic,
            to_monotonic,
            hole.messages.map(u64::cast_signed),
            hole.reason
        ])?;
        for range in &hole.ranges {
            let known = self.channels.find(self.connection, &range.channel)?;
            let (from, to) = range.numbers.map(|(from, to)| (from.cast_signed(), to.cast_signed())).unzip();
            let mut insert = self.connection.prepare_cached(
                "INSERT INTO hole_range (hole, channel, epoch, sequence_from, sequence_to, messages)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )?;
            insert.execute(params![
                id,
                known.id,
                known.epoch + range.resets,
                from,
                to,
                range.messages.cast_signed()
            ])?;
        }
        self.totals.not_recorded += hole.messages.unwrap_or(0).cast_signed();
        Ok(())
    }

    /// Writes the totals. Returns what was added, and the last clock offset in the file.
    pub(super) fn finish(mut self, now: i64) -> rusqlite::Result<(BatchTotals, Option<i64>)> {
        self.rows.write()?;
        self.settle_rate();
        self.channels.store(self.connection)?;
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO rate (second, channel, messages, rejected) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
             SET messages = messages + excluded.messages, rejected = rejected + excluded.rejected",
        )?;
        for ((second, channel), (messages, rejected)) in &self.rates {
            statement.execute(params![second, channel, messages, rejected])?;
        }
        self.totals.store(self.connection)?;
        self.connection
            .prepare_cached("UPDATE session SET last_unix_micros = max(last_unix_micros, ?) WHERE id = ?")?
            .execute([now, self.session])?;
        Ok((self.totals, self.offset))
    }
}
