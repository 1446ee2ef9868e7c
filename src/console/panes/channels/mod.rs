//! The Channels pane: channels with their counters and traffic.

pub mod columns;
pub mod expected;
pub mod names;
pub(crate) mod notes;
pub mod rate;
pub mod rows;
pub mod state;
pub mod strip;
pub mod update;
pub mod view;
