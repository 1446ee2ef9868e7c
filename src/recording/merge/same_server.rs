//! Finds out whether recordings with different server addresses are of the same server.
//!
//! The rule is that of a store, but stricter, because a store only compares recordings of one address. Two recordings are of the
//! same server if no message disproves it, and there is one of these proofs:
//!
//! - by their messages: those with the same exact sequence number on the same channel have the same payload, and were received
//!   within five minutes. A channel must have two payloads: a payload that never changes has any number on any server.
//!   Different server ids outweigh this proof: an application can send the same messages to two servers.
//! - by their servers: both read a counter of the same database and prefix from the same server (run id or replication id).
//!
//! A message that differs disproves it, unless it is of another counter epoch: the numbers of an epoch are only compared with those
//! of the epoch that has the same messages.

use std::path::Path;

use rusqlite::{Connection, params};

use super::align::{MAX_CLOCK_DIFFERENCE, MAX_SAMPLES};
use crate::ledger::format::counted;
use crate::recording::file::RecordError;
use crate::recording::schema;
use crate::recording::staged_recording::attach_recording;

/// Why two recordings with different server addresses are taken as recordings of the same server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerProof {
    /// The two files, not escaped.
    pub files: [String; 2],
    /// The number of messages that were compared, and are equal.
    pub equal: u64,
    /// Whether both recorders read a counter from the same server, by its run id or replication id.
    pub has_same_id: bool,
}

/// Whether recordings are of the same server.
#[derive(Debug)]
pub(crate) enum ServerMatch {
    /// They are: all have the same address, or there are these proofs.
    Same(Vec<ServerProof>),
    /// Two of them, by their index, are different or not proven to be the same. The text says why.
    Unproven([usize; 2], String),
}

/// The comparison of two recordings.
#[derive(Debug, Clone, Copy, Default)]
struct Comparison {
    /// The number of messages with the same number that have the same payload, and of those that have different ones.
    equal: u64,
    different: u64,
    /// Whether a channel has different payloads among its equal messages.
    has_several_payloads: bool,
    /// Whether a counter of both was read from the same server.
    has_same_id: bool,
    /// Whether the server ids of both are known, and none is the same.
    has_other_id: bool,
}

/// The messages of one channel that two counter epochs have with the same numbers.
struct EpochPair {
    epochs: [i64; 2],
    equal: u64,
    different: u64,
    has_several_payloads: bool,
}

/// Finds out whether recordings are of the same server. Each has a file and a source. Equal sources are the same server.
///
/// All recordings with different sources are compared with each other, so that their order does not matter.
pub(crate) fn find_out(recordings: &[(&Path, String)]) -> Result<ServerMatch, RecordError> {
    let mut proofs = Vec::new();
    for (index, second) in recordings.iter().enumerate() {
        for (other, first) in recordings[..index].iter().enumerate().filter(|(_, first)| first.1 != second.1) {
            let comparison = compare([first, second])?;
            if comparison.different > 0 {
                return Ok(ServerMatch::Unproven([other, index], comparison.doubt()));
            }
            if comparison.is_proof() {
                proofs.push(([other, index], comparison));
            }
        }
    }
    // From the first recording to all that are connected to it by proofs and equal sources.
    let mut is_known: Vec<bool> = recordings.iter().map(|(_, source)| *source == recordings[0].1).collect();
    let mut used = Vec::new();
    while let Some((pair, comparison)) = proofs.iter().find(|([a, b], _)| is_known[*a] != is_known[*b]) {
        let new = pair[usize::from(is_known[pair[0]])];
        for (known, (_, source)) in is_known.iter_mut().zip(recordings) {
            *known |= *source == recordings[new].1;
        }
        used.push(ServerProof {
            files: pair.map(|index| recordings[index].0.to_string_lossy().into_owned()),
            equal: comparison.equal,
            has_same_id: comparison.has_same_id,
        });
    }
    match is_known.iter().position(|known| !known) {
        Some(unknown) => {
            let comparison = compare([&recordings[0], &recordings[unknown]])?;
            Ok(ServerMatch::Unproven([0, unknown], comparison.doubt()))
        }
        None => Ok(ServerMatch::Same(used)),
    }
}

fn compare(recordings: [&(&Path, String); 2]) -> Result<Comparison, RecordError> {
    let [(first, first_source), (second, second_source)] = recordings;
    let failed = |error: rusqlite::Error| RecordError::failed(second, "read", &error);
    let connection = Connection::open_in_memory().map_err(failed)?;
    schema::harden(&connection).map_err(failed)?;
    attach_recording(&connection, first, "a")?;
    attach_recording(&connection, second, "b")?;
    let mut comparison = compare_messages(&connection).map_err(failed)?;
    let (is_known, is_same) = compare_ids(&connection).map_err(failed)?;
    comparison.has_other_id = is_known && !is_same;
    comparison.has_same_id = is_same && counter_of(first_source) == counter_of(second_source);
    Ok(comparison)
}

/// The database and the prefix of the counters' keys. A server has separate counters for each.
fn counter_of(source: &str) -> Option<(&str, &str)> {
    let (server, prefix) = source.split_once(' ')?;
    // `redis://HOST:PORT/0`, `unix://PATH?db=0`; a cluster has only database 0.
    let database = if server.contains("+cluster://") { "0" } else { server.rsplit(['/', '=']).next()? };
    Some((database, prefix))
}

/// Whether the servers of both recordings are known, and whether they have an id in common.
fn compare_ids(connection: &Connection) -> rusqlite::Result<(bool, bool)> {
    let sql = "
        SELECT EXISTS (SELECT 1 FROM a.channel WHERE run_id IS NOT NULL)
                AND EXISTS (SELECT 1 FROM b.channel WHERE run_id IS NOT NULL),
            EXISTS (SELECT 1 FROM a.channel WHERE run_id IN (SELECT run_id FROM b.channel)
                OR replication_id IN (SELECT replication_id FROM b.channel))";
    connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn compare_messages(connection: &Connection) -> rusqlite::Result<Comparison> {
    let mut statement = connection.prepare("SELECT x.id, y.id FROM a.channel x JOIN b.channel y ON y.name = x.name")?;
    let channels = statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?]))?;
    let mut comparison = Comparison::default();
    for channel in channels {
        let pairs = epoch_pairs(connection, channel?)?;
        let same: Vec<_> = pairs.iter().filter(|pair| pair.is_same_epoch()).collect();
        let is_of_another = |pair: &EpochPair| {
            let shares = |same: &&EpochPair| same.epochs[0] == pair.epochs[0] || same.epochs[1] == pair.epochs[1];
            !pair.is_same_epoch() && same.iter().any(shares)
        };
        for pair in pairs.iter().filter(|pair| !is_of_another(pair)) {
            comparison.equal += pair.equal;
            comparison.different += pair.different;
            comparison.has_several_payloads |= pair.has_several_payloads;
        }
    }
    Ok(comparison)
}

/// Compares the messages of a channel, at most [`MAX_SAMPLES`] with the lowest numbers that both have, and as many with the
/// highest.
fn epoch_pairs(connection: &Connection, channels: [i64; 2]) -> rusqlite::Result<Vec<EpochPair>> {
    let common = |order: &str| {
        format!(
            "SELECT a, b FROM (SELECT x.id AS a, y.id AS b
                FROM a.message x JOIN b.message y ON y.channel = ?2 AND y.sequence = x.sequence
                WHERE x.channel = ?1 AND x.certainty = 0 AND y.certainty = 0
                    AND x.sequence BETWEEN (SELECT min(sequence) FROM b.message WHERE channel = ?2 AND sequence IS NOT NULL)
                        AND (SELECT max(sequence) FROM b.message WHERE channel = ?2 AND sequence IS NOT NULL)
                    AND y.at_unix_micros BETWEEN x.at_unix_micros - ?3 AND x.at_unix_micros + ?3
                ORDER BY x.sequence {order} LIMIT ?4)"
        )
    };
    let sql = format!(
        "WITH common AS ({} UNION {})
         SELECT x.epoch, y.epoch, count(*) FILTER (WHERE x.payload = y.payload),
            count(*) FILTER (WHERE x.payload <> y.payload),
            coalesce(min(x.payload) FILTER (WHERE x.payload = y.payload)
                <> max(x.payload) FILTER (WHERE x.payload = y.payload), 0)
         FROM common JOIN a.message x ON x.id = common.a JOIN b.message y ON y.id = common.b
         GROUP BY x.epoch, y.epoch",
        common("ASC"),
        common("DESC")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let pairs = statement.query_map(params![channels[0], channels[1], MAX_CLOCK_DIFFERENCE, MAX_SAMPLES], |row| {
        Ok(EpochPair {
            epochs: [row.get(0)?, row.get(1)?],
            equal: row.get::<_, i64>(2)?.cast_unsigned(),
            different: row.get::<_, i64>(3)?.cast_unsigned(),
            has_several_payloads: row.get(4)?,
        })
    })?;
    pairs.collect()
}

impl EpochPair {
    /// Whether the messages show that it is the same counter epoch, by the rule of a store.
    fn is_same_epoch(&self) -> bool {
        self.equal > 0 && self.equal >= self.different
    }
}

impl Comparison {
    fn is_proof(&self) -> bool {
        self.different == 0 && (self.has_same_id || (self.has_several_payloads && !self.has_other_id))
    }

    /// Why it is not proven that the servers are the same.
    fn doubt(&self) -> String {
        let messages = |count| format!("{} with the same sequence number", counted(count, "message"));
        let differ = format!("the payloads differ for {} of {}", self.different, messages(self.equal + self.different));
        let equal = format!("the payloads are equal for {}", messages(self.equal));
        let none = "the recordings have no message with the same exact sequence number within five minutes";
        match *self {
            Self { different: 1.., equal: 0, .. } => {
                format!("{differ}, so these are different servers, or the counters were reset in between")
            }
            Self { different: 1.., .. } => format!("{differ}, so it is not proven that they are the same"),
            Self { equal: 0, has_other_id: true, .. } => {
                format!("{none}, and the server IDs differ: the server was restarted, or it is another one")
            }
            Self { equal: 0, .. } => format!("{none}, so they cannot show whether these are the same"),
            Self { has_other_id: true, .. } => {
                format!("{equal}, but the server IDs differ: the server was restarted, or it is another one")
            }
            Self { .. } => format!("{equal}, but all have one payload, so it is not proven that they are the same"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::counter_of;

    #[test]
    fn counters_differ_by_database_and_prefix_but_not_by_address() {
        let same = [
            "redis://a:1/2 p_",
            "rediss://b:3/2 p_",
            "unix://%2Frun%2Fredis.sock?db=2 p_",
            "redis+sentinel://a:1,b:2/main/2 p_",
        ];
        for source in same {
            assert_eq!(counter_of(source), Some(("2", "p_")), "{source}");
        }
        assert_eq!(counter_of("redis+cluster://a:1,b:2 p_"), counter_of("redis://a:1/0 p_"));
        assert_ne!(counter_of("redis://a:1/0 p_"), counter_of("redis://a:1/0 q_"));
        assert_eq!(counter_of("imported"), None);
    }
}
