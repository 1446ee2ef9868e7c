//! Combines the configuration file, the environment and the command line to one profile.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::context::Context;
use super::environment::Environment;
use super::error::{ConfigError, shown};
use super::file::{ConfigFile, FileProfile, Signing};
use super::key_source;
use super::tls::TlsOverrides;
use crate::console::keymap::Keymap;
use crate::ledger::alert::Alerts;
use crate::ledger::expectation::Expectation;
use crate::redis::target::Target;
use crate::template::Template;
use crate::wire::escape::escape;
use crate::wire::signature::{Keyring, KeyringSettings, Secret};

/// The default of the package.
const DEFAULT_SEQUENCE_PREFIX: &str = "system_broadcast_sequence_";
/// The configuration file in the platform's directory.
const DEFAULT_FILE: &str = "aircheck/config.toml";
/// The warning if `--profile` names a profile with a server, and the environment names another one.
pub(crate) const URL_OVERRIDES_PROFILE: &str = "AIRCHECK_URL overrides the profile's server";
/// The variables that this program reads and that may contain a secret.
const SECRET_VARIABLES: [&str; 3] = ["AIRCHECK_SIGNING_KEY", "AIRCHECK_URL", "PGPASSWORD"];

/// The settings of a command.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The profile's name; empty if no profile is used.
    pub name: String,
    /// The names of all profiles of the file, in alphabetical order.
    pub profiles: Vec<String>,
    /// The server.
    pub target: Target,
    /// The channels and patterns to watch if the command line names none.
    pub channels: Vec<String>,
    /// The prefix of the counters' keys.
    pub sequence_prefix: String,
    /// The colour of the console's header: a name or `#rrggbb`.
    pub colour: Option<String>,
    /// Whether sending is forbidden.
    pub read_only: bool,
    /// Whether to ask before sending.
    pub confirm: bool,
    /// What rings the bell of the console or runs a command.
    pub alerts: Alerts,
    /// How many messages the channels should receive.
    pub expectations: Vec<Arc<Expectation>>,
    /// The saved filters: names and texts, in alphabetical order of the names.
    pub filters: Vec<(String, String)>,
    /// The keys.
    pub keyring: Arc<Keyring>,
    /// The message templates, in alphabetical order.
    pub templates: Vec<Template>,
    /// The keys of the console.
    pub keymap: Keymap,
    /// Whether the console uses the mouse. Otherwise the terminal selects text.
    pub mouse: bool,
    /// The environment variables that may contain secrets. Programs that aircheck starts do not get them.
    pub secret_variables: Vec<String>,
    /// Warnings for standard error, already escaped.
    pub warnings: Vec<String>,
}

/// The options of the command line. They override the environment variables, and those override the file, except for the
/// signing key.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--profile`, overrides `AIRCHECK_PROFILE`
    pub profile: Option<String>,
    /// `--url`, overrides `AIRCHECK_URL`
    pub url: Option<String>,
    /// `--config`, overrides `AIRCHECK_CONFIG`
    pub config: Option<PathBuf>,
    /// The options `--tls-…`
    pub tls: TlsOverrides,
    /// `--allowed-hosts`; if empty, those of the profile apply
    pub allowed_hosts: Vec<String>,
}

impl Profile {
    /// Identifies the counters of this profile: the server, its database and the sequence prefix.
    #[must_use]
    pub fn state_key(&self) -> String {
        self.target.state_key(&self.sequence_prefix)
    }
}

/// Loads the profile from the configuration file (if there is one), the environment and the command line.
///
/// # Errors
/// The file has a mistake, a secret cannot be read, or others can read a file with a secret.
pub fn load(overrides: &Overrides) -> Result<Profile, ConfigError> {
    load_from(overrides, &Environment::process())
}

/// Like [`load`], with a given environment.
///
/// # Errors
/// See [`load`].
pub fn load_from(overrides: &Overrides, environment: &Environment) -> Result<Profile, ConfigError> {
    let name = match &overrides.profile {
        Some(name) => Some(name.as_str()),
        None => environment.text("AIRCHECK_PROFILE")?,
    };
    let file = match (find(overrides, environment)?, name) {
        (Some(file), _) => file,
        (None, None) => ConfigFile::default(),
        (None, Some(name)) => {
            let (name, path) = (escape(name.as_bytes()), config_file(overrides, environment)?);
            let what = format!("profile \"{name}\" not found: no configuration file at {}", shown(&path));
            return Err(ConfigError::new(
                "--profile",
                format!("{what}; run aircheck init, or specify one with --config"),
            ));
        }
    };
    let none = FileProfile::default();
    let is_server_given = overrides.url.is_some() || environment.text("AIRCHECK_URL")?.is_some();
    let (name, profile) = file.profile(name, is_server_given)?.unwrap_or(("", &none));
    let context = Context { document: &file.document, environment, secret_variables: secret_variables(&file) };
    let mut warnings = Vec::new();
    let target = profile.target(overrides, &context)?;
    if overrides.url.is_some() && target.has_password() {
        // The text that redis-cli prints for its `-a`.
        warnings.push("Using a password with '--url' on the command line interface may not be safe.".to_owned());
    }
    // The variable may be a leftover in the shell of someone who names a profile.
    let is_overridden = overrides.url.is_none() && is_server_given && profile.url.is_some();
    if is_overridden && overrides.profile.is_some() {
        warnings.push(URL_OVERRIDES_PROFILE.to_owned());
    }
    let prefix = environment.text_or_empty("AIRCHECK_SEQUENCE_PREFIX")?;
    let prefix = prefix.or(profile.sequence_prefix.as_deref()).unwrap_or(DEFAULT_SEQUENCE_PREFIX);
    let keyring = Keyring::new(keys(&profile.signing, &context, &mut warnings)?);
    let secret_variables: Vec<String> = context.secret_variables.iter().copied().map(str::to_owned).collect();
    let mut alerts = profile.alerts.alerts(&file.document)?;
    if let Some(program) = alerts.command.first_mut() {
        *program = context.program(&*program).into();
    }
    alerts.withheld.clone_from(&secret_variables);
    Ok(Profile {
        name: name.to_owned(),
        profiles: file.profile_names(),
        target,
        channels: profile.channels.clone(),
        sequence_prefix: prefix.to_owned(),
        colour: profile.colour.clone(),
        read_only: profile.read_only,
        confirm: profile.confirm,
        alerts,
        expectations: profile.expectations(&file.document)?,
        filters: profile.filters.clone().into_iter().collect(),
        keyring: Arc::new(keyring),
        templates: profile.templates(&file.document)?,
        keymap: file.keymap()?,
        mouse: file.mouse(),
        secret_variables,
        warnings,
    })
}

/// The names of all profiles, and the channels of the selected profile. Reads no secret.
///
/// # Errors
/// The file has a mistake or insecure permissions.
pub(crate) fn profiles_and_channels(
    overrides: &Overrides,
    environment: &Environment,
) -> Result<(Vec<String>, Vec<String>), ConfigError> {
    let file = find(overrides, environment)?.unwrap_or_default();
    let name = match &overrides.profile {
        Some(name) => Some(name.as_str()),
        None => environment.text("AIRCHECK_PROFILE")?,
    };
    let profile = file.profile(name, true).unwrap_or_default();
    Ok((file.profile_names(), profile.map(|(_, profile)| profile.channels.clone()).unwrap_or_default()))
}

/// The settings of the console that belong to no profile.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// The keys.
    pub keymap: Keymap,
    /// Whether the console uses the mouse.
    pub mouse: bool,
}

/// Loads the console's settings only. The file may have no profile.
///
/// # Errors
/// The file has a mistake.
pub fn load_console(overrides: &Overrides) -> Result<ConsoleSettings, ConfigError> {
    load_console_from(overrides, &Environment::process())
}

/// Like [`load_console`], with a given environment.
///
/// # Errors
/// See [`load_console`].
pub fn load_console_from(overrides: &Overrides, environment: &Environment) -> Result<ConsoleSettings, ConfigError> {
    let file = find(overrides, environment)?.unwrap_or_default();
    Ok(ConsoleSettings { keymap: file.keymap()?, mouse: file.mouse() })
}

/// The file of the last known counters: `AIRCHECK_STATE`, or `aircheck/counters.db` in the platform's state directory.
///
/// # Errors
/// There is no home directory.
pub fn state_file() -> Result<PathBuf, ConfigError> {
    state_file_in(&Environment::process())
}

/// Like [`state_file`], with a given environment.
///
/// # Errors
/// See [`state_file`].
pub fn state_file_in(environment: &Environment) -> Result<PathBuf, ConfigError> {
    match (environment.get("AIRCHECK_STATE"), &environment.state_directory) {
        (Some(path), _) => Ok(path.into()),
        (None, Some(directory)) => Ok(directory.join("aircheck/counters.db")),
        (None, None) => Err(ConfigError::new("no home directory", "set AIRCHECK_STATE to a file for the counters")),
    }
}

/// The file of messages sent from the console: `history.jsonl` in the directory of the counters.
///
/// # Errors
/// See [`state_file`].
pub(crate) fn history_file() -> Result<PathBuf, ConfigError> {
    state_file().map(|counters| counters.with_file_name("history.jsonl"))
}

/// The file of acknowledgements: `acknowledgements.jsonl` in the directory of the counters.
///
/// # Errors
/// See [`state_file`].
pub(crate) fn acknowledgements_file() -> Result<PathBuf, ConfigError> {
    state_file().map(|counters| counters.with_file_name("acknowledgements.jsonl"))
}

/// The file of the console's settings: `settings.toml` in the directory of the counters.
///
/// # Errors
/// See [`state_file`].
pub fn settings_file() -> Result<PathBuf, ConfigError> {
    state_file().map(|counters| counters.with_file_name("settings.toml"))
}

/// The configuration file: that of `--config` or `AIRCHECK_CONFIG`, or else `aircheck/config.toml` in the platform's directory.
///
/// # Errors
/// There is no home directory.
pub(crate) fn config_file(overrides: &Overrides, environment: &Environment) -> Result<PathBuf, ConfigError> {
    match (named_file(overrides, environment), &environment.config_directory) {
        (Some(path), _) => Ok(path.to_owned()),
        (None, Some(directory)) => Ok(directory.join(DEFAULT_FILE)),
        (None, None) => Err(ConfigError::new("no home directory", "specify a file with --config")),
    }
}

/// The environment variables that may contain secrets.
pub(super) fn secret_variables(file: &ConfigFile) -> Vec<&str> {
    file.secret_variables().chain(SECRET_VARIABLES).collect()
}

/// The file of `--config` or `AIRCHECK_CONFIG`.
fn named_file<'a>(overrides: &'a Overrides, environment: &'a Environment) -> Option<&'a Path> {
    overrides.config.as_deref().or_else(|| environment.get("AIRCHECK_CONFIG").map(Path::new))
}

/// Reads the file of `--config` or `AIRCHECK_CONFIG`, which must exist, or else that in the platform's directory, if it exists.
pub(super) fn find(overrides: &Overrides, environment: &Environment) -> Result<Option<ConfigFile>, ConfigError> {
    if let Some(path) = named_file(overrides, environment) {
        return ConfigFile::read(path).map(Some);
    }
    let Some(directory) = &environment.config_directory else { return Ok(None) };
    let path = directory.join(DEFAULT_FILE);
    match path.try_exists() {
        Ok(false) => Ok(None),
        Ok(true) => ConfigFile::read(&path).map(Some),
        Err(error) => Err(ConfigError::new(shown(&path), escape(error.to_string().as_bytes()))),
    }
}

fn keys(signing: &Signing, context: &Context<'_>, warnings: &mut Vec<String>) -> Result<KeyringSettings, ConfigError> {
    let defaults = KeyringSettings::default();
    let signing_key = match &signing.key {
        Some(source) => Some(key_source::read(source, context)?),
        None => context.environment.get("AIRCHECK_SIGNING_KEY").map(|key| Secret::new(key.as_bytes().to_vec())),
    };
    if signing_key.as_ref().is_some_and(|key| matches!(key.expose(), b"" | b"0")) {
        warnings.push(
            "The signing key is empty or 0: messages are sent unsigned, and unsigned messages are rejected.".to_owned(),
        );
    }
    let key_name = signing.key_name.as_ref().map(|name| name.0.as_str());
    if let Some(name) = key_name.filter(|name| name.contains('|')) {
        let name = escape(name.as_bytes());
        warnings.push(format!("The key name {name} contains |: nobody can verify what is signed with it."));
    }
    let verification_keys = signing.verification_keys.iter();
    let verification_keys = verification_keys
        .map(|(name, source)| Ok((name.0.as_bytes().to_vec(), key_source::read(source, context)?)))
        .collect::<Result<_, _>>()?;
    Ok(KeyringSettings {
        signing_key,
        signing_key_name: key_name.map_or(defaults.signing_key_name, |name| name.as_bytes().to_vec()),
        sign_algorithm: signing.algorithm.unwrap_or(defaults.sign_algorithm),
        verification_keys,
        verification_algorithms: signing.verification_algorithms.clone(),
        time_tolerance: signing.time_tolerance.unwrap_or(defaults.time_tolerance),
    })
}
