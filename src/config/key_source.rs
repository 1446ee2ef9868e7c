//! Where a secret key is read from; never the command line.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::document::Section;
use super::environment::Environment;
use super::error::{ConfigError, shown};
use super::private_file;
use crate::wire::escape::escape;
use crate::wire::signature::Secret;

/// The longest output of a command, in bytes.
const MAX_LENGTH: u64 = 1 << 16;

/// A key source and where it stands in the file.
pub(super) struct KeySource {
    kind: KeyOrigin,
    place: String,
}

enum KeyOrigin {
    Env(String),
    File(PathBuf),
    Command(Vec<String>),
    Value(Secret),
}

impl KeySource {
    /// Reads `{ env = … }`, `{ file = … }`, `{ command = [ … ] }` or `{ value = … }`.
    pub(super) fn parse(section: &Section<'_>, key: &str) -> Result<Option<Self>, ConfigError> {
        const WANTED: &str =
            "a table with one of env, file, command and value, e.g. { env = \"BROADCAST_KEY\" } or { file = \"…\" }";
        let Some(value) = section.value(key) else { return Ok(None) };
        if !value.get_ref().is_table() {
            return Err(section.not(key, value, WANTED));
        }
        let Some(table) = section.section(key, &["env", "file", "command", "value"])? else { return Ok(None) };
        let text = |name| table.text(name).map(|text| text.map(|text| *text.get_ref()).unwrap_or_default());
        let kind = match table.only_key() {
            Some("env") => KeyOrigin::Env(text("env")?.to_owned()),
            Some("file") => KeyOrigin::File(text("file")?.into()),
            Some("value") => KeyOrigin::Value(Secret::new(text("value")?.as_bytes().to_vec())),
            Some("command") => {
                let words: Vec<String> =
                    table.texts("command")?.iter().map(|word| (*word.get_ref()).to_owned()).collect();
                if words.first().is_none_or(String::is_empty) {
                    return Err(section.not(key, value, "a command with at least a program"));
                }
                KeyOrigin::Command(words)
            }
            _ => return Err(section.not(key, value, WANTED)),
        };
        Ok(Some(Self { kind, place: section.document().place(value.span().start) }))
    }

    /// Whether the secret itself stands in the file.
    pub(super) fn is_value(&self) -> bool {
        matches!(self.kind, KeyOrigin::Value(_))
    }

    /// The environment variable that holds the secret.
    pub(super) fn variable(&self) -> Option<&str> {
        match &self.kind {
            KeyOrigin::Env(name) => Some(name),
            _ => None,
        }
    }

    /// Reads the secret. `directory` is that of the configuration file; a command runs without the variables `secret`.
    pub(super) fn read(
        &self,
        environment: &Environment,
        directory: &Path,
        secret: &[&str],
    ) -> Result<Secret, ConfigError> {
        match &self.kind {
            KeyOrigin::Value(secret) => Ok(secret.clone()),
            KeyOrigin::Env(name) => match environment.variables.get(std::ffi::OsStr::new(name)) {
                Some(value) => Ok(Secret::new(value.as_bytes().to_vec())),
                None => Err(self.wrong(format!("the environment variable {} is not set", escape(name.as_bytes())))),
            },
            KeyOrigin::File(path) => self.read_file(&expanded(path, environment, directory)),
            KeyOrigin::Command(words) => self.run(words, environment, directory, secret),
        }
    }

    fn read_file(&self, path: &Path) -> Result<Secret, ConfigError> {
        let contents = private_file::read(path).map_err(|error| {
            self.wrong(format!("the key file {} cannot be read: {}", shown(path), escape(error.to_string().as_bytes())))
        })?;
        contents.must_be_private(path, &self.place)?;
        Ok(Secret::new(without_newline(&contents.bytes).to_vec()))
    }

    /// Runs in the directory of the configuration file, without a shell. Its output is the secret and its error output may hold one, so neither is ever shown.
    fn run(
        &self,
        words: &[String],
        environment: &Environment,
        directory: &Path,
        secret: &[&str],
    ) -> Result<Secret, ConfigError> {
        let [program, arguments @ ..] = words else { return Err(self.wrong("the command is empty")) };
        let shown = escape(program.as_bytes());
        let failed = |error: std::io::Error| {
            self.wrong(format!("the command {shown} cannot be run: {}", escape(error.to_string().as_bytes())))
        };
        let mut command = Command::new(expanded_program(program, environment));
        command.args(arguments).env_clear().envs(&environment.variables).stdin(Stdio::null()).stderr(Stdio::null());
        if directory.is_dir() {
            command.current_dir(directory);
        }
        for name in secret {
            command.env_remove(name);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut output = Zeroizing::new(Vec::new());
        if let Some(pipe) = child.stdout.take() {
            pipe.take(MAX_LENGTH + 1).read_to_end(&mut output).map_err(failed)?;
        }
        let status = child.wait().map_err(failed)?;
        if !status.success() {
            return Err(self.wrong(format!("the command {shown} failed ({status}); run it by hand to see why")));
        }
        if output.len() as u64 > MAX_LENGTH {
            return Err(self.wrong(format!("the command {shown} wrote more than 64 KiB, which is no key")));
        }
        Ok(Secret::new(without_newline(&output).to_vec()))
    }

    /// A mistake at its place.
    pub(super) fn wrong(&self, what: impl std::fmt::Display) -> ConfigError {
        ConfigError::new(&self.place, what)
    }
}

/// One newline at the end is an editor's or a command's, not the key's.
fn without_newline(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).unwrap_or(bytes)
}

/// `~/…` from the home directory, other relative paths from the directory of the configuration file.
pub(super) fn expanded(path: &Path, environment: &Environment, directory: &Path) -> PathBuf {
    match (path.strip_prefix("~"), &environment.home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => directory.join(path),
    }
}

/// A program in the home directory, where it begins with `~/`.
pub(super) fn expanded_program(program: impl AsRef<Path>, environment: &Environment) -> PathBuf {
    let program = program.as_ref();
    match (program.strip_prefix("~"), &environment.home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => program.into(),
    }
}
