//! aircheck watches and publishes *broadcasts*: messages on Redis pub/sub in the format of the PHP package
//! `mehr-it/system-broadcast`.
//!
//! # As a library
//!
//! [`broadcast`] gives Rust what the package gives PHP: publishers and listeners that sign and verify, exact sequence numbers,
//! and what was missed. It has the package's README in Rust, and a table of all its methods.
//!
//! ```no_run
//! use aircheck::broadcast::Broadcast;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let broadcast = Broadcast::new("redis://127.0.0.1", "ops")?.with_signing_key("the secret");
//! broadcast.publisher().publish_with("price-update", &("A-17", 9.5)).await?;
//!
//! let mut listener = broadcast
//!     .listener()
//!     .on_data("price-update", |(sku, price): (String, f64), message| {
//!         println!("#{:?}: {sku} costs {price}", message.sequence());
//!     })
//!     .on_missed(|missed| println!("missed {:?} to {:?}", missed.sequence_from, missed.sequence_to));
//! listener.listen().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A program that needs nothing but that takes the crate with `default-features = false`, which leaves the console, the
//! commands and everything they need aside. Of the rooms below it then has [`broadcast`], [`wire`], [`ledger`] and [`redis`]:
//! [`wire`] alone parses, signs and judges payloads without any network, and [`redis::subscription`] is what the console
//! watches with, for many channels and patterns at once. The other rooms are the program itself: public so that its tests and
//! its pictures can use them, and free to change with every version. The feature `legacy-hashes`, on by default too, adds
//! PHP's old hash algorithms.
//!
//! # The map of the house
//!
//! | room | holds | may use |
//! |---|---|---|
//! | [`wire`] | the bytes: envelope, signatures, PHP's JSON rules, the escaper; pure | std, `serde_json`, hash crates |
//! | [`ledger`] | exact gap accounting; pure | [`wire`] |
//! | [`redis`] | everything that touches the network | [`wire`], [`ledger`] |
//! | [`broadcast`] | the face of the library: publishers and listeners | [`wire`], [`ledger`], [`redis`] |
//! | `record` | what is kept on disk: `SQLite` | [`wire`], [`ledger`], `own_file` |
//! | `filter` | the filter language; pure, except `jq_worker`, which runs a process | [`wire`], [`ledger`] |
//! | `output` | JSON lines and text lines; pure | [`wire`], [`ledger`] |
//! | `template` | texts with placeholders; pure | [`wire`] |
//! | `config` | file + environment + flags; secrets | [`wire`], [`ledger`], `template`, [`redis`] |
//! | `demo` | a small server and lively example traffic | [`wire`], [`redis`] |
//! | `child` | runs a command because something came | [`wire`] |
//! | `own_file` | opens locks and state files, never through a link | std |
//! | `console` | the terminal program | [`wire`], [`ledger`], `filter`, `output`, `template`; its `run` ties the parts together |
//! | `commands` | one command a file | all of them |
//!
//! A test reads the `use` lines and fails where a rule is broken.
//!
//! # The way of the data
//!
//! A subscription thread reads frames, judges each message, and hands over [`ledger::interval::Interval`]s:
//! the messages between two barriers, closed by the barrier's counters, so that every message leaves
//! the thread with its exact sequence number, or with the reason why it has none.

pub mod broadcast;
#[cfg(feature = "program")]
pub mod child;
#[cfg(feature = "program")]
pub mod commands;
#[cfg(feature = "program")]
pub mod config;
#[cfg(feature = "program")]
pub mod console;
#[cfg(feature = "program")]
pub mod demo;
#[cfg(feature = "program")]
pub mod filter;
pub mod ledger;
#[cfg(feature = "program")]
pub mod output;
#[cfg(feature = "program")]
pub mod own_file;
#[cfg(feature = "program")]
pub mod record;
pub mod redis;
#[cfg(feature = "program")]
pub mod template;
pub mod wire;
