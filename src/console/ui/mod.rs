//! The shared parts of the screen: text, theme, lists, line editing, frames.

pub mod editor;
pub mod grouped_list;
pub(crate) mod json_pretty;
pub mod line_edit;
pub mod list;
pub mod list_cursor;
pub mod names;
pub mod narrowing;
pub(crate) mod panel;
pub mod pen;
pub(crate) mod popup_frame;
pub mod prompt;
pub(crate) mod scrollbar;
pub mod shell;
pub(crate) mod sparkline;
pub mod text;
pub mod theme;
pub mod verdict;
