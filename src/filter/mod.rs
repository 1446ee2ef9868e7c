//! The filter language, which selects messages and findings.
//!
//! Terms are separated by spaces, and all of them must match. `-` before a term negates it. A jq predicate over the data can
//! follow after a bar:
//!
//! ```text
//! channel:ops* -name:heartbeat verdict:rejected seq:1000-1100 since:5m text~"id\":\s*9" | .sku == "A-17"
//! ```
//!
//! | term | matches |
//! |---|---|
//! | `channel:GLOB` `name:GLOB` `key:GLOB` | the channel, the message's name, or the signature's key name; `*`, `?` (one byte), `[a-z]`, `{a,b}`, and `\` to escape a character |
//! | `verdict:` `rejection:` | the words in JSON lines, e.g. `rejected` or `unknown_key`, or a glob that matches them |
//! | `seq:N` `seq:A-B` `seq:A..B` `seq:A..` `seq:..B` | sequence numbers, inclusive; also a message whose possible numbers overlap the range |
//! | `since:5m` | messages and findings of the last five minutes |
//! | `text~REGEX` | payloads in which the regex is found |
//! | `kind:` | findings of this kind, or a glob that matches the kind; never a message |
//!
//! A value in double quotes can contain spaces and bars; `\"` is a quote in it.
//!
//! The grammar:
//!
//! ```text
//! filter    = { space } [ term { space { space } term } ] { space } [ "|" jq ] ;
//! term      = [ "-" ] word value ;
//! word      = "channel:" | "name:" | "key:" | "verdict:" | "rejection:" | "kind:" | "seq:" | "since:" | "text~" ;
//! value     = bare | quoted ;
//! bare      = character { character } ;          (* neither a space nor a bar *)
//! quoted    = '"' { character | '\"' } '"' ;      (* a space, a bar or the end follows *)
//! jq        = ? a jq expression, to the end of the filter ? ;
//! ```
//!
//! Terms that apply only to messages do not hide findings. Otherwise, a gap would look like a time without messages.
//!
//! In the console, `name:`, `key:`, `text~` and the predicate do not hide rejected messages, because their name, key and data
//! cannot be trusted. The negated terms do. `-verdict:rejected` hides all rejected messages. `tail` and `show` treat rejected
//! messages like all others.
//!
//! The predicate is satisfied if its first output is neither `false` nor `null`. It is not satisfied if there is no output or
//! no data. If it fails for a message, the message is shown with the error. It can use jq's pure functions, but not the
//! environment, the clock, files or further input.

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
pub use predicate::PredicateResult;

use crate::ledger::finding::Finding;
use predicate::Predicate;
use term::Term;

/// A parsed filter. Cheap to clone, and can move to another thread.
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
    /// The maximum length of a filter's text, in bytes.
    pub const MAX_LENGTH: usize = 4096;

    /// Parses a filter. An empty text matches everything.
    ///
    /// # Errors
    /// The first error in the text, with its column and a suggestion if there is one.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let (terms, predicate) = parse::parse(text)?;
        Ok(Self { inner: Arc::new(Inner { source: text.to_owned(), terms, predicate }) })
    }

    /// Whether the filter matches everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.terms.is_empty() && self.inner.predicate.is_none()
    }

    /// Whether there is a jq predicate. It costs more than all terms.
    #[must_use]
    pub fn has_predicate(&self) -> bool {
        self.inner.predicate.is_some()
    }

    /// Whether the result depends on the time of evaluation.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        self.inner.terms.iter().any(Term::depends_on_time)
    }

    /// Whether all terms match a message. The predicate is not evaluated.
    #[must_use]
    pub fn terms_match(&self, candidate: &Candidate<'_>) -> bool {
        self.inner.terms.iter().all(|term| term.holds_for_message(candidate))
    }

    /// Whether a rejected message is shown in the list of rejected messages. Its name, key and data cannot be trusted, so
    /// `name:`, `key:` and `text~` hide it only if they are negated. All other terms must match.
    #[must_use]
    pub fn keeps_rejected(&self, candidate: &Candidate<'_>) -> bool {
        self.inner.terms.iter().all(|term| term.keeps_rejected(candidate))
    }

    /// Evaluates the predicate for a message's data, in this process. Satisfied if there is no predicate.
    ///
    /// This can take unlimited time and memory, and overflow the stack. Therefore only the worker process of [`jq_worker`] calls
    /// it.
    #[must_use]
    pub fn predicate_outcome(&self, data: Option<&[u8]>) -> PredicateResult {
        self.inner.predicate.as_ref().map_or(PredicateResult::Satisfied, |predicate| predicate.outcome(data))
    }

    /// Whether a finding matches at `now`, in microseconds since the epoch. Only `channel:`, `seq:`, `since:` and `kind:` apply
    /// to findings.
    #[must_use]
    pub fn matches_finding(&self, finding: &Finding, now: i64) -> bool {
        self.inner.terms.iter().all(|term| term.holds_for_finding(finding, now))
    }
}

/// Filters with the same text are equal.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.inner.source == other.inner.source
    }
}

impl Eq for Filter {}

/// Displays the text that was parsed.
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
