//! `completions`: for the shell.

use std::io::Write;

use clap::CommandFactory;

use super::cli::{Cli, CompletionsArgs};
use super::{Failure, Status};

/// Prints the completions.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(args: &CompletionsArgs) -> Result<Status, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "aircheck", &mut text);
    std::io::stdout().lock().write_all(&text)?;
    Ok(Status::Success)
}
