//! The replies to a publisher's `MULTI`, `PUBLISH`, `INCR`, `EXEC`.

use ::redis::{ServerError, Value};

use super::client::{error_reply, server_error_text};
use super::connect_error::ConnectError;
use crate::wire::escape::escape;

/// The result of a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// How many subscribers received it on this server.
    pub receivers: u64,
    /// The message's exact sequence number.
    pub sequence: u64,
}

/// Why publishing failed. The variant shows whether the message was sent. The texts are escaped for a terminal.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The server cannot be reached, or rejected the login. Nothing was sent.
    #[error("cannot reach the server: {}", .0.line())]
    Unreachable(ConnectError),
    /// The server rejected the transaction or its `PUBLISH`, the server is a replica, or no cluster node owns the slot of
    /// the counter. Nothing was sent.
    #[error("nothing was sent; the server rejected the message: {0}")]
    Rejected(String),
    /// The message was sent, but has no sequence number: the counter did not advance, is negative, or may have
    /// advanced outside the transaction. If the counter did not advance, subscriptions report the finding
    /// [`ReceivedNotCounted`](crate::ledger::finding::FindingKind::ReceivedNotCounted).
    #[error("the message was sent to {receivers} receivers but not counted: {reason}")]
    NotCounted {
        /// How many subscribers received it on this server.
        receivers: u64,
        /// Why it was not counted.
        reason: String,
    },
    /// The connection ended before the complete reply, or the reply was not understood. The message may have been sent.
    #[error("the message may have been sent: {0}")]
    Unknown(String),
}

/// Reads the replies to the four commands. The result is unknown only if replies are missing or unexpected.
pub(super) fn read(replies: &[Value]) -> Result<Receipt, SendError> {
    let [multi, publish, incr, exec] = replies else {
        return Err(unexpected("not four replies"));
    };
    // If `MULTI` fails, the server runs `PUBLISH` and `INCR` immediately, outside a transaction.
    if let (Some(error), Value::Int(receivers)) = (error_reply(multi), publish) {
        return Err(not_counted(
            *receivers,
            &format!("it was sent outside a transaction: {}", server_error_text(error)),
        ));
    }
    if let Some(error) = [multi, publish, incr].into_iter().find_map(error_reply) {
        return Err(rejected(error));
    }
    match exec {
        Value::ServerError(error) => Err(rejected(error)),
        Value::Nil => Err(SendError::Rejected("transaction aborted (EXEC returned nil); retry".to_owned())),
        Value::Array(results) => read_results(results),
        _ => Err(unexpected("EXEC did not return an array")),
    }
}

fn read_results(results: &[Value]) -> Result<Receipt, SendError> {
    match results {
        [Value::Int(receivers), Value::Int(sequence)] => match (u64::try_from(*receivers), u64::try_from(*sequence)) {
            (Ok(receivers), Ok(sequence)) => Ok(Receipt { receivers, sequence }),
            _ => Err(not_counted(*receivers, "the counter is negative")),
        },
        [Value::Int(receivers), Value::ServerError(error)] => Err(not_counted(*receivers, &server_error_text(error))),
        [Value::ServerError(error), Value::ServerError(_)] => Err(rejected(error)),
        [Value::ServerError(error), _] => Err(SendError::Rejected(format!(
            "PUBLISH failed but the counter advanced; listeners will report a gap: {}",
            escape(server_error_text(error).as_bytes())
        ))),
        _ => Err(unexpected("EXEC did not return two results")),
    }
}

fn rejected(error: &ServerError) -> SendError {
    SendError::Rejected(escape(server_error_text(error).as_bytes()))
}

fn not_counted(receivers: i64, reason: &str) -> SendError {
    SendError::NotCounted { receivers: u64::try_from(receivers).unwrap_or_default(), reason: escape(reason.as_bytes()) }
}

fn unexpected(what: &str) -> SendError {
    SendError::Unknown(format!("unexpected reply to the transaction: {what}"))
}
