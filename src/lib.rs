//! aircheck watches and publishes *broadcasts*: messages on Redis pub/sub in the format of the PHP package
//! `mehr-it/system-broadcast`.
//!
//! # As a library
//!
//! [`broadcast`] offers Rust programs what the package offers PHP programs: publishers and listeners that sign and verify
//! messages. It also reports exact sequence numbers and missed messages. Its documentation follows the package's README and
//! maps each PHP method to its Rust counterpart.
//!
//! ```no_run
//! use aircheck::broadcast::{Broadcast, Event};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?.with_signing_key("the secret");
//! broadcast.publisher().publish_data("price-update", &("A-17", 9.5)).await?;
//!
//! let mut stream = broadcast.listener().into_stream();
//! while let Some(event) = stream.next().await.transpose()? {
//!     match event {
//!         Event::Message(message) => println!("{}: {}", message.sequence_info(), message.escaped_name()),
//!         Event::Missed(missed) => println!("missed {:?} to {:?}", missed.sequence_from, missed.sequence_to),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A library needs only `default-features = false`, and optionally the features `tls`, `recording` and `legacy-hashes`.
//! [`broadcast`](broadcast#features-of-the-crate) describes them.
//!
//! [`broadcast`] is the whole documented interface. It re-exports the types of other modules that it uses. The other public modules
//! are internal: they are public because the program and its tests use them, and they can change in any version. They are hidden
//! from the documentation, unless `rustdoc` runs with `--cfg internals`. In a checkout of the repository, `cargo doc` does that.
//!
//! # Architecture
//!
//! ## Data path
//!
//! 1. Every publisher sends `PUBLISH` and `INCR` of the channel's counter in one transaction. The counter therefore numbers the
//!    broadcasts, although a message does not contain its number.
//! 2. A subscription thread (`redis::subscription`) reads messages from its connection to the server and verifies each one
//!    with `wire`. In a cluster, each node has such a thread.
//! 3. The thread regularly inserts a *barrier* into the same connection: a request that reads the counters. Redis answers in
//!    order, so the reply shows the counters at that exact point of the stream.
//! 4. A `ledger::channel::ChannelLedger` for each channel compares the counter's advance with the number of messages received
//!    since the previous barrier. It derives the sequence numbers of these messages, and findings such as gaps.
//! 5. The thread sends the messages and findings to the consumers in batches, as soon as they no longer wait for a
//!    barrier. Each batch is a `ledger::interval::Interval`. Each message carries its exact sequence number, a range
//!    of possible numbers, or the reason why the number is unknown. If a barrier's reply is late, the thread does not
//!    wait for it: the messages then carry inferred or unknown numbers.
//! 6. Every consumer (console, output, command handlers, recorder) has a bounded `redis::queue`. If a consumer is too slow, its
//!    queue drops the oldest messages and reports them to it as dropped. No consumer slows the reading thread.
//!
//! ## Modules
//!
//! | Module | Contents | May use |
//! |---|---|---|
//! | `wire` | message format: envelope, signatures, PHP's JSON rules, escaping of untrusted text; no I/O | no other module |
//! | `ledger` | sequence numbers and findings; no I/O | `wire` |
//! | `redis` | all network access | `wire`, `ledger` |
//! | [`broadcast`] | the library's interface: publishers and listeners | `wire`, `ledger`, `redis`, `recording` |
//! | `recording` | recordings (`SQLite` files) | `wire`, `ledger`, `output`, `own_file` |
//! | `store` | the shared `PostgreSQL` database: ships recordings to it and reads from it | `wire`, `ledger`, `recording`, and `redis` for its TLS settings |
//! | `filter` | the filter language; no I/O except `jq_worker`, which runs a process | `wire`, `ledger` |
//! | `output` | JSON lines and text lines; no I/O | `wire`, `ledger` |
//! | `template` | texts with placeholders; no I/O | `wire` |
//! | `config` | settings from the file, the environment and flags; secrets | `wire`, `ledger`, `template`, `redis`, `store`, `console::keymap` |
//! | `demo` | a small server with example traffic | `wire`, `redis` |
//! | `child` | runs handler and alert commands | `wire` |
//! | `alerts` | runs the alert command for findings and rejected messages | `ledger`, `output`, `child` |
//! | `own_file` | opens lock and state files without following symbolic links | no other module |
//! | `failure` | why a command failed, and exit statuses | `wire`, `redis`, `recording`, `store`, `config` |
//! | `stdout` | lines on standard output | `ledger`, `output` |
//! | `live` | a running subscription: saved counters, signals, stop conditions | `wire`, `ledger`, `redis`, `recording`, `own_file`, `config`, `failure`, `alerts` |
//! | `metrics` | counts for Prometheus, and the HTTP server | `wire`, `ledger`, `redis`, `recording`, `store`, `failure` |
//! | `recorder` | the application behind `record` | `wire`, `ledger`, `redis`, `recording`, `store`, `config`, `failure`, `live`, `metrics`, `alerts` |
//! | `listener` | the application behind `listen` | `wire`, `ledger`, `redis`, `recording`, `config`, `failure`, `live`, `output`, `child`, `own_file`, `stdout` |
//! | `console` | the terminal program | `wire`, `ledger`, `filter`, `output`, `template`; `console::runtime` connects it to the rest |
//! | `commands` | the commands, one file each | all modules except `child` and `alerts` |
//!
//! `tests/pure/architecture.rs` checks these rules against every `use` declaration and inline path.
//!
//! The console is organised by feature:
//!
//! - `app` has the state, the events and the function `update`, which applies every event. `update` passes events to
//!   panes and popups.
//! - `panes` and `popups` have one module each per pane and popup, with its own state, update and view.
//! - `keymap` defines all keys, `layout` divides the screen, and `ui` has shared widgets and styles.
//! - `search` and `filter` select messages.
//! - `runtime` connects the console to the terminal, the server and files.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "program")]
mod alerts;
pub mod broadcast;
#[cfg(feature = "program")]
mod child;
#[cfg(feature = "program")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod commands;
#[cfg(feature = "program")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod config;
#[cfg(feature = "program")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod console;
#[cfg(feature = "program")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod demo;
#[cfg(feature = "program")]
mod failure;
#[cfg(feature = "program")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod filter;
#[cfg_attr(not(internals), doc(hidden))]
pub mod ledger;
#[cfg(feature = "program")]
mod listener;
#[cfg(feature = "program")]
mod live;
#[cfg(feature = "program")]
mod metrics;
#[cfg(feature = "program")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod output;
#[cfg(feature = "recording")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod own_file;
#[cfg(feature = "program")]
mod recorder;
#[cfg(feature = "recording")]
#[cfg_attr(not(feature = "program"), expect(dead_code, reason = "only the program writes recordings"))]
#[cfg_attr(not(internals), doc(hidden))]
pub mod recording;
#[cfg_attr(not(internals), doc(hidden))]
pub mod redis;
#[cfg(feature = "program")]
mod stdout;
#[cfg(feature = "program")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod store;
#[cfg(feature = "program")]
#[cfg_attr(not(internals), doc(hidden))]
pub mod template;
#[cfg_attr(not(internals), doc(hidden))]
pub mod wire;
