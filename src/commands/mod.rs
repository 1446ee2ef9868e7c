//! The commands, one file each, and their dispatch.

mod bundle;
mod channels;
mod check;
pub mod cli;
pub mod completions;
mod config;
mod demo;
mod doctor;
mod explain;
mod fetch;
mod filters;
mod import;
mod init;
mod input;
mod inspect;
pub mod jq_worker;
mod keys;
mod listen;
mod log_file;
mod man;
mod merge;
mod place;
mod positions;
mod publish;
pub mod record;
mod recording_files;
mod replay;
mod ship;
mod show;
mod store;
mod stores;
mod tail;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use cli::{Cli, Command, GlobalArgs};

use crate::config::{Profile, load};
use crate::failure::to_stderr;
pub(crate) use crate::failure::{ExitStatus, Failure};

/// Runs the command. Prints its error to standard error in one line.
#[must_use]
pub fn run(cli: &Cli) -> ExitCode {
    match run_logged(cli) {
        Ok(status) => status.into(),
        Err(failure) => {
            if let Some(message) = &failure.message {
                to_stderr(&format!("aircheck: {message}"));
            }
            failure.status.into()
        }
    }
}

/// Prints the help, or why the command line is wrong. Returns the exit status.
#[must_use]
pub fn reject(args: &[OsString], error: &clap::Error) -> ExitCode {
    // The exit status already reports the error if standard error is closed.
    let _ = error.print();
    if error.use_stderr() && check::is_nagios(args) {
        return check::reject_nagios(error).into();
    }
    u8::try_from(error.exit_code()).unwrap_or(2).into()
}

/// Runs the command between the first and the last line of its log. A failure is not logged, because it can quote input.
fn run_logged(cli: &Cli) -> Result<ExitStatus, Failure> {
    let _log = cli.global.log_file.as_deref().map(log_file::start).transpose()?;
    let command: &str = cli.command.as_ref().map_or("watch", Into::into);
    tracing::info!(version = %env!("CARGO_PKG_VERSION"), %command, pid = std::process::id(), "started");
    let ended = dispatch(cli);
    let status = ended.as_ref().map_or_else(|failure| failure.status, |status| *status);
    tracing::info!(status = status as u8, "ended");
    ended
}

fn dispatch(cli: &Cli) -> Result<ExitStatus, Failure> {
    let global = &cli.global;
    match &cli.command {
        None => watch::run(&cli.watch, global, profile(global)?),
        Some(Command::Watch(args)) => watch::run(args, global, profile(global)?),
        Some(Command::Tail(args)) => tail::run(args, &profile(global)?),
        Some(Command::Listen(args)) => listen::run(args, &profile(global)?),
        Some(Command::Publish(args)) => publish::run(args, &profile(global)?),
        Some(Command::Inspect(args)) => inspect::run(args, &profile(global)?),
        Some(Command::Channels(args)) => channels::run(args, &profile(global)?),
        Some(Command::Check(args)) => check::run(args, global),
        Some(Command::Record(args)) => record::run(args, global, &profile(global)?),
        Some(Command::Show(args)) => show::run(args, global),
        Some(Command::Fetch(args)) => fetch::run(args, global),
        Some(Command::Replay(args)) => replay::run(args, &profile(global)?),
        Some(Command::Merge(args)) => merge::run(args),
        Some(Command::Bundle(args)) => bundle::run(args, global),
        Some(Command::Import(args)) => import::run(args),
        Some(Command::Ship(args)) => ship::run(args, global),
        Some(Command::Store(command)) => store::run(command, global),
        Some(Command::Init) => init::run(global),
        Some(Command::Config(command)) => config::run(command, global),
        Some(Command::Doctor(args)) => doctor::run(args, global),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Keys(args)) => keys::run(args, global),
        Some(Command::Demo(args)) => demo::run(args, global),
        Some(Command::Completions(args)) => completions::run(args),
        Some(Command::Man(args)) => man::run(args),
    }
}

/// Loads the profile. Prints its warnings to standard error.
///
/// # Errors
/// Fails with a usage error if the configuration is wrong.
pub fn profile(global: &GlobalArgs) -> Result<Profile, Failure> {
    let profile = load(&global.overrides())?;
    for warning in &profile.warnings {
        to_stderr(&format!("Warning: {warning}"));
    }
    Ok(profile)
}
