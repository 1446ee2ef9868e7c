//! The panes. Each has its state, its update and its view; panes call each other only through `app`.

pub mod channels;
pub mod compose;
pub mod detail;
pub mod findings;
pub mod messages;
pub mod rejected;
pub mod timeline;
