//! The floor of a recorder: verifies messages and writes them to `SQLite` in the shortest way.
//!
//! It has no ledger and no barriers: the sequence numbers are a count of the received messages. It has no channels, no statistics
//! and no retention, and does not check whether the file still exists. The file is as durable as a recording, and has the same
//! columns.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use aircheck::recording::schema;
use aircheck::redis::subscription::now_micros;
use rusqlite::{Connection, Statement, TransactionBehavior};

use crate::Outcome;
use crate::floor::{follow, subscribe, verified};
use crate::traffic::{CHANNEL, keyring};

/// The maximum number of messages in one transaction.
const TRANSACTION: usize = 10_000;
/// A transaction is committed after this time without another message.
const GATHER: Duration = Duration::from_millis(200);
/// The number of rows in one statement.
const ROWS: usize = 32;

/// The messages of one call of read.
#[derive(Default)]
struct Messages {
    at: i64,
    bytes: Vec<u8>,
    /// Where each payload ends, and its timestamp.
    rows: Vec<(usize, Option<i64>)>,
}

/// Reads, verifies and records. `indexed`: with the two indices that contain every message, or else without any.
pub(crate) fn run(port: u16, indexed: bool) -> Outcome<()> {
    let connection = prepare(indexed)?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        if let Err(error) = write(connection, &receiver) {
            eprintln!("{error}");
            std::process::exit(1);
        }
    });
    let keyring = keyring();
    follow(subscribe(port, [CHANNEL])?, |bytes| {
        let mut messages = Messages { at: now_micros(), ..Messages::default() };
        let used = verified(bytes, &keyring, |message, _, verification| {
            messages.bytes.extend_from_slice(message.payload);
            messages.rows.push((messages.bytes.len(), verification.timestamp));
        });
        // The receiving thread ends only with the process.
        let _ = sender.send(messages);
        Ok(used)
    })
}

fn prepare(indexed: bool) -> Outcome<Connection> {
    let connection = Connection::open("flood.db")?;
    connection.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF",
    )?;
    schema::create(&connection, "the floor")?;
    connection.execute_batch("DROP INDEX message_by_range; DROP INDEX message_rejected")?;
    if !indexed {
        connection.execute_batch("DROP INDEX message_by_time; DROP INDEX message_by_sequence")?;
    }
    Ok(connection)
}

fn write(mut connection: Connection, receiver: &Receiver<Messages>) -> Outcome<()> {
    let mut number = 0;
    while let Ok(mut messages) = receiver.recv() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut count = 0;
        {
            let [many, one] = [ROWS, 1].map(|rows| {
                let values = vec!["(1, ?, 1, 1, 0, ?, NULL, NULL, 0, ?, ?)"; rows].join(", ");
                let columns =
                    "session, at_unix_micros, channel, epoch, certainty, sequence, sequence_from, sequence_to, verdict, \
                     timestamp, payload";
                // With OR ROLLBACK, SQLite keeps no statement journal.
                transaction.prepare_cached(&format!("INSERT OR ROLLBACK INTO message ({columns}) VALUES {values}"))
            });
            let (mut many, mut one) = (many?, one?);
            loop {
                insert(&messages, &mut number, &mut many, &mut one)?;
                count += messages.rows.len();
                if count >= TRANSACTION {
                    break;
                }
                let Ok(more) = receiver.recv_timeout(GATHER) else { break };
                messages = more;
            }
        }
        transaction.commit()?;
    }
    Ok(())
}

fn insert<'c>(
    messages: &Messages,
    number: &mut i64,
    many: &mut Statement<'c>,
    one: &mut Statement<'c>,
) -> rusqlite::Result<()> {
    let mut start = 0;
    for rows in messages.rows.chunks(ROWS) {
        let is_full = rows.len() == ROWS;
        let mut place = 1;
        for (end, timestamp) in rows {
            *number += 1;
            let statement = if is_full { &mut *many } else { &mut *one };
            statement.raw_bind_parameter(place, messages.at)?;
            statement.raw_bind_parameter(place + 1, *number)?;
            statement.raw_bind_parameter(place + 2, *timestamp)?;
            statement.raw_bind_parameter(place + 3, &messages.bytes[start..*end])?;
            start = *end;
            if is_full {
                place += 4;
            } else {
                one.raw_execute()?;
            }
        }
        if is_full {
            many.raw_execute()?;
        }
    }
    Ok(())
}
