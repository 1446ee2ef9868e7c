//! How a command ends.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::record::counters::CountersError;
use crate::record::file::RecordError;
use crate::redis::discovery::DiscoveryError;
use crate::redis::publisher::PublishError;
use crate::wire::escape::escape;
use crate::wire::signature::SignError;

/// What to do where the server cannot be reached or rejects the user.
pub const CHECK_URL: &str = "check the server, and the url in --url, AIRCHECK_URL or the profile";

/// The exit statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Done, and nothing found.
    Success = 0,
    /// Something was found, or the profile forbids it.
    Found = 1,
    /// The command line, its input or the configuration is wrong.
    Usage = 2,
    /// The server cannot be reached, or rejects the user or a command.
    Unreachable = 3,
}

/// Why a command ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit status.
    pub status: Status,
    /// What, where and what to do next, in one line and already escaped; none where there is nothing to say.
    pub message: Option<String>,
}

impl Failure {
    /// The profile forbids it, or it failed on this machine: status 1.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { status: Status::Found, message: Some(message.into()) }
    }

    /// The command line or its input is wrong: status 2.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { status: Status::Usage, message: Some(message.into()) }
    }

    /// The server cannot be reached, or rejects the user or a command: status 3.
    #[must_use]
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { status: Status::Unreachable, message: Some(message.into()) }
    }

    /// The same failure, told with where it was.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self { message: self.message.map(|message| format!("{place}: {message}")), ..self }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// For standard output: a reader that went away has what it wanted.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { status: Status::Success, message: None };
        }
        Self::failed(format!("standard output: {}", escape(error.to_string().as_bytes())))
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
        Self::usage(error.to_string())
    }
}

impl From<DiscoveryError> for Failure {
    fn from(error: DiscoveryError) -> Self {
        match error {
            DiscoveryError::Unreachable(_) => Self::unreachable(format!("{error}; {CHECK_URL}")),
            DiscoveryError::Rejected(_) => Self::unreachable(error.to_string()),
        }
    }
}

/// Status 3 says that nothing was sent, so that a script may try again; where that is not known it is 1.
impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Unreachable(_) => Self::unreachable(format!("{error}; {CHECK_URL}")),
            PublishError::Rejected(_) => Self::unreachable(error.to_string()),
            PublishError::NotCounted { .. } | PublishError::Unknown(_) => Self::failed(error.to_string()),
        }
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        Self::usage(error.to_string())
    }
}

/// A runtime on this thread, for a command that asks the server a few questions.
///
/// # Errors
/// Where the system gives none.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::failed(format!("cannot start: {error}")))
}

/// One line on standard error, already escaped; a closed standard error is no reason to fail.
pub fn to_stderr(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
