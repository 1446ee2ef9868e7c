//! What the Detail pane shows: the selected row, taken apart.

use crate::wire::verdict::Check;

/// Of a longer payload only so much is laid out in lines.
pub const LAID_OUT_BYTES: usize = 256 << 10;

/// The most lines of JSON that are laid out.
pub const LAID_OUT_LINES: usize = 2_000;

/// A longer payload is not taken apart check by check: that would hold up the screen.
pub const CHECKED_BYTES: usize = 4 << 20;

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
    /// The payload is beyond [`CHECKED_BYTES`], so `checks` is empty; the row's verdict still tells the outcome.
    pub too_long_to_check: bool,
    /// The data as indented JSON lines, escaped already; empty where there is none or it is not JSON.
    pub json: Vec<String>,
    /// The data goes on after the last line of `json`: only so much is laid out.
    pub json_cut: bool,
    /// About how many lines the whole content has in its view; `scroll` stays below it.
    pub lines: usize,
    /// The length of what is laid out of the payload, escaped.
    pub raw_length: usize,
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

impl DetailView {
    /// The next view; after the last comes the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Json => Self::Raw,
            Self::Raw => Self::Hex,
            Self::Hex => Self::Json,
        }
    }

    /// How many bytes a line of the hexadecimal view has in so many columns: offset, three columns a byte, and the text.
    #[must_use]
    pub fn hex_bytes(columns: usize) -> usize {
        match columns {
            0..42 => 4,
            42..76 => 8,
            _ => 16,
        }
    }
}
