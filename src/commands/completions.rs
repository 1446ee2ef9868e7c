//! `completions`: prints the completion script of a shell, and answers its questions.
//!
//! The scripts of bash, zsh and fish call aircheck with `_AIRCHECK_COMPLETE` in the environment. The candidates come from the
//! configuration file and the counters file. No server is contacted, and no secret is read.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap::CommandFactory;
use clap::error::Error;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{EnvCompleter as _, Fish, Zsh};
use strum::VariantNames as _;

use super::cli::{Cli, Command, CompletionsArgs};
use super::{ExitStatus, Failure};
use crate::config::{Environment, Overrides, profiles_and_channels, state_file};
use crate::filter::words::{TERMS, values};
use crate::ledger::finding::FindingKind;
use crate::recording::counters::known_channels;
use crate::wire::escape::escape;
use crate::wire::verdict::Rejection;

/// The environment variable that requests candidates. Its value is the name of the shell.
const REQUEST: &str = "_AIRCHECK_COMPLETE";

/// Unlike the script of `clap_complete`, this one completes words that contain colons, and quotes what it inserts.
const BASH: &str = include_str!("completions/aircheck.bash");

/// zsh runs a file of its `fpath` when the first completion is requested, so the file must also answer that request.
const ZSH_AUTOLOAD: &str = "[[ $funcstack[1] == _aircheck ]] && _clap_dynamic_completer_aircheck \"$@\"\n";

/// Prints the script.
///
/// # Errors
/// Fails if standard output cannot be written.
pub(super) fn run(args: &CompletionsArgs) -> Result<ExitStatus, Failure> {
    let mut text = Vec::new();
    match args.shell {
        clap_complete::Shell::Bash => text.extend_from_slice(BASH.as_bytes()),
        clap_complete::Shell::Zsh => {
            Zsh.write_registration(REQUEST, "aircheck", "aircheck", "aircheck", &mut text)?;
            text.extend_from_slice(ZSH_AUTOLOAD.as_bytes());
        }
        clap_complete::Shell::Fish => {
            Fish.write_registration(REQUEST, "aircheck", "aircheck", "aircheck", &mut text)?;
        }
        shell => clap_complete::generate(shell, &mut Cli::command(), "aircheck", &mut text),
    }
    std::io::stdout().lock().write_all(&text)?;
    Ok(ExitStatus::Success)
}

/// Prints the candidates if a shell requests them. Returns whether a shell did.
///
/// # Errors
/// The request is invalid.
pub fn answer_shell(args: &[OsString]) -> Result<bool, Error> {
    let directory = std::env::current_dir().ok();
    CompleteEnv::with_factory(Cli::command).var(REQUEST).try_complete(args, directory.as_deref())
}

/// The profiles of the configuration.
pub(super) fn profiles() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(configured().0))
}

/// The channels of the profile, and those whose counters an earlier run stored.
pub(super) fn channels() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let known = state_file().ok().and_then(|path| known_channels(&path).ok()).unwrap_or_default();
        let known = known.iter().filter_map(|channel| String::from_utf8(channel.as_bytes().to_vec()).ok());
        let mut names: Vec<String> = configured().1.into_iter().chain(known).collect();
        names.sort_unstable();
        names.dedup();
        candidates(names)
    })
}

/// The kinds of findings and the rejections.
pub(super) fn kinds() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let findings = FindingKind::ALL.iter().map(|kind| (kind.name(), kind.reference().summary));
        let rejections = Rejection::ALL.iter().map(|rejection| (rejection.name(), rejection.summary()));
        let with_help =
            |(name, summary): (&str, &'static str)| CompletionCandidate::new(name).help(Some(summary.into()));
        findings.chain(rejections).map(with_help).collect()
    })
}

/// The terms of a filter, with their values if there are only a few.
pub(super) fn filters() -> ArgValueCompleter {
    ArgValueCompleter::new(|text: &OsStr| {
        let of_term = |word: &'static str| match &*values(word) {
            [] => vec![word.to_owned()],
            values => values.iter().map(|value| format!("{word}{value}")).collect(),
        };
        let terms = TERMS.iter().flat_map(|term| of_term(term.word));
        candidates(terms.filter(|term| text.to_str().is_some_and(|text| term.starts_with(text))))
    })
}

/// The names of the commands.
pub(super) fn commands() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(Command::VARIANTS.iter().map(ToString::to_string)))
}

/// Removes names that a terminal would not show as they are.
fn candidates(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let shown = names.into_iter().filter(|name| escape(name.as_bytes()) == *name);
    shown.map(CompletionCandidate::new).collect()
}

/// The profiles, and the channels of the profile on the command line.
fn configured() -> (Vec<String>, Vec<String>) {
    // The command line follows after `--`, and is incomplete.
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let overrides = match Cli::command().ignore_errors(true).try_get_matches_from(words) {
        Ok(line) => Overrides {
            profile: line.get_one("profile").cloned(),
            config: line.get_one("config").cloned(),
            ..Overrides::default()
        },
        Err(_) => Overrides::default(),
    };
    profiles_and_channels(&overrides, &Environment::process()).unwrap_or_default()
}
