//! Where the server is: a URL as a target.

mod allowed;
mod url;

use std::borrow::Cow;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode, utf8_percent_encode};

pub use self::allowed::AllowedHosts;
use super::tls::Tls;
use crate::wire::escape::escape;
use crate::wire::signature::Secret;

/// What stands for itself in the parts of a [`Target::server_key`].
const RESERVED: &AsciiSet = &CONTROLS.add(b'?').add(b'#').add(b'%').add(b' ');

/// A server to talk to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: Address,
    /// TLS, where it is spoken.
    pub tls: Option<Tls>,
    /// The ACL user, if not `default`.
    pub user: Option<String>,
    /// The password, if any; empty where there is a user and no password, as for an ACL user with `nopass`.
    pub password: Option<Secret>,
    /// The database: pub/sub ignores it, the counter does not.
    pub database: u32,
    /// The only hosts that may be connected to, if not all.
    pub allowed_hosts: Option<AllowedHosts>,
}

/// Where a server listens.
#[derive(Debug, Clone)]
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
    /// The primary that sentinels name, whichever it is at the time.
    Sentinel(Sentinels),
    /// The primaries of a cluster, each for the channels whose counters it owns.
    Cluster {
        /// Hosts, without brackets, and ports of some of its nodes, in the order in which they are asked for the others; at
        /// least one.
        nodes: Vec<(String, u16)>,
    },
}

/// The sentinels of a service; they have users and passwords of their own.
#[derive(Debug, Clone)]
pub struct Sentinels {
    /// Their hosts, without brackets, and ports, in the order in which they are asked; at least one.
    pub nodes: Vec<(String, u16)>,
    /// The service's name, e.g. `mymaster`.
    pub service: String,
    /// The ACL user at the sentinels, if not `default`.
    pub user: Option<String>,
    /// The password at the sentinels, if any.
    pub password: Option<Secret>,
}

/// Why a URL is no target, and what to write instead; never holds anything that may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(Cow<'static, str>);

impl Target {
    /// Reads one of
    /// - `redis://[user[:password]@]host[:port][/database]`, with TLS `rediss://` (also `valkey://`, `valkeys://`),
    /// - `unix:///path[?db=N&user=…&pass=…]` (also `redis+unix://`),
    /// - `redis+sentinel://[user[:password]@]host[:port][,host[:port]…]/service[/database][?sentinel_user=…&sentinel_password=…]`,
    ///   with TLS to sentinels and servers `rediss+sentinel://`,
    /// - `redis+cluster://[user[:password]@]host[:port][,host[:port]…]`, with TLS `rediss+cluster://`.
    ///
    /// Users, passwords, hosts, services and paths are percent-decoded.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        url::parse(url)
    }

    /// The same user, password, database and TLS at another address: one node of several.
    #[must_use]
    pub fn node(&self, host: &str, port: u16) -> Self {
        Self { address: Address::Tcp { host: host.to_owned(), port }, ..self.clone() }
    }

    /// As it is displayed, with `TLS` before it where that is spoken.
    #[must_use]
    pub fn title(&self) -> String {
        let tls = if self.tls.is_some() { "TLS " } else { "" };
        format!("{tls}{self}")
    }

    /// As whom one logs in, for a person; not escaped.
    pub(super) fn login(&self) -> String {
        match (&self.user, &self.password) {
            (Some(user), _) => format!("as {user}"),
            (None, Some(_)) => "as default".to_owned(),
            (None, None) => "without a user and a password".to_owned(),
        }
    }

    /// Whether there is a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        let given = |password: &Option<Secret>| password.as_ref().is_some_and(|password| !password.expose().is_empty());
        given(&self.password) || matches!(&self.address, Address::Sentinel(sentinels) if given(&sentinels.password))
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
        let tls = if self.tls.is_some() { "s" } else { "" };
        match &self.address {
            Address::Tcp { host, port } => {
                format!("redis{tls}://{}/{database}", node(&host.to_ascii_lowercase(), *port))
            }
            Address::Unix(path) => {
                format!("unix://{}?db={database}", percent_encode(path.as_os_str().as_bytes(), RESERVED))
            }
            Address::Sentinel(Sentinels { nodes, service, .. }) => {
                let service = utf8_percent_encode(service, RESERVED);
                format!("redis{tls}+sentinel://{}/{service}/{database}", sorted(nodes))
            }
            Address::Cluster { nodes } => format!("redis{tls}+cluster://{}", sorted(nodes)),
        }
    }
}

/// Without user and password, e.g. `redis.internal:6379`, `unix:/run/redis.sock`, `mymaster of sentinel a:26379,b:26379` or
/// `cluster a:6379,b:6379`, with `/2` where the database is not 0; already escaped for a terminal.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { host, port } => f.write_str(&escape(node(host, *port).as_bytes()))?,
            Address::Unix(path) => write!(f, "unix:{}", escape(path.as_os_str().as_bytes()))?,
            Address::Sentinel(Sentinels { nodes, service, .. }) => {
                write!(f, "{} of sentinel {}", escape(service.as_bytes()), escape(listed(nodes).as_bytes()))?;
            }
            Address::Cluster { nodes } => write!(f, "cluster {}", escape(listed(nodes).as_bytes()))?,
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

/// `host:port`, with brackets around an IPv6 address; not escaped.
pub(super) fn node(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn listed(nodes: &[(String, u16)]) -> String {
    nodes.iter().map(|(host, port)| node(host, *port)).collect::<Vec<_>>().join(",")
}

/// In whichever order they are named, they are the same.
fn sorted(nodes: &[(String, u16)]) -> String {
    let mut nodes: Vec<_> = nodes.iter().map(|(host, port)| node(&host.to_ascii_lowercase(), *port)).collect();
    nodes.sort();
    nodes.join(",")
}

/// Whether a server's error, by its words or its code, is of the login.
pub(super) fn is_login(words: &str) -> bool {
    words.starts_with("NOAUTH") || words.starts_with("WRONGPASS") || words.contains("AUTH")
}
