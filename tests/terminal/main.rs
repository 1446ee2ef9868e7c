//! The console on a real terminal: it shows, it sends, and it leaves the terminal as it was.
#![expect(clippy::unwrap_used, reason = "a test without its terminal has failed")]

mod again;
mod alerts;
mod compose;
mod console;
#[path = "../fuzz/src/escape.rs"]
#[expect(dead_code, unreachable_pub, reason = "to the fuzzer it is a library, of which it uses more")]
mod escape;
mod finding;
mod hostile;
mod leaving;
#[path = "../server/needles.rs"]
mod needles;
#[path = "../server/peer.rs"]
#[expect(dead_code, reason = "the tests of the server use more of it")]
mod peer;
mod profiles;
mod pty;
mod recording;
mod replay;
mod secrets;
mod stories;
#[path = "../server/support.rs"]
#[expect(dead_code, reason = "the tests of the server use more of it")]
mod support;
mod writing_nothing;
