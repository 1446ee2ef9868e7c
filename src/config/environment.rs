//! The environment of the process as a value, so that tests can provide their own.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::error::ConfigError;

/// Environment variables and directories.
#[derive(Clone, Default)]
pub struct Environment {
    /// The environment variables.
    pub variables: HashMap<OsString, OsString>,
    /// The home directory, for `~/`.
    pub home: Option<PathBuf>,
    /// The platform's directory of configuration files, e.g. `~/.config`.
    pub config_directory: Option<PathBuf>,
    /// The platform's directory of state, e.g. `~/.local/state`.
    pub state_directory: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn process() -> Self {
        let directories = etcetera::choose_base_strategy().ok();
        Self {
            variables: std::env::vars_os().collect(),
            home: directories.as_ref().map(|directories| directories.home_dir().to_owned()),
            config_directory: directories.as_ref().map(BaseStrategy::config_dir),
            state_directory: directories
                .as_ref()
                .map(|directories| directories.state_dir().unwrap_or_else(|| directories.data_dir())),
        }
    }

    /// A variable. An empty variable counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A variable that must be UTF-8. An empty variable counts as not set.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        Ok(self.text_or_empty(name)?.filter(|value| !value.is_empty()))
    }

    /// A variable that must be UTF-8 and can be empty.
    pub(super) fn text_or_empty(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        let Some(value) = self.variables.get(OsStr::new(name)) else { return Ok(None) };
        value.to_str().map(Some).ok_or_else(|| ConfigError::new(name, "is not UTF-8"))
    }
}

/// Without the variables, which may contain secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.len())
            .field("home", &self.home)
            .field("config_directory", &self.config_directory)
            .field("state_directory", &self.state_directory)
            .finish()
    }
}
