//! Why the store cannot be used.

use std::error::Error as _;
use std::io;

use tokio_postgres::error::SqlState;

use crate::redis::tls;
use crate::wire::escape::escape;

/// Why the store cannot be used: what failed, the cause, and the fix, in one line that is escaped for a terminal. It contains no
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    /// The kind of error.
    pub kind: StoreErrorKind,
    message: String,
}

/// The kinds of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The server cannot be reached, the connection was lost, or the server does not reply.
    Unreachable,
    /// The login is wrong, or the database is missing.
    Login,
    /// The role lacks a right.
    Denied,
    /// The server accepts no writes: it is a standby, or the database is read-only.
    ReadOnly,
    /// The schema is missing, or is of another version.
    Schema,
    /// The server has no space.
    Full,
    /// The server cancelled the statement, or ended it because of a conflict or a time limit.
    Cancelled,
    /// The store's rows contradict the recording, e.g. because the file is a copy that was recorded further.
    Conflict,
    /// The store does not have the source that is asked for, or has several.
    Source,
    /// Anything else.
    Other,
}

impl StoreError {
    /// An error of this kind. `message` must be escaped.
    pub(super) fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Whether another attempt can succeed without a change of the recording or of the program.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        !matches!(self.kind, StoreErrorKind::Schema | StoreErrorKind::Conflict | StoreErrorKind::Source)
    }

    /// Explains an error of the store with this title, which must be escaped.
    pub(super) fn explain(title: &str, error: &tokio_postgres::Error) -> Self {
        if let Some(error) = error.as_db_error() {
            return Self::of_server(title, error.code(), error.message());
        }
        let cause = error.source();
        if let Some(text) = cause.and_then(tls::error_text) {
            // A store has no options, only settings.
            let options = ["--tls-ca", "--tls-server-name", "--tls-cert and --tls-key"];
            let text = options
                .iter()
                .fold(text, |text, option| text.replace(&format!(", {option})"), " in [store.NAME.tls])"));
            return Self::new(StoreErrorKind::Unreachable, format!("store {title}: {}", escape(text.as_bytes())));
        }
        let text = match cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
            Some(error) => io_text(error),
            None if error.is_closed() => "the server closed the connection".to_owned(),
            None => cause.map_or_else(|| error.to_string(), ToString::to_string),
        };
        let text = escape(text.as_bytes());
        if text.contains("server does not support TLS") {
            let fix = "add sslmode=disable to the URL if plain text is acceptable";
            return Self::new(StoreErrorKind::Unreachable, format!("store {title} does not use TLS; {fix}"));
        }
        Self::new(
            StoreErrorKind::Unreachable,
            format!("cannot reach store {title}: {text}; check the URL and the server"),
        )
    }

    /// Explains an error that the server reported.
    fn of_server(title: &str, code: &SqlState, message: &str) -> Self {
        let text = escape(message.as_bytes());
        let (kind, message) = match code.code() {
            "28000" | "28P01" => {
                (StoreErrorKind::Login, format!("store {title} rejected the login: {text}; check user and password"))
            }
            "3D000" => (StoreErrorKind::Login, format!("store {title}: {text}; create it, or correct the URL")),
            "42501" => {
                let fix = "grant the rights that the guide lists for a writer or reader";
                (StoreErrorKind::Denied, format!("store {title}: {text}; {fix}"))
            }
            "25006" => {
                let fix = "connect to the primary, e.g. list all hosts in the URL";
                (StoreErrorKind::ReadOnly, format!("store {title} is read-only; {fix}"))
            }
            "53100" => (StoreErrorKind::Full, format!("store {title} has no disk space left: {text}; free some space")),
            "57014" => (
                StoreErrorKind::Cancelled,
                format!("store {title} cancelled a statement: {text}; increase statement_timeout of the role"),
            ),
            "55P03" => (
                StoreErrorKind::Cancelled,
                format!("store {title}: {text}; another shipper or a maintenance command holds the lock"),
            ),
            // Serialization failures and deadlocks.
            "40001" | "40P01" => (StoreErrorKind::Cancelled, format!("store {title} ended the transaction: {text}")),
            // Too many connections, shutdown, starting up, and connection failures.
            code if code.starts_with("53") || code.starts_with("57P") || code.starts_with("08") => {
                (StoreErrorKind::Unreachable, format!("store {title} is not available: {text}"))
            }
            code => (StoreErrorKind::Other, format!("store {title} reported an error: {text} (SQLSTATE {code})")),
        };
        Self::new(kind, message)
    }
}

/// The text of a system error, without its number.
fn io_text(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}
