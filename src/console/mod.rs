//! The terminal program, organised by feature.
//!
//! `app` has the state, the events and the one `update`; it dispatches to the `panes` and `popups`. Each of these has its own
//! state, update and view. `keymap` has every key, `layout` says where everything is, `ui` has what they share, and `runtime`
//! connects it all to the terminal, the server and files.

pub mod app;
pub mod filter;
pub mod keymap;
pub mod layout;
pub mod panes;
pub mod popups;
pub mod runtime;
pub mod search;
pub mod ui;
