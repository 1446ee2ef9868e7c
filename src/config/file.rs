//! The configuration file: profiles, and what is known of each.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use super::alerts;
use super::colour;
use super::document::{Document, Section, hint};
use super::error::{ConfigError, shown};
use super::key_source::KeySource;
use super::private_file;
use super::server::Server;
use super::template;
use crate::ledger::alert::Alerts;
use crate::template::Template;
use crate::wire::algorithm::Algorithm;
use crate::wire::escape::escape;

const PROFILE: [&str; 16] = [
    "url",
    "user",
    "password",
    "sentinel_user",
    "sentinel_password",
    "tls",
    "allowed_hosts",
    "channels",
    "sequence_prefix",
    "colour",
    "read_only",
    "confirm",
    "filters",
    "signing",
    "templates",
    "alerts",
];
const SIGNING: [&str; 6] =
    ["key_name", "key", "algorithm", "time_tolerance", "verification_algorithms", "verification_keys"];

/// The file as read; secrets that it points to are not read yet.
pub(super) struct ConfigFile {
    /// Where it stands.
    pub(super) path: PathBuf,
    default_profile: Option<String>,
    profiles: Vec<(String, FileProfile)>,
}

/// One `[profile.NAME]`.
#[derive(Default)]
pub(super) struct FileProfile {
    pub(super) server: Server,
    pub(super) channels: Vec<String>,
    pub(super) sequence_prefix: Option<String>,
    pub(super) colour: Option<String>,
    pub(super) read_only: bool,
    pub(super) confirm: bool,
    /// Names and texts, in alphabetical order.
    pub(super) filters: Vec<(String, String)>,
    pub(super) signing: Signing,
    pub(super) templates: Vec<Template>,
    pub(super) alerts: Alerts,
}

/// One `[profile.NAME.signing]`.
#[derive(Default)]
pub(super) struct Signing {
    pub(super) key_name: Option<String>,
    pub(super) key: Option<KeySource>,
    pub(super) algorithm: Option<Algorithm>,
    /// In seconds.
    pub(super) time_tolerance: Option<u64>,
    pub(super) verification_algorithms: Vec<Algorithm>,
    pub(super) verification_keys: Vec<(String, KeySource)>,
}

impl ConfigFile {
    /// Reads a file. Only its user and root may be able to change it; one that holds a secret must be readable by its owner only.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let contents = private_file::read(path).map_err(|error| {
            ConfigError::new(shown(path), format!("cannot be read: {}", escape(error.to_string().as_bytes())))
        })?;
        let text = std::str::from_utf8(&contents.bytes)
            .map_err(|_| ConfigError::new(shown(path), "is not UTF-8, which TOML must be"))?;
        let file = Self::parse(Document { path, text })?;
        if file.holds_a_secret() {
            contents.must_be_private(path, &shown(path))?;
        }
        contents.must_be_trusted(path)?;
        Ok(file)
    }

    /// The profile of that name, or the default one; none where none is asked for and there is no default.
    pub(super) fn profile(&self, name: Option<&str>) -> Result<Option<(&str, &FileProfile)>, ConfigError> {
        let Some(name) = name.or(self.default_profile.as_deref()) else { return Ok(None) };
        match self.profiles.iter().find(|(known, _)| known == name) {
            Some((name, profile)) => Ok(Some((name, profile))),
            None => Err(ConfigError::new(
                shown(&self.path),
                format!("there is no profile {}; {}", escape(name.as_bytes()), self.hint(name)),
            )),
        }
    }

    /// The environment variables that hold secrets of any profile.
    pub(super) fn secret_variables(&self) -> Vec<&str> {
        self.sources().filter_map(KeySource::variable).collect()
    }

    fn parse(document: Document<'_>) -> Result<Self, ConfigError> {
        let table = document.parse()?;
        let top = document.top(table.get_ref(), &["default_profile", "profile"])?;
        let mut profiles = Vec::new();
        if let Some(entries) = top.entries("profile")? {
            for name in entries.names() {
                let name = name.get_ref().as_ref();
                if let Some(section) = entries.section(name, &PROFILE)? {
                    profiles.push((name.to_owned(), profile(&section)?));
                }
            }
        }
        let default_profile = top.text("default_profile")?;
        let file = Self {
            path: document.path.to_owned(),
            default_profile: default_profile.as_ref().map(|name| (*name.get_ref()).to_owned()),
            profiles,
        };
        match default_profile {
            Some(name) if !file.profiles.iter().any(|(known, _)| known == name.get_ref()) => {
                let shown = escape(name.get_ref().as_bytes());
                let hint = file.hint(name.get_ref());
                Err(document.wrong(name.span().start, format!("there is no profile {shown}; {hint}")))
            }
            _ => Ok(file),
        }
    }

    fn hint(&self, name: &str) -> String {
        if self.profiles.is_empty() {
            return format!("add [profile.{}]", escape(name.as_bytes()));
        }
        hint(name, self.profiles.iter().map(|(name, _)| name.as_str()))
    }

    fn sources(&self) -> impl Iterator<Item = &KeySource> {
        self.profiles.iter().flat_map(|(_, profile)| {
            let keys = profile.signing.key.iter();
            let keys = keys.chain(profile.signing.verification_keys.iter().map(|(_, source)| source));
            keys.chain(profile.server.sources())
        })
    }

    fn holds_a_secret(&self) -> bool {
        let mut servers = self.profiles.iter().map(|(_, profile)| &profile.server);
        servers.any(Server::holds_a_password) || self.sources().any(KeySource::is_value)
    }
}

fn profile(section: &Section<'_>) -> Result<FileProfile, ConfigError> {
    let document = section.document();
    let colour = section.text("colour")?;
    if let Some(colour) = &colour
        && !colour::is_known(colour.get_ref())
    {
        let hint = hint(colour.get_ref(), colour::NAMES.into_iter());
        return Err(document.wrong(colour.span().start, format!("no such colour, nor #rrggbb; {hint}")));
    }
    Ok(FileProfile {
        server: Server::parse(section)?,
        channels: section.texts("channels")?.iter().map(|channel| (*channel.get_ref()).to_owned()).collect(),
        sequence_prefix: section.text("sequence_prefix")?.map(|prefix| (*prefix.get_ref()).to_owned()),
        colour: colour.map(|colour| (*colour.get_ref()).to_owned()),
        read_only: section.flag("read_only")?.unwrap_or_default(),
        confirm: section.flag("confirm")?.unwrap_or_default(),
        alerts: section.section("alerts", &alerts::KEYS)?.as_ref().map(alerts::parse).transpose()?.unwrap_or_default(),
        filters: filters(section)?,
        signing: section.section("signing", &SIGNING)?.as_ref().map(signing).transpose()?.unwrap_or_default(),
        templates: template::templates(section)?,
    })
}

/// `[profile.NAME.filters]`: each key is a name, each value a filter's text.
fn filters(section: &Section<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    let Some(entries) = section.entries("filters")? else { return Ok(Vec::new()) };
    let mut filters = Vec::new();
    for name in entries.names() {
        let name = name.get_ref().as_ref();
        if let Some(text) = entries.as_section().text(name)? {
            filters.push((name.to_owned(), (*text.get_ref()).to_owned()));
        }
    }
    Ok(filters)
}

fn signing(section: &Section<'_>) -> Result<Signing, ConfigError> {
    let algorithm = |name: &Spanned<&str>| {
        Algorithm::from_name(name.get_ref().as_bytes())
            .map_err(|error| section.document().wrong(name.span().start, error))
    };
    let key_name = section.text("key_name")?;
    if let Some(name) = &key_name {
        check_key_name(section, name.get_ref(), name.span().start)?;
    }
    let mut verification_keys = Vec::new();
    if let Some(entries) = section.entries("verification_keys")? {
        for name in entries.names() {
            check_key_name(section, name.get_ref(), name.span().start)?;
            let source = KeySource::parse(entries.as_section(), name.get_ref())?;
            verification_keys.extend(source.map(|source| (name.get_ref().to_string(), source)));
        }
    }
    Ok(Signing {
        key_name: key_name.map(|name| (*name.get_ref()).to_owned()),
        key: KeySource::parse(section, "key")?,
        algorithm: section.text("algorithm")?.as_ref().map(algorithm).transpose()?,
        time_tolerance: time_tolerance(section)?,
        verification_algorithms: section
            .texts("verification_algorithms")?
            .iter()
            .map(algorithm)
            .collect::<Result<_, _>>()?,
        verification_keys,
    })
}

/// The separator of the envelope cannot stand in a key's name: no message could carry it. The one of the signature can,
/// as for the package, though nobody can verify what is signed with such a key.
fn check_key_name(section: &Section<'_>, name: &str, at: usize) -> Result<(), ConfigError> {
    if name.contains(':') {
        return Err(section.document().wrong(at, "a key's name must not contain a colon"));
    }
    Ok(())
}

/// Whole seconds, as a number or as text such as `1h 30m`.
fn time_tolerance(section: &Section<'_>) -> Result<Option<u64>, ConfigError> {
    const KEY: &str = "time_tolerance";
    let Some(value) = section.value(KEY) else { return Ok(None) };
    let seconds = match value.get_ref() {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(text) => {
            humantime::parse_duration(text).ok().filter(|duration| duration.subsec_nanos() == 0).map(|d| d.as_secs())
        }
        _ => None,
    };
    // PHP's integers end here, and so does the difference of two timestamps.
    let longest = i64::MAX.unsigned_abs();
    match seconds {
        Some(seconds) if seconds <= longest => Ok(Some(seconds)),
        _ => Err(section.not(KEY, value, "whole seconds, as a number or as text such as \"1h 30m\"")),
    }
}
