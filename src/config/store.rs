//! The stores of the configuration file: `[store.NAME]`.

use serde::Deserialize;
use toml::Spanned;

use super::context::Context;
use super::document::{SecretText, Section, hint};
use super::environment::Environment;
use super::error::{ConfigError, shown};
use super::key_source::KeySource;
use super::profile::{Overrides, config_file, find, secret_variables};
use super::server::Login;
use super::tls::{TlsFiles, TlsKeys};
use crate::store::target::{StoreArgument, StoreTarget};
use crate::wire::escape::escape;
use crate::wire::signature::Secret;

/// The variable with the password if neither the URL nor the file has one, as for `psql`.
const PASSWORD_VARIABLE: &str = "PGPASSWORD";

/// The keys of `[store.NAME]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StoreKeys {
    /// The database: `postgres://host:port/database`. TLS is used unless the host is this machine. `?sslmode=disable` at the end
    /// permits plain text, `?sslmode=verify-full` uses TLS on this machine too.
    // Parsed when the store is used, so that a mistake does not affect other stores.
    pub(super) url: Option<Spanned<SecretText>>,
    /// The role, if the URL does not contain it; default: the name of the system's user.
    pub(super) user: Option<Spanned<String>>,
    /// The password, if the URL does not contain it; default: `PGPASSWORD`.
    pub(super) password: Option<Spanned<KeySource>>,
    /// The TLS settings.
    pub(super) tls: Section<TlsKeys>,
}

/// A store, and warnings for standard error, already escaped.
#[derive(Debug)]
pub struct Store {
    /// The store.
    pub target: StoreTarget,
    /// The warnings.
    pub warnings: Vec<String>,
}

/// Finds the store that an argument names, and reads its password.
///
/// # Errors
/// The file has no such store, the URL is invalid, or a secret or a TLS file cannot be read.
pub fn load_store(argument: &StoreArgument, overrides: &Overrides) -> Result<Store, ConfigError> {
    load_store_from(argument, overrides, &Environment::process())
}

/// Like [`load_store`], with a given environment.
///
/// # Errors
/// See [`load_store`].
pub fn load_store_from(
    argument: &StoreArgument,
    overrides: &Overrides,
    environment: &Environment,
) -> Result<Store, ConfigError> {
    let mut warnings = Vec::new();
    let mut target = match argument {
        StoreArgument::Url(url) => {
            let target = parse(url, "store")?;
            if target.has_password() {
                warnings.push(
                    "Using a password in the URL of a store on the command line interface may not be safe.".to_owned(),
                );
            }
            target
        }
        StoreArgument::Name(name) => named(name, overrides, environment)?,
    };
    if target.password.is_none()
        && let Some(password) = environment.text(PASSWORD_VARIABLE)?
    {
        target.password = Some(Secret::new(password.as_bytes().to_vec()));
    }
    Ok(Store { target, warnings })
}

/// The names of the stores in the configuration file. Reads no secret.
///
/// # Errors
/// The file has a mistake or insecure permissions.
pub(crate) fn store_names(overrides: &Overrides, environment: &Environment) -> Result<Vec<String>, ConfigError> {
    let file = find(overrides, environment)?.unwrap_or_default();
    Ok(file.stores().map(|(name, _)| name.to_owned()).collect())
}

fn named(name: &str, overrides: &Overrides, environment: &Environment) -> Result<StoreTarget, ConfigError> {
    let Some(file) = find(overrides, environment)? else {
        let path = config_file(overrides, environment)?;
        let what =
            format!("store \"{}\" not found: no configuration file at {}", escape(name.as_bytes()), shown(&path));
        return Err(ConfigError::new("store", format!("{what}; specify one with --config, or use a URL")));
    };
    let context = Context { document: &file.document, environment, secret_variables: secret_variables(&file) };
    let Some(keys) = file.store(name) else {
        let shown_name = escape(name.as_bytes());
        let names: Vec<&str> = file.stores().map(|(name, _)| name).collect();
        let fix = match names.len() {
            0 => format!("; add [store.{shown_name}]"),
            _ => format!(" {}", hint(name, names.into_iter())),
        };
        return Err(ConfigError::new(shown(&file.document.path), format!("unknown store \"{shown_name}\"{fix}")));
    };
    keys.target(name, &context)
}

impl StoreKeys {
    /// Whether the URL contains a password. A URL with a mistake may contain one if it has an `@`.
    pub(super) fn url_has_password(&self) -> bool {
        let Some(url) = &self.url else { return false };
        let url = url.get_ref().0.as_str();
        StoreTarget::parse(url).map_or_else(|_| url.contains('@'), |target| target.has_password())
    }

    /// The store of the URL, whose settings do not contradict each other. Reads no secret and no file.
    pub(super) fn check(&self, name: &str, context: &Context<'_>) -> Result<StoreTarget, ConfigError> {
        let Some(url) = &self.url else {
            let place = format!("{}: store.{}", shown(&context.document.path), escape(name.as_bytes()));
            return Err(ConfigError::new(place, "url is missing; add e.g. url = \"postgres://host/database\""));
        };
        let target = parse(&url.get_ref().0, &context.document.place_and_key(url.span().start))?;
        self.login().check(target.user.as_ref(), target.password.as_ref(), context)?;
        if target.tls.is_none() {
            TlsFiles::of_profile(&self.tls, context)
                .check_empty("remove sslmode=disable, or add sslmode=verify-full")?;
        }
        Ok(target)
    }

    fn target(&self, name: &str, context: &Context<'_>) -> Result<StoreTarget, ConfigError> {
        let mut target = self.check(name, context)?;
        // Unlike Redis, PostgreSQL can let a role in without a password.
        let has_password = target.password.is_some() || self.password.is_some();
        self.login().fill(&mut target.user, &mut target.password, context)?;
        if !has_password {
            target.password = None;
        }
        if target.tls.is_some() {
            target.tls = Some(TlsFiles::of_profile(&self.tls, context).read()?);
        }
        Ok(target)
    }

    fn login(&self) -> Login<'_> {
        Login { user: self.user.as_ref(), password: self.password.as_ref() }
    }
}

fn parse(url: &str, place: &str) -> Result<StoreTarget, ConfigError> {
    StoreTarget::parse(url).map_err(|error| ConfigError::new(place, escape(error.as_bytes())))
}
