//! The console on a real terminal: it shows, it sends, and it leaves the terminal as it was.
#![expect(clippy::unwrap_used, reason = "a test without its terminal has failed")]

mod again;
mod alerts;
mod compose;
mod console;
mod finding;
mod leaving;
mod pty;
mod recording;
mod replay;
mod stories;
#[path = "../server/support.rs"]
#[expect(dead_code, reason = "the tests of the server use more of it")]
mod support;
