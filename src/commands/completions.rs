//! `completions`: prints the completions for a shell.

use std::io::Write;

use clap::CommandFactory;

use super::cli::{Cli, CompletionsArgs};
use super::{ExitStatus, Failure};

/// Prints the completions.
///
/// # Errors
/// Fails if standard output cannot be written.
pub(super) fn run(args: &CompletionsArgs) -> Result<ExitStatus, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "aircheck", &mut text);
    std::io::stdout().lock().write_all(&text)?;
    Ok(ExitStatus::Success)
}
