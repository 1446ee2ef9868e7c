//! What is kept on disk: recordings, and the counters between runs.
//!
//! A recording is one `SQLite` file that any SQL tool opens. Its tables carry their documentation in the schema (`.schema`
//! in `sqlite3`), and these views are for people: `messages`, `rejections`, `findings`, `gaps`, `holes`, `rates`,
//! `counters`, `links`.
//!
//! | file | holds |
//! |---|---|
//! | [`schema`] | the layout of the file, and its version |
//! | [`file`](mod@file) | making, locking and opening the file |
//! | [`codes`] | verdicts, sequences and causes as columns |
//! | [`writer`] | the thread that writes: batches, back-off, holes, retention |
//! | [`status`] | what the writer says of itself |
//! | [`catch_up`] | what a recording missed while nothing recorded to it |
//! | [`reader`] | questions to a recording, also to one that is being written |
//! | [`merge`](mod@merge) | two recordings of one server become one |
//! | [`bundle`](mod@bundle) | what is around a finding becomes a recording of its own, with a report |
//! | `draft` | a new recording made of others, until it is complete |
//! | [`fill`] | what a recording knows of numbers that were missed elsewhere |
//! | [`import`] | JSON lines become entries again |
//! | [`counters`] | the last counter of each channel, kept between runs |
//!
//! # Places, epochs, holes
//!
//! Everything that is recorded has a place in the stream, its `id`: messages, findings, link changes, counters and holes
//! share one row of numbers, so that they can be put back in the order in which they came. A channel's *epoch* grows with
//! each `counter_reset`: channel, epoch and sequence name one broadcast. What the recorder itself did not record is a
//! *hole*, with its time, its reason, and as far as it is known, its numbers.
//!
//! # Questions in SQL
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
//! -- What came in a minute?
//! SELECT at, channel, sequence, payload FROM messages WHERE at_unix_micros
//!     BETWEEN unixepoch('2026-11-24 10:32:00') * 1000000 AND unixepoch('2026-11-24 10:33:00') * 1000000;
//! ```
//!
//! A message takes about 80 bytes beside its payload, 35 of them for the two indexes by time and by number. Names and keys
//! have no columns of their own: the views read them from the payload.
//!
//! # What is promised
//!
//! A message that [`Status::committed`](status::Status::committed) counts is in a finished transaction: it outlives the end
//! of the process in any way, `kill -9` included. The journal is not flushed to the medium for every batch
//! (`synchronous=NORMAL`): where the machine itself fails, the last batches may be gone, and the file is whole.

pub mod backfill;
pub mod bundle;
pub mod catch_up;
pub mod codes;
pub mod counters;
pub mod file;
pub mod history;
pub mod import;
pub mod merge;
pub mod reader;
pub mod schema;
mod staged_recording;
pub mod status;
pub mod writer;
