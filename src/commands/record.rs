//! `record`: records to a file until a signal ends it.

use super::cli::{GlobalArgs, RecordArgs};
use super::{Failure, Status};
use crate::config::Profile;
use crate::live;
use crate::record::writer::Retention;
use crate::recorder::{self, Settings};

/// Records until a signal ends it.
///
/// # Errors
/// Where no channel is named, the file cannot be recorded to, or the address of the metrics not be used.
pub fn run(args: &RecordArgs, global: &GlobalArgs, profile: &Profile) -> Result<Status, Failure> {
    let channels = live::names(&args.channels, profile);
    if channels.is_empty() {
        let example = "name one, e.g. `aircheck record ops -o ops.db`, or list them in the profile";
        return Err(Failure::usage(format!("no channel to record: {example}")));
    }
    let settings = Settings {
        channels,
        channels_of_profile: args.channels.is_empty(),
        path: args.output.clone(),
        retention: retention(args)?,
        metrics: args.metrics,
        verbose: args.verbose,
        overrides: global.overrides(),
    };
    recorder::run(settings, profile)
}

fn retention(args: &RecordArgs) -> Result<Retention, Failure> {
    if let Some(size) = args.max_size.filter(|size| size.0 < Retention::SMALLEST) {
        let smallest = bytesize::ByteSize(Retention::SMALLEST);
        return Err(Failure::usage(format!("--max-size: {size} is too little for a recording; at least {smallest}")));
    }
    Ok(Retention {
        max_age: args.keep.map(|age| i64::try_from(age.as_micros()).unwrap_or(i64::MAX)),
        max_bytes: args.max_size.map(|size| size.0),
    })
}
