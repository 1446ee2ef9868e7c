//! The channels as the writer knows them.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior, params};

use crate::ledger::known::ServerId;
use crate::ledger::sequence::Channel;
use crate::recording::codes::{self, NameColumn};
use crate::recording::counters::KnownCounter;

/// The channels, with the changes of the transaction in progress.
#[derive(Debug, Default)]
pub(super) struct Channels {
    index: HashMap<Channel, usize>,
    list: Vec<ChannelState>,
    changed: Vec<usize>,
    last: usize,
}

/// The state of one channel.
#[derive(Debug)]
pub(super) struct ChannelState {
    channel: Channel,
    pub(super) id: i64,
    pub(super) epoch: i64,
    pub(super) messages: i64,
    pub(super) rejected: i64,
    pub(super) last_at: Option<i64>,
    pub(super) counter: Option<(i64, i64)>,
    /// The server that the counter was last read from. `None` if it is unknown.
    pub(super) server: Option<Arc<ServerId>>,
    is_changed: bool,
}

impl Channels {
    /// Reads the channels from the file.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut channels = Self::default();
        let mut statement = connection.prepare_cached("SELECT name, id, epoch, run_id, replication_id FROM channel")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            channels.push(codes::channel(row, 0)?, row.get(1)?, row.get(2)?, codes::server(row, 3)?);
        }
        Ok(channels)
    }

    /// The counters up to which every message is recorded or reported as missed, and how many later messages a killed session had
    /// received.
    pub(super) fn counters(connection: &Connection) -> rusqlite::Result<Vec<KnownCounter>> {
        let mut statement = connection.prepare(
            "SELECT name, counter, counter_unix_micros, run_id, replication_id,
                CASE WHEN received >= counter THEN received - counter END
             FROM channel WHERE counter IS NOT NULL",
        )?;
        let rows = statement.query_map([], |row| {
            let counter = row.get::<_, i64>(1)?.cast_unsigned();
            let (channel, server) = (codes::channel(row, 0)?, codes::server(row, 3)?);
            let lost = row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned);
            Ok(KnownCounter { channel, counter, server, at: row.get(2)?, lost })
        })?;
        rows.collect()
    }

    /// Stores the sequence number up to which each channel's messages were received. Channels that are not in the file yet are
    /// skipped: without a stored counter, the number of lost messages cannot be computed.
    pub(super) fn mark(connection: &mut Connection, marks: &HashMap<Channel, u64>) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare_cached("UPDATE channel SET received = ? WHERE name = ?")?;
            for (channel, number) in marks {
                statement.execute(params![number.cast_signed(), NameColumn(channel.as_bytes())])?;
            }
        }
        transaction.commit()
    }

    /// Returns the channel and marks it as changed. A new channel is added to the file. Tries the last channel first, because
    /// consecutive messages often have the same channel.
    pub(super) fn find(&mut self, connection: &Connection, channel: &Channel) -> rusqlite::Result<&mut ChannelState> {
        if self.list.get(self.last).is_none_or(|last| last.channel != *channel) {
            self.last = match self.index.get(channel) {
                Some(&index) => index,
                None => self.add(connection, channel)?,
            };
        }
        let known = &mut self.list[self.last];
        if !std::mem::replace(&mut known.is_changed, true) {
            self.changed.push(self.last);
        }
        Ok(known)
    }

    fn add(&mut self, connection: &Connection, channel: &Channel) -> rusqlite::Result<usize> {
        connection
            .prepare_cached("INSERT INTO channel (name, epoch, messages, rejected) VALUES (?, 1, 0, 0)")?
            .execute([NameColumn(channel.as_bytes())])?;
        self.push(channel.clone(), connection.last_insert_rowid(), 1, None);
        Ok(self.list.len() - 1)
    }

    fn push(&mut self, channel: Channel, id: i64, epoch: i64, server: Option<Arc<ServerId>>) {
        self.index.insert(channel.clone(), self.list.len());
        self.list.push(ChannelState {
            channel,
            id,
            epoch,
            messages: 0,
            rejected: 0,
            last_at: None,
            counter: None,
            server,
            is_changed: false,
        });
    }

    /// Writes the changes at the end of a transaction.
    pub(super) fn store(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "UPDATE channel SET epoch = ?2, messages = messages + ?3, rejected = rejected + ?4,
                received = CASE WHEN epoch = ?2 AND (?6 IS NULL OR received > ?6) THEN received END,
                last_unix_micros = coalesce(?5, last_unix_micros), counter = coalesce(?6, counter),
                counter_unix_micros = coalesce(?7, counter_unix_micros), run_id = ?8, replication_id = ?9
             WHERE id = ?1",
        )?;
        for index in self.changed.drain(..) {
            let known = &mut self.list[index];
            known.is_changed = false;
            let (counter, counter_at) = known.counter.take().unzip();
            let (run_id, replication_id) = codes::server_columns(known.server.as_deref());
            statement.execute(params![
                known.id,
                known.epoch,
                std::mem::take(&mut known.messages),
                std::mem::take(&mut known.rejected),
                known.last_at.take(),
                counter,
                counter_at,
                run_id,
                replication_id
            ])?;
        }
        Ok(())
    }
}
