//! The filter over the messages, and how far it has come.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::console::app::background::ScanRange;
use crate::console::ui::line_edit::LineEdit;
pub use crate::filter::jq_worker::Answer;
use crate::filter::{Filter, FilterError};

/// How many filters are remembered.
pub(crate) const MAX_HISTORY: usize = 100;

/// What is shown of the stream, and what is hidden.
#[derive(Debug, Default)]
pub struct Filtering {
    /// The filter; none: all rows of the picked channels are shown.
    pub filter: Option<Filter>,
    /// Which rows were looked at.
    pub scan_range: ScanRange,
    /// Rows from that row ID on came after the filter was set.
    pub(crate) new_from: u64,
    /// The row IDs of the rows that the filter hides.
    pub hidden: BTreeSet<u64>,
    /// What the jq predicate answered for each message.
    pub jq: JqAnswers,
    /// Filters used before, newest last.
    pub history: Vec<String>,
    /// The profile's filters: name and text.
    pub saved: Vec<(String, String)>,
}

/// What is known of the jq predicate's answers. It is asked elsewhere, as it may take long.
#[derive(Debug, Default)]
pub struct JqAnswers {
    /// Which filter is asked: answers to an earlier one are too late.
    pub id: u64,
    /// Rows whose answer is awaited: they are shown, and marked.
    pub waiting: BTreeSet<u64>,
    /// Those of them that were not asked yet, in the order to be asked.
    pub queue: VecDeque<u64>,
    /// Rows that could not be evaluated, and why, escaped already. They are shown, and marked.
    pub failed: BTreeMap<u64, Arc<str>>,
    /// Why the last of them failed: most fail for the same reason, which is then kept once.
    pub failure: Arc<str>,
    /// Why it is not asked any more, escaped already.
    pub stopped: Option<Arc<str>>,
}

/// The prompt of the filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterPrompt {
    /// The text.
    pub line: LineEdit,
    /// What is wrong with it.
    pub error: Option<FilterError>,
    /// What may stand at the cursor.
    pub completions: Vec<Completion>,
    /// The completion that was taken last, by index.
    pub taken: Option<usize>,
    /// Which of the filters used before is shown, counted from the newest; and what was typed before it.
    pub recalled: Option<(usize, String)>,
}

/// What may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is offered, not escaped.
    pub label: String,
    /// What it does.
    pub help: String,
    /// Where its text goes, in bytes, before any completion was taken.
    pub from: usize,
    /// The text.
    pub text: String,
}

impl JqAnswers {
    /// Notes that a row could not be evaluated.
    pub(crate) fn fail(&mut self, row_id: u64, why: &str) {
        if *self.failure != *why {
            self.failure = why.into();
        }
        self.failed.insert(row_id, Arc::clone(&self.failure));
    }
}
