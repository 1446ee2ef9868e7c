//! Where the server is: a URL as a target.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use url::Url;

use crate::wire::escape::escape;
use crate::wire::signature::Secret;

const DEFAULT_PORT: u16 = 6379;

/// Appended where a URL cannot be read, for that is most often the reason.
const ENCODE: &str = "; in a user or password, @ : / ? # and % must be percent-encoded";

/// Schemes that others know, and what to do instead.
const NOT_SUPPORTED: [(&str, &str); 7] = [
    ("rediss", "TLS (rediss://) is not supported yet; use redis:// through a TLS tunnel"),
    ("valkeys", "TLS (valkeys://) is not supported yet; use redis:// through a TLS tunnel"),
    ("redis+sentinel", "Sentinel (redis+sentinel://) is not supported yet; use redis:// with the primary's address"),
    (
        "rediss+sentinel",
        "TLS and Sentinel (rediss+sentinel://) are not supported yet; use redis:// with the primary's address",
    ),
    ("redis+cluster", "Cluster (redis+cluster://) is not supported yet; use redis:// with one node's address"),
    (
        "rediss+cluster",
        "TLS and Cluster (rediss+cluster://) are not supported yet; use redis:// with one node's address",
    ),
    ("redis-sentinel", "Sentinel (redis-sentinel://) is not supported yet; use redis:// with the primary's address"),
];

/// A server to talk to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: Address,
    /// The ACL user, if not `default`.
    pub user: Option<String>,
    /// The password, if any; empty where there is a user and no password, as for an ACL user with `nopass`.
    pub password: Option<Secret>,
    /// The database: pub/sub ignores it, the counter does not.
    pub database: u32,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP host and port.
    Tcp {
        /// The host name or address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A unix socket's path.
    Unix(PathBuf),
}

/// Why a URL is no target, and what to write instead; never holds anything that may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(Cow<'static, str>);

impl Target {
    /// Reads `redis://[user[:password]@]host[:port][/database]` or `unix:///path[?db=N&user=…&pass=…]`
    /// (also `redis+unix://`); users, passwords, hosts and paths are percent-decoded.
    ///
    /// # Errors
    /// What is wrong with it; `rediss://`, `redis+sentinel://` and `redis+cluster://` are refused by name.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let scheme = scheme.as_deref().unwrap_or_default();
        if let Some((_, instead)) = NOT_SUPPORTED.iter().find(|(name, _)| *name == scheme) {
            return Err((*instead).into());
        }
        let read: fn(&Url) -> Result<Self, TargetError> = match scheme {
            "redis" => tcp,
            "unix" | "redis+unix" => unix,
            _ => return Err("not a URL such as redis://127.0.0.1:6379 or unix:///run/redis.sock".into()),
        };
        let url = Url::parse(url).map_err(|error| TargetError(format!("{error}{ENCODE}").into()))?;
        if url.fragment().is_some() {
            return Err(format!("a fragment (#…) is not allowed{ENCODE}").into());
        }
        read(&url)
    }

    /// Whether there is a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password.as_ref().is_some_and(|password| !password.expose().is_empty())
    }

    /// A server's words without the arguments of a command that it does not know, which may hold the password, cut
    /// anywhere; and only the code of its error where the rest still holds it.
    pub(super) fn without_password(&self, mut words: String) -> String {
        if let Some(arguments) = words.find(", with args beginning with") {
            words.truncate(arguments);
        }
        let leaks = self.password.as_ref().is_some_and(|password| {
            let password = String::from_utf8_lossy(password.expose());
            !password.is_empty() && words.contains(&*password)
        });
        if leaks { words.split(' ').next().unwrap_or_default().to_owned() } else { words }
    }

    /// The address and database as a URL without user and password: one text for one set of counters.
    #[must_use]
    pub fn server_key(&self) -> String {
        let database = self.database;
        match &self.address {
            Address::Tcp { host, port } => {
                format!("redis://{}:{port}/{database}", bracketed(&host.to_ascii_lowercase()))
            }
            Address::Unix(path) => {
                const RESERVED: &AsciiSet = &CONTROLS.add(b'?').add(b'#').add(b'%').add(b' ');
                format!("unix://{}?db={database}", percent_encode(path.as_os_str().as_bytes(), RESERVED))
            }
        }
    }
}

/// Without user and password, e.g. `redis.internal:6379` or `unix:/run/redis.sock`, with `/2` where the database is not
/// 0; already escaped for a terminal.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { host, port } => write!(f, "{}:{port}", escape(bracketed(host).as_bytes()))?,
            Address::Unix(path) => write!(f, "unix:{}", escape(path.as_os_str().as_bytes()))?,
        }
        if self.database == 0 { Ok(()) } else { write!(f, "/{}", self.database) }
    }
}

impl From<&'static str> for TargetError {
    fn from(words: &'static str) -> Self {
        Self(words.into())
    }
}

impl From<String> for TargetError {
    fn from(words: String) -> Self {
        Self(words.into())
    }
}

fn tcp(url: &Url) -> Result<Target, TargetError> {
    if let Some(query) = url.query() {
        return Err(unknown_parameter(query, "redis:// takes none (the database is the path: redis://host:6379/2)"));
    }
    let host = match url.host() {
        Some(url::Host::Domain(name)) if !name.is_empty() => decode(name, "host")?,
        Some(url::Host::Ipv4(address)) => address.to_string(),
        Some(url::Host::Ipv6(address)) => address.to_string(),
        _ => return Err(format!("the host is missing{ENCODE}").into()),
    };
    let user = decode(url.username(), "user")?;
    let password = url.password().map(|password| decode(password, "password")).transpose()?;
    let (user, password) = credentials(Some(user), password);
    let database = match url.path().strip_prefix('/').unwrap_or_default() {
        "" => 0,
        text => database(text)?,
    };
    Ok(Target { address: Address::Tcp { host, port: url.port().unwrap_or(DEFAULT_PORT) }, user, password, database })
}

fn unix(url: &Url) -> Result<Target, TargetError> {
    if url.host_str().is_some_and(|host| !host.is_empty()) || url.path().len() < 2 {
        return Err("a unix socket needs an absolute path with three slashes: unix:///run/redis.sock".into());
    }
    let path: Vec<u8> = percent_decode_str(url.path()).collect();
    let (mut user, mut password, mut number) = (None, None, 0);
    for pair in url.query().into_iter().flat_map(|query| query.split('&')) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "db" => number = database(value)?,
            "user" => user = Some(decode(value, "user")?),
            "pass" => password = Some(decode(value, "password")?),
            _ => return Err(unknown_parameter(pair, "unix:// takes db, user and pass")),
        }
    }
    let (user, password) = credentials(user, password);
    Ok(Target { address: Address::Unix(OsString::from_vec(path).into()), user, password, database: number })
}

/// A user without a password gets an empty one, so that the user is not left out silently: AUTH needs both.
fn credentials(user: Option<String>, password: Option<String>) -> (Option<String>, Option<Secret>) {
    let user = user.filter(|user| !user.is_empty());
    let password = password.or_else(|| user.is_some().then(String::new));
    (user, password.map(|password| Secret::new(password.into_bytes())))
}

fn decode(text: &str, what: &str) -> Result<String, TargetError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(format!("the {what} is not UTF-8 after percent-decoding").into()),
    }
}

fn database(text: &str) -> Result<u32, TargetError> {
    // Not echoed: it may be the rest of a password with a slash in it.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits => Ok(number),
        _ => Err(format!("the database is not a number from 0 up{ENCODE}").into()),
    }
}

/// Names the parameter, unless what stands there may be the rest of a password with a question mark in it.
fn unknown_parameter(query: &str, instead: &str) -> TargetError {
    let name = query.split(['=', '&']).next().unwrap_or_default();
    let harmless = !query.contains('@') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (name, harmless) {
        ("", _) | (_, false) => format!("unknown parameter after the question mark; {instead}{ENCODE}").into(),
        (name, true) => format!("unknown parameter {name}; {instead}").into(),
    }
}

fn bracketed(host: &str) -> Cow<'_, str> {
    if host.contains(':') { format!("[{host}]").into() } else { host.into() }
}
