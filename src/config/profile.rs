//! File, environment and flags as one profile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::environment::Environment;
use super::error::{ConfigError, shown};
use super::file::{ConfigFile, FileProfile, Signing};
use super::key_source::expanded_program;
use super::tls::TlsOverrides;
use crate::ledger::alert::Alerts;
use crate::redis::target::Target;
use crate::template::Template;
use crate::wire::escape::escape;
use crate::wire::signature::{Keyring, KeyringSettings, Secret};

/// The package's own default.
const DEFAULT_SEQUENCE_PREFIX: &str = "system_broadcast_sequence_";
/// Variables of this program that hold a secret, or may hold one.
const SECRET_VARIABLES: [&str; 2] = ["AIRCHECK_SIGNING_KEY", "AIRCHECK_URL"];

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
    /// What rings the bell or runs a command in the console.
    pub alerts: Alerts,
    /// Filters that the console offers: their names and texts, in alphabetical order of the names.
    pub filters: Vec<(String, String)>,
    /// The keys.
    pub keyring: Arc<Keyring>,
    /// Messages with placeholders, for the console.
    pub templates: Vec<Template>,
    /// The environment variables that hold secrets, or may: no program that is started gets them.
    pub secret_variables: Vec<String>,
    /// What should be said on standard error, e.g. of a password in a URL; already escaped for a terminal.
    pub warnings: Vec<String>,
}

/// What the command line says; each stands before the variable named, and that before the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--profile`, before `AIRCHECK_PROFILE`
    pub profile: Option<String>,
    /// `--url`, before `AIRCHECK_URL`
    pub url: Option<String>,
    /// `--config`, before `AIRCHECK_CONFIG`
    pub config: Option<PathBuf>,
    /// `--tls-ca` and its like
    pub tls: TlsOverrides,
    /// `--allowed-hosts`; empty: the profile's
    pub allowed_hosts: Vec<String>,
}

impl Profile {
    /// Under which the counters of this profile's channels are kept: the server, its database and the sequence prefix.
    #[must_use]
    pub fn state_key(&self) -> String {
        format!("{} {}", self.target.server_key(), self.sequence_prefix)
    }
}

/// Reads the configuration file, if there is one, and lays environment and flags over it.
///
/// # Errors
/// Where the file is wrong, a secret cannot be read, or a file with a secret can be read by others.
pub fn load(overrides: &Overrides) -> Result<Profile, ConfigError> {
    load_from(overrides, &Environment::process())
}

/// As [`load`], in the environment given.
///
/// # Errors
/// As [`load`].
pub fn load_from(overrides: &Overrides, environment: &Environment) -> Result<Profile, ConfigError> {
    let file = find(overrides, environment)?;
    let wanted = match &overrides.profile {
        Some(name) => Some(name.as_str()),
        None => environment.text("AIRCHECK_PROFILE")?,
    };
    let none = FileProfile::default();
    let (name, profile) = match (&file, wanted) {
        (Some(file), _) => file.profile(wanted)?.unwrap_or(("", &none)),
        (None, None) => ("", &none),
        (None, Some(name)) => {
            let what = format!("there is no profile {}, for there is no configuration file", escape(name.as_bytes()));
            return Err(ConfigError::new("--profile", format!("{what}; name one with --config")));
        }
    };
    let mut warnings = Vec::new();
    let directory = file.as_ref().and_then(|file| file.path.parent()).unwrap_or(Path::new(""));
    let secret = secret_variables(file.as_ref());
    let target = profile.server.target(overrides, environment, directory, &secret)?;
    if overrides.url.is_some() && target.has_password() {
        // The words of redis-cli, for its `-a`.
        warnings.push("Using a password with '--url' on the command line interface may not be safe.".to_owned());
    }
    let prefix = environment.text_or_empty("AIRCHECK_SEQUENCE_PREFIX")?;
    let prefix = prefix.or(profile.sequence_prefix.as_deref()).unwrap_or(DEFAULT_SEQUENCE_PREFIX);
    let settings = keys(&profile.signing, environment, (directory, &secret), &mut warnings)?;
    Ok(Profile {
        name: name.to_owned(),
        target,
        channels: profile.channels.clone(),
        sequence_prefix: prefix.to_owned(),
        colour: profile.colour.clone(),
        read_only: profile.read_only,
        confirm: profile.confirm,
        alerts: alerts(&profile.alerts, file.as_ref(), environment),
        filters: profile.filters.clone(),
        keyring: Arc::new(Keyring::new(settings)),
        templates: profile.templates.clone(),
        secret_variables: secret.into_iter().map(str::to_owned).collect(),
        warnings,
    })
}

/// The file that keeps the last counters: in `AIRCHECK_STATE`, or `aircheck/counters.db` in the platform's state directory.
///
/// # Errors
/// Where there is no home directory.
pub fn state_file() -> Result<PathBuf, ConfigError> {
    state_file_in(&Environment::process())
}

/// As [`state_file`], in the environment given.
///
/// # Errors
/// As [`state_file`].
pub fn state_file_in(environment: &Environment) -> Result<PathBuf, ConfigError> {
    match (environment.get("AIRCHECK_STATE"), &environment.state_directory) {
        (Some(path), _) => Ok(path.into()),
        (None, Some(directory)) => Ok(directory.join("aircheck/counters.db")),
        (None, None) => Err(ConfigError::new("no home directory", "name a file for the counters in AIRCHECK_STATE")),
    }
}

/// The file that keeps what was sent from the console: `history.jsonl` in the directory of the counters.
///
/// # Errors
/// As [`state_file`].
pub fn history_file() -> Result<PathBuf, ConfigError> {
    state_file().map(|counters| counters.with_file_name("history.jsonl"))
}

/// The file that keeps what was chosen for the console's screen: `settings.toml` in the directory of the counters.
///
/// # Errors
/// As [`state_file`].
pub fn settings_file() -> Result<PathBuf, ConfigError> {
    state_file().map(|counters| counters.with_file_name("settings.toml"))
}

/// A file that is named must exist; the one in the platform's directory need not.
fn find(overrides: &Overrides, environment: &Environment) -> Result<Option<ConfigFile>, ConfigError> {
    let named = overrides.config.as_deref().or_else(|| environment.get("AIRCHECK_CONFIG").map(Path::new));
    if let Some(path) = named {
        return ConfigFile::read(path).map(Some);
    }
    let Some(directory) = &environment.config_directory else { return Ok(None) };
    let path = directory.join("aircheck/config.toml");
    match path.try_exists() {
        Ok(false) => Ok(None),
        Ok(true) => ConfigFile::read(&path).map(Some),
        Err(error) => Err(ConfigError::new(shown(&path), escape(error.to_string().as_bytes()))),
    }
}

/// The alerts, with the command's program found and our secrets withheld from it.
fn alerts(alerts: &Alerts, file: Option<&ConfigFile>, environment: &Environment) -> Alerts {
    let mut alerts = alerts.clone();
    if let Some(program) = alerts.command.first_mut() {
        *program = expanded_program(&*program, environment).into();
    }
    alerts.withheld = secret_variables(file).into_iter().map(str::to_owned).collect();
    alerts
}

/// The environment variables that hold a secret, or may hold one.
fn secret_variables(file: Option<&ConfigFile>) -> Vec<&str> {
    file.map(ConfigFile::secret_variables).unwrap_or_default().into_iter().chain(SECRET_VARIABLES).collect()
}

fn keys(
    signing: &Signing,
    environment: &Environment,
    (directory, secret): (&Path, &[&str]),
    warnings: &mut Vec<String>,
) -> Result<KeyringSettings, ConfigError> {
    let defaults = KeyringSettings::default();
    let signing_key = match &signing.key {
        Some(source) => Some(source.read(environment, directory, secret)?),
        None => environment
            .get("AIRCHECK_SIGNING_KEY")
            .map(|key| Secret::new(std::os::unix::ffi::OsStrExt::as_bytes(key).to_vec())),
    };
    if signing_key.as_ref().is_some_and(|key| matches!(key.expose(), b"" | b"0")) {
        warnings.push(
            "The signing key is empty or 0: nothing is signed with it, and nothing unsigned accepted.".to_owned(),
        );
    }
    if let Some(name) = signing.key_name.as_ref().filter(|name| name.contains('|')) {
        let name = escape(name.as_bytes());
        warnings.push(format!("The key name {name} contains |: nobody can verify what is signed with it."));
    }
    let mut verification_keys = Vec::new();
    for (name, source) in &signing.verification_keys {
        verification_keys.push((name.as_bytes().to_vec(), source.read(environment, directory, secret)?));
    }
    Ok(KeyringSettings {
        signing_key,
        signing_key_name: signing.key_name.as_ref().map_or(defaults.signing_key_name, |name| name.as_bytes().to_vec()),
        sign_algorithm: signing.algorithm.unwrap_or(defaults.sign_algorithm),
        verification_keys,
        verification_algorithms: signing.verification_algorithms.clone(),
        time_tolerance: signing.time_tolerance.unwrap_or(defaults.time_tolerance),
    })
}
