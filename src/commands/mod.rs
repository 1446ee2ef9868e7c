//! One command a file; here is what they share: dispatch, exit statuses, and how a failure is told.

pub mod bundle;
pub mod channels;
pub mod check;
pub mod cli;
pub mod completions;
pub mod demo;
mod filters;
mod finding_ref;
pub mod import;
pub mod inspect;
pub mod jq_worker;
mod lines;
pub mod listen;
pub mod man;
pub mod merge;
pub mod protect;
pub mod publish;
pub mod record;
pub mod replay;
pub mod show;
pub mod tail;
pub mod watch;

use std::process::ExitCode;

use cli::{Cli, Command, GlobalArgs};

use crate::config::{self, Profile};
pub use crate::failure::{Failure, Status};
use crate::failure::{runtime, to_stderr};

/// Runs the command; errors go to standard error in one line.
#[must_use]
pub fn run(cli: &Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(status) => status.into(),
        Err(failure) => {
            if let Some(message) = &failure.message {
                to_stderr(&format!("aircheck: {message}"));
            }
            failure.status.into()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<Status, Failure> {
    let global = &cli.global;
    match &cli.command {
        None => watch::run(&cli.watch, &profile(global)?),
        Some(Command::Watch(args)) => watch::run(args, &profile(global)?),
        Some(Command::Tail(args)) => tail::run(args, &profile(global)?),
        Some(Command::Listen(args)) => listen::run(args, &profile(global)?),
        Some(Command::Publish(args)) => publish::run(args, &profile(global)?),
        Some(Command::Inspect(args)) => inspect::run(args, &profile(global)?),
        Some(Command::Channels(args)) => channels::run(args, &profile(global)?),
        Some(Command::Check(args)) => check::run(args, &profile(global)?),
        Some(Command::Record(args)) => record::run(args, global, &profile(global)?),
        Some(Command::Show(args)) => show::run(args),
        Some(Command::Replay(args)) => replay::run(args, &profile(global)?),
        Some(Command::Merge(args)) => merge::run(args),
        Some(Command::Bundle(args)) => bundle::run(args, global),
        Some(Command::Import(args)) => import::run(args),
        Some(Command::Demo(args)) => demo::run(args, global),
        Some(Command::Completions(args)) => completions::run(args),
        Some(Command::Man(args)) => man::run(args),
    }
}

/// Loads the profile, and says its warnings on standard error.
///
/// # Errors
/// Where the configuration is wrong: a usage error.
pub fn profile(global: &GlobalArgs) -> Result<Profile, Failure> {
    let profile = config::load(&global.overrides())?;
    for warning in &profile.warnings {
        to_stderr(&format!("Warning: {warning}"));
    }
    Ok(profile)
}
