//! The Timeline pane: messages per second over time.

pub(crate) mod ring;
pub mod state;
pub mod update;
pub mod view;
