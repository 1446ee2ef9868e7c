//! The server of a profile: its URL, login and TLS settings.

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::context::Context;
use super::error::ConfigError;
use super::file::FileProfile;
use super::key_source::{self, KeySource};
use super::profile::Overrides;
use super::tls::TlsFiles;
use crate::redis::target::{Address, AllowedHosts, Target};
use crate::wire::escape::escape;
use crate::wire::signature::Secret;

/// The URL if no other is given.
const DEFAULT_URL: &str = "redis://127.0.0.1:6379";

/// How a URL uses TLS.
const WRITE_REDISS: &str = "write rediss://";

/// A user and its password, as keys of a profile.
pub(super) struct Login<'a> {
    pub(super) user: Option<&'a Spanned<String>>,
    pub(super) password: Option<&'a Spanned<KeySource>>,
}

impl FileProfile {
    /// Whether the URL contains a password. A URL with a mistake may contain one if it has an `@`.
    pub(super) fn url_has_password(&self) -> bool {
        let Some(url) = &self.url else { return false };
        let url = url.get_ref().0.as_str();
        Target::parse(url).map_or_else(|_| url.contains('@'), |target| target.has_password())
    }

    /// The target. `--allowed-hosts`, or else the profile's allowed hosts, also apply to a URL of the command line or
    /// environment.
    pub(super) fn target(&self, overrides: &Overrides, context: &Context<'_>) -> Result<Target, ConfigError> {
        let allowed_hosts = match &overrides.allowed_hosts[..] {
            [] => self.allowed_hosts.clone(),
            hosts => Some(
                AllowedHosts::parse(hosts.iter().map(String::as_str))
                    .map_err(|error| ConfigError::new("--allowed-hosts", escape(error.to_string().as_bytes())))?,
            ),
        };
        Ok(Target { allowed_hosts, ..self.server(overrides, context)? })
    }

    /// The server of the URL, whose settings do not contradict each other. Reads no secret and no file.
    pub(super) fn check_server(&self, context: &Context<'_>) -> Result<Target, ConfigError> {
        let target = match &self.url {
            Some(url) => parse(&url.get_ref().0, &context.document.place_and_key(url.span().start))?,
            None => parse(DEFAULT_URL, "url")?,
        };
        self.login().check(target.user.as_ref(), target.password.as_ref(), context)?;
        match &target.address {
            Address::Sentinel(sentinels) => {
                self.sentinel_login().check(sentinels.user.as_ref(), sentinels.password.as_ref(), context)?;
            }
            _ => self.sentinel_login().check_empty(context)?,
        }
        if target.tls.is_none() {
            TlsFiles::of_profile(&self.tls, context).check_empty(WRITE_REDISS)?;
        }
        Ok(target)
    }

    fn login(&self) -> Login<'_> {
        Login { user: self.user.as_ref(), password: self.password.as_ref() }
    }

    fn sentinel_login(&self) -> Login<'_> {
        Login { user: self.sentinel_user.as_ref(), password: self.sentinel_password.as_ref() }
    }

    /// The server: that of `--url`, of `AIRCHECK_URL`, or of the profile. The login and TLS settings of a profile are never sent
    /// to another server.
    fn server(&self, overrides: &Overrides, context: &Context<'_>) -> Result<Target, ConfigError> {
        let options = TlsFiles::of_options(&overrides.tls);
        let url = match &overrides.url {
            Some(url) => Some((url.as_str(), "--url")),
            None => context.environment.text("AIRCHECK_URL")?.map(|url| (url, "AIRCHECK_URL")),
        };
        if let Some((url, place)) = url {
            return with_tls(parse(url, place)?, &options);
        }
        let mut target = self.check_server(context)?;
        self.login().fill(&mut target.user, &mut target.password, context)?;
        if let Address::Sentinel(sentinels) = &mut target.address {
            self.sentinel_login().fill(&mut sentinels.user, &mut sentinels.password, context)?;
        }
        with_tls(target, &options.or(TlsFiles::of_profile(&self.tls, context)))
    }
}

impl<'de> Deserialize<'de> for AllowedHosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hosts = Vec::<String>::deserialize(deserializer)?;
        Self::parse(hosts.iter().map(String::as_str)).map_err(serde::de::Error::custom)
    }
}

fn parse(url: &str, place: &str) -> Result<Target, ConfigError> {
    Target::parse(url).map_err(|error| ConfigError::new(place, escape(error.to_string().as_bytes())))
}

fn with_tls(target: Target, files: &TlsFiles) -> Result<Target, ConfigError> {
    if target.tls.is_none() {
        files.check_empty(WRITE_REDISS)?;
        return Ok(target);
    }
    Ok(Target { tls: Some(files.read()?), ..target })
}

impl Login<'_> {
    /// Rejects a login that the URL contains too.
    pub(super) fn check(
        &self,
        user: Option<&String>,
        password: Option<&Secret>,
        context: &Context<'_>,
    ) -> Result<(), ConfigError> {
        if let (Some(own), Some(_)) = (self.user, user) {
            return Err(context.error(own.span().start, "the URL contains a user too; remove one of them"));
        }
        if let Some(source) = self.password
            && password.is_some_and(|password| !password.expose().is_empty())
        {
            return Err(context.error(source.span().start, "the URL contains a password too; remove one of them"));
        }
        Ok(())
    }

    /// Fills in the login.
    pub(super) fn fill(
        &self,
        user: &mut Option<String>,
        password: &mut Option<Secret>,
        context: &Context<'_>,
    ) -> Result<(), ConfigError> {
        if let Some(own) = self.user {
            *user = Some(own.get_ref().clone()).filter(|user| !user.is_empty());
        }
        if let Some(source) = self.password {
            *password = Some(key_source::read(source, context)?);
        }
        // AUTH with a user also needs a password. An ACL user may have `nopass`.
        if user.is_some() {
            password.get_or_insert_default();
        }
        Ok(())
    }

    /// Rejects a sentinel's login if there is no sentinel.
    fn check_empty(&self, context: &Context<'_>) -> Result<(), ConfigError> {
        match self.user.map(Spanned::span).or(self.password.map(Spanned::span)) {
            Some(span) => Err(context.error(span.start, "requires a redis+sentinel:// URL")),
            None => Ok(()),
        }
    }
}
