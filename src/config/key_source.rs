//! Where a key or password is read from. Never from the command line.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::{Deserialize, Deserializer};
use toml::Spanned;
use zeroize::Zeroizing;

use super::context::Context;
use super::document::{SecretText, table};
use super::error::{ConfigError, shown};
use super::private_file;
use crate::wire::escape::escape;
use crate::wire::signature::Secret;

/// The maximum output of a command, in bytes.
const MAX_OUTPUT: u64 = 1 << 16;

const EXPECTED_TABLE: &str =
    "a table with one of env, file, command and value, e.g. { env = \"BROADCAST_KEY\" } or { file = \"…\" }";

/// The keys of a key source; exactly one must be set.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeySourceKeys {
    /// An environment variable.
    env: Option<String>,
    /// A file that only its owner can read.
    file: Option<PathBuf>,
    /// A command that prints the secret.
    command: Option<CommandLine>,
    /// The secret itself.
    value: Option<SecretText>,
}

/// A key source; its secret is not read yet.
pub(super) enum KeySource {
    Env(String),
    File(PathBuf),
    Command(CommandLine),
    Value(SecretText),
}

impl<'de> Deserialize<'de> for KeySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match table(deserializer, EXPECTED_TABLE)? {
            KeySourceKeys { env: Some(name), file: None, command: None, value: None } => Ok(Self::Env(name)),
            KeySourceKeys { env: None, file: Some(path), command: None, value: None } => Ok(Self::File(path)),
            KeySourceKeys { env: None, file: None, command: Some(words), value: None } => Ok(Self::Command(words)),
            KeySourceKeys { env: None, file: None, command: None, value: Some(text) } => Ok(Self::Value(text)),
            _ => Err(serde::de::Error::custom(format!("expected {EXPECTED_TABLE}"))),
        }
    }
}

/// A program and its arguments.
#[derive(Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(super) struct CommandLine(pub(super) Vec<String>);

impl TryFrom<Vec<String>> for CommandLine {
    type Error = &'static str;

    fn try_from(words: Vec<String>) -> Result<Self, Self::Error> {
        match words.first() {
            Some(program) if !program.is_empty() => Ok(Self(words)),
            _ => Err("expected a program and its arguments, e.g. [\"notify-send\", \"aircheck\"]"),
        }
    }
}

impl KeySource {
    /// Whether the file contains the secret itself.
    pub(super) fn is_value(&self) -> bool {
        matches!(self, Self::Value(_))
    }

    /// The environment variable that holds the secret.
    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Self::Env(name) => Some(name),
            _ => None,
        }
    }
}

/// Reads the secret.
pub(super) fn read(source: &Spanned<KeySource>, context: &Context<'_>) -> Result<Secret, ConfigError> {
    let at = source.span().start;
    match source.get_ref() {
        KeySource::Value(text) => Ok(Secret::new(text.0.as_bytes().to_vec())),
        KeySource::Env(name) => {
            let value = context.environment.variables.get(OsStr::new(name)).ok_or_else(|| {
                context.error(at, format!("environment variable {} is not set", escape(name.as_bytes())))
            })?;
            Ok(Secret::new(value.as_bytes().to_vec()))
        }
        KeySource::File(path) => {
            let path = context.path(path);
            let contents = private_file::read(&path).map_err(|error| {
                context.error(at, format!("cannot read {}: {}", shown(&path), escape(error.to_string().as_bytes())))
            })?;
            contents.check_private(&path).map_err(|what| context.error(at, what))?;
            Ok(Secret::new(without_newline(&contents.bytes).to_vec()))
        }
        KeySource::Command(words) => run(&words.0, context).map_err(|what| context.error(at, what)),
    }
}

/// Runs a command without a shell, in the directory of the configuration file. Its output is the secret and its error output may
/// contain one, so neither is shown.
fn run(words: &[String], context: &Context<'_>) -> Result<Secret, String> {
    let [program, arguments @ ..] = words else { return Err("the command is empty".to_owned()) };
    let shown = escape(program.as_bytes());
    let failed = |error: std::io::Error| format!("cannot run {shown}: {}", escape(error.to_string().as_bytes()));
    let mut command = Command::new(context.program(program));
    command.args(arguments).env_clear().envs(&context.environment.variables);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if context.directory().is_dir() {
        command.current_dir(context.directory());
    }
    for name in &context.secret_variables {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(failed)?;
    let mut output = Zeroizing::new(Vec::new());
    if let Some(pipe) = child.stdout.take() {
        pipe.take(MAX_OUTPUT + 1).read_to_end(&mut output).map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    if !status.success() {
        return Err(format!("{shown} failed ({status}); run it by hand to see why"));
    }
    if output.len() as u64 > MAX_OUTPUT {
        return Err(format!("{shown} printed more than 64 KiB, which cannot be a key"));
    }
    Ok(Secret::new(without_newline(&output).to_vec()))
}

/// Removes one newline at the end: an editor or a command added it.
fn without_newline(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).unwrap_or(bytes)
}
