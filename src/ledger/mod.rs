//! Sequence numbers and findings: state machines without I/O. They take events in stream order, and the time as an argument.
//!
//! Times (`at`) are in microseconds since the Unix epoch.
//!
//! [`channel`] derives sequence numbers and gaps, [`duplicates`] finds repeated messages, [`expectation`] finds channels that
//! are silent or receive too many messages, and [`throttle`] limits repeated findings. An [`interval`] carries messages and findings to the consumers.

pub mod acknowledgement;
pub mod alert;
pub mod channel;
pub mod clock;
pub mod dropped;
pub mod duplicates;
pub mod expectation;
pub mod finding;
pub mod format;
pub mod interval;
pub mod known;
mod link;
pub mod sequence;
pub mod throttle;
