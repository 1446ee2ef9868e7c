//! What is printed: JSON lines for programs, text lines for people.
//!
//! Both append to a buffer of the caller's and write nothing themselves. Whatever a stranger sent is safe to look at on
//! a terminal: in text by [`wire::escape`](crate::wire::escape), in JSON by `\u` escapes, which leave every value as it is.

mod clock;
pub mod json;
pub mod missed;
pub mod summary;
pub mod text;
