//! The terminal program: what is known (`state`), what can be done (`action`, `keymap`), how one follows from the
//! other (`update`), and how it looks (`layout`, `view`).

pub mod action;
mod alert_command;
mod clipboard;
pub mod judge;
pub mod keymap;
pub mod layout;
pub mod palette;
pub mod run;
pub mod save;
pub mod settings_file;
pub mod state;
pub mod terminal;
mod text;
pub mod update;
pub mod view;
