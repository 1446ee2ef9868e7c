//! The command line of `bundle`.

use std::path::PathBuf;

use clap::Args;

use crate::record::bundle::Reach;

/// What to bundle.
#[derive(Debug, Clone, Args)]
pub struct BundleArgs {
    /// The recording; it may be under way
    pub file: PathBuf,
    /// Which finding: its number among the findings by their time, from 1 on; last; or id:N with the id that the view findings
    /// has
    #[arg(long, value_name = "FINDING")]
    pub around: String,
    /// How far back: a time as 2m, or a number of messages; of a gap from its beginning on
    #[arg(long, value_name = "TIME|N", default_value = "2m", value_parser = reach)]
    pub before: Reach,
    /// How far on: a time as 2m, or a number of messages
    #[arg(long, value_name = "TIME|N", default_value = "2m", value_parser = reach)]
    pub after: Reach,
    /// What you say of it, for the report; can be given several times
    #[arg(long, value_name = "TEXT")]
    pub note: Vec<String>,
    /// The new file; it must not exist yet
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// Write the report, which is Markdown, to this file instead of OUT.md; - prints it
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// `2m`, or `100` for that many messages.
fn reach(text: &str) -> Result<Reach, String> {
    if let Ok(messages) = text.parse::<usize>() {
        return Ok(Reach::Messages(messages));
    }
    let time = humantime::parse_duration(text);
    let micros = time.ok().and_then(|time| i64::try_from(time.as_micros()).ok());
    micros.map(Reach::Micros).ok_or_else(|| "write a time as 2m or 1h 30m, or a number of messages".to_owned())
}
