//! What is kept on disk.

pub mod counters;
pub mod history;
