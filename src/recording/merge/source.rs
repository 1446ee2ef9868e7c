//! One of the two recordings, with its ids mapped to those of the new file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use rusqlite::{Connection, params};

use super::align;
use crate::ledger::sequence::Channel;
use crate::recording::codes::{self, NameColumn};

/// A channel and a counter epoch of the new file.
pub(super) type CounterEpoch = (i64, i64);

/// One of the two recordings.
pub(super) struct MergeInput {
    /// The name under which it is attached.
    pub(super) name: &'static str,
    /// Added to a session of this recording to get the session in the new file.
    pub(super) base: i64,
    /// Channel ids of this recording to those of the new file, and back.
    pub(super) channels: HashMap<i64, i64>,
    pub(super) own_channels: HashMap<i64, i64>,
    /// Channels and epochs of this recording to those of the new file, and back.
    pub(super) counter_epochs: HashMap<CounterEpoch, CounterEpoch>,
    pub(super) own_epochs: BTreeMap<CounterEpoch, CounterEpoch>,
    /// The clock offsets: the first id for which it applies, the session, and how far the session's wall clock is ahead of its
    /// monotonic clock, in microseconds.
    pub(super) clocks: Vec<(i64, i64, i64)>,
    /// Whether it is a merged recording.
    pub(super) is_merged: bool,
    /// The ids of its messages with conflicts.
    pub(super) conflicts: HashSet<i64>,
}

/// A channel of the merge: for each recording its id and its newest epoch.
struct MergedChannel {
    id: i64,
    own: [Option<(i64, i64)>; 2],
}

/// Reads both recordings. Writes the sessions and channels of the new file.
pub(super) fn load(connection: &Connection, paths: [&Path; 2]) -> rusqlite::Result<[MergeInput; 2]> {
    let sessions: i64 = connection.query_row("SELECT coalesce(max(id), 0) FROM a.session", [], |row| row.get(0))?;
    let mut sides = [side(connection, "a", 0)?, side(connection, "b", sessions)?];
    for (side, path) in sides.iter().zip(paths) {
        connection.execute(
            &format!(
                "INSERT INTO main.session (id, started_unix_micros, last_unix_micros, ended_unix_micros, ended, host, version,
                    target, profile)
                 SELECT id + ?, started_unix_micros, last_unix_micros, ended_unix_micros, ended, host, version, target, profile
                 FROM {}.session",
                side.name
            ),
            [side.base],
        )?;
        if side.is_merged {
            copy_provenance(connection, side)?;
        } else {
            connection.execute(
                &format!(
                    "INSERT INTO recording (first_session, file, source, messages, messages_taken)
                     SELECT ?, ?, source, messages, 0 FROM {}.total",
                    side.name
                ),
                params![side.base + 1, path.to_string_lossy()],
            )?;
        }
    }
    for known in channels(connection)? {
        let epochs = match known.own {
            [Some(a), Some(b)] => align::align(connection, [a, b])?,
            [a, b] => [identity(a), identity(b)],
        };
        for ((side, own), epochs) in sides.iter_mut().zip(known.own).zip(epochs) {
            let Some((own, _)) = own else { continue };
            side.channels.insert(own, known.id);
            side.own_channels.insert(known.id, own);
            for (own_epoch, epoch) in epochs {
                side.counter_epochs.insert((own, own_epoch), (known.id, epoch));
                side.own_epochs.insert((known.id, epoch), (own, own_epoch));
            }
        }
    }
    for side in sides.iter().filter(|side| side.is_merged) {
        copy_backfilled(connection, side)?;
    }
    Ok(sides)
}

/// Lists the recordings that were merged into this one.
fn copy_provenance(connection: &Connection, side: &MergeInput) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO main.recording (first_session, file, source, messages, messages_taken)
         SELECT first_session + ?, file, source, messages, 0 FROM {}.recording",
        side.name
    );
    connection.execute(&sql, [side.base]).map(drop)
}

/// Lists the gaps that an earlier merge filled.
fn copy_backfilled(connection: &Connection, side: &MergeInput) -> rusqlite::Result<()> {
    let columns = "at_unix_micros, kind, sequence_from, sequence_to, count, remaining, reason, duration_micros, \
        since_unix_micros, lower_bound, lost, advance, received";
    let sql = format!(
        "INSERT INTO main.backfilled (recording, channel, epoch, {columns})
         SELECT recording + ?1, ?2, ?3, {columns} FROM {}.backfilled WHERE channel = ?4 AND epoch = ?5",
        side.name
    );
    for ((own_channel, own_epoch), (channel, epoch)) in &side.counter_epochs {
        connection.prepare_cached(&sql)?.execute([side.base, *channel, *epoch, *own_channel, *own_epoch])?;
    }
    Ok(())
}

fn identity(known: Option<(i64, i64)>) -> Vec<(i64, i64)> {
    (1..=known.map_or(0, |(_, newest)| newest)).map(|epoch| (epoch, epoch)).collect()
}

fn side(connection: &Connection, name: &'static str, base: i64) -> rusqlite::Result<MergeInput> {
    let mut statement =
        connection.prepare(&format!("SELECT id, session, offset_micros FROM {name}.clock ORDER BY id"))?;
    let clocks = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {name}.sqlite_schema WHERE type = 'table' AND name = 'recording')");
    let is_merged = connection.query_row(&sql, [], |row| row.get(0))?;
    let conflicts = if is_merged {
        let mut statement = connection.prepare(&format!("SELECT id FROM {name}.conflict"))?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    } else {
        HashSet::new()
    };
    Ok(MergeInput {
        is_merged,
        conflicts,
        name,
        base,
        channels: HashMap::new(),
        own_channels: HashMap::new(),
        counter_epochs: HashMap::new(),
        own_epochs: BTreeMap::new(),
        clocks: clocks.collect::<rusqlite::Result<_>>()?,
    })
}

/// The channels of both recordings, by name.
fn channels(connection: &Connection) -> rusqlite::Result<Vec<MergedChannel>> {
    let mut all: Vec<MergedChannel> = Vec::new();
    let mut index: HashMap<Channel, usize> = HashMap::new();
    for (place, name) in ["a", "b"].into_iter().enumerate() {
        let mut statement = connection.prepare(&format!("SELECT name, id, epoch FROM {name}.channel ORDER BY id"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let channel = codes::channel(row, 0)?;
            let at = if let Some(&at) = index.get(&channel) {
                at
            } else {
                connection
                    .prepare_cached("INSERT INTO main.channel (name, epoch, messages, rejected) VALUES (?, 1, 0, 0)")?
                    .execute([NameColumn(channel.as_bytes())])?;
                all.push(MergedChannel { id: connection.last_insert_rowid(), own: [None, None] });
                index.insert(channel, all.len() - 1);
                all.len() - 1
            };
            all[at].own[place] = Some((row.get(1)?, row.get(2)?));
        }
    }
    Ok(all)
}

impl MergeInput {
    /// The channel and epoch in the new file. Unchanged if there is no mapping.
    pub(super) fn counter_epoch(&self, own_channel: i64, own_epoch: i64) -> CounterEpoch {
        let unknown = || (self.channels.get(&own_channel).copied().unwrap_or_default(), own_epoch);
        self.counter_epochs.get(&(own_channel, own_epoch)).copied().unwrap_or_else(unknown)
    }
}
