//! `show`: which recorded messages to print.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{Table, numbers};

pub(super) const ABOUT: &str = "Print recorded messages by number, time or filter";

pub(super) const LONG_ABOUT: &str = "\
Print recorded messages by number, time or filter

A listener that stored 1041 and now reads 1057 missed what `aircheck show FILE --channel ops --seq 1042..1057` prints.

With --seq, each missing range of numbers is reported with its reason. Without --seq, findings are printed among the \
messages, and each hole of the recording is reported. JSON lines have all of it on standard output. Otherwise missing \
numbers and holes are on standard error; CSV has only messages on standard output, and gaps on standard error too.";

/// Which recorded messages to print.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// The recording; it may be under way
    pub file: PathBuf,
    /// Only of this channel
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<OsString>,
    /// Show these sequence numbers, both ends included: 1042-1057, 1042.. or 1042
    #[arg(long, value_name = "RANGE", value_parser = numbers, requires = "channel")]
    pub seq: Option<(u64, u64)>,
    /// Which counter epoch, where it was reset: 1 is the first
    #[arg(long, value_name = "N", requires = "channel", value_parser = clap::value_parser!(i64).range(1..))]
    pub epoch: Option<i64>,
    /// From this time on: 2026-11-24T12:00:00Z, 2026-11-24 12:00, or 10m for ten minutes ago
    #[arg(long, value_name = "TIME", conflicts_with = "seq")]
    pub since: Option<String>,
    /// Until this time, included
    #[arg(long, value_name = "TIME", conflicts_with = "seq")]
    pub until: Option<String>,
    /// Only what matches, e.g. 'name:cache-* verdict:rejected'; all of several must match
    #[arg(short, long, value_name = "EXPR")]
    pub filter: Vec<String>,
    /// Lines for people, JSON lines for programs, or CSV for spreadsheets
    #[arg(long, value_enum, default_value_t)]
    pub format: Table,
}
