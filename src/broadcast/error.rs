//! What can go wrong; all texts are escaped for a terminal, and without secrets.

use std::io;

use super::handler::BoxError;
use super::message::NotHandled;
use crate::redis::publisher;
use crate::redis::target::TargetError;
use crate::wire::signature::SignError;

/// Why there is no such broadcast.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The URL cannot be read.
    #[error("the server's URL: {0}")]
    Target(#[from] TargetError),
    /// The channel's name would be a pattern.
    #[error("a channel with *, ? or [ in its name would be a pattern: {0}")]
    Pattern(String),
}

/// Why a message was not sent, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The data cannot be written as JSON.
    #[error("the data cannot be written as JSON: {0}")]
    Data(#[from] serde_json::Error),
    /// No payload can be made of it; nothing was sent.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The server; its own words say whether the message was sent.
    #[error(transparent)]
    Send(#[from] publisher::PublishError),
}

/// Why a listener ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system gives no thread or event loop.
    #[error("cannot start: {0}")]
    Start(#[from] io::Error),
    /// The first connection failed. Later ones are made again, as often as it takes.
    #[error("{0}")]
    Unreachable(String),
    /// The server does not allow this user to listen to the channel.
    #[error("the server rejects the channel: {0}")]
    Denied(String),
    /// A handler failed.
    #[error("the handler of {name} failed: {source}")]
    Handler {
        /// The message's name.
        name: String,
        /// What the handler returned.
        source: BoxError,
    },
    /// There is no handler for a message, and [`Policy::Fail`](super::Policy::Fail) is what that is to lead to.
    #[error("there is no handler for {name}")]
    Unhandled {
        /// The message's name.
        name: String,
    },
    /// A message was rejected, and [`Policy::Fail`](super::Policy::Fail) is what that is to lead to.
    #[error("{name}: {rejection}")]
    Rejected {
        /// The message's name.
        name: String,
        /// Why.
        rejection: NotHandled,
    },
    /// The reading thread ended by itself, which is a defect.
    #[error("the subscription ended by itself: this is a defect, please report it")]
    Defect,
}
