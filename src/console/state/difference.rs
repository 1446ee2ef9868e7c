//! The difference between a message's data and that of the message of its name before.

use std::ops::Range;

use crate::ledger::sequence::Sequence;

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
        /// The earlier message's row_id.
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
