//! The content of the Detail pane: the selected row, parsed.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::console::app::scrollback::Row;
use crate::console::panes::detail::raw::Raw;
use crate::console::panes::detail::tree::{Tree, Value};
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::list_cursor::ListCursor;
use crate::ledger::sequence::Sequence;
use crate::wire::verdict::Check;

/// The maximum number of bytes of a payload that are shown.
pub(crate) const LAID_OUT_BYTES: usize = 256 << 10;

/// The maximum number of lines of JSON that are shown.
pub(crate) const LAID_OUT_LINES: usize = 2_000;

/// The maximum size of a payload whose checks are shown, in bytes. Checking a longer one would delay drawing.
pub(crate) const CHECKED_BYTES: usize = 4 << 20;

/// Values at this depth are initially folded.
const FOLDED_DEPTH: usize = 3;

/// The selected row. It is parsed when the selection changes.
#[derive(Debug, Default)]
pub struct Detail {
    /// Whether the user opened or closed it. `None`: it is open if all panes are shown at once.
    pub open: Option<bool>,
    /// The pinned row, which is shown instead of the selected one. It is kept even if it is trimmed from the scrollback.
    pub pinned: Option<Row>,
    /// The view of the payload.
    pub view: DetailView,
    /// Which values are initially folded.
    pub folding: Folding,
    /// Whether strings that are longer than a line are wrapped instead of cut.
    pub wrap: bool,
    /// The row ID of the row that is shown.
    pub row_id: Option<u64>,
    /// The checks of a message.
    pub checks: Vec<Check>,
    /// The payload is longer than `CHECKED_BYTES`, so `checks` is empty. The row's verdict still has the outcome.
    pub too_long_to_check: bool,
    /// Whether the verdict is a recorder's, not of this console.
    pub is_recorded: bool,
    /// Why the checks do not explain the recorded verdict, already escaped. `checks` is then empty.
    pub not_repeated: Option<String>,
    /// The data as a tree. Without lines if there is no data or it is not JSON.
    pub tree: Tree,
    /// The lines of `tree` that differ from `folding`.
    pub toggled: BTreeSet<usize>,
    /// The payload as received, escaped. Made when it is shown.
    pub raw: Option<Raw>,
    /// The difference from the previous message of that name. Computed when it is shown.
    pub difference: Option<Difference>,
    /// The search.
    pub find: Find,
    /// The lines below the heading.
    pub lines: Lines,
    /// The cursor in the lines that scroll.
    pub position: ListCursor,
    /// Whether `lines` and `position` are up to date.
    pub stage: Stage,
}

/// The views of a payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DetailView {
    /// The data as a tree.
    #[default]
    Json,
    /// The payload as received, escaped.
    Raw,
    /// The payload in hexadecimal.
    Hex,
    /// The difference from the previous message of that name.
    Diff,
}

/// Whether lines and cursor are up to date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Another row or view: the lines and the cursor have to be set.
    #[default]
    Fresh,
    /// The lines have to be set again. The cursor stays on its value.
    Changed,
    /// They are up to date.
    Settled,
}

/// Which values of a tree are folded before the user folds or unfolds any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Folding {
    /// Deep values.
    #[default]
    Deep,
    /// All values but the outermost.
    All,
    /// Nothing.
    Nothing,
}

/// The lines of Detail, for its width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Lines that stay at the top, above those that scroll.
    pub heading: usize,
    /// Lines before the payload: the rest of the heading, and the checks.
    pub before: usize,
    /// The payload in the chosen view.
    pub parts: Vec<Part>,
    /// Lines after it, about parts that were left out.
    pub after: usize,
    /// The columns that the lines were made for.
    pub width: usize,
    /// The view that the lines were made for.
    pub view: DetailView,
}

/// A line of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The line of the tree, or the change.
    pub item: usize,
    /// The start of the bytes shown: of the item's text, of the payload in hexadecimal, or of its escaped text in raw.
    pub from: usize,
    /// The end of the bytes shown.
    pub to: usize,
    /// Whether the item's text is cut here.
    pub cut: bool,
}

impl Lines {
    /// The number of lines that scroll.
    #[must_use]
    pub fn total(&self) -> usize {
        self.before + self.parts.len() + self.after
    }
}

impl Detail {
    /// The indices of the lines shown below the heading, in a pane of `height` lines.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.position.range(self.lines.total(), self.scrolling_height(height))
    }

    /// The lines below the heading, in a pane of `height` lines.
    #[must_use]
    pub fn scrolling_height(&self, height: usize) -> usize {
        height.saturating_sub(self.lines.heading)
    }

    /// The line of the payload under the cursor.
    #[must_use]
    pub fn part(&self) -> Option<&Part> {
        self.lines.parts.get(self.position.cursor.checked_sub(self.lines.before)?)
    }

    /// The view that is shown. A payload without JSON is shown raw instead.
    #[must_use]
    pub(crate) fn shown_view(&self) -> DetailView {
        match self.view {
            DetailView::Json if self.tree.nodes.is_empty() => DetailView::Raw,
            view => view,
        }
    }

    /// The line of the tree under the cursor.
    #[must_use]
    pub fn node(&self) -> Option<usize> {
        self.part().filter(|_| self.shown_view() == DetailView::Json).map(|part| part.item)
    }

    /// The path of the value under the cursor in jq's notation, safe to show.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        match (self.node(), self.shown_view()) {
            (Some(node), _) => {
                let close = matches!(self.tree.nodes.get(node)?.value, Value::Close(_));
                // A closing bracket has the path of its value.
                let node = if close { self.opener(node) } else { node };
                Some(self.tree.path(node))
            }
            (None, DetailView::Diff) => {
                let change = self.difference.as_ref()?.changes().get(self.part()?.item)?;
                Some(change.path.clone())
            }
            _ => None,
        }
    }

    /// The opening line of a closing line. Otherwise the line itself.
    #[must_use]
    pub(crate) fn opener(&self, node: usize) -> usize {
        let opens = |index: &usize| matches!(self.tree.nodes[*index].value, Value::Open { end, .. } if end == node);
        (0..node.min(self.tree.nodes.len())).rev().find(opens).unwrap_or(node)
    }

    /// Whether a line of the tree is folded: an array or object to one line, a long string to its start.
    #[must_use]
    pub fn is_folded(&self, node: usize) -> bool {
        let Some(line) = self.tree.nodes.get(node) else { return false };
        let at_first = match (&line.value, self.folding) {
            (Value::Open { .. }, Folding::Nothing) => false,
            (Value::Open { .. }, Folding::All) => line.depth > 0,
            (Value::Open { .. }, Folding::Deep) => line.depth >= FOLDED_DEPTH,
            _ => !self.wrap,
        };
        at_first != self.toggled.contains(&node)
    }

    /// Folds or unfolds a line of the tree.
    pub(crate) fn set_folded(&mut self, node: usize, folded: bool) {
        if self.is_folded(node) != folded && !self.toggled.remove(&node) {
            self.toggled.insert(node);
        }
    }
}

impl DetailView {
    /// All views in their order.
    pub const ALL: [Self; 4] = [Self::Json, Self::Raw, Self::Hex, Self::Diff];

    /// The next view. After the last one, the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Json => Self::Raw,
            Self::Raw => Self::Hex,
            Self::Hex => Self::Diff,
            Self::Diff => Self::Json,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Raw => "raw",
            Self::Hex => "hex",
            Self::Diff => "diff",
        }
    }

    /// The bytes in a line of the hexadecimal view: it has the offset, three columns per byte, and the text.
    #[must_use]
    pub(crate) fn hex_bytes(columns: usize) -> usize {
        match columns {
            0..42 => 4,
            42..76 => 8,
            _ => 16,
        }
    }
}

/// The comparison with the previous message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// No earlier message of that name was found on that channel.
    NoEarlier {
        /// The number of rows searched. `None`: all rows.
        searched: Option<usize>,
    },
    /// There is an earlier message.
    To {
        /// The earlier message's row ID.
        row_id: u64,
        /// Its sequence number.
        sequence: Sequence,
        /// When it was received.
        at: i64,
        /// The result.
        outcome: Outcome,
    },
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// One of them is not JSON, so only the bytes were compared: whether they are the same.
    NotJson {
        #[expect(missing_docs, reason = "documented on the variant")]
        same: bool,
    },
    /// The changes, in the order of the newer data.
    Changes {
        /// The changes.
        list: Vec<Change>,
        /// Only the start of the data was compared, because it is too long.
        cut: bool,
    },
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path in jq's notation, safe to show.
    pub path: String,
    /// The old value, escaped. `None` if the value was added.
    pub old: Option<String>,
    /// The new value, escaped. `None` if the value was removed.
    pub new: Option<String>,
    /// The byte range of the value in the newer data. `None` if it was removed.
    pub span: Option<Range<usize>>,
}

impl Difference {
    /// The changes. Empty if nothing could be compared.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::To { outcome: Outcome::Changes { list, .. }, .. } => list,
            _ => &[],
        }
    }
}

impl Change {
    /// The sign of an added, removed or changed value.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "+",
            (_, None) => "-",
            _ => "~",
        }
    }

    /// The change as a line of text.
    #[must_use]
    pub fn text(&self) -> String {
        let values: Vec<&str> = self.old.iter().chain(&self.new).map(String::as_str).collect();
        format!("{} {} {}", self.sign(), self.path, values.join(" → "))
    }
}

/// A search in Detail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Find {
    /// Whether the text is being typed.
    pub typing: bool,
    /// The text. Empty: no search. Not escaped.
    pub line: LineEdit,
    /// The hits in their order, at most `MAX_HITS`.
    pub hits: Vec<Hit>,
    /// The index of the current hit.
    pub at: usize,
}

/// The maximum number of hits.
pub(crate) const MAX_HITS: usize = 10_000;

/// A place where the text was found, in the terms of [`Part`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The line of the tree, or the change.
    pub item: usize,
    /// Its start.
    pub from: usize,
    /// Its end.
    pub to: usize,
}

/// The number of lines that are not part of the payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Lines that stay at the top.
    pub(crate) heading: usize,
    /// Lines between them and the payload.
    pub(crate) before: usize,
    /// Lines after the payload.
    pub(crate) after: usize,
}
