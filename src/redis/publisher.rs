//! Publishing: MULTI, PUBLISH, INCR, EXEC in that order.

use super::target::Target;

/// What the server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// How many subscribers received it on this server.
    pub receivers: u64,
    /// The message's exact sequence number.
    pub sequence: u64,
}

/// Why a message was not sent, or may not have been.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// The server cannot be reached, or refuses the user; nothing was sent.
    #[error("cannot reach the server: {0}")]
    Unreachable(String),
    /// The server refused; nothing was sent.
    #[error("the server refused: {0}")]
    Refused(String),
    /// The connection ended before the answer: whether the message was sent is not known.
    #[error("the connection ended before the answer, so it is not known whether the message was sent: {0}")]
    Unknown(String),
}

/// A connection that publishes; made when first needed, and again after it broke.
#[derive(Debug)]
pub struct Publisher {
    target: Target,
    sequence_prefix: String,
}

impl Publisher {
    /// Remembers where to publish; does not connect yet.
    #[must_use]
    pub fn new(target: Target, sequence_prefix: String) -> Self {
        Self { target, sequence_prefix }
    }

    /// Sends one payload and counts it, in one transaction.
    ///
    /// # Errors
    /// Where it was not sent, or where that is not known.
    #[expect(clippy::unused_async, reason = "a stub")]
    pub async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<Receipt, PublishError> {
        let _ = (channel, payload, &self.target, &self.sequence_prefix);
        Err(PublishError::Unreachable(String::new()))
    }
}
