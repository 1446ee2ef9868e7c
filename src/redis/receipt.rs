//! What the server's answers to MULTI, PUBLISH, INCR, EXEC say of a message.

use ::redis::{ServerError, Value};

use super::client::{rejection, server_words};
use crate::wire::escape::escape;

/// What the server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// How many subscribers received it on this server.
    pub receivers: u64,
    /// The message's exact sequence number.
    pub sequence: u64,
}

/// Why a message was not sent, or may not have been; its texts are already escaped for a terminal.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// The server cannot be reached, or rejects the user; nothing was sent.
    #[error("cannot reach the server: {0}")]
    Unreachable(String),
    /// The server rejected; nothing was sent.
    #[error("the server rejected: {0}; nothing was sent")]
    Rejected(String),
    /// The message was sent, but its counter did not advance with it: listeners that count will not see it as theirs.
    #[error("the message was sent to {receivers} receivers but not counted: {reason}")]
    NotCounted {
        /// How many subscribers received it on this server.
        receivers: u64,
        /// Why it was not counted.
        reason: String,
    },
    /// The connection ended before the answer: whether the message was sent is not known.
    #[error("it is not known whether the message was sent: {0}")]
    Unknown(String),
}

/// Reads the four replies. Each case is known: only where replies are missing is the fate of the message unknown.
pub(super) fn read(replies: &[Value]) -> Result<Receipt, PublishError> {
    let [multi, publish, incr, exec] = replies else {
        return Err(strange("not four replies"));
    };
    // Without MULTI the server runs the two commands at once.
    if let (Some(error), Value::Int(receivers)) = (rejection(multi), publish) {
        return Err(not_counted(*receivers, &format!("sent outside of a transaction, {}", server_words(error))));
    }
    if let Some(error) = [multi, publish, incr].into_iter().find_map(rejection) {
        return Err(rejected(error));
    }
    match exec {
        Value::ServerError(error) => Err(rejected(error)),
        Value::Nil => Err(PublishError::Rejected("the transaction was given up".to_owned())),
        Value::Array(results) => executed(results),
        _ => Err(strange("EXEC did not answer with an array")),
    }
}

fn executed(results: &[Value]) -> Result<Receipt, PublishError> {
    match results {
        [Value::Int(receivers), Value::Int(sequence)] => match (u64::try_from(*receivers), u64::try_from(*sequence)) {
            (Ok(receivers), Ok(sequence)) => Ok(Receipt { receivers, sequence }),
            _ => Err(not_counted(*receivers, "the counter is negative")),
        },
        [Value::Int(receivers), Value::ServerError(error)] => Err(not_counted(*receivers, &server_words(error))),
        [Value::ServerError(error), Value::ServerError(_)] => Err(rejected(error)),
        [Value::ServerError(error), _] => Err(PublishError::Rejected(format!(
            "{}, though the counter advanced: subscribers will see a message that was never delivered",
            escape(server_words(error).as_bytes())
        ))),
        _ => Err(strange("EXEC did not answer with two results")),
    }
}

fn rejected(error: &ServerError) -> PublishError {
    PublishError::Rejected(escape(server_words(error).as_bytes()))
}

fn not_counted(receivers: i64, reason: &str) -> PublishError {
    PublishError::NotCounted {
        receivers: u64::try_from(receivers).unwrap_or_default(),
        reason: escape(reason.as_bytes()),
    }
}

fn strange(what: &str) -> PublishError {
    PublishError::Unknown(format!("the server answered strangely ({what})"))
}
