//! The console as a whole: its state, events, updates and drawing. It dispatches to the panes and popups.

pub mod act;
pub mod alerts;
pub mod background;
pub mod context;
pub mod copies;
pub mod event;
pub mod focus;
pub mod footer;
pub mod header;
pub mod intake;
pub mod mouse;
pub mod narrowing;
pub(crate) mod navigation;
pub mod picks;
pub mod replay;
pub mod scrollback;
pub mod settings;
pub mod state;
pub mod subscriptions;
pub mod update;
pub mod view;
