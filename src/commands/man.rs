//! `man`: the manual pages.

use std::io::Write;

use clap::CommandFactory;

use super::cli::{Cli, ManArgs};
use super::{Failure, Status};
use crate::wire::escape::escape;

/// Prints the page of the program, or of one command.
///
/// # Errors
/// Where there is no such command, or standard output cannot be written.
pub fn run(args: &ManArgs) -> Result<Status, Failure> {
    let mut program = Cli::command();
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(Failure::usage(format!("man: there is no command {}", escape(name.as_bytes())))),
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    std::io::stdout().lock().write_all(&text)?;
    Ok(Status::Success)
}
