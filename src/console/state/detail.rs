//! What the Detail pane shows: the selected row, taken apart.

use crate::wire::verdict::Check;

/// The selected row, taken apart when the selection changes.
#[derive(Debug, Default)]
pub struct Detail {
    /// Shown over the list where there is no room beside it (Enter opens it, Esc closes it).
    pub open: bool,
    /// Scrolled down by that many lines.
    pub scroll: usize,
    /// Which view of the payload.
    pub view: DetailView,
    /// The serial of the row that `checks` and `json` belong to.
    pub serial: Option<u64>,
    /// The checks one by one, for a message.
    pub checks: Vec<Check>,
    /// The data as indented JSON lines, escaped already; empty where there is none or it is not JSON.
    pub json: Vec<String>,
}

/// The views of a payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DetailView {
    /// The data as indented JSON.
    #[default]
    Json,
    /// The payload as it came, escaped.
    Raw,
    /// The payload in hexadecimal.
    Hex,
}
