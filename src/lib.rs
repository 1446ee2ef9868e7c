//! aircheck watches and publishes *broadcasts*: messages on Redis pub/sub in the format of the PHP
//! package `mehr-it/system-broadcast`.
//!
//! # The map of the house
//!
//! | room | holds | may use |
//! |---|---|---|
//! | [`wire`] | the bytes: envelope, signatures, PHP's JSON rules, the escaper; pure | std, `serde_json`, hash crates |
//! | [`ledger`] | exact gap accounting; pure | [`wire`] |
//! | [`redis`] | everything that touches the network | [`wire`], [`ledger`] |
//! | [`record`] | what is kept on disk: `SQLite` | [`wire`], [`ledger`] |
//! | [`filter`] | the filter language; pure | [`wire`], [`ledger`] |
//! | [`output`] | JSON lines and text lines; pure | [`wire`], [`ledger`] |
//! | [`template`] | texts with placeholders; pure | [`wire`] |
//! | [`config`] | file + environment + flags; secrets | [`wire`], [`ledger`], [`template`], [`redis`] |
//! | [`demo`] | a small server and lively example traffic | [`wire`], [`redis`] |
//! | [`console`] | the terminal program | [`wire`], [`ledger`], [`filter`], [`output`], [`template`]; its `run` ties the parts together |
//! | [`commands`] | one command a file | all of them |
//!
//! A test reads the `use` lines and fails where a rule is broken.
//!
//! # The way of the data
//!
//! A subscription thread reads frames, judges each message, and hands over [`ledger::interval::Interval`]s:
//! the messages between two barriers, closed by the barrier's counters, so that every message leaves
//! the thread with its exact sequence number, or with the reason why it has none.

pub mod commands;
pub mod config;
pub mod console;
pub mod demo;
pub mod filter;
pub mod ledger;
pub mod output;
pub mod record;
pub mod redis;
pub mod template;
pub mod wire;
