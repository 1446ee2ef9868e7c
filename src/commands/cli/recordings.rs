//! The command lines of `merge`, `import` and `publish --from`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::numbers;

/// Which recordings to merge.
#[derive(Debug, Clone, Args)]
pub struct MergeArgs {
    /// A recording; where both are equally good, its copy of a message is taken
    #[arg(value_name = "A")]
    pub first: PathBuf,
    /// Another recording of the same server
    #[arg(value_name = "B")]
    pub second: PathBuf,
    /// The new recording; it must not exist yet
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Accept recordings that name their server differently
    #[arg(long)]
    pub same_server: bool,
}

/// What to import.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file of JSON lines; - is standard input
    #[arg(value_name = "FILE")]
    pub lines: PathBuf,
    /// The new recording; it must not exist yet
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Which recorded messages to resend.
#[derive(Debug, Clone, Args)]
pub struct ResendArgs {
    /// Resend messages of this recording after showing them: sent again, signed again
    #[arg(long, value_name = "FILE", requires = "seq", requires = "of", help_heading = "Resend")]
    pub from: Option<PathBuf>,
    /// The recorded channel
    #[arg(id = "of", long = "channel", value_name = "CHANNEL", requires = "from", help_heading = "Resend")]
    pub of: Option<OsString>,
    /// Sequence numbers to send, both ends included: 1042-1057, 1042.. or 1042
    #[arg(long, value_name = "RANGE", value_parser = numbers, requires = "from", help_heading = "Resend")]
    pub seq: Option<(u64, u64)>,
    /// The counter epoch, if the counter was reset: 1 is the first
    #[arg(long, value_name = "N", requires = "from", value_parser = clap::value_parser!(i64).range(1..),
        help_heading = "Resend")]
    pub epoch: Option<i64>,
    /// Send the recorded bytes, with their old signatures
    #[arg(long, requires = "from", conflicts_with_all = ["no_sign", "key"], help_heading = "Resend")]
    pub verbatim: bool,
}
