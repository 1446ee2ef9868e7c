//! The Detail pane: the selected row in full.

pub mod changes;
pub mod difference;
pub mod find;
pub mod fold;
pub mod found;
pub(crate) mod json_line;
pub mod lines;
pub mod payload;
pub mod raw;
pub mod state;
pub mod summary;
pub mod tree;
pub mod update;
pub mod view;
