//! `man`: prints the manual pages.

use std::io::Write;
use std::os::unix::ffi::OsStrExt as _;

use clap::CommandFactory;

use super::cli::{Cli, ManArgs};
use super::{ExitStatus, Failure};
use crate::wire::escape::escape;

/// Prints the page of the program or of a command, or writes all pages to a directory.
///
/// # Errors
/// Fails if there is no such command, or if standard output or the directory cannot be written.
pub(super) fn run(args: &ManArgs) -> Result<ExitStatus, Failure> {
    let mut program = Cli::command();
    if let Some(directory) = &args.into {
        let written = clap_mangen::generate_to(program, directory);
        return match written {
            Ok(()) => Ok(ExitStatus::Success),
            Err(error) => Err(Failure::usage(format!(
                "cannot write the manual pages to {}: {error}",
                escape(directory.as_os_str().as_bytes())
            ))),
        };
    }
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                return Err(Failure::usage(format!(
                    "unknown command {}; see aircheck --help",
                    escape(name.as_bytes())
                )));
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    std::io::stdout().lock().write_all(&text)?;
    Ok(ExitStatus::Success)
}
