//! The Rejected pane: messages that failed a check.

pub mod state;
pub mod view;
