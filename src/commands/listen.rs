//! `listen`: runs a command for each accepted broadcast of a name.

use super::cli::ListenArgs;
use super::{Failure, Status};
use crate::config::Profile;
use crate::listener::{self, Handlers, Settings};
use crate::live;

/// Runs commands until a limit is reached or a signal comes.
///
/// # Errors
/// Where no channel or command is named, the recording or the counters cannot be used, or the server not be reached at first.
pub fn run(args: &ListenArgs, profile: &Profile) -> Result<Status, Failure> {
    let channels = live::names(&args.channels, profile);
    if channels.is_empty() {
        return Err(Failure::usage(
            "no channel to listen to: name one, e.g. `aircheck listen ops --on 'evt=./evt.sh'`, or list them in the profile",
        ));
    }
    let settings = Settings {
        channels,
        handlers: Handlers::parse(&args.on, args.on_any.as_deref(), args.on_missed.as_deref())?,
        parallel: args.parallel,
        time_limit: args.time_limit,
        retry: args.retry,
        queue: args.queue,
        skip_duplicates: args.skip_duplicates,
        recover: args.recover.clone(),
        same_server: args.same_server,
        state: args.state.clone(),
        format: args.format,
        count: args.count,
        duration: args.duration,
        idle: args.idle,
        strict: args.strict,
    };
    listener::run(settings, profile)
}
