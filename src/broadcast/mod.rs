//! Publishes and receives broadcasts in Rust programs. It is compatible with the PHP package `mehr-it/system-broadcast`. This
//! documentation calls it *the package*. A program with this module and a program with the package receive each other's messages.
//!
//! | Type | Purpose |
//! |---|---|
//! | [`Broadcast`] | the settings: server, channel and keys |
//! | [`Publisher`], [`BlockingPublisher`] | send messages |
//! | [`Listener`] | receives messages with handlers |
//! | [`EventStream`] | receives messages as a stream |
//! | [`Message`] | a received message |
//! | [`Position`] | a place in the stream, to resume from |
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
//! A publisher needs a tokio runtime with I/O and time enabled. [`Broadcast::blocking_publisher`] creates a publisher for programs
//! without one.
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
//! or [`Listener::idle_timeout`] is reached. If the first connection fails, the listener returns an error. If a later connection is
//! lost, it reconnects.
//!
//! # Events as a stream
//!
//! [`Listener::into_stream`] returns an [`EventStream`]. It implements [`Stream`], so the adapters of the crate `futures` work with
//! it. Its method [`next`](EventStream::next) is cancel-safe, so it works in `tokio::select!`:
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
//! An error returned by a handler ends the listener, as in the package. [`HandlerOutput`] lists the possible return types.
//! [`Listener::on_async`] sets an asynchronous handler.
//!
//! # Missed messages
//!
//! Redis holds one counter per channel. Each publish increments it, so its value numbers the messages. [`Message::sequence`]
//! returns the number of a message.
//!
//! A listener can also report what it missed while it was not running. Store the position of the last handled message, and pass
//! it to the next listener. The number of missed messages is exact if the server is the same. If the server was restarted or
//! replaced, the number is a lower bound, because the counter may have been reset.
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
//! With the feature `recording`, `Broadcast::recording` reads missed messages from a file that `aircheck record` writes. The example
//! `recover` shows this.
//!
//! # Slow handlers
//!
//! A thread receives messages and puts them in a queue, so slow handlers do not slow the connection to the server. If the queue is
//! full, the oldest messages are dropped. [`Listener::on_dropped`] and [`Event::Dropped`] report their sequence numbers.
//! [`Listener::queue_limit`] sets the size of the queue.
//!
//! A message keeps the memory of all messages that were received together with it. Call [`Message::detach`] before you store a
//! message for a long time.
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
//! If a message has no handler or is rejected, the package throws an exception, which ends its listener. This crate's listener logs
//! the message at level `warn` with the [`tracing`] crate and continues. [`Listener::unhandled_policy`] and
//! [`Listener::rejected_policy`] change that. [`Listener::on_rejected`] adds a callback for rejected messages.
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
//! # Errors
//!
//! [`ListenError`], [`PublishError`] and [`SequenceError`] contain a [`ConnectError`] if the connection failed. Its variants tell
//! apart an unreachable server, a TLS problem, wrong credentials and a server without RESP3. The text of an error does not repeat
//! the text of its [`source`](std::error::Error::source). Texts of the server are escaped, so they are safe for a terminal or a log.
//! No text contains a password or a key.
//!
//! # Cancellation
//!
//! | Future | If it is dropped |
//! |---|---|
//! | [`EventStream::next`] | no event is lost |
//! | [`Listener::listen`] | the listener unsubscribes; the next call reports as missed all messages that were received but not handled |
//! | [`Publisher::publish`], [`Publisher::publish_data`], [`Publisher::publish_json`] | the message may or may not have been sent |
//! | [`Broadcast::sequence`] | nothing has changed |
//!
//! Dropping any value of this module is safe in asynchronous code: it never waits for a thread.
//!
//! # Features of the crate
//!
//! | Feature | Adds |
//! |---|---|
//! | `tls` | URLs with TLS, e.g. `rediss://` |
//! | `recording` | `Broadcast::recording`, which reads recordings with `SQLite` |
//! | `legacy-hashes` | old hash algorithms of PHP, e.g. `md4` and `whirlpool` |
//! | `program` | the program `aircheck`, with `tls` and `recording` |
//!
//! `program` and `legacy-hashes` are on by default. A library needs only this:
//!
//! ```toml
//! aircheck = { version = "0.1", default-features = false }
//! ```
//!
//! # Effects on `serde_json`
//!
//! This crate enables the features `arbitrary_precision` and `preserve_order` of [`serde_json`]. Cargo then enables them for all
//! crates in your program. With the feature `program`, it enables `raw_value` too. The effects are:
//!
//! - `serde_json::Map` keeps its keys in the order of their insertion. Without `preserve_order`, it sorts them.
//! - `serde_json::Number` keeps the text of a number, so that `1.10` is not changed to `1.1`. Two numbers are equal only if their
//!   texts are equal: `1.0` differs from `1.00`.
//! - Numbers inside `#[serde(flatten)]`, `#[serde(untagged)]` and internally tagged enums can fail to deserialize to number types
//!   other than `serde_json::Number`. This is a known limitation of `arbitrary_precision`.
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
//! | `StopException` | [`Message::stop`]; [`Listener::listen`] then returns [`StopReason::Requested`] |
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
#[cfg(feature = "recording")]
mod recording;
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
#[cfg(feature = "recording")]
pub use recording::{RecordedMessages, Recording, RecordingError};
pub use setup::Broadcast;
pub use stop::StopHandle;
pub use stream::{EventStream, StopReason};

pub use futures_core::Stream;

pub use crate::ledger::interval::LinkState;
pub use crate::ledger::known::ServerId;
pub use crate::ledger::sequence::{Certainty, Sequence, UnknownReason};
pub use crate::redis::ConnectError;
pub use crate::redis::publisher::Receipt;
pub use crate::redis::target::{Address, AllowedHosts, Sentinels, Target, TargetError};
pub use crate::redis::tls::Tls;
#[cfg(feature = "tls")]
pub use crate::redis::tls::TlsError;
pub use crate::wire::algorithm::{Algorithm, AlgorithmError};
pub use crate::wire::json::JsonError;
pub use crate::wire::signature::{Secret, SignError};
pub use crate::wire::verdict::{CheckKind, Rejection, Verdict};
