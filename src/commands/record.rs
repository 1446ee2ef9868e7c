//! `record`: records messages and findings to a file.

use super::cli::{GlobalArgs, RecordArgs};
use super::stores::store;
use super::{ExitStatus, Failure};
use crate::config::Profile;
use crate::live;
use crate::recorder::{self, Settings};
use crate::recording::writer::Retention;

/// Records until a signal is received.
///
/// # Errors
/// Fails if no channel is named, the file cannot be opened, or the address for metrics cannot be used.
pub(super) fn run(args: &RecordArgs, global: &GlobalArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    let settings = Settings {
        channels: live::required_channels(&args.channels, profile, "aircheck record ops -o ops.db")?,
        channels_from_profile: args.channels.is_empty(),
        path: args.output.clone(),
        retention: retention(args)?,
        to: args.to.as_deref().map(|to| store(to, "--to", global)).transpose()?,
        metrics: args.metrics,
        verbose: args.verbose,
        overrides: global.overrides(),
    };
    recorder::run(settings, profile)
}

/// What `/metrics` prints before the first message, for the documentation.
#[must_use]
pub fn metrics_sample() -> String {
    crate::metrics::sample()
}

fn retention(args: &RecordArgs) -> Result<Retention, Failure> {
    if let Some(size) = args.max_size.filter(|size| size.0 < Retention::MIN_SIZE) {
        let smallest = bytesize::ByteSize(Retention::MIN_SIZE);
        return Err(Failure::usage(format!(
            "--max-size: {size} is too small for a recording; use at least {smallest}"
        )));
    }
    Ok(Retention {
        max_age: args.keep.map(|age| i64::try_from(age.as_micros()).unwrap_or(i64::MAX)),
        max_bytes: args.max_size.map(|size| size.0),
    })
}
