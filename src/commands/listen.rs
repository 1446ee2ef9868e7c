//! `listen`: runs a command for each accepted broadcast of a name.

use super::cli::ListenArgs;
use super::{ExitStatus, Failure};
use crate::config::Profile;
use crate::listener::{self, Handlers, Settings};
use crate::live;

/// Runs commands until a limit is reached or a signal is received.
///
/// # Errors
/// Fails if no channel or command is named, the recording or the saved numbers cannot be used, or the first connection fails.
pub(super) fn run(args: &ListenArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let settings = Settings {
        channels: live::required_channels(&args.channels, profile, "aircheck listen ops --on 'evt=./evt.sh'")?,
        handlers: Handlers::parse(&args.on, args.on_any.as_deref(), args.on_missed.as_deref())?,
        parallel: count(args.parallel),
        time_limit: args.time_limit,
        retry: args.retry,
        max_waiting: count(args.queue),
        skip_duplicates: args.skip_duplicates,
        recording: args.recover.clone(),
        same_server: args.same_server,
        state: args.state.clone(),
        format: args.format,
        limits: args.limits.limits(),
        strict: args.limits.strict,
    };
    listener::run(settings, profile)
}
