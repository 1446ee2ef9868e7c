//! The configuration file and its profiles.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use zeroize::Zeroizing;

use super::alerts::AlertKeys;
use super::colour;
use super::document::{Document, SecretText, Section, hint, parsed};
use super::error::{ConfigError, shown};
use super::expect::ExpectKeys;
use super::key_source::KeySource;
use super::keys;
use super::keys::KeysTable;
use super::private_file;
use super::store::StoreKeys;
use super::template::TemplateKeys;
use super::tls::TlsKeys;
use crate::console::keymap::Keymap;
use crate::ledger::expectation::Expectation;
use crate::redis::target::AllowedHosts;
use crate::template::Template;
use crate::wire::algorithm::Algorithm;
use crate::wire::escape::escape;

/// The file. Secrets that it refers to are not read yet.
#[derive(Default)]
pub(super) struct ConfigFile {
    /// The path and text.
    pub(super) document: Document,
    keys: FileKeys,
}

/// The keys of the file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FileKeys {
    /// The profile to use if neither `--profile` nor `AIRCHECK_PROFILE` selects one; default: the only profile.
    default_profile: Option<Spanned<String>>,
    /// The keys of the console: an action, and one key or an array of keys.
    keys: KeysTable,
    /// Whether the console uses the mouse. Otherwise the terminal selects text; default: `true`.
    mouse: Option<bool>,
    /// The profiles by name.
    profile: BTreeMap<String, Section<FileProfile>>,
    /// The stores by name.
    store: BTreeMap<String, Section<StoreKeys>>,
}

/// The keys of `[profile.NAME]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileProfile {
    /// The server: `redis://`, `rediss://` (TLS), `unix://`, `redis+sentinel://`, `rediss+sentinel://`, `redis+cluster://` or
    /// `rediss+cluster://`; default: `redis://127.0.0.1:6379`.
    // Parsed when the profile is used, so that a mistake does not affect other profiles.
    pub(super) url: Option<Spanned<SecretText>>,
    /// The Redis user, if the URL does not contain it.
    pub(super) user: Option<Spanned<String>>,
    /// The Redis password, if the URL does not contain it.
    pub(super) password: Option<Spanned<KeySource>>,
    /// The user for the sentinels.
    pub(super) sentinel_user: Option<Spanned<String>>,
    /// The password for the sentinels.
    pub(super) sentinel_password: Option<Spanned<KeySource>>,
    /// The TLS settings for `rediss://`.
    pub(super) tls: Section<TlsKeys>,
    /// The only hosts to connect to, even if a sentinel or a cluster names others.
    pub(super) allowed_hosts: Option<AllowedHosts>,
    /// The channels and patterns to watch if the command line names none.
    pub(super) channels: Vec<String>,
    /// The prefix of the counters' keys. It can be empty; default: `system_broadcast_sequence_`.
    pub(super) sequence_prefix: Option<String>,
    /// The colour of the console's header.
    #[serde(deserialize_with = "colour")]
    pub(super) colour: Option<String>,
    /// Whether sending is forbidden.
    pub(super) read_only: bool,
    /// Whether to show each message and ask before sending it.
    pub(super) confirm: bool,
    /// Saved filters by name.
    pub(super) filters: BTreeMap<String, String>,
    /// The keys to sign and verify with.
    pub(super) signing: Section<Signing>,
    /// The message templates by name.
    templates: BTreeMap<Spanned<String>, Section<TemplateKeys>>,
    /// What rings the bell or runs a command.
    pub(super) alerts: Section<AlertKeys>,
    /// How many messages the channels should receive, by title.
    expect: BTreeMap<Spanned<String>, Section<ExpectKeys>>,
}

/// The keys of `[profile.NAME.signing]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Signing {
    /// The name of the signing key; default: `default`.
    pub(super) key_name: Option<KeyName>,
    /// The signing key; default: `AIRCHECK_SIGNING_KEY`.
    pub(super) key: Option<Spanned<KeySource>>,
    /// The algorithm to sign with; default: `sha256`.
    pub(super) algorithm: Option<Algorithm>,
    /// How far a signature's timestamp may be off; default: `1h`.
    #[serde(deserialize_with = "seconds")]
    pub(super) time_tolerance: Option<u64>,
    /// The algorithms to accept in addition to the one to sign with.
    pub(super) verification_algorithms: Vec<Algorithm>,
    /// The keys to verify with in addition to the signing key, by name.
    pub(super) verification_keys: BTreeMap<KeyName, Spanned<KeySource>>,
}

impl ConfigFile {
    /// Reads a file. Only its user and root may write it. If it contains a secret, only its owner may read it.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let (file, insecure) = Self::parse(path)?;
        insecure.into_iter().next().map_or(Ok(file), Err)
    }

    /// Reads a file, and reports its insecure permissions.
    pub(super) fn parse(path: &Path) -> Result<(Self, Vec<ConfigError>), ConfigError> {
        let wrong = |what| ConfigError::new(shown(path), what);
        let contents = private_file::read(path)
            .map_err(|error| wrong(format!("cannot be read: {}", escape(error.to_string().as_bytes()))))?;
        let text = std::str::from_utf8(&contents.bytes).map_err(|_| wrong("is not UTF-8".to_owned()))?;
        let document = Document { path: path.to_owned(), text: Zeroizing::new(text.to_owned()) };
        let file = Self { keys: document.read()?, document };
        file.check()?;
        let private = if file.contains_secret() { contents.check_private(path) } else { Ok(()) };
        let insecure = [private, contents.check_trusted(path)].into_iter().filter_map(Result::err).map(wrong);
        let insecure = insecure.collect();
        Ok((file, insecure))
    }

    /// The profile of that name, or else the default profile, or else the only one. Without these, a command needs no profile
    /// only if there is none or the server is given.
    pub(super) fn profile(
        &self,
        name: Option<&str>,
        is_server_given: bool,
    ) -> Result<Option<(&str, &FileProfile)>, ConfigError> {
        let default = || self.keys.default_profile.as_ref().map(|name| name.get_ref().as_str());
        let mut names = self.keys.profile.keys().map(String::as_str);
        let name = match (name.or_else(default), names.len()) {
            (Some(name), _) => Some(name),
            (None, 0 | 1) => names.next(),
            (None, _) if is_server_given => None,
            (None, _) => {
                let names = escape(names.collect::<Vec<_>>().join(", ").as_bytes());
                let what = format!("several profiles and no default: {names}; use --profile, or set default_profile");
                return Err(ConfigError::new(shown(&self.document.path), what));
            }
        };
        let Some(name) = name else { return Ok(None) };
        match self.keys.profile.get_key_value(name) {
            Some((name, profile)) => Ok(Some((name, profile))),
            None => Err(ConfigError::new(shown(&self.document.path), self.unknown_profile(name))),
        }
    }

    /// The profiles and their names.
    pub(super) fn profiles(&self) -> impl Iterator<Item = (&str, &FileProfile)> {
        self.keys.profile.iter().map(|(name, profile)| (name.as_str(), &profile.0))
    }

    /// The store of that name.
    pub(super) fn store(&self, name: &str) -> Option<&StoreKeys> {
        self.keys.store.get(name).map(|store| &store.0)
    }

    /// The stores and their names.
    pub(super) fn stores(&self) -> impl Iterator<Item = (&str, &StoreKeys)> {
        self.keys.store.iter().map(|(name, store)| (name.as_str(), &store.0))
    }

    /// The names of all profiles, in alphabetical order.
    pub(super) fn profile_names(&self) -> Vec<String> {
        self.keys.profile.keys().cloned().collect()
    }

    /// The keys of the console.
    pub(super) fn keymap(&self) -> Result<Keymap, ConfigError> {
        keys::keymap(&self.keys.keys, &self.document)
    }

    /// Whether the console uses the mouse.
    pub(super) fn mouse(&self) -> bool {
        self.keys.mouse.unwrap_or(true)
    }

    /// The environment variables that contain secrets of any profile or store.
    pub(super) fn secret_variables(&self) -> impl Iterator<Item = &str> {
        self.sources().filter_map(KeySource::variable)
    }

    /// Checks what serde cannot check, in all profiles.
    fn check(&self) -> Result<(), ConfigError> {
        if let Some(name) = &self.keys.default_profile
            && !self.keys.profile.contains_key(name.get_ref())
        {
            return Err(self.document.error(name.span().start, self.unknown_profile(name.get_ref())));
        }
        self.keymap()?;
        for profile in self.keys.profile.values() {
            profile.alerts.alerts(&self.document)?;
            profile.templates(&self.document)?;
            profile.expectations(&self.document)?;
        }
        Ok(())
    }

    fn unknown_profile(&self, name: &str) -> String {
        let profiles = &self.keys.profile;
        let shown = escape(name.as_bytes());
        if profiles.is_empty() {
            return format!("unknown profile \"{shown}\"; add [profile.{shown}]");
        }
        format!("unknown profile \"{shown}\" {}", hint(name, profiles.keys().map(String::as_str)))
    }

    fn sources(&self) -> impl Iterator<Item = &KeySource> {
        let profiles = self.profiles().flat_map(|(_, profile)| profile.sources());
        profiles.chain(self.stores().filter_map(|(_, store)| store.password.as_ref())).map(Spanned::get_ref)
    }

    fn contains_secret(&self) -> bool {
        self.keys.profile.values().any(|profile| profile.url_has_password())
            || self.keys.store.values().any(|store| store.url_has_password())
            || self.sources().any(KeySource::is_value)
    }
}

impl FileProfile {
    /// Where its keys and passwords are read from.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Spanned<KeySource>> {
        let keys = self.signing.key.iter().chain(self.signing.verification_keys.values());
        keys.chain(&self.password).chain(&self.sentinel_password)
    }

    /// The templates in alphabetical order.
    pub(super) fn templates(&self, document: &Document) -> Result<Vec<Template>, ConfigError> {
        self.templates.iter().map(|(title, keys)| keys.template(title, document)).collect()
    }

    /// The expectations in alphabetical order.
    pub(super) fn expectations(&self, document: &Document) -> Result<Vec<Arc<Expectation>>, ConfigError> {
        self.expect.iter().map(|(title, keys)| keys.expectation(title, document).map(Arc::new)).collect()
    }
}

fn colour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    parsed(deserializer, |name| {
        let known = colour::is_known(name).then(|| Some(name.to_owned()));
        let names = colour::COLOUR_NAMES.into_iter();
        known.ok_or_else(|| format!("unknown colour; use #rrggbb or a name {}", hint(name, names)))
    })
}

/// Whole seconds, as a number or as text such as `1h 30m`.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let seconds = match toml::Value::deserialize(deserializer) {
        Ok(toml::Value::Integer(seconds)) => u64::try_from(seconds).ok(),
        Ok(toml::Value::String(text)) => {
            let duration = humantime::parse_duration(&text).ok().filter(|duration| duration.subsec_nanos() == 0);
            duration.map(|duration| duration.as_secs())
        }
        _ => None,
    };
    // The difference of two timestamps is an i64, as in PHP.
    match seconds.filter(|seconds| i64::try_from(*seconds).is_ok()) {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(D::Error::custom("expected whole seconds, e.g. 90 or \"1h 30m\"")),
    }
}

/// The name of a key. It cannot contain the envelope's separator. It can contain the signature's separator, as in the package,
/// although nobody can verify a signature with such a key.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyName(pub(super) String);

impl<'de> Deserialize<'de> for KeyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |name| {
            let is_valid = !name.contains(':');
            is_valid.then(|| Self(name.to_owned())).ok_or("a key's name must not contain a colon")
        })
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, str::parse)
    }
}
