//! File, environment and flags become a profile; secrets are read here.

use std::path::PathBuf;
use std::sync::Arc;

use crate::redis::target::Target;
use crate::wire::signature::Keyring;

/// Everything a command needs to know of its profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The profile's name; empty where there is none.
    pub name: String,
    /// The server.
    pub target: Target,
    /// The channels to watch where none are named; a glob is a pattern subscription.
    pub channels: Vec<String>,
    /// What stands before the channel's name in the counter's key.
    pub sequence_prefix: String,
    /// The colour of the header, a name that a terminal knows or `#rrggbb`.
    pub colour: Option<String>,
    /// Nothing may be sent.
    pub read_only: bool,
    /// What is sent is shown and asked for first.
    pub confirm: bool,
    /// The keys.
    pub keyring: Arc<Keyring>,
    /// What should be said on standard error, e.g. of a password in a URL.
    pub warnings: Vec<String>,
}

/// What the command line and the environment say.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--profile`, `AIRCHECK_PROFILE`
    pub profile: Option<String>,
    /// `--url`, `AIRCHECK_URL`
    pub url: Option<String>,
    /// `--config`, `AIRCHECK_CONFIG`
    pub config: Option<PathBuf>,
}

/// What is wrong with the configuration: what, where, and what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Reads the configuration file, if there is one, and lays the overrides over it.
///
/// # Errors
/// Where the file is wrong, a secret cannot be read, or a file with a secret can be read by others.
pub fn load(overrides: &Overrides) -> Result<Profile, ConfigError> {
    let _ = overrides;
    Err(ConfigError(String::new()))
}

/// The file that keeps the last counters: in `AIRCHECK_STATE`, or the platform's state folder.
///
/// # Errors
/// Where there is no home folder.
pub fn state_file() -> Result<PathBuf, ConfigError> {
    Err(ConfigError(String::new()))
}
