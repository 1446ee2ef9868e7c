//! The TLS settings of a profile or the command line: CA certificates, client certificate and server name.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::context::Context;
use super::error::{ConfigError, shown};
use super::private_file::{self, Contents};
use crate::redis::tls::{Tls, TlsError};
use crate::wire::escape::escape;

/// The TLS options of the command line. They override the keys of the profile.
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

/// The keys of `[profile.NAME.tls]` and `[store.NAME.tls]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TlsKeys {
    /// The file of the CA certificates to trust, in PEM; default: those of the system.
    ca: Option<Spanned<PathBuf>>,
    /// The file of the client certificate, in PEM.
    cert: Option<Spanned<PathBuf>>,
    /// The file of the client certificate's key, in PEM. Only its owner may read it.
    key: Option<Spanned<PathBuf>>,
    /// The name in the server's certificate; default: the host of the URL.
    server_name: Option<Spanned<String>>,
}

/// A value and its place: a key of the file or an option.
struct Placed<T> {
    value: T,
    place: String,
}

/// The TLS settings. The files are not read yet.
#[derive(Default)]
pub(super) struct TlsFiles {
    ca: Option<Placed<PathBuf>>,
    cert: Option<Placed<PathBuf>>,
    key: Option<Placed<PathBuf>>,
    server_name: Option<Placed<String>>,
}

impl TlsFiles {
    /// The settings of a profile.
    pub(super) fn of_profile(keys: &TlsKeys, context: &Context<'_>) -> Self {
        let place = |at| context.document.place_and_key(at);
        let file = |key: &Option<Spanned<PathBuf>>| {
            key.as_ref().map(|path| Placed { value: context.path(path.get_ref()), place: place(path.span().start) })
        };
        let name = keys.server_name.as_ref();
        Self {
            ca: file(&keys.ca),
            cert: file(&keys.cert),
            key: file(&keys.key),
            server_name: name.map(|name| Placed { value: name.get_ref().clone(), place: place(name.span().start) }),
        }
    }

    /// The settings of the command line.
    pub(super) fn of_options(options: &TlsOverrides) -> Self {
        let file =
            |path: &Option<PathBuf>, option: &str| path.clone().map(|value| Placed { value, place: option.to_owned() });
        let name = options.server_name.clone();
        Self {
            ca: file(&options.ca, "--tls-ca"),
            cert: file(&options.cert, "--tls-cert"),
            key: file(&options.key, "--tls-key"),
            server_name: name.map(|value| Placed { value, place: "--tls-server-name".to_owned() }),
        }
    }

    /// These settings, with defaults from `other`. A certificate and its key are always taken from the same side.
    pub(super) fn or(self, other: Self) -> Self {
        let own = self.cert.is_some() || self.key.is_some();
        let (cert, key) = if own { (self.cert, self.key) } else { (other.cert, other.key) };
        Self { ca: self.ca.or(other.ca), cert, key, server_name: self.server_name.or(other.server_name) }
    }

    /// Rejects settings that have no effect without TLS. `fix` tells how to use it.
    pub(super) fn check_empty(&self, fix: &str) -> Result<(), ConfigError> {
        let files = [&self.ca, &self.cert, &self.key].map(|file| file.as_ref().map(|file| &file.place));
        let place = files.into_iter().flatten().chain(self.server_name.as_ref().map(|name| &name.place)).next();
        match place {
            None => Ok(()),
            Some(place) => Err(ConfigError::new(place, format!("requires TLS, but the URL does not use it; {fix}"))),
        }
    }

    /// Reads the files.
    pub(super) fn read(&self) -> Result<Tls, ConfigError> {
        let mut tls = Tls::default();
        if let Some(ca) = &self.ca {
            tls.trust(&ca.contents()?.bytes).map_err(|error| ca.unusable(&error))?;
        }
        match (&self.cert, &self.key) {
            (None, None) => {}
            (Some(cert), Some(key)) => {
                let secret = key.contents()?;
                secret.check_private(&key.value).map_err(|what| ConfigError::new(&key.place, what))?;
                let wrong = |error| match error {
                    TlsError::NoKey => key.unusable(&error),
                    error => cert.unusable(&error),
                };
                tls.identify(&cert.contents()?.bytes, &secret.bytes).map_err(wrong)?;
            }
            (Some(cert), None) => {
                return Err(ConfigError::new(&cert.place, "a client certificate needs its key: key or --tls-key"));
            }
            (None, Some(key)) => {
                return Err(ConfigError::new(&key.place, "a client key needs its certificate: cert or --tls-cert"));
            }
        }
        if let Some(name) = &self.server_name {
            let wrong = |error| ConfigError::new(&name.place, format!("{}: {error}", escape(name.value.as_bytes())));
            tls.expect_name(&name.value).map_err(wrong)?;
        }
        Ok(tls)
    }
}

impl Placed<PathBuf> {
    fn contents(&self) -> Result<Contents, ConfigError> {
        private_file::read(&self.value).map_err(|error| {
            let error = escape(error.to_string().as_bytes());
            ConfigError::new(&self.place, format!("cannot read {}: {error}", shown(&self.value)))
        })
    }

    fn unusable(&self, error: &TlsError) -> ConfigError {
        ConfigError::new(&self.place, format!("{}: {}", shown(&self.value), escape(error.to_string().as_bytes())))
    }
}
