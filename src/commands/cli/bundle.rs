//! The command line of `bundle`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::recording::bundle::BundleExtent;

pub(super) const BUNDLE_HELP: &str = "\
Examples:
  aircheck bundle ops.db --around last -o incident.html         Report the last finding of any kind
  aircheck bundle a.db b.db --around last -o incident.html      Include what only b.db received
  aircheck bundle DIR --around seq:1042-1057 -o incident.html   Report these sequence numbers
  aircheck bundle ops.db --around 3 --before 10m -o ticket.db   Bundle 10 minutes before a finding
  aircheck bundle store:team --around last -o incident.html     Report the last finding in a store

Exit status:
  0  done
  1  the place of --around is in no recording
  2  wrong usage, or FILE is not a recording
  3  the store cannot be reached, or rejects the login or a statement";

const FILES_OR_STORE: &str = "Recordings, or directories of recordings (without subdirectories); they can be in progress. \
    Or one store: store:NAME or postgres://host/database";

/// The arguments of `bundle`.
#[derive(Debug, Clone, Args)]
pub struct BundleArgs {
    /// Recordings, directories of recordings, or one store.
    #[arg(value_name = "FILE|DIR|STORE", required = true, help = FILES_OR_STORE)]
    pub files: Vec<PathBuf>,
    /// Select a source (a recorded server) if the store has several
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// The place: `last` for the last finding of any kind, `N` for the Nth by time, `id:N` for the finding with this id in the
    /// SQL view `findings` of the first FILE, `seq:A-B` or `seq:A..` for sequence numbers, or a time, e.g. 2026-11-24T12:00:00Z,
    /// 2026-11-24 12:00 (local time), or 10m for 10 minutes ago
    #[arg(long, value_name = "PLACE")]
    pub around: String,
    /// The channel of the sequence numbers, if there are several
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
    /// Add a note to the report; can be repeated
    #[arg(long, value_name = "TEXT")]
    pub note: Vec<String>,
    /// Write to this file, which must not exist: an HTML report if its name ends in .html, otherwise a recording
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Write a Markdown report to this file; - prints it. Default: next to the output if that is a recording, none if it is HTML
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// A duration such as `2m`, or a number of messages.
pub(super) fn reach(text: &str) -> Result<BundleExtent, String> {
    if let Ok(messages) = text.parse::<usize>() {
        return Ok(BundleExtent::Messages(messages));
    }
    let time = humantime::parse_duration(text);
    let micros = time.ok().and_then(|time| i64::try_from(time.as_micros()).ok());
    micros
        .map(BundleExtent::Micros)
        .ok_or_else(|| "write a duration, e.g. 2m or 1h 30m, or a number of messages".to_owned())
}
