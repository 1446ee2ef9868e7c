//! The search over the rows of Messages.

pub mod needle;
pub mod state;
pub mod update;
pub mod view;
