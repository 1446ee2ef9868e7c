//! The console on a real terminal: it shows messages, sends them, and restores the terminal.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod again;
mod alerts;
mod completions;
mod compose;
mod console;
#[path = "../fuzz/src/escape.rs"]
#[expect(dead_code, unreachable_pub, reason = "also a library of the fuzzer, which uses the rest")]
mod escape;
mod expectations;
mod finding;
mod hostile;
mod leaving;
#[path = "../server/needles.rs"]
mod needles;
#[path = "../server/peer.rs"]
#[expect(dead_code, reason = "the server tests use the rest")]
mod peer;
mod profiles;
mod pty;
mod recording;
mod replay;
mod secrets;
mod stories;
#[path = "../server/support.rs"]
#[expect(dead_code, reason = "the server tests use the rest")]
mod support;
mod writing_nothing;
