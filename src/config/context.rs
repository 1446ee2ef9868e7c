//! What is needed to turn the keys of a profile into values: the file, the environment and the variables with secrets.

use std::path::{Path, PathBuf};

use super::document::Document;
use super::environment::Environment;
use super::error::ConfigError;

/// The file and the environment.
pub(super) struct Context<'a> {
    /// The configuration file; empty if there is none.
    pub(super) document: &'a Document,
    /// The environment.
    pub(super) environment: &'a Environment,
    /// The environment variables that may hold secrets. Commands run without them.
    pub(super) secret_variables: Vec<&'a str>,
}

impl Context<'_> {
    /// The directory of the configuration file.
    pub(super) fn directory(&self) -> &Path {
        self.document.path.parent().unwrap_or(Path::new(""))
    }

    /// Resolves `~/` to the home directory, and other relative paths to the directory of the configuration file.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.in_home(path).unwrap_or_else(|| self.directory().join(path))
    }

    /// Resolves `~/` to the home directory. Other programs without a slash are searched in `PATH`.
    pub(super) fn program(&self, program: impl AsRef<Path>) -> PathBuf {
        self.in_home(program.as_ref()).unwrap_or_else(|| program.as_ref().to_owned())
    }

    /// An error at a byte offset of the file; already escaped.
    pub(super) fn error(&self, at: usize, what: impl std::fmt::Display) -> ConfigError {
        self.document.error(at, what)
    }

    fn in_home(&self, path: &Path) -> Option<PathBuf> {
        Some(self.environment.home.as_ref()?.join(path.strip_prefix("~").ok()?))
    }
}
