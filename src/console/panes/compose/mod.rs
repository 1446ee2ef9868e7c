//! The Compose pane: writes and publishes a message.

pub mod buffer_limit;
pub mod changes;
pub mod changes_view;
pub mod draft;
pub mod echoes;
pub mod edit;
pub mod external_editor;
pub mod history;
pub mod load;
pub mod receipt;
pub mod send;
pub mod state;
pub mod update;
pub mod view;
