//! The command line of `show`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{Table, completions, numbers};

pub(super) const ABOUT: &str = "Print recorded messages by number, time or filter";

pub(super) const LONG_ABOUT: &str = "\
Print recorded messages by number, time or filter

If a listener stored 1041 and the counter is now 1057, `aircheck show FILE --channel ops --seq 1042-1057` prints what it missed.

With --seq, each missing range (sequence numbers that the recording lacks) is reported with its reason. Without --seq, \
findings are printed between the messages, and each hole is reported. A gap is a finding: sequence numbers whose messages \
the recorder did not receive. A hole is a time span in which the recorder lost messages that it had received: it dropped \
them, it crashed before it wrote them, or it deleted them before they were shipped to a store. After a crash, the recorder \
reports one gap for both: for the messages that it had not written, and for those that it missed until it ran again.

With --format json, everything is on standard output. With --format text, messages and findings, including gaps, are on standard \
output; missing ranges and holes are on standard error. With --format csv, only messages are on standard output; gaps, missing \
ranges and holes are on standard error, and other findings are not printed.

With --format text, standard error also lists, at the end, each gap that a merge filled, and the recording whose recorder missed \
the messages. Filled gaps do not change the exit status.

From a store, all recordings of one source are printed as one: each broadcast once, and gaps and holes only where no \
recording has the messages.";

pub(super) const SHOW_HELP: &str = "\
Examples:
  aircheck show ops.db --since 10m                     Print the last 10 minutes
  aircheck show ops.db --channel ops --seq 1042-1057   Print messages by sequence number
  aircheck show ops.db -f 'verdict:rejected -kind:*'   Print only rejected messages
  aircheck show ops.db --ignore-acknowledged           Fail only for holes and unacknowledged gaps
  aircheck show store:team --channel ops --seq 1042..  Print what any recorder of the team received

Exit status:
  0  nothing is missing
  1  something is missing, or nothing of the channel is recorded
  2  wrong usage, or FILE is not a recording
  3  the store cannot be reached, or rejects the login or a statement";

const FILE_OR_STORE: &str = "The recording; it can be in progress. Or a store: store:NAME or postgres://host/database";

/// The arguments of `show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// The recording, which can be in progress, or a store: store:NAME or a URL
    #[arg(value_name = "FILE|STORE", help = FILE_OR_STORE)]
    pub file: PathBuf,
    /// Select a source (a recorded server) if the store has several
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Print only this channel
    #[arg(long, value_name = "CHANNEL", add = completions::channels())]
    pub channel: Option<OsString>,
    /// Print these sequence numbers of --channel, e.g. 1042-1057, 1042.. or 1042
    #[arg(long, value_name = "RANGE", value_parser = numbers, requires = "channel")]
    pub seq: Option<(u64, u64)>,
    /// Select the Nth counter epoch (period between two resets)
    #[arg(long, value_name = "N", requires = "channel", value_parser = clap::value_parser!(i64).range(1..))]
    pub epoch: Option<i64>,
    /// Print messages since this time, e.g. 2026-11-24T12:00:00Z, 2026-11-24 12:00 (local time), or 10m for 10 minutes ago
    #[arg(long, value_name = "TIME", conflicts_with = "seq")]
    pub since: Option<String>,
    /// Print messages up to this time
    #[arg(long, value_name = "TIME", conflicts_with = "seq")]
    pub until: Option<String>,
    /// Print only matching messages, e.g. 'name:cache-*'. Findings are printed too; the filter '-kind:*' hides them. Several
    /// filters must all match
    #[arg(short, long, value_name = "FILTER", allow_hyphen_values = true, add = completions::filters())]
    pub filter: Vec<String>,
    /// Exit with status 0 if there is no hole and every gap was acknowledged (key A in the console)
    #[arg(long)]
    pub ignore_acknowledged: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Table,
}
