//! The errors of this module.

use std::io;
use std::time::Duration;

use super::handler::BoxError;
use super::message::NotHandled;
use crate::redis::ConnectError;
use crate::redis::discovery::DiscoveryError;
use crate::redis::publisher::SendError;
use crate::redis::target::TargetError;
use crate::wire::signature::SignError;

/// Why a [`Broadcast`](super::Broadcast) cannot be created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The URL is invalid.
    #[error("invalid server URL")]
    Url(#[from] TargetError),
    /// The channel's name contains `*`, `?` or `[`, which makes it a pattern.
    #[error("invalid channel \"{0}\": *, ? and [ make it a pattern; use a name without them")]
    Channel(String),
    /// The time tolerance is less than one second.
    #[error("invalid time tolerance {0:?}: use at least 1s")]
    TimeTolerance(Duration),
}

/// Why publishing failed. The variant shows whether the message was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// A [`BlockingPublisher`](super::BlockingPublisher) could not create its event loop. Nothing was sent.
    #[error("cannot start the publisher")]
    Start(#[source] io::Error),
    /// The data cannot be serialized as JSON. Nothing was sent.
    #[error("cannot serialize the data as JSON")]
    Data(#[from] serde_json::Error),
    /// The payload cannot be created or signed. Nothing was sent.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The connection failed. Nothing was sent.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server rejected the message. Nothing was sent.
    #[error("nothing was sent; the server rejected the message: {reason}")]
    Rejected {
        /// The server's error.
        reason: String,
    },
    /// The message was sent, but it has no sequence number: the counter did not advance, its value is negative, or it may
    /// have advanced outside the transaction. Listeners cannot report this message if they miss it.
    #[error("the message was sent to {receivers} receivers but not counted: {reason}")]
    NotCounted {
        /// The number of subscribers on this server that received it.
        receivers: u64,
        /// Why it was not counted.
        reason: String,
    },
    /// The connection was lost before the server's reply, or the reply was unexpected. The message may have been sent.
    #[error("the message may have been sent: {reason}")]
    Unknown {
        /// Why the result is unknown.
        reason: String,
    },
}

impl From<SendError> for PublishError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Unreachable(error) => Self::Connect(error),
            SendError::Rejected(reason) => Self::Rejected { reason },
            SendError::NotCounted { receivers, reason } => Self::NotCounted { receivers, reason },
            SendError::Unknown(reason) => Self::Unknown { reason },
        }
    }
}

/// Why the counter could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SequenceError {
    /// The connection failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection was lost, or the reply took too long.
    #[error("no reply: {reason}")]
    NoReply {
        /// The cause.
        reason: String,
    },
    /// The user may not read the counter, or its value is not a number.
    #[error("cannot read the counter: {reason}")]
    Unreadable {
        /// The server's error, or what is wrong with the value.
        reason: String,
    },
}

impl From<DiscoveryError> for SequenceError {
    fn from(error: DiscoveryError) -> Self {
        match error {
            DiscoveryError::Connect(error) => Self::Connect(error),
            DiscoveryError::Unreachable(reason) => Self::NoReply { reason },
            DiscoveryError::Rejected(reason) => Self::Unreadable { reason },
        }
    }
}

/// Why a listener failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The operating system could not create a thread or an event loop.
    #[error("cannot start the listener")]
    Start(#[from] io::Error),
    /// The first connection failed. If a later connection is lost, the listener reconnects, and there is no error.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server's ACL does not allow the user to subscribe to the channel.
    #[error("access to channel \"{channel}\" denied: {reason}")]
    ChannelDenied {
        /// The channel's name, escaped.
        channel: String,
        /// The server's error.
        reason: String,
    },
    /// A handler returned an error.
    #[error("handler for message \"{name}\" failed")]
    Handler {
        /// The message's name, escaped.
        name: String,
        /// The handler's error.
        source: BoxError,
    },
    /// There is no handler for a message, and the policy is [`Policy::Fail`](super::Policy::Fail).
    #[error("no handler for message \"{name}\"")]
    Unhandled {
        /// The message's name, escaped.
        name: String,
    },
    /// A message was rejected, or its data does not have the handler's type, and the policy is
    /// [`Policy::Fail`](super::Policy::Fail).
    #[error("message \"{name}\" was not handled")]
    Rejected {
        /// The message's name, escaped.
        name: String,
        /// The reason.
        source: NotHandled,
    },
    /// The subscription thread ended unexpectedly. This is a bug in aircheck.
    #[error("the subscription ended unexpectedly; this is a bug in aircheck, please report it")]
    Defect,
}
