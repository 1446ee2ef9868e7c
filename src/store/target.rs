//! The address of a store, and how an argument names one.

use std::ffi::OsStr;
use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use zeroize::Zeroizing;

use crate::redis::tls::Tls;
use crate::wire::escape::escape;
use crate::wire::signature::Secret;

/// The URL schemes of a store.
const SCHEMES: [&str; 2] = ["postgres", "postgresql"];
/// How long to wait for a connection to one host, unless the URL has `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sent data may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_PORT: u16 = 5432;
/// A hint that is appended to errors. Missing percent-encoding is the most frequent cause of an invalid URL.
const ENCODING_HINT: &str = "in a user or password, @ : / ? # and % must be percent-encoded";

/// An argument that names a store: `store:NAME` or a URL. Any other argument is a file.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreArgument {
    /// The name in `[store.NAME]`.
    Name(String),
    /// The URL. It can contain a password.
    Url(Zeroizing<String>),
}

impl StoreArgument {
    /// Parses an argument. `None` if it is a file.
    #[must_use]
    pub fn parse(argument: &OsStr) -> Option<Self> {
        let text = argument.to_str()?;
        if let Some(name) = text.strip_prefix("store:") {
            return Some(Self::Name(name.to_owned()));
        }
        let (scheme, _) = text.split_once("://")?;
        SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()).then(|| Self::Url(Zeroizing::new(text.to_owned())))
    }
}

/// Without the URL, which can contain a password.
impl fmt::Debug for StoreArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.debug_tuple("Name").field(name).finish(),
            Self::Url(_) => f.write_str("Url(…)"),
        }
    }
}

/// A store to connect to.
#[derive(Debug, Clone)]
pub struct StoreTarget {
    /// Without user and password.
    config: Config,
    /// The role; `None` for the name of the system's user.
    pub user: Option<String>,
    /// The password; `None` to connect without one.
    pub password: Option<Secret>,
    /// The TLS settings; `None` for plain text.
    pub tls: Option<Tls>,
}

impl StoreTarget {
    /// Parses `postgres://[user[:password]@]host[:port][,host[:port]…][/database][?parameter=value&…]`, with the parameters of
    /// `libpq`. A host that is a percent-encoded path is a Unix socket's directory.
    ///
    /// TLS is used unless every host is this machine. `sslmode=require` and `sslmode=verify-full` always use it, `sslmode=disable`
    /// never. The certificate is always verified, and there is no fallback to plain text.
    ///
    /// # Errors
    /// The URL is invalid. The text contains no part of it that can be a password.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        if !SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) {
            return Err("not a PostgreSQL URL; use e.g. postgres://host/database".to_owned());
        }
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let (login, rest) = match authority.rfind('@') {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => ("", rest),
        };
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(decode(password)?)),
            None => (login, None),
        };
        let user = Some(decode(user)?.to_string()).filter(|user| !user.is_empty());
        let password = password.map(|password| Secret::new(password.as_bytes().to_vec()));
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (mode, query) = take_mode(query)?;
        let mut config: Config = format!("postgres://{place}?{query}").parse().map_err(|_| {
            format!("not a valid PostgreSQL URL; use e.g. postgres://user@host:5432/database ({ENCODING_HINT})")
        })?;
        if config.get_user().is_some() || config.get_password().is_some() {
            return Err("user and password belong before the host: postgres://user:password@host/database".to_owned());
        }
        if config.get_hosts().is_empty() {
            config.host("127.0.0.1");
        }
        let is_local = config.get_hosts().iter().all(is_this_machine);
        let tls = mode.unwrap_or(!is_local).then(Tls::default);
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("aircheck");
        }
        Ok(Self { config, user, password, tls })
    }

    /// Whether the target has a password that is not empty.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password.as_ref().is_some_and(|password| !password.expose().is_empty())
    }

    /// The settings of a connection, with the login.
    pub(super) fn config(&self) -> Config {
        let mut config = self.config.clone();
        if let Some(user) = &self.user {
            config.user(user);
        }
        if let Some(password) = &self.password {
            config.password(password.expose());
        }
        config
    }

    /// Whether the URL has several hosts.
    pub(super) fn has_several_hosts(&self) -> bool {
        self.config.get_hosts().len() > 1
    }
}

/// The hosts and the database, without user and password, e.g. `db.internal:5432/aircheck`. Escaped for a terminal.
impl fmt::Display for StoreTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let port = ports.get(index).or_else(|| ports.first()).unwrap_or(&DEFAULT_PORT);
            let comma = if index == 0 { "" } else { "," };
            match host {
                Host::Tcp(host) if host.contains(':') => write!(f, "{comma}[{}]:{port}", escape(host.as_bytes()))?,
                Host::Tcp(host) => write!(f, "{comma}{}:{port}", escape(host.as_bytes()))?,
                Host::Unix(path) => write!(f, "{comma}unix:{}", escape(path.as_os_str().as_encoded_bytes()))?,
            }
        }
        match self.config.get_dbname() {
            Some(database) => write!(f, "/{}", escape(database.as_bytes())),
            None => Ok(()),
        }
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let name = name.trim_start_matches('[').trim_end_matches(']');
            name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
    }
}

/// Removes `sslmode` from the parameters. Returns whether it requires TLS, and the other parameters.
fn take_mode(query: &str) -> Result<(Option<bool>, String), String> {
    let mut mode = None;
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.strip_prefix("sslmode=") {
            Some("require" | "verify-full") => mode = Some(true),
            Some("disable") => mode = Some(false),
            Some(_) => {
                return Err("unsupported sslmode; use verify-full, or disable for plain text (there is no fallback to plain text)"
                    .to_owned());
            }
            None => rest.push(pair),
        }
    }
    Ok((mode, rest.join("&")))
}

fn decode(text: &str) -> Result<Zeroizing<String>, String> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(Zeroizing::new(text.into_owned())),
        Err(_) => Err("the user or password is not UTF-8 after percent-decoding".to_owned()),
    }
}
