//! The commands of `listen`: which one runs for a message, and the environment variables that describe the message.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use base64_simd::STANDARD;
use jiff::Timestamp;
use tokio::process::Command;

use crate::failure::Failure;
use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Sequence;
use crate::output::missed::Missed;
use crate::wire::envelope::SignatureText;
use crate::wire::escape::escape;
use crate::wire::verdict::Verdict;

/// The commands. A command is identified by its index in `commands`.
#[derive(Debug)]
pub(crate) struct Handlers {
    pub(super) commands: Vec<OsString>,
    by_name: HashMap<Vec<u8>, usize>,
    any: Option<usize>,
    /// The command for missed messages.
    pub(super) missed: Option<usize>,
}

impl Handlers {
    /// Parses the values of `--on`, `--on-any` and `--on-missed`.
    ///
    /// # Errors
    /// Fails if there is no command, a command is empty, or a name is invalid or has two commands.
    pub(crate) fn parse(on: &[OsString], on_any: Option<&OsStr>, on_missed: Option<&OsStr>) -> Result<Self, Failure> {
        let mut handlers = Self { commands: Vec::new(), by_name: HashMap::new(), any: None, missed: None };
        for on in on {
            let (name, command) = split(on)?;
            let command = handlers.add("--on", command)?;
            if handlers.by_name.insert(name.to_vec(), command).is_some() {
                let name = escape(name);
                return Err(Failure::usage(format!("--on: {name} has two commands; join them with a semicolon")));
            }
        }
        handlers.any = on_any.map(|command| handlers.add("--on-any", command)).transpose()?;
        handlers.missed = on_missed.map(|command| handlers.add("--on-missed", command)).transpose()?;
        if handlers.commands.is_empty() {
            return Err(Failure::usage("no command to run: add --on 'NAME=COMMAND', --on-any or --on-missed"));
        }
        Ok(handlers)
    }

    fn add(&mut self, option: &str, command: &OsStr) -> Result<usize, Failure> {
        if command.as_bytes().trim_ascii().is_empty() {
            return Err(Failure::usage(format!("{option}: the command is empty")));
        }
        self.commands.push(command.to_owned());
        Ok(self.commands.len() - 1)
    }

    /// Whether there is a command for messages, and not only one for missed messages.
    pub(super) fn has_message_handler(&self) -> bool {
        !self.by_name.is_empty() || self.any.is_some()
    }

    /// The command for messages of this name.
    pub(super) fn of(&self, name: &[u8]) -> Option<usize> {
        self.by_name.get(name).copied().or(self.any)
    }

    /// The name under which handled numbers are saved without `--state`. It depends on the names of messages only, so a changed
    /// command continues with the saved numbers.
    pub(super) fn default_state(&self) -> String {
        let mut names: Vec<String> = self.by_name.keys().map(|name| escape(name)).collect();
        names.sort_unstable();
        names.extend(self.any.map(|_| "*".to_owned()));
        names.join(",")
    }
}

/// Splits `NAME=COMMAND`.
fn split(on: &OsStr) -> Result<(&[u8], &OsStr), Failure> {
    let bytes = on.as_bytes();
    let Some(equals) = memchr::memchr(b'=', bytes) else {
        return Err(Failure::usage(format!("--on: {} has no =; write NAME=COMMAND", escape(bytes))));
    };
    let (name, command) = (&bytes[..equals], &bytes[equals + 1..]);
    if name.contains(&b':') {
        return Err(Failure::usage(format!("--on: the name of a message cannot contain a colon: {}", escape(bytes))));
    }
    Ok((name, OsStr::from_bytes(command)))
}

/// All variables. Each is set for every command, so that no command sees an inherited value.
const ALL_VARIABLES: [&str; 17] = [
    "AIRCHECK_CHANNEL",
    "AIRCHECK_CHANNEL_BASE64",
    "AIRCHECK_NAME",
    "AIRCHECK_NAME_BASE64",
    "AIRCHECK_SEQUENCE",
    "AIRCHECK_CERTAINTY",
    "AIRCHECK_SEQUENCE_FROM",
    "AIRCHECK_SEQUENCE_TO",
    "AIRCHECK_UNKNOWN_REASON",
    "AIRCHECK_VERDICT",
    "AIRCHECK_KEY",
    "AIRCHECK_AT",
    "AIRCHECK_RECOVERED",
    "AIRCHECK_DUPLICATE",
    "AIRCHECK_KIND",
    "AIRCHECK_COUNT",
    "AIRCHECK_LOWER_BOUND",
];

/// The variables that are not empty.
#[derive(Debug, Clone, Default)]
pub(super) struct HandlerEnv(Vec<(&'static str, OsString)>);

impl HandlerEnv {
    /// The variables for a message that was accepted with `verdict`.
    pub(super) fn of_message(
        interval: &Interval,
        message: &Message,
        verdict: Verdict,
        recovered: bool,
        duplicate: bool,
    ) -> Self {
        let envelope = interval.envelope(message);
        let mut env = Self::default();
        env.bytes("AIRCHECK_CHANNEL", "AIRCHECK_CHANNEL_BASE64", interval.channel(message).as_bytes());
        env.bytes("AIRCHECK_NAME", "AIRCHECK_NAME_BASE64", envelope.name);
        if let Sequence::Exact(number) = message.sequence {
            env.number("AIRCHECK_SEQUENCE", Some(number));
        }
        env.text("AIRCHECK_CERTAINTY", message.sequence.certainty().name());
        let (from, to) = message.sequence.range().unzip();
        env.number("AIRCHECK_SEQUENCE_FROM", from);
        env.number("AIRCHECK_SEQUENCE_TO", to);
        if let Sequence::Unknown(reason) = message.sequence {
            env.text("AIRCHECK_UNKNOWN_REASON", reason.name());
        }
        env.text("AIRCHECK_VERDICT", verdict.name());
        let key = SignatureText::parse(envelope.signature).and_then(|signature| signature.key_name);
        env.bytes("AIRCHECK_KEY", "", key.unwrap_or_default());
        env.time(message.at);
        env.text("AIRCHECK_RECOVERED", if recovered { "1" } else { "" });
        env.text("AIRCHECK_DUPLICATE", if duplicate { "1" } else { "" });
        env
    }

    /// The variables for missed messages.
    pub(super) fn of_missed(missed: &Missed) -> Self {
        let mut env = Self::default();
        if let Some(channel) = &missed.channel {
            env.bytes("AIRCHECK_CHANNEL", "AIRCHECK_CHANNEL_BASE64", channel.as_bytes());
        }
        env.text("AIRCHECK_KIND", missed.kind);
        env.number("AIRCHECK_SEQUENCE_FROM", missed.sequence_from);
        env.number("AIRCHECK_SEQUENCE_TO", missed.sequence_to);
        env.number("AIRCHECK_COUNT", missed.count);
        env.text("AIRCHECK_LOWER_BOUND", if missed.lower_bound() == Some(true) { "1" } else { "" });
        env.time(missed.at);
        env
    }

    /// Sets the variables for a command.
    pub(super) fn apply_to(&self, command: &mut Command) {
        command
            .envs(ALL_VARIABLES.map(|variable| (variable, "")))
            .envs(self.0.iter().map(|(name, value)| (name, value)));
    }

    fn text(&mut self, name: &'static str, value: &str) {
        self.0.push((name, value.into()));
    }

    fn number(&mut self, name: &'static str, value: Option<u64>) {
        if let Some(value) = value {
            self.text(name, &value.to_string());
        }
    }

    /// A variable can have any byte except NUL.
    fn bytes(&mut self, name: &'static str, name_base64: &'static str, value: &[u8]) {
        if !value.contains(&0) {
            self.0.push((name, OsStr::from_bytes(value).to_owned()));
        } else if !name_base64.is_empty() {
            self.text(name_base64, &STANDARD.encode_to_string(value));
        }
    }

    fn time(&mut self, at: i64) {
        if let Ok(at) = Timestamp::from_microsecond(at) {
            self.text("AIRCHECK_AT", &format!("{at:.6}"));
        }
    }
}
