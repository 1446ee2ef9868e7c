//! Exact gap accounting: pure state machines that take events in stream order and time as an argument.
//!
//! Times (`at`) are microseconds since the Unix epoch.

pub mod alert;
mod buffer_pool;
pub mod channel;
pub mod clock;
pub mod dropped;
pub mod duplicates;
pub mod finding;
pub mod interval;
pub mod known;
mod link;
pub mod sequence;
pub mod throttle;
