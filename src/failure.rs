//! Why a command failed, and the exit statuses.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::recording::counters::CountersError;
use crate::recording::file::RecordError;
use crate::redis::discovery::DiscoveryError;
use crate::redis::publisher::SendError;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::wire::escape::escape;
use crate::wire::signature::SignError;

/// What to do if the server cannot be reached.
pub(crate) const CHECK_URL: &str = "check the server, and the URL in --url, AIRCHECK_URL or the profile";

/// The exit statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    /// Success, and nothing was found.
    Success = 0,
    /// Something was found, the profile forbids the action, or it failed on this machine.
    Found = 1,
    /// The command line, its input or the configuration is wrong.
    Usage = 2,
    /// The server cannot be reached, or it rejects the login or a command.
    Unreachable = 3,
}

impl ExitStatus {
    /// [`Found`](Self::Found) if something was found, or else [`Success`](Self::Success).
    #[must_use]
    pub(crate) fn found(found: bool) -> Self {
        if found { Self::Found } else { Self::Success }
    }
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit status.
    pub status: ExitStatus,
    /// What failed, why, and how to fix it, in one escaped line. None if there is nothing to report.
    pub message: Option<String>,
}

impl Failure {
    /// The profile forbids the action, or it failed on this machine: status 1.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { status: ExitStatus::Found, message: Some(message.into()) }
    }

    /// The command line, its input or the configuration is wrong: status 2.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { status: ExitStatus::Usage, message: Some(message.into()) }
    }

    /// The server cannot be reached, or it rejects the login or a command: status 3.
    #[must_use]
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { status: ExitStatus::Unreachable, message: Some(message.into()) }
    }

    /// The system does not provide a thread or an event loop.
    pub(crate) fn cannot_start(what: &str, error: &io::Error) -> Self {
        Self::failed(format!("cannot start {what}: {}", escape_error(error)))
    }

    /// Puts the place of the failure before the message, e.g. `line 3`.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self { message: self.message.map(|message| format!("{place}: {message}")), ..self }
    }
}

/// The server cannot be reached. `reason` must be escaped.
pub(crate) fn unreachable_server(reason: &str) -> Failure {
    Failure::unreachable(format!("{reason}; {CHECK_URL}"))
}

/// The text of an error of the system or a library, escaped.
pub(crate) fn escape_error(error: &impl Display) -> String {
    escape(error.to_string().as_bytes())
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// Standard output cannot be written. If its reader has gone, that is a success: the reader has what it wanted.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { status: ExitStatus::Success, message: None };
        }
        Self::failed(format!("cannot write to standard output: {}", escape_error(&error)))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<CountersError> for Failure {
    fn from(error: CountersError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        if error.is_of_store() { Self::unreachable(error.to_string()) } else { Self::usage(error.to_string()) }
    }
}

/// A schema of another version, contradicting rows and an unknown source need a person; everything else is the server's state.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::Schema | StoreErrorKind::Conflict | StoreErrorKind::Source => {
                Self::usage(error.to_string())
            }
            _ => Self::unreachable(error.to_string()),
        }
    }
}

impl From<DiscoveryError> for Failure {
    fn from(error: DiscoveryError) -> Self {
        match error {
            DiscoveryError::Connect(_) | DiscoveryError::Unreachable(_) => unreachable_server(&error.to_string()),
            DiscoveryError::Rejected(_) => Self::unreachable(error.to_string()),
        }
    }
}

/// Status 3 means that nothing was sent, so a script can try again. If that is not known, the status is 1.
impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Unreachable(_) => unreachable_server(&error.to_string()),
            SendError::Rejected(_) => Self::unreachable(error.to_string()),
            SendError::NotCounted { .. } | SendError::Unknown(_) => Self::failed(error.to_string()),
        }
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        Self::usage(error.to_string())
    }
}

/// Creates an event loop on this thread.
///
/// # Errors
/// Fails if the system does not provide one.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::cannot_start("the event loop", &error))
}

/// Prints one line to standard error. It must be escaped. If standard error is closed, the line is discarded.
pub(crate) fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
