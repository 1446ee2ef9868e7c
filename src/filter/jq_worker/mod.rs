//! The worker process that evaluates jq predicates.

mod child;
pub mod protocol;

pub use child::{Child, Trouble};

/// What the jq predicate says of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It failed; escaped already.
    Failed(String),
    /// It took too long.
    None,
}
