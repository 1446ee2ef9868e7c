//! The command lines of `ship` and `store`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::duration;

/// The help of an argument that names a store.
pub(super) const STORE: &str =
    "The store: store:NAME for [store.NAME] of the configuration, or postgres://host/database";

pub(super) const SHIP_LONG_ABOUT: &str = "\
Copy recordings to a store

A store is a PostgreSQL database with the recordings of many machines. Each row is copied exactly once, whatever fails in between: run \
the command again to continue. Creates the tables if they are missing.";

/// The help of the option that ships in the background.
pub(super) const TO: &str = "Also copy the recording to this PostgreSQL store, in the background: store:NAME for [store.NAME] of the \
    configuration, or postgres://host/database";

pub(super) const SHIP_HELP: &str = "\
Examples:
  aircheck ship ops.db --to store:main                        Ship what the store lacks
  aircheck ship recordings/ --to store:main                   Ship all recordings in a directory
  aircheck ship ops.db --to postgres://db.internal/aircheck   Ship to a store without configuration

Exit status:
  0  the store has all rows
  2  wrong usage or configuration, FILE is not a recording, or the store has rows that contradict it
  3  the store cannot be reached, or rejects the login or a statement";

/// The arguments of `ship`.
#[derive(Debug, Clone, Args)]
pub struct ShipArgs {
    /// Recordings, or directories of recordings (without subdirectories); they can be in progress
    #[arg(value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,
    /// The store.
    #[arg(long, value_name = "STORE", help = STORE)]
    pub to: OsString,
    /// Ship at most N messages per transaction [default: 20000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000), hide_short_help = true)]
    pub batch: Option<u32>,
}

pub(super) const STORE_HELP: &str = "\
Examples:
  aircheck store create store:owner             Create the tables of a store
  aircheck store prune store:owner --keep 90d   Delete what is older than 90 days

Exit status:
  0  done
  2  wrong usage or configuration, or the store has another schema version
  3  the store cannot be reached, or rejects the login or a statement";

const STORE_CREATE_HELP: &str = "\
Examples:
  aircheck store create store:owner                        Create the tables of a store
  aircheck store create postgres://db.internal/aircheck    Without configuration

Exit status:
  0  done, or the store has the tables already
  2  wrong usage or configuration, or the store has another schema version
  3  the store cannot be reached, or rejects the login or a statement";

const STORE_PRUNE_HELP: &str = "\
Examples:
  aircheck store prune store:owner --keep 90d   Delete what is older than 90 days
  aircheck store prune store:owner --keep 52w   Keep a year

Exit status:
  0  done
  2  wrong usage or configuration, or the store has another schema version
  3  the store cannot be reached, or rejects the login or a statement";

/// The commands of `store`.
#[derive(Debug, Clone, Subcommand)]
pub enum StoreCommand {
    /// Create the tables of a store
    ///
    /// The database role that runs this command becomes the owner of the tables. A store that has them is not changed. `ship` and
    /// `record --to` create them too, if their role may do so.
    #[command(after_help = STORE_CREATE_HELP)]
    Create {
        /// The store.
        #[arg(value_name = "STORE", help = STORE)]
        store: OsString,
    },
    /// Delete old rows
    ///
    /// Drops whole days (UTC) of messages, and deletes findings, counters, connection changes and holes of the same time. Must be
    /// run with the database role that owns the tables.
    #[command(after_help = STORE_PRUNE_HELP)]
    Prune {
        /// The store.
        #[arg(value_name = "STORE", help = STORE)]
        store: OsString,
        /// Delete what was received longer ago than this, e.g. 90d
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        keep: Duration,
    },
}
