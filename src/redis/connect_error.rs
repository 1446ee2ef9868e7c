//! Why a connection to a server failed.

use std::io;
use std::time::Duration;

use super::target::{Target, is_login};
use super::{socket, tls};
use crate::wire::escape::escape;

/// Why a connection failed. The texts contain no password.
///
/// `server` is the address from the URL without user and password, or the address of one node of a Sentinel service or cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The server cannot be reached: it refused the connection, its host name is unknown, or it did not reply in time.
    #[error("cannot reach {server}")]
    Unreachable {
        /// The server.
        server: String,
        /// The cause.
        source: io::Error,
    },
    /// TLS failed: for example, the server's certificate is not trusted, or the port does not use TLS.
    #[error("cannot connect to {server} with TLS")]
    Tls {
        /// The server.
        server: String,
        /// The cause.
        source: io::Error,
    },
    /// The server rejected the user name or the password, or the URL has none and the server requires them.
    #[error("{}", login_text(.server, .user.as_deref(), .reason))]
    WrongCredentials {
        /// The server.
        server: String,
        /// The user name; `None` if no password was sent.
        user: Option<String>,
        /// The server's error.
        reason: String,
    },
    /// The server does not support RESP3. Redis 6 or later is required.
    #[error("{server} does not support RESP3; Redis 6 or later is required: {reason}")]
    NoResp3 {
        /// The server.
        server: String,
        /// The server's error.
        reason: String,
    },
    /// The server rejected the connection for another reason: for example, it has too many clients.
    #[error("{server} rejected the connection: {reason}")]
    Rejected {
        /// The server.
        server: String,
        /// The server's error.
        reason: String,
    },
    /// The server sent something that is not RESP3.
    #[error("unexpected reply from {server}: {reason}")]
    UnexpectedReply {
        /// The server.
        server: String,
        /// What is wrong with the reply.
        reason: String,
    },
    /// No usable primary was found, or no node of a cluster replied.
    #[error("cannot find the primary of {server}: {reason}")]
    NoPrimary {
        /// The Sentinel service or the cluster.
        server: String,
        /// The reason for each sentinel (equal ones appear once), or for at most five nodes of the cluster.
        reason: String,
    },
}

fn login_text(server: &str, user: Option<&str>, reason: &str) -> String {
    match user {
        Some(user) => format!("{server} rejected the login as {user}: {reason}"),
        None => format!("authentication required by {server}"),
    }
}

impl ConnectError {
    /// The error if the socket failed. If TLS caused the error, even after the handshake, this is `Tls`. Otherwise it is
    /// `Unreachable`.
    pub(super) fn of_socket(target: &Target, source: io::Error) -> Self {
        let server = target.to_string();
        match tls::error_text(&source) {
            Some(_) => Self::Tls { server, source },
            None => Self::Unreachable { server, source },
        }
    }

    /// The error if the TLS handshake failed.
    pub(super) fn of_tls(target: &Target, source: io::Error) -> Self {
        Self::Tls { server: target.to_string(), source }
    }

    /// An `Unreachable` error with this text as its cause.
    pub(crate) fn unreachable(target: &Target, reason: String) -> Self {
        Self::Unreachable { server: target.to_string(), source: io::Error::other(reason) }
    }

    pub(super) fn timed_out(target: &Target, limit: Duration) -> Self {
        let reason = format!("no reply within {} s", limit.as_secs());
        Self::Unreachable { server: target.to_string(), source: io::Error::new(io::ErrorKind::TimedOut, reason) }
    }

    /// The error if the server replied to the handshake with an error.
    pub(super) fn of_reply(target: &Target, reason: String) -> Self {
        let server = target.to_string();
        let is_login = is_login(&reason);
        let reason = target.without_password(reason);
        if is_login {
            Self::WrongCredentials { server, user: target.login_name().map(str::to_owned), reason }
        } else {
            Self::Rejected { server, reason }
        }
    }

    /// Escapes the texts of the server for a terminal.
    pub(super) fn escaped(self) -> Self {
        let escape = |text: String| escape(text.as_bytes());
        match self {
            Self::WrongCredentials { server, user, reason } => {
                Self::WrongCredentials { server, user: user.map(escape), reason: escape(reason) }
            }
            Self::NoResp3 { server, reason } => Self::NoResp3 { server, reason: escape(reason) },
            Self::Rejected { server, reason } => Self::Rejected { server, reason: escape(reason) },
            Self::UnexpectedReply { server, reason } => Self::UnexpectedReply { server, reason: escape(reason) },
            other => other,
        }
    }

    /// The error with its cause in one line, as the program shows it.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Unreachable { server, source } | Self::Tls { server, source } => {
                format!("{server}: {}", socket::error_text(source))
            }
            Self::WrongCredentials { user: None, .. } => format!("{self}; set user and password in the profile"),
            Self::UnexpectedReply { server, reason } | Self::NoPrimary { server, reason } => {
                format!("{server}: {reason}")
            }
            Self::WrongCredentials { .. } | Self::NoResp3 { .. } | Self::Rejected { .. } => self.to_string(),
        }
    }

    /// Like [`line`](Self::line). If no server was reached, the text starts with `cannot reach`.
    pub(super) fn link_reason(&self) -> String {
        match self {
            Self::Unreachable { .. } | Self::Tls { .. } | Self::NoPrimary { .. } => {
                format!("cannot reach {}", self.line())
            }
            _ => self.line(),
        }
    }
}
