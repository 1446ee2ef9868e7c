//! The command line of `bundle`.

use std::path::PathBuf;

use clap::Args;

use crate::recording::bundle::BundleExtent;

pub(super) const BUNDLE_HELP: &str = "\
Examples:
  aircheck bundle ops.db --around last -o ticket.db             Bundle the last finding
  aircheck bundle ops.db --around 3 --before 10m -o ticket.db   Include 10 minutes before it

Exit status:
  0  done
  1  there is no such finding
  2  wrong usage, or FILE is not a recording";

/// The arguments of `bundle`.
#[derive(Debug, Clone, Args)]
pub struct BundleArgs {
    /// The recording; it can be in progress
    pub file: PathBuf,
    /// The finding: N for the Nth in order of time, last, or id:N for its id in the SQL view findings
    #[arg(long, value_name = "FINDING")]
    pub around: String,
    /// Include this time, e.g. 2m, or number of messages before the finding
    #[arg(long, value_name = "DURATION|N", default_value = "2m", value_parser = reach)]
    pub before: BundleExtent,
    /// Include this time, e.g. 2m, or number of messages after the finding
    #[arg(long, value_name = "DURATION|N", default_value = "2m", value_parser = reach)]
    pub after: BundleExtent,
    /// Add a note to the report; can be repeated
    #[arg(long, value_name = "TEXT")]
    pub note: Vec<String>,
    /// Write the bundle to this file, which must not exist
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Write the Markdown report to this file instead of next to the bundle; - prints it
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// A duration such as `2m`, or a number of messages.
fn reach(text: &str) -> Result<BundleExtent, String> {
    if let Ok(messages) = text.parse::<usize>() {
        return Ok(BundleExtent::Messages(messages));
    }
    let time = humantime::parse_duration(text);
    let micros = time.ok().and_then(|time| i64::try_from(time.as_micros()).ok());
    micros
        .map(BundleExtent::Micros)
        .ok_or_else(|| "write a duration, e.g. 2m or 1h 30m, or a number of messages".to_owned())
}
