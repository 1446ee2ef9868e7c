//! The search inside Detail.

/// What is searched for, and where it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Find {
    /// The text is being typed.
    pub typing: bool,
    /// The text; empty while nothing is searched for. Not escaped.
    pub text: String,
    /// Where it was found, from first to last; not more than [`MAX_HITS`].
    pub hits: Vec<Hit>,
    /// The one that was gone to.
    pub at: usize,
}

/// The most places that are remembered.
pub const MAX_HITS: usize = 10_000;

/// The most characters of what is searched for.
pub const MAX_TEXT: usize = 200;

/// A place where the text was found; the numbers are those of [`super::detail::Part`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The line of the tree, or the change.
    pub item: usize,
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}
