//! The files of TLS, from a profile or the command line: whom to trust, and who we are.

use std::path::{Path, PathBuf};

use toml::Spanned;

use super::document::Section;
use super::environment::Environment;
use super::error::{ConfigError, shown};
use super::key_source::expanded;
use super::private_file::{self, Contents};
use crate::redis::tls::{Tls, TlsError};
use crate::wire::escape::escape;

/// The keys of `[profile.NAME.tls]`.
pub(super) const KEYS: [&str; 4] = ["ca", "cert", "key", "server_name"];

/// What the command line says of TLS; each stands before the profile's.
#[derive(Debug, Clone, Default)]
pub struct TlsOverrides {
    /// `--tls-ca`
    pub ca: Option<PathBuf>,
    /// `--tls-cert`
    pub cert: Option<PathBuf>,
    /// `--tls-key`
    pub key: Option<PathBuf>,
    /// `--tls-server-name`
    pub server_name: Option<String>,
}

/// What is named, and where: `file:line:column` or a flag.
#[derive(Clone)]
struct Named<T> {
    value: T,
    place: String,
}

/// The files that are named; none of them is read yet.
#[derive(Clone, Default)]
pub(super) struct TlsFiles {
    ca: Option<Named<PathBuf>>,
    cert: Option<Named<PathBuf>>,
    key: Option<Named<PathBuf>>,
    server_name: Option<Named<String>>,
}

impl TlsFiles {
    /// Reads `[profile.NAME.tls]`.
    pub(super) fn parse(section: &Section<'_>) -> Result<Self, ConfigError> {
        let named = |text: Spanned<&str>| Named {
            place: section.document().place(text.span().start),
            value: (*text.get_ref()).to_owned(),
        };
        let file = |key| section.text(key).map(|text| text.map(named).map(Named::path));
        Ok(Self {
            ca: file("ca")?,
            cert: file("cert")?,
            key: file("key")?,
            server_name: section.text("server_name")?.map(named),
        })
    }

    /// What the command line names.
    pub(super) fn of_flags(flags: &TlsOverrides) -> Self {
        let file =
            |path: &Option<PathBuf>, flag: &str| path.clone().map(|value| Named { value, place: flag.to_owned() });
        let name = flags.server_name.clone();
        Self {
            ca: file(&flags.ca, "--tls-ca"),
            cert: file(&flags.cert, "--tls-cert"),
            key: file(&flags.key, "--tls-key"),
            server_name: name.map(|value| Named { value, place: "--tls-server-name".to_owned() }),
        }
    }

    /// With paths as from the home directory or the directory of the configuration file.
    pub(super) fn expanded(mut self, environment: &Environment, directory: &Path) -> Self {
        for file in [&mut self.ca, &mut self.cert, &mut self.key].into_iter().flatten() {
            file.value = expanded(&file.value, environment, directory);
        }
        self
    }

    /// With others where these name nothing; a certificate and its key go together.
    pub(super) fn or(self, other: Self) -> Self {
        let own = self.cert.is_some() || self.key.is_some();
        let (cert, key) = if own { (self.cert, self.key) } else { (other.cert, other.key) };
        Self { ca: self.ca.or(other.ca), cert, key, server_name: self.server_name.or(other.server_name) }
    }

    /// Rejects what cannot have a meaning without TLS.
    pub(super) fn must_be_none(&self) -> Result<(), ConfigError> {
        let files = [&self.ca, &self.cert, &self.key].map(|file| file.as_ref().map(|file| &file.place));
        let place = files.into_iter().flatten().chain(self.server_name.as_ref().map(|name| &name.place)).next();
        match place {
            None => Ok(()),
            Some(place) => Err(ConfigError::new(place, "is for TLS, which the url does not ask for; write rediss://")),
        }
    }

    /// Reads what is named.
    pub(super) fn read(&self) -> Result<Tls, ConfigError> {
        let mut tls = Tls::default();
        if let Some(ca) = &self.ca {
            tls.trust(&ca.contents()?.bytes).map_err(|error| ca.unusable(&error))?;
        }
        match (&self.cert, &self.key) {
            (None, None) => {}
            (Some(cert), Some(key)) => {
                let secret = key.contents()?;
                secret.must_be_private(&key.value, &key.place)?;
                let wrong = |error| match error {
                    TlsError::NoKey => key.unusable(&error),
                    error => cert.unusable(&error),
                };
                tls.identify(&cert.contents()?.bytes, &secret.bytes).map_err(wrong)?;
            }
            (Some(cert), None) => {
                return Err(ConfigError::new(&cert.place, "a certificate needs its key: key or --tls-key"));
            }
            (None, Some(key)) => {
                return Err(ConfigError::new(&key.place, "a key needs its certificate: cert or --tls-cert"));
            }
        }
        if let Some(name) = &self.server_name {
            let wrong = |error| ConfigError::new(&name.place, format!("{}: {error}", escape(name.value.as_bytes())));
            tls.expect_name(&name.value).map_err(wrong)?;
        }
        Ok(tls)
    }
}

impl Named<String> {
    fn path(self) -> Named<PathBuf> {
        Named { value: self.value.into(), place: self.place }
    }
}

impl Named<PathBuf> {
    fn contents(&self) -> Result<Contents, ConfigError> {
        private_file::read(&self.value).map_err(|error| {
            let error = escape(error.to_string().as_bytes());
            ConfigError::new(&self.place, format!("{} cannot be read: {error}", shown(&self.value)))
        })
    }

    fn unusable(&self, error: &TlsError) -> ConfigError {
        ConfigError::new(&self.place, format!("{}: {}", shown(&self.value), escape(error.to_string().as_bytes())))
    }
}
