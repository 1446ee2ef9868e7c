//! The terminal program: what is known (`state`), what can be done (`action`, `keymap`), how one follows from the
//! other (`update`), and how it looks (`layout`, `view`).

pub mod action;
mod alert_command;
pub mod keymap;
pub mod layout;
pub mod run;
pub mod state;
pub mod terminal;
pub mod update;
pub mod view;
