//! Publishes and receives broadcasts in Rust programs. This module is compatible with the PHP package
//! `mehr-it/system-broadcast` (*the package* below): each of them receives the messages of the other.
//!
//! # Publishing
//!
//! ```no_run
//! use aircheck::broadcast::Broadcast;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?;
//! let mut publisher = broadcast.publisher();
//! let receipt = publisher.publish("my-message").await?;
//! println!("sent as #{} to {} receivers", receipt.sequence, receipt.receivers);
//! # Ok(())
//! # }
//! ```
//!
//! [`Broadcast::blocking_publisher`] creates a publisher for programs without a tokio runtime.
//!
//! # Listening
//!
//! ```no_run
//! use aircheck::broadcast::Broadcast;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?;
//! let mut listener = broadcast.listener().on("my-message", |message| {
//!     println!("received {} on {}", message.sequence_info(), message.channel());
//! });
//! listener.listen().await?; // or listener.listen_blocking()?
//! # Ok(())
//! # }
//! ```
//!
//! A listener runs until a handler calls [`Message::stop`], a [`StopHandle`] stops it, or its [`Listener::time_limit`]
//! or [`Listener::idle_timeout`] is reached. It reconnects automatically. A failed connection ends it with an error
//! only if it is the first one of the call. Later ones are retried.
//!
//! # Events as a stream
//!
//! [`Listener::into_stream`] returns an [`EventStream`]. It implements [`Stream`], so it works with the crate `futures` and in
//! `tokio::select!`:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use aircheck::broadcast::{Broadcast, Event};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?;
//! let mut stream = broadcast.listener().into_stream();
//! let mut ticks = tokio::time::interval(Duration::from_secs(10));
//! loop {
//!     tokio::select! {
//!         event = stream.next() => match event.transpose()? {
//!             Some(Event::Message(message)) => println!("{}: {}", message.sequence_info(), message.escaped_name()),
//!             Some(Event::Missed(missed)) => println!("missed {:?} to {:?}", missed.sequence_from, missed.sequence_to),
//!             Some(_) => {}
//!             None => break, // stopped by a `StopHandle`
//!         },
//!         _ = ticks.tick() => println!("still listening"),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Passing data together with messages
//!
//! Data is any type that `serde` can serialize, or JSON text:
//!
//! ```no_run
//! use serde::{Deserialize, Serialize};
//! # use aircheck::broadcast::Broadcast;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Price {
//!     sku: String,
//!     price: f64,
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?;
//! # let mut publisher = broadcast.publisher();
//! publisher.publish_data("price-update", &Price { sku: "A-17".to_owned(), price: 9.5 }).await?;
//! publisher.publish_json("price-update", r#"{"sku": "A-17", "price": 9.5}"#).await?;
//!
//! let mut listener = broadcast
//!     .listener()
//!     .on_data("price-update", |price: Price, _message| println!("{} costs {}", price.sku, price.price))
//!     .on("cache-flush", |message| println!("{:?}", message.value()))
//!     .on_any_other(|message| println!("other message: {}", message.escaped_name()));
//! # listener.listen().await?;
//! # Ok(())
//! # }
//! ```
//!
//! An error returned by a handler ends the listener, as in the package. [`HandlerOutput`] lists the possible return types. Set an
//! asynchronous handler with [`Listener::on_async`].
//!
//! # Missed messages
//!
//! Redis holds one counter per channel. Each publish increments it, so its value numbers the messages. Handlers get
//! the message's own sequence number, so they need not read the counter, which may already have advanced.
//!
//! A listener can also report what it missed while it was not running. Store the position of the last handled message, and pass
//! it to the next listener. The number of missed messages is exact if the server is the same. If the server was restarted or
//! replaced, it is a lower bound, because the counter may have been reset.
//!
//! ```no_run
//! # use aircheck::broadcast::Broadcast;
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?;
//! # fn load() -> Option<String> { None }
//! # fn store(_: String) {}
//! let known = load().and_then(|text| text.parse().ok());
//! let mut listener = broadcast
//!     .listener()
//!     .resume_after(known)
//!     .on("my-message", |message| {
//!         if let Some(position) = message.position() {
//!             store(position.to_string());
//!         }
//!     })
//!     .on_listen(|start| println!("listening after #{:?}", start.sequence))
//!     .on_missed(|missed| println!("missed {:?}: {:?} to {:?}", missed.count, missed.sequence_from, missed.sequence_to));
//! listener.listen().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Signing messages
//!
//! Set the same key for publishers and listeners. A listener then rejects messages without a valid signature.
//!
//! ```
//! use std::time::Duration;
//!
//! use aircheck::broadcast::{Algorithm, Broadcast};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?
//!     .with_signing_key("the secret")
//!     .with_signing_key_name("2026")
//!     .with_signing_algorithm(Algorithm::Sha512)
//!     .with_verification_key("2025", "the secret of last year")
//!     .with_verification_algorithm(Algorithm::Sha256)
//!     .with_time_tolerance(Duration::from_secs(60))?;
//! assert!(broadcast.uses_signatures());
//! # Ok(())
//! # }
//! ```
//!
//! # Unhandled and rejected messages
//!
//! For both kinds of messages, the package throws an exception, which ends its listener. This crate's listener logs
//! them at level `warn` with the [`tracing`] crate and continues. Set a [`Policy`] to change that.
//! [`Listener::on_rejected`] adds a callback for rejected messages.
//!
//! ```no_run
//! # use aircheck::broadcast::{Broadcast, Policy};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?;
//! let mut listener = broadcast
//!     .listener()
//!     .on("my-message", |_| ())
//!     .unhandled_policy(Policy::Ignore)
//!     .rejected_policy(Policy::Fail)
//!     .on_rejected(|message, why| eprintln!("{}: {why}", message.escaped_name()));
//! # listener.listen().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # PHP methods and their Rust counterparts
//!
//! | PHP | Rust |
//! |---|---|
//! | `__construct` | [`Broadcast::new`] |
//! | `publish` | [`Publisher::publish`], [`Publisher::publish_data`], [`Publisher::publish_json`] |
//! | `sequence` | [`Broadcast::sequence`]; in a handler [`Message::sequence`], the message's own number |
//! | `listen` | [`Listener::listen`], [`Listener::listen_blocking`]; its timeout is [`Listener::idle_timeout`] |
//! | `handler` | [`Listener::on`], [`Listener::on_data`], [`Listener::on_async`], [`Listener::on_any_other`] |
//! | `onListen` | [`Listener::on_listen`], with [`Listener::resume_after`]; also [`Listener::on_missed`] |
//! | `stop` | [`Message::stop`], [`StopHandle::stop`] |
//! | `usesSignatures` | [`Broadcast::uses_signatures`] |
//! | `getSequencePrefix`, `setSequencePrefix` | [`Broadcast::sequence_prefix`], [`Broadcast::with_sequence_prefix`] |
//! | `getSignKey` | none: keys cannot be read back |
//! | `setSignKey` | [`Broadcast::with_signing_key`] |
//! | `getSignKeyName`, `setSignKeyName` | [`Broadcast::signing_key_name`], [`Broadcast::with_signing_key_name`] |
//! | `getSignAlgorithm`, `setSignAlgorithm` | [`Broadcast::signing_algorithm`], [`Broadcast::with_signing_algorithm`] |
//! | `getTimeTolerance`, `setTimeTolerance` | [`Broadcast::time_tolerance`], [`Broadcast::with_time_tolerance`] |
//! | `getClientConfig` | [`Broadcast::target`] |
//! | `getChannel` | [`Broadcast::channel`] |
//! | `getVerificationKeys` | [`Broadcast::verification_key_names`]: only the names |
//! | `setVerificationKeys` | [`Broadcast::with_verification_key`], called once for each key |
//! | `getVerificationAlgorithms` | [`Broadcast::verification_algorithms`] |
//! | `setVerificationAlgorithms` | [`Broadcast::with_verification_algorithm`], called once for each algorithm |
//! | `StopException` | [`Message::stop`]: the handler then returns normally, and [`Listener::listen`] returns [`StopReason::Requested`] |
//! | `SystemBroadcastUnhandledException` | [`ListenError::Unhandled`], [`ListenError::Rejected`]: with [`Policy::Fail`] only |
//!
//! # Differences from the package
//!
//! - Signatures are checked before the handler is looked up. A rejected message is always reported as rejected.
//! - If a signature does not match, the package's exception contains the signature that would have been valid. A
//!   [`Rejection`] does not.
//! - [`Message::sequence`] returns an exact number or `None`. If it returns `None`, [`Message::sequence_info`] returns what is
//!   known.
//! - [`Broadcast::new`] rejects channel names with `*`, `?` or `[`, because aircheck subscribes to such names as
//!   patterns (`PSUBSCRIBE`).

mod error;
mod event;
mod handler;
mod listen;
mod message;
mod position;
mod publish;
mod setup;
mod stop;
mod stream;

pub use error::{ListenError, PublishError, SequenceError, SetupError};
pub use event::{Dropped, Event, Link, Missed, MissedCause, Started};
pub use handler::{BoxError, HandlerOutput};
pub use listen::{Listener, Policy};
pub use message::{DataError, Message, NotHandled};
pub use position::{Position, PositionError};
pub use publish::{BlockingPublisher, Publisher};
pub use setup::Broadcast;
pub use stop::StopHandle;
pub use stream::{EventStream, StopReason};

pub use futures_core::Stream;

pub use crate::ledger::interval::LinkState;
pub use crate::ledger::known::ServerId;
pub use crate::ledger::sequence::{Sequence, UnknownReason};
pub use crate::redis::ConnectError;
pub use crate::redis::publisher::Receipt;
pub use crate::redis::target::{Target, TargetError};
pub use crate::wire::algorithm::Algorithm;
pub use crate::wire::signature::SignError;
pub use crate::wire::verdict::{Rejection, Verdict};
