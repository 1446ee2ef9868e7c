//! The command lines of `merge`, `import` and `publish --from`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::numbers;

/// The arguments of `merge`.
#[derive(Debug, Clone, Args)]
pub struct MergeArgs {
    /// The first recording; its copy of a message is used if both copies are equally good
    #[arg(value_name = "FILE")]
    pub first: PathBuf,
    /// The second recording, of the same server
    #[arg(value_name = "FILE")]
    pub second: PathBuf,
    /// Write the new recording to this file, which must not exist
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Accept recordings that name their server differently
    #[arg(long)]
    pub same_server: bool,
}

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
    /// Resend messages of this channel
    #[arg(id = "of", long = "channel", value_name = "CHANNEL", requires = "from", help_heading = "Resend")]
    pub of: Option<OsString>,
    /// Resend these sequence numbers, e.g. 1042-1057, 1042.. or 1042
    #[arg(long, value_name = "RANGE", value_parser = numbers, requires = "from", help_heading = "Resend")]
    pub seq: Option<(u64, u64)>,
    /// Select a counter epoch if the counter was reset; the first is 1
    #[arg(long, value_name = "N", requires = "from", value_parser = clap::value_parser!(i64).range(1..),
        help_heading = "Resend")]
    pub epoch: Option<i64>,
    /// Send the recorded bytes with their old signatures
    #[arg(long, requires = "from", conflicts_with_all = ["no_sign", "key"], help_heading = "Resend")]
    pub verbatim: bool,
}
