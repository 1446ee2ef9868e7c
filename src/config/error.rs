//! The error type.

use std::fmt::Display;
use std::path::Path;

use crate::wire::escape::escape;

/// A mistake in the configuration: the place, the mistake and the fix. Already escaped for a terminal, and without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    /// `place: what`. Both must be escaped.
    pub(super) fn new(place: impl Display, what: impl Display) -> Self {
        Self(format!("{place}: {what}"))
    }
}

/// A path as safe text.
pub(super) fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}
