//! The console as a whole: its state, events, updates and drawing. It dispatches to the panes and popups.

pub mod act;
pub mod alerts;
pub mod background;
pub mod clock;
pub mod context;
pub mod event;
pub mod focus;
pub mod footer;
pub mod header;
pub mod intake;
pub mod keys;
pub mod link;
pub mod mouse;
pub mod moving;
pub mod navigation;
pub mod picks;
pub mod replay;
pub mod scan_range;
pub mod scrollback;
pub mod settings;
pub mod state;
pub mod subscriptions;
pub mod tabs;
pub mod too_small;
pub mod update;
pub mod view;
