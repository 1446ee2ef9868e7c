//! Which command is run for which message.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::failure::Failure;
use crate::wire::escape::escape;

/// The commands; each is known by its place in [`commands`](Self::commands).
#[derive(Debug)]
pub(crate) struct Handlers {
    pub(crate) commands: Vec<OsString>,
    by_name: HashMap<Vec<u8>, usize>,
    any: Option<usize>,
    /// The command for what was missed.
    pub(crate) missed: Option<usize>,
}

impl Handlers {
    /// Reads `--on`, `--on-any` and `--on-missed`.
    ///
    /// # Errors
    /// Where there is none, one is twice, or one cannot be.
    pub(crate) fn parse(on: &[OsString], on_any: Option<&OsStr>, on_missed: Option<&OsStr>) -> Result<Self, Failure> {
        let mut handlers = Self { commands: Vec::new(), by_name: HashMap::new(), any: None, missed: None };
        for on in on {
            let (name, command) = split(on)?;
            let command = handlers.add("--on", command)?;
            if handlers.by_name.insert(name.to_vec(), command).is_some() {
                let name = escape(name);
                return Err(Failure::usage(format!(
                    "--on: {name} has two commands; put both into one, after a semicolon"
                )));
            }
        }
        handlers.any = on_any.map(|command| handlers.add("--on-any", command)).transpose()?;
        handlers.missed = on_missed.map(|command| handlers.add("--on-missed", command)).transpose()?;
        if handlers.commands.is_empty() {
            return Err(Failure::usage("nothing to run: add --on 'NAME=COMMAND', --on-any or --on-missed"));
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

    /// Whether a command runs for messages.
    pub(crate) fn has_message_handler(&self) -> bool {
        !self.by_name.is_empty() || self.any.is_some()
    }

    /// The command for messages of that name.
    pub(crate) fn of(&self, name: &[u8]) -> Option<usize> {
        self.by_name.get(name).copied().or(self.any)
    }

    /// What these handlers have handled is kept under this name, where none is given: the same names are the same work, also
    /// where another command does it.
    pub(crate) fn state_name(&self) -> String {
        let mut names: Vec<String> = self.by_name.keys().map(|name| escape(name)).collect();
        names.sort_unstable();
        names.extend(self.any.map(|_| "*".to_owned()));
        names.join(",")
    }
}

fn split(on: &OsStr) -> Result<(&[u8], &OsStr), Failure> {
    let bytes = on.as_bytes();
    let shown = || escape(bytes);
    let Some(equals) = memchr::memchr(b'=', bytes) else {
        return Err(Failure::usage(format!("--on: {} has no =; write NAME=COMMAND", shown())));
    };
    let (name, command) = (&bytes[..equals], &bytes[equals + 1..]);
    if name.contains(&b':') {
        return Err(Failure::usage(format!("--on: no message has a colon in its name: {}", shown())));
    }
    Ok((name, OsStr::from_bytes(command)))
}
