//! The files that aircheck keeps: recordings, the counters between runs, and the input history.
//!
//! A recording is one `SQLite` file that any SQL tool can open. The schema documents its tables (`.schema` in `sqlite3`). The
//! views `messages`, `rejections`, `findings`, `gaps`, `holes`, `rates`, `counters` and `links` are meant for manual queries.
//!
//! Without the program, the library only reads recordings: it has `schema`, `file`, `codes` and `reader`.
//!
//! | module | content |
//! |---|---|
//! | [`schema`] | the tables of a recording, and its format version |
//! | `file` | creates, locks and opens recordings |
//! | `codes` | converts verdicts, sequence numbers and causes from and to columns |
//! | `writer` | the recorder: a thread that writes batches, retries, and applies retention |
//! | `status` | the state that the recorder publishes |
//! | `catch_up` | findings for what was missed while nothing recorded to the file |
//! | [`reader`] | queries on a recording, also while it is being written |
//! | `merge` | merges recordings of one server |
//! | `bundle` | copies the rows around a finding to a new recording with a report |
//! | `fetch` | copies a window of time to a new recording |
//! | `shipped` | how far a recording was shipped to a store |
//! | `staged_recording` | a new recording that gets its file name when it is complete |
//! | `backfill` | finds missed messages in another recording |
//! | `import` | parses JSON lines into ledger entries |
//! | `counters` | the last counter of each channel, kept between runs |
//! | `history` | a bounded file of lines |
//! | `acknowledgements` | the acknowledgements of findings, kept between runs |
//!
//! # Ids, epochs, holes
//!
//! Messages, findings, link changes, counter readings and holes share one series of ids. Sorting by `id` restores the order in
//! which they were received. A channel's *epoch* is a number that increases with each `counter_reset`: channel, epoch and sequence
//! number identify one broadcast. A *hole* is a span that the recording lacks: the recorder dropped messages or crashed, or
//! retention deleted what a store lacks. Its row contains the time, the reason, and the sequence numbers if they are known.
//!
//! # Example queries
//!
//! ```sql
//! -- What did a listener miss that stored 1041 and now reads 1057?
//! SELECT sequence, name, data FROM messages WHERE channel = 'ops' AND sequence BETWEEN 1042 AND 1057;
//! -- What was missed, and why?
//! SELECT at, channel, sequence_from, sequence_to, count, kind, reason FROM gaps;
//! -- With which keys were rejected messages signed?
//! SELECT "key", algorithm, rejection, count(*) FROM rejections GROUP BY 1, 2, 3;
//! -- When was the most traffic?
//! SELECT at, channel, messages, rejected FROM rates ORDER BY messages DESC LIMIT 10;
//! -- What was received in a given minute?
//! SELECT at, channel, sequence, payload FROM messages WHERE at_unix_micros
//!     BETWEEN unixepoch('2026-11-24 10:32:00') * 1000000 AND unixepoch('2026-11-24 10:33:00') * 1000000;
//! ```
//!
//! A message takes about 80 bytes in addition to its payload, 35 of them for the indexes by time and by sequence number. Names
//! and keys have no columns: the views extract them from the payload.
//!
//! # Durability
//!
//! `Status::committed` counts messages in committed transactions. They survive any end of the
//! process, including `kill -9`. Batches are not synced to the disk one by one (`synchronous=NORMAL`): if the machine crashes,
//! the last batches may be lost, but the file stays consistent.

#[cfg(feature = "program")]
pub mod acknowledgements;
#[cfg(feature = "program")]
pub mod backfill;
#[cfg(feature = "program")]
pub mod bundle;
#[cfg(feature = "program")]
pub mod catch_up;
pub(crate) mod codes;
#[cfg(feature = "program")]
pub mod counters;
#[cfg(feature = "program")]
pub mod fetch;
pub(crate) mod file;
#[cfg(feature = "program")]
pub mod history;
#[cfg(feature = "program")]
pub mod import;
#[cfg(feature = "program")]
mod insert;
#[cfg(feature = "program")]
pub mod merge;
pub mod reader;
pub mod schema;
#[cfg(feature = "program")]
pub(crate) mod shipped;
#[cfg(feature = "program")]
mod staged_recording;
#[cfg(feature = "program")]
pub mod status;
#[cfg(feature = "program")]
pub mod writer;

/// The maximum number of acknowledgements that are kept. The oldest are removed first.
pub const MAX_ACKNOWLEDGEMENTS: usize = 4096;
