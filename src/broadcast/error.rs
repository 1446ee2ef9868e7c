//! The errors of this module. Their texts are escaped for a terminal and contain no secrets. The exceptions are the
//! texts of a handler's error and of a serialization error, which are included unchanged.

use std::io;
use std::time::Duration;

use super::handler::BoxError;
use super::message::NotHandled;
use crate::redis::publisher;
use crate::redis::target::TargetError;
use crate::wire::signature::SignError;

/// Why a [`Broadcast`](super::Broadcast) cannot be created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The URL is invalid.
    #[error("invalid server URL: {0}")]
    Target(#[from] TargetError),
    /// The channel's name contains `*`, `?` or `[`, which makes it a pattern.
    #[error("invalid channel \"{0}\": *, ? and [ make it a pattern; use a name without them")]
    Pattern(String),
    /// The time tolerance is less than one second.
    #[error("invalid time tolerance {0:?}: use at least 1s")]
    TimeTolerance(Duration),
}

/// Why publishing failed. In some cases the message was sent nevertheless; see [`Send`](Self::Send).
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The data cannot be serialized as JSON. Nothing was sent.
    #[error("cannot serialize the data as JSON: {0}")]
    Data(#[from] serde_json::Error),
    /// The payload cannot be created or signed. Nothing was sent.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Sending failed. The inner error shows whether the message was not sent, was sent but not counted, or may have been sent.
    #[error(transparent)]
    Send(#[from] publisher::SendError),
}

/// Why a listener failed.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The operating system could not create a thread or an event loop.
    #[error("cannot start the listener: {0}")]
    Start(#[from] io::Error),
    /// The first connection failed. A connection that is lost later is retried without limit, and is not an error.
    #[error("{0}")]
    Unreachable(String),
    /// The server's ACL does not permit this user to subscribe to the channel.
    #[error("the server denied access to the channel: {0}")]
    Denied(String),
    /// A handler returned an error.
    #[error("handler for message \"{name}\" failed: {source}")]
    Handler {
        /// The message's name, escaped.
        name: String,
        /// The handler's error.
        source: BoxError,
    },
    /// There is no handler for a message, and the policy for this is [`Policy::Fail`](super::Policy::Fail).
    #[error("no handler for message \"{name}\"")]
    Unhandled {
        /// The message's name, escaped.
        name: String,
    },
    /// A message was rejected or its data does not have the handler's type, and the policy for this is
    /// [`Policy::Fail`](super::Policy::Fail).
    #[error("message \"{name}\": {rejection}")]
    Rejected {
        /// The message's name, escaped.
        name: String,
        /// The reason.
        rejection: NotHandled,
    },
    /// The subscription thread ended unexpectedly. This is a bug in aircheck.
    #[error("the subscription ended unexpectedly; this is a bug in aircheck, please report it")]
    Defect,
}
