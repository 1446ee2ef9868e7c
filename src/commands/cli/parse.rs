//! Parsing the command line.

use std::ffi::OsString;

use clap::error::{Error, ErrorKind};
use clap::{CommandFactory as _, Parser as _};
use strum::VariantNames as _;

use super::{Cli, Command, WatchArgs};
use crate::wire::escape::escape;

/// A command with a shorter name is never suggested, because too many channel names are similar to it.
const MIN_SUGGESTED: usize = 4;

/// Parses the arguments; the first one is the name of the program.
///
/// # Errors
/// The help, the version or a mistake, safe to print on a terminal.
pub fn parse(args: &[OsString]) -> Result<Cli, Error> {
    // clap takes `--help` after `help` for the name of a command.
    if let [program, help, rest @ ..] = args
        && help == "help"
        && !rest.is_empty()
        && rest.iter().all(|arg| arg == "--help" || arg == "-h")
    {
        return parse(&[program.clone(), OsString::from("help")]);
    }
    let parsed = Cli::try_parse_from(args);
    let is_other_error = parsed.as_ref().is_err_and(|error| error.kind() != ErrorKind::UnknownArgument);
    if !is_other_error && let Some(error) = misspelt_command(args) {
        return Err(error);
    }
    if let Ok(cli) = parsed {
        return reject_ignored_options(cli);
    }
    // clap does not escape the arguments in its errors, and a shell can expand a glob to hostile file names. The error is
    // therefore the one for the escaped arguments.
    match Cli::try_parse_from(args.iter().map(|arg| escape(arg.as_encoded_bytes()))) {
        Err(error) => Err(error),
        // Invalid UTF-8 is the only mistake that escaping corrects.
        Ok(_) => Err(Error::raw(ErrorKind::InvalidUtf8, "an argument is not UTF-8\n")),
    }
}

/// The options of `watch` also work without a command. Before another command, clap would accept and ignore them.
fn reject_ignored_options(cli: Cli) -> Result<Cli, Error> {
    let WatchArgs { channels: _, record, to } = &cli.watch;
    let message = match (&cli.command, record, to) {
        (None, ..) | (_, None, None) => return Ok(cli),
        (_, Some(_), _) => {
            "--record before a command has no effect; write aircheck watch --record <FILE>, or see aircheck record"
        }
        (_, None, Some(_)) => "--to before a command has no effect; write it after the command",
    };
    Err(Cli::command().error(ErrorKind::ArgumentConflict, message))
}

/// The error if the first argument is a misspelt command, which would otherwise be watched as a channel.
fn misspelt_command(args: &[OsString]) -> Option<Error> {
    let (channel, name) = args.iter().skip(1).find_map(|arg| {
        let word = arg.to_str()?;
        Some((word, *Command::VARIANTS.iter().find(|name| is_misspelt(word, name))?))
    })?;
    // An option of the command is unknown without the command, but does not hide the first argument.
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(args).ok()?;
    let first = matches.get_many::<OsString>("channels").and_then(|mut channels| channels.next());
    if matches.subcommand().is_some() || first.is_none_or(|first| first != channel) {
        return None;
    }
    let channel = escape(channel.as_bytes());
    let message = format!(
        "unknown command \"{channel}\" (did you mean \"{name}\"?); to watch a channel of that name, use: aircheck watch {channel}"
    );
    Some(Cli::command().error(ErrorKind::InvalidSubcommand, message))
}

/// Whether the words differ by one typing error, or by two in a long word. A channel can be named `shop` or `main`, so a
/// different letter in a short word is not a typing error.
pub(in crate::commands) fn is_misspelt(word: &str, command: &str) -> bool {
    if word == command {
        return false;
    }
    let word = word.to_ascii_lowercase();
    let most = if command.len() < 7 { 1 } else { 2 };
    let is_other_word = word.len() == command.len() && !is_anagram(&word, command);
    command.len() >= MIN_SUGGESTED
        && !(command.len() == MIN_SUGGESTED && is_other_word)
        && strsim::osa_distance(&word, command) <= most
}

fn is_anagram(one: &str, other: &str) -> bool {
    let sorted = |word: &str| {
        let mut bytes = word.as_bytes().to_vec();
        bytes.sort_unstable();
        bytes
    };
    sorted(one) == sorted(other)
}
