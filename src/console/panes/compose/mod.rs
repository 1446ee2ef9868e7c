//! The Compose pane: writes and publishes a message.

pub(crate) mod buffer_limit;
pub mod changes;
pub(crate) mod changes_view;
pub mod draft;
pub mod echoes;
pub mod edit;
pub(crate) mod external_editor;
pub mod history;
pub mod load;
pub mod receipt;
pub mod send;
pub mod state;
pub mod update;
pub mod view;
