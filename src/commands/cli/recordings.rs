//! The command lines of `merge`, `import` and `publish --from`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{completions, numbers};

pub(super) const MERGE_HELP: &str = "\
Examples:
  aircheck merge a.db b.db -o both.db                 Merge two recordings
  aircheck merge recordings/ -o all.db                Merge all recordings in a directory
  aircheck merge a.db b.db -o both.db --same-server   Merge without this proof

Exit status:
  0  done
  1  messages are missing in all recordings, or different for one sequence number
  2  wrong usage, or FILE is not a recording";

/// The arguments of `merge`.
#[derive(Debug, Clone, Args)]
pub struct MergeArgs {
    /// Two or more recordings of one server; DIR means all recordings in it, without subdirectories. If several have a message,
    /// the copy with the more certain sequence number is used; of equally certain ones, that of the first file
    #[arg(value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,
    /// Write the new recording to this file, which must not exist
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Accept recordings with different server addresses without proof that they are of the same server
    #[arg(long)]
    pub same_server: bool,
}

pub(super) const IMPORT_HELP: &str = "\
Examples:
  aircheck import messages.jsonl -o messages.db                   Import a file
  aircheck tail ops --format json | aircheck import - -o ops.db   Import from a pipe

Exit status:
  0  done
  1  a line was skipped, or a message was not written
  2  wrong usage";

/// The arguments of `import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The JSON lines; - for standard input
    #[arg(value_name = "FILE")]
    pub lines: PathBuf,
    /// Write the new recording to this file, which must not exist
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// The options of `publish` to resend recorded messages.
#[derive(Debug, Clone, Args)]
pub struct ResendArgs {
    /// Show messages of this recording, then sign and send them again
    #[arg(long, value_name = "FILE", requires = "seq", requires = "of", help_heading = "Resend")]
    pub from: Option<PathBuf>,
    /// Take the messages of this channel from the recording
    #[arg(id = "of", long = "channel", value_name = "CHANNEL", requires = "from", help_heading = "Resend",
        add = completions::channels())]
    pub of: Option<OsString>,
    /// Take these sequence numbers, e.g. 1042-1057, 1042.. or 1042
    #[arg(long, value_name = "RANGE", value_parser = numbers, requires = "from", help_heading = "Resend")]
    pub seq: Option<(u64, u64)>,
    /// Select the Nth counter epoch (period between two resets)
    #[arg(long, value_name = "N", requires = "from", value_parser = clap::value_parser!(i64).range(1..),
        help_heading = "Resend")]
    pub epoch: Option<i64>,
    /// Send the recorded bytes with their old signatures
    #[arg(long, requires = "from", conflicts_with_all = ["no_sign", "key"], help_heading = "Resend")]
    pub verbatim: bool,
}
