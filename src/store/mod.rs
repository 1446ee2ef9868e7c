//! The store: one `PostgreSQL` database with the recordings of many machines.
//!
//! | module | content |
//! |---|---|
//! | [`target`] | the address of a store, and how an argument names one |
//! | [`connection`] | connects, with TLS and time limits |
//! | [`error`] | why the store cannot be used |
//! | `epochs` | finds out which counter epochs of several recordings are the same |
//! | [`reader`] | reads the recordings of one source as one recording |
//! | [`schema`] | the tables, and their version |
//! | [`ship`] | copies a recording to the store, exactly once |
//! | [`background`] | ships in a thread, while a recorder writes |
//! | [`prune`] | deletes old rows |
//! | `source` | reads a recording in batches |
//! | `copy_data` | encodes rows for a binary `COPY` |
//! | [`status`] | the state that a shipper publishes |
//!
//! # Exactly once
//!
//! The key of a row is its recording, its id and its time. A batch has the rows with the ids from `through_id` on. One transaction
//! locks the recording's row in `shipped`, checks that `through_id` is where the batch starts, copies the rows straight into the
//! tables, and advances `through_id`. After a failure, the shipper reads `through_id` from the store and continues there, so it does
//! not need to know whether the last transaction was committed.
//!
//! The file is the durable buffer. A batch is synced to the disk in the file before it is shipped. Therefore a recorder never uses
//! an id again that the store has.

pub mod background;
pub mod connection;
mod copy_data;
mod epochs;
pub mod error;
mod micros;
pub mod prune;
pub mod reader;
pub mod schema;
pub mod ship;
mod source;
pub mod status;
pub mod target;
