//! The server of a profile: its URL, and the login and TLS that belong to it.

use std::path::Path;

use zeroize::Zeroizing;

use super::document::Section;
use super::environment::Environment;
use super::error::ConfigError;
use super::key_source::KeySource;
use super::profile::Overrides;
use super::tls::{self, TlsFiles};
use crate::redis::target::{Address, AllowedHosts, Target, TargetError};
use crate::wire::escape::escape;
use crate::wire::signature::Secret;

/// The server where none is named.
const DEFAULT_URL: &str = "redis://127.0.0.1:6379";

/// What a profile says of its server; secrets that it points to are not read yet.
#[derive(Default)]
pub(super) struct Server {
    /// The URL and its place; parsed when the profile is used, so that one profile does not break the others.
    url: Option<(Zeroizing<String>, String)>,
    own: Login,
    sentinel: Login,
    tls: TlsFiles,
    allowed_hosts: Option<AllowedHosts>,
}

/// A user and where its password is read from, and the place of the user.
#[derive(Default)]
struct Login {
    user: Option<(String, String)>,
    password: Option<KeySource>,
}

impl Server {
    /// Reads the keys of `[profile.NAME]` that concern the server.
    pub(super) fn parse(section: &Section<'_>) -> Result<Self, ConfigError> {
        let place = |at| section.document().place(at);
        let url = section.text("url")?;
        Ok(Self {
            url: url.map(|url| (Zeroizing::new((*url.get_ref()).to_owned()), place(url.span().start))),
            own: Login::parse(section, "user", "password")?,
            sentinel: Login::parse(section, "sentinel_user", "sentinel_password")?,
            tls: section.section("tls", &tls::KEYS)?.as_ref().map(TlsFiles::parse).transpose()?.unwrap_or_default(),
            allowed_hosts: allowed_hosts(section)?,
        })
    }

    /// Where its passwords are read from.
    pub(super) fn sources(&self) -> impl Iterator<Item = &KeySource> {
        self.own.password.iter().chain(&self.sentinel.password)
    }

    /// Whether a password stands in the URL.
    pub(super) fn holds_a_password(&self) -> bool {
        // A URL that is not understood may well hold one.
        let password =
            |url: &str| Target::parse(url).map_or_else(|_| url.contains('@'), |target| target.has_password());
        self.url.as_ref().is_some_and(|(url, _)| password(url))
    }

    /// The target, which may only lead to the hosts of `--allowed-hosts`, or of the profile: also where the URL is another.
    pub(super) fn target(
        &self,
        overrides: &Overrides,
        environment: &Environment,
        directory: &Path,
        secret: &[&str],
    ) -> Result<Target, ConfigError> {
        let wrong = |error: TargetError| ConfigError::new("--allowed-hosts", escape(error.to_string().as_bytes()));
        let allowed_hosts = match &overrides.allowed_hosts[..] {
            [] => self.allowed_hosts.clone(),
            hosts => Some(AllowedHosts::parse(hosts.iter().map(String::as_str)).map_err(wrong)?),
        };
        let target = self.any_target(overrides, environment, directory, secret)?;
        Ok(Target { allowed_hosts, ..target })
    }

    /// The target: of `--url`, of `AIRCHECK_URL`, or of the profile. Login and TLS of a profile are for the server of that
    /// profile alone, and never go to another.
    fn any_target(
        &self,
        overrides: &Overrides,
        environment: &Environment,
        directory: &Path,
        secret: &[&str],
    ) -> Result<Target, ConfigError> {
        let flags = TlsFiles::of_flags(&overrides.tls);
        let other = match &overrides.url {
            Some(url) => Some((url.as_str(), "--url")),
            None => environment.text("AIRCHECK_URL")?.map(|url| (url, "AIRCHECK_URL")),
        };
        if let Some((url, place)) = other {
            return with_tls(parse(url, place)?, &flags);
        }
        let (url, place) = self.url.as_ref().map_or((DEFAULT_URL, ""), |(url, place)| (url.as_str(), place.as_str()));
        let mut target = parse(url, place)?;
        self.own.fill(&mut target.user, &mut target.password, environment, directory, secret)?;
        match &mut target.address {
            Address::Sentinel(sentinels) => {
                self.sentinel.fill(&mut sentinels.user, &mut sentinels.password, environment, directory, secret)?;
            }
            _ => self.sentinel.must_be_none()?,
        }
        with_tls(target, &flags.or(self.tls.clone().expanded(environment, directory)))
    }
}

fn allowed_hosts(section: &Section<'_>) -> Result<Option<AllowedHosts>, ConfigError> {
    const KEY: &str = "allowed_hosts";
    let Some(value) = section.value(KEY) else { return Ok(None) };
    let hosts = section.texts(KEY)?;
    AllowedHosts::parse(hosts.iter().map(|host| *host.get_ref())).map(Some).map_err(|error| {
        section.document().wrong(value.span().start, format!("{KEY}: {}", escape(error.to_string().as_bytes())))
    })
}

fn parse(url: &str, place: &str) -> Result<Target, ConfigError> {
    Target::parse(url).map_err(|error| ConfigError::new(place, escape(error.to_string().as_bytes())))
}

fn with_tls(target: Target, files: &TlsFiles) -> Result<Target, ConfigError> {
    if target.tls.is_none() {
        files.must_be_none()?;
        return Ok(target);
    }
    Ok(Target { tls: Some(files.read()?), ..target })
}

impl Login {
    fn parse(section: &Section<'_>, user: &str, password: &str) -> Result<Self, ConfigError> {
        let place = |at| section.document().place(at);
        let user = section.text(user)?.map(|user| ((*user.get_ref()).to_owned(), place(user.span().start)));
        Ok(Self { user, password: KeySource::parse(section, password)? })
    }

    /// Fills in what the URL leaves open.
    fn fill(
        &self,
        user: &mut Option<String>,
        password: &mut Option<Secret>,
        environment: &Environment,
        directory: &Path,
        secret: &[&str],
    ) -> Result<(), ConfigError> {
        const TWICE: &str = "stands in the url too; leave one of them out";
        if let Some((own, place)) = &self.user {
            if user.is_some() {
                return Err(ConfigError::new(place, format!("the user {TWICE}")));
            }
            *user = Some(own.clone()).filter(|user| !user.is_empty());
        }
        if let Some(source) = &self.password {
            if password.as_ref().is_some_and(|password| !password.expose().is_empty()) {
                return Err(source.wrong(format!("the password {TWICE}")));
            }
            *password = Some(source.read(environment, directory, secret)?);
        }
        // AUTH needs both; an ACL user may have `nopass`.
        if user.is_some() {
            password.get_or_insert_default();
        }
        Ok(())
    }

    /// Rejects what only sentinels could want.
    fn must_be_none(&self) -> Result<(), ConfigError> {
        const ALONE: &str = "is for redis+sentinel://, and the url names no sentinel";
        match (&self.user, &self.password) {
            (Some((_, place)), _) => Err(ConfigError::new(place, format!("sentinel_user {ALONE}"))),
            (None, Some(source)) => Err(source.wrong(format!("sentinel_password {ALONE}"))),
            (None, None) => Ok(()),
        }
    }
}
