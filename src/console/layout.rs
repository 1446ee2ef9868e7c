//! Where the panes stand for a size of the terminal; used to draw and to find what the mouse points at.

use ratatui::layout::Rect;

use super::state::Pane;

/// The areas of one screen; a pane that has no room is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The header, one line.
    pub header: Rect,
    /// The footer with the keys, one line.
    pub footer: Rect,
    /// The panes with their borders.
    pub panes: Vec<(Pane, Rect)>,
    /// Where Messages, Gaps and Refused share an area as tabs: the line of the tabs.
    pub tabs: Option<Rect>,
    /// The window is below 40x10: one line says so, and nothing else is drawn.
    pub too_small: bool,
}
