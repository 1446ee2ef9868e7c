//! The command line of `fetch`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::bundle::reach;
use super::store::STORE;
use crate::recording::bundle::BundleExtent;

pub(super) const FETCH_HELP: &str = "\
Examples:
  aircheck fetch store:team --around last -o new.db                         Fetch the last finding
  aircheck fetch store:team --around last --before 10m -o new.db            Fetch more before it
  aircheck fetch store:team --channel ops --around seq:1042-1057 -o new.db  Fetch these messages

Exit status:
  0  done
  1  the store has nothing there
  2  wrong usage or configuration
  3  the store cannot be reached, or rejects the login or a statement";

/// The arguments of `fetch`.
#[derive(Debug, Clone, Args)]
pub struct FetchArgs {
    /// The store.
    #[arg(value_name = "STORE", help = STORE)]
    pub store: OsString,
    /// Select a source (a recorded server) if the store has several
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// The place: `last` for the last finding, `N` for the Nth by time, `seq:A-B` or `seq:A..` for sequence
    /// numbers, or a time, e.g. 2026-11-24T12:00:00Z, 2026-11-24 12:00 (local time), or 10m for 10 minutes ago
    #[arg(long, value_name = "PLACE")]
    pub around: String,
    /// Copy only this channel; needed for seq:A-B if there are several
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<OsString>,
    /// Select the Nth counter epoch (period between two resets)
    #[arg(long, value_name = "N", requires = "channel", value_parser = clap::value_parser!(i64).range(1..))]
    pub epoch: Option<i64>,
    /// Include this much time, e.g. 2m, or this many messages, before the place
    #[arg(long, value_name = "DURATION|N", default_value = "2m", value_parser = reach)]
    pub before: BundleExtent,
    /// Include this much time, e.g. 2m, or this many messages, after the place
    #[arg(long, value_name = "DURATION|N", default_value = "2m", value_parser = reach)]
    pub after: BundleExtent,
    /// Write the recording to this file, which must not exist
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}
