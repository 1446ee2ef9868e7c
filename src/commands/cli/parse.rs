//! Parsing the command line.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::{Error, ErrorKind};

use super::Cli;
use crate::wire::escape::escape;

/// Parses the arguments; the first one is the name of the program.
///
/// # Errors
/// The help, the version, or what is wrong: safe to print on a terminal.
pub fn parse(args: &[OsString]) -> Result<Cli, Error> {
    if let Ok(cli) = Cli::try_parse_from(args) {
        return Ok(cli);
    }
    // clap puts arguments into its errors as they are. A shell may have made them of file names, which anybody may have
    // chosen. So the error is that of the escaped arguments.
    match Cli::try_parse_from(args.iter().map(|arg| escape(arg.as_encoded_bytes()))) {
        Err(error) => Err(error),
        // The only mistake that escaping corrects.
        Ok(_) => Err(Error::raw(ErrorKind::InvalidUtf8, "an argument is not UTF-8\n")),
    }
}
