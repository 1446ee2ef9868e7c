//! Output of the commands: JSON lines for programs, text lines for people.
//!
//! Both append to a buffer of the caller and perform no I/O. All output is safe to print on a terminal, whatever a message
//! contains: text is escaped by [`wire::escape`](crate::wire::escape), JSON by `\u` escapes, which keep every value unchanged.

mod clock;
pub mod json;
pub mod missed;
pub mod nagios;
pub mod summary;
pub mod text;
