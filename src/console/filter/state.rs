//! The state of the filter.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::console::app::background::ScanRange;
use crate::console::ui::line_edit::LineEdit;
pub use crate::filter::jq_worker::Answer;
use crate::filter::{Filter, FilterError};

/// The maximum length of the history.
pub(crate) const MAX_HISTORY: usize = 100;

/// The filter and its progress.
#[derive(Debug, Default)]
pub struct Filtering {
    /// The filter; `None` shows all rows of the picked channels.
    pub filter: Option<Filter>,
    /// The examined rows.
    pub scan_range: ScanRange,
    /// Rows from this ID on arrived after the filter was set.
    pub(crate) new_from: u64,
    /// The IDs of the hidden rows.
    pub hidden: BTreeSet<u64>,
    /// The answers of the jq predicate.
    pub jq: JqAnswers,
    /// The history, newest last.
    pub history: Vec<String>,
    /// The profile's filters: name and text.
    pub saved: Vec<(String, String)>,
}

/// The answers of the jq predicate, which runs elsewhere because it may take long.
#[derive(Debug, Default)]
pub struct JqAnswers {
    /// The ID of the current request. Answers to earlier ones are ignored.
    pub id: u64,
    /// Rows whose answer is pending. They are shown with a mark.
    pub waiting: BTreeSet<u64>,
    /// Those of them that were not sent yet, in order.
    pub queue: VecDeque<u64>,
    /// Rows that could not be evaluated, with the reason, already escaped. They are shown with a mark.
    pub failed: BTreeMap<u64, Arc<str>>,
    /// The reason of the last one. Most have the same reason, which is stored once.
    pub failure: Arc<str>,
    /// Why jq is no longer used, already escaped.
    pub stopped: Option<Arc<str>>,
}

/// The prompt of the filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterPrompt {
    /// The text.
    pub line: LineEdit,
    /// The error.
    pub error: Option<FilterError>,
    /// The completions at the cursor.
    pub completions: Vec<Completion>,
    /// The index of the applied completion.
    pub taken: Option<usize>,
    /// The index of the shown history entry, from the newest, and the text typed before it.
    pub recalled: Option<(usize, String)>,
}

/// A completion at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The label, not escaped.
    pub label: String,
    /// The help.
    pub help: String,
    /// The byte offset where its text is inserted.
    pub from: usize,
    /// The text.
    pub text: String,
}

impl JqAnswers {
    /// Notes why a row could not be evaluated.
    pub(crate) fn fail(&mut self, row_id: u64, why: &str) {
        if *self.failure != *why {
            self.failure = why.into();
        }
        self.failed.insert(row_id, Arc::clone(&self.failure));
    }
}
