//! What the Detail pane shows: the selected row, taken apart.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::console::app::scrollback::Row;
use crate::console::panes::detail::raw::Raw;
use crate::console::panes::detail::tree::{Tree, Value};
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::list_cursor::ListCursor;
use crate::ledger::sequence::Sequence;
use crate::wire::verdict::Check;

/// Of a longer payload only so much is laid out in lines.
pub const LAID_OUT_BYTES: usize = 256 << 10;

/// The most lines of JSON that are laid out.
pub const LAID_OUT_LINES: usize = 2_000;

/// A longer payload is not taken apart check by check: that would hold up the screen.
pub const CHECKED_BYTES: usize = 4 << 20;

/// Values that stand in so many arrays and objects are folded at first.
const FOLDED_DEPTH: usize = 3;

/// The selected row, taken apart when the selection changes.
#[derive(Debug, Default)]
pub struct Detail {
    /// Shown over the list where there is no room beside it (Enter opens it, Esc closes it).
    pub open: bool,
    /// The row that stays, whatever is selected; kept even where it leaves the scrollback.
    pub pinned: Option<Row>,
    /// Which view of the payload.
    pub view: DetailView,
    /// How much is folded at first.
    pub folding: Folding,
    /// The row ID of the row that is shown.
    pub row_id: Option<u64>,
    /// The checks one by one, for a message.
    pub checks: Vec<Check>,
    /// The payload is beyond [`CHECKED_BYTES`], so `checks` is empty; the row's verdict still tells the outcome.
    pub too_long_to_check: bool,
    /// The data as a tree; without lines where there is none or it is not JSON.
    pub tree: Tree,
    /// The lines of `tree` that are folded where `folding` says otherwise, and the other way round.
    pub toggled: BTreeSet<usize>,
    /// The payload as it came, escaped; made when it is looked at.
    pub raw: Option<Raw>,
    /// What changed since the message of that name before; found when it is looked at.
    pub difference: Option<Difference>,
    /// What is searched for.
    pub find: Find,
    /// The lines below the heading.
    pub lines: Lines,
    /// The cursor in the lines that scroll.
    pub position: ListCursor,
    /// Whether `lines` and `cursor` follow from the rest.
    pub stage: Stage,
}

/// The views of a payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DetailView {
    /// The data as a tree.
    #[default]
    Json,
    /// The payload as it came, escaped.
    Raw,
    /// The payload in hexadecimal.
    Hex,
    /// What changed since the message of that name before.
    Diff,
}

/// Whether lines and cursor follow from what is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Another row or view: the lines are to be laid out, and the cursor to be placed.
    #[default]
    Fresh,
    /// The lines are to be laid out anew, and the cursor stays where it is in them.
    Changed,
    /// They do.
    Settled,
}

/// How much of a tree is folded before anything was folded by hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Folding {
    /// Deep values, and strings longer than a line.
    #[default]
    Deep,
    /// All values but the outermost.
    All,
    /// Nothing.
    Nothing,
}

/// The lines of Detail, laid out for its width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Lines that stay at the top, above those that scroll.
    pub heading: usize,
    /// Lines before the payload: the rest of the heading, and the checks.
    pub before: usize,
    /// The payload, in the view that was chosen.
    pub parts: Vec<Part>,
    /// Lines after it: what was left out.
    pub after: usize,
    /// How many columns it was laid out for.
    pub width: usize,
    /// The view that it was laid out for.
    pub view: DetailView,
}

/// A line of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The line of the tree, or the change.
    pub item: usize,
    /// The bytes of the item's text that it shows; in hexadecimal and raw, of the payload or its escaped text.
    pub from: usize,
    /// Where they end.
    pub to: usize,
    /// The item's text goes on, and is cut here.
    pub cut: bool,
}

impl Lines {
    /// How many lines scroll.
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

    /// The view that is shown: a payload without JSON is shown raw instead.
    #[must_use]
    pub fn shown_view(&self) -> DetailView {
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

    /// The path of what is under the cursor, as jq writes it; safe to show.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        match (self.node(), self.shown_view()) {
            (Some(node), _) => {
                let close = matches!(self.tree.nodes.get(node)?.value, Value::Close(_));
                // A closing bracket belongs to what it closes.
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

    /// The line that opens what a line closes; any other line itself.
    #[must_use]
    pub fn opener(&self, node: usize) -> usize {
        let opens = |index: &usize| matches!(self.tree.nodes[*index].value, Value::Open { end, .. } if end == node);
        (0..node.min(self.tree.nodes.len())).rev().find(opens).unwrap_or(node)
    }

    /// Whether a line of the tree is folded: an array or object to one line, a long string to its beginning.
    #[must_use]
    pub fn is_folded(&self, node: usize) -> bool {
        let Some(line) = self.tree.nodes.get(node) else { return false };
        let container = matches!(line.value, Value::Open { .. });
        let at_first = match self.folding {
            Folding::Nothing => false,
            Folding::All => !container || line.depth > 0,
            Folding::Deep => !container || line.depth >= FOLDED_DEPTH,
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
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Json, Self::Raw, Self::Hex, Self::Diff];

    /// The next view; after the last comes the first.
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

/// What a message is compared to, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// There is no earlier message of that name on that channel, as far as was searched.
    NoEarlier {
        /// So many rows were searched, which is all there is where it is none.
        searched: Option<usize>,
    },
    /// There is one.
    To {
        /// The earlier message's row ID.
        row_id: u64,
        /// Its sequence number.
        sequence: Sequence,
        /// When it came.
        at: i64,
        /// What became of the comparison.
        outcome: Outcome,
    },
}

/// What became of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The data of one of them is not JSON, so only the bytes can be compared: whether they are the same.
    NotJson {
        #[expect(missing_docs, reason = "said above")]
        same: bool,
    },
    /// What changed, in the order of the newer data.
    Changes {
        /// The changes.
        list: Vec<Change>,
        /// One of them goes on past what is laid out: only the beginnings were compared.
        cut: bool,
    },
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where, as jq writes it; safe to show.
    pub path: String,
    /// What was there, escaped; none where it was added.
    pub old: Option<String>,
    /// What is there now, escaped; none where it was removed.
    pub new: Option<String>,
    /// Where the value stands in the newer data, in bytes; for what was removed, nowhere.
    pub span: Option<Range<usize>>,
}

impl Difference {
    /// The changes; none where nothing could be compared.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::To { outcome: Outcome::Changes { list, .. }, .. } => list,
            _ => &[],
        }
    }
}

impl Change {
    /// The sign before it: added, removed or changed.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "+",
            (_, None) => "-",
            _ => "~",
        }
    }

    /// The change in a line.
    #[must_use]
    pub fn text(&self) -> String {
        let values: Vec<&str> = self.old.iter().chain(&self.new).map(String::as_str).collect();
        format!("{} {} {}", self.sign(), self.path, values.join(" → "))
    }
}

/// What is searched for, and where it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Find {
    /// The text is being typed.
    pub typing: bool,
    /// The text. Empty: no search. Not escaped.
    pub line: LineEdit,
    /// Where it was found, from first to last; not more than [`MAX_HITS`].
    pub hits: Vec<Hit>,
    /// The one that was gone to.
    pub at: usize,
}

/// The most places that are remembered.
pub const MAX_HITS: usize = 10_000;

/// A place where the text was found; the numbers are those of [`Part`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The line of the tree, or the change.
    pub item: usize,
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

/// How many lines there are beside those of the payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Lines that stay at the top.
    pub(crate) heading: usize,
    /// Lines between them and the payload.
    pub(crate) before: usize,
    /// Lines after the payload.
    pub(crate) after: usize,
}
