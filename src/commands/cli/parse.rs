//! Parsing the command line.

use std::ffi::OsString;

use clap::error::{Error, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use super::{Cli, WatchArgs};
use crate::wire::escape::escape;

/// Parses the arguments; the first one is the name of the program.
///
/// # Errors
/// The help, the version or a mistake, safe to print on a terminal.
pub fn parse(args: &[OsString]) -> Result<Cli, Error> {
    if let Ok(cli) = Cli::try_parse_from(args) {
        return reject_ignored_options(cli);
    }
    // clap does not escape the arguments in its errors, and a shell can expand a glob to hostile file names. The error is therefore
    // the one for the escaped arguments.
    match Cli::try_parse_from(args.iter().map(|arg| escape(arg.as_encoded_bytes()))) {
        Err(error) => Err(error),
        // Invalid UTF-8 is the only mistake that escaping corrects.
        Ok(_) => Err(Error::raw(ErrorKind::InvalidUtf8, "an argument is not UTF-8\n")),
    }
}

/// The options of `watch` also work without a command. Before another command, clap would accept and ignore them.
fn reject_ignored_options(cli: Cli) -> Result<Cli, Error> {
    let WatchArgs { channels: _, record } = &cli.watch;
    if cli.command.is_none() || record.is_none() {
        return Ok(cli);
    }
    let message =
        "--record before a command has no effect; write aircheck watch --record <FILE>, or see aircheck record";
    Err(Cli::command().error(ErrorKind::ArgumentConflict, message))
}
