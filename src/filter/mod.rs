//! The filter language: which messages and findings are shown.
//!
//! Terms stand apart by spaces and all must hold; `-` before a term excludes what it would hold for. After a bar
//! stands a jq predicate over the data:
//!
//! ```text
//! channel:ops* -name:heartbeat verdict:rejected seq:1000-1100 since:5m text~"id\":\s*9" | .sku == "A-17"
//! ```
//!
//! | term | holds for |
//! |---|---|
//! | `channel:GLOB` `name:GLOB` `key:GLOB` | a channel, name or signature's key name; `*`, `?` (one byte), `[a-z]`, `{a,b}`, `\` before a sign that stands for itself |
//! | `verdict:` `rejection:` | the words of the JSON lines, e.g. `rejected`, `unknown_key`, or a glob over them |
//! | `seq:N` `seq:A-B` `seq:A..B` `seq:A..` `seq:..B` | sequence numbers, both ends included; matches a message whose possible numbers overlap the range |
//! | `since:5m` | what came in the last five minutes |
//! | `text~REGEX` | a payload in which the regex is found |
//! | `kind:` | findings of that kind, or a glob over the kinds; messages have none |
//!
//! The predicate is satisfied if its first output is neither `false` nor `null`. No output and no data do not satisfy it. A
//! message for which it fails is shown, with the error. It knows jq's pure functions: nothing of the environment, the clock,
//! files or further input.
//!
//! A value in double quotes may hold spaces and bars; `\"` is a quote in it. Terms about messages alone do not hide
//! findings: an empty stretch on the screen must not look like a quiet one.

mod candidate;
mod error;
mod jq;
pub mod jq_worker;
mod parse;
mod predicate;
mod scanner;
mod term;
pub mod words;

use std::fmt;
use std::sync::Arc;

pub use candidate::Candidate;
pub use error::FilterError;
pub use predicate::PredicateOutcome;

use crate::ledger::finding::Finding;
use predicate::Predicate;
use term::Term;

/// A parsed filter: cheap to clone, and free to move to another thread.
#[derive(Clone, Default)]
pub struct Filter {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    source: String,
    terms: Vec<Term>,
    predicate: Option<Predicate>,
}

impl Filter {
    /// The longest filter text, in bytes.
    pub const MAX_LENGTH: usize = 4096;

    /// Reads a filter; an empty text matches all.
    ///
    /// # Errors
    /// The first mistake, with its column and, where there is one, what was probably meant.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let (terms, predicate) = parse::parse(text)?;
        Ok(Self { inner: Arc::new(Inner { source: text.to_owned(), terms, predicate }) })
    }

    /// Whether everything matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.terms.is_empty() && self.inner.predicate.is_none()
    }

    /// Whether there is a jq predicate, which costs more than all the terms.
    #[must_use]
    pub fn has_predicate(&self) -> bool {
        self.inner.predicate.is_some()
    }

    /// Whether what matches now may not match later.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        self.inner.terms.iter().any(Term::depends_on_time)
    }

    /// Whether every term before the bar holds for a message; its data is not looked at.
    #[must_use]
    pub fn terms_match(&self, candidate: &Candidate<'_>) -> bool {
        self.inner.terms.iter().all(|term| term.holds_for_message(candidate))
    }

    /// Whether no term speaks against showing a rejected message, as one shows a finding: it is hidden where its channel,
    /// number, time, verdict or reason is not asked for, and where a term excludes it; that it has another name or data
    /// does not hide it.
    #[must_use]
    pub fn keeps_rejected(&self, candidate: &Candidate<'_>) -> bool {
        self.inner.terms.iter().all(|term| term.keeps_rejected(candidate))
    }

    /// Evaluates the predicate for a message's data, in this process; satisfied if there is no predicate.
    ///
    /// It may take any time and memory, and overflow the stack. So only the worker process of [`jq_worker`] does this.
    #[must_use]
    pub fn predicate_outcome(&self, data: Option<&[u8]>) -> PredicateOutcome {
        self.inner.predicate.as_ref().map_or(PredicateOutcome::Satisfied, |predicate| predicate.outcome(data))
    }

    /// Whether a finding is shown at `now`, in microseconds since the epoch: `channel:`, `seq:`, `since:` and `kind:`
    /// apply; what speaks of messages alone does not hide it.
    #[must_use]
    pub fn matches_finding(&self, finding: &Finding, now: i64) -> bool {
        self.inner.terms.iter().all(|term| term.holds_for_finding(finding, now))
    }
}

/// Filters of the same text are equal.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.inner.source == other.inner.source
    }
}

impl Eq for Filter {}

/// The text that was parsed.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.source)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.inner.source).finish()
    }
}

const _: () = {
    const fn moves_between_threads<T: Send + Sync>() {}
    moves_between_threads::<Filter>();
};
