//! What the process finds around it, as a value, so that tests can give their own.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::error::ConfigError;

/// Variables and folders.
#[derive(Clone, Default)]
pub struct Environment {
    /// The environment variables.
    pub variables: HashMap<OsString, OsString>,
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
    /// The platform's folder of configuration files, e.g. `~/.config`.
    pub config_folder: Option<PathBuf>,
    /// The platform's folder of state, e.g. `~/.local/state`.
    pub state_folder: Option<PathBuf>,
}

impl Environment {
    /// That of this process.
    #[must_use]
    pub fn process() -> Self {
        let folders = etcetera::choose_base_strategy().ok();
        Self {
            variables: std::env::vars_os().collect(),
            home: folders.as_ref().map(|folders| folders.home_dir().to_owned()),
            config_folder: folders.as_ref().map(BaseStrategy::config_dir),
            state_folder: folders.as_ref().map(|folders| folders.state_dir().unwrap_or_else(|| folders.data_dir())),
        }
    }

    /// A variable; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A variable that must be text; an empty one counts as not set.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        Ok(self.text_or_empty(name)?.filter(|value| !value.is_empty()))
    }

    /// A variable that must be text, and may be empty.
    pub(super) fn text_or_empty(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        let Some(value) = self.variables.get(OsStr::new(name)) else { return Ok(None) };
        value.to_str().map(Some).ok_or_else(|| ConfigError::new(name, "is not UTF-8; set it to UTF-8 text"))
    }
}

/// Names only: values may be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.len())
            .field("home", &self.home)
            .field("config_folder", &self.config_folder)
            .field("state_folder", &self.state_folder)
            .finish()
    }
}
