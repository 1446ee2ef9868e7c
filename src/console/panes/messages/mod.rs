//! The Messages pane: messages, findings and link changes in receive order.

pub mod columns;
pub mod view;
