//! Sequence numbers and findings: state machines without I/O. They take events in stream order, and the time as an argument.
//!
//! For each broadcast, the package publishes the payload and increments the channel's *counter*, a Redis key, in one
//! transaction. The value after the increment is the broadcast's sequence number. *Stream order* is the order in which a
//! connection receives messages and counter values.
//!
//! Times (`at`) are in microseconds since the Unix epoch.
//!
//! [`channel`] derives sequence numbers and gaps, [`duplicates`] detects duplicates, [`expectation`] finds channels that are
//! silent or receive too many messages, and [`throttle`] limits repeated findings. An [`interval`] carries messages and findings
//! to the *consumers*: the screen, the output, the handlers and the recorder.

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
