//! The server to connect to, as given by a URL.

mod allowed;
mod url;

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv6Addr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};

pub use self::allowed::AllowedHosts;
use super::tls::Tls;
use crate::wire::escape::escape;
use crate::wire::signature::Secret;

/// The characters that are percent-encoded in a path in a [`Target::server_key`].
const ENCODED_IN_PATH: &AsciiSet = &CONTROLS.add(b'?').add(b'#').add(b'%').add(b' ');
/// The characters that are percent-encoded in a service.
const ENCODED_IN_SERVICE: &AsciiSet = &ENCODED_IN_PATH.add(b'/');
/// The characters that are percent-encoded in a host name.
const ENCODED_IN_HOST: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// A server, a Sentinel service or a cluster to connect to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Target {
    /// The address to connect to.
    pub address: Address,
    /// The TLS settings; `None` for plain text.
    pub tls: Option<Tls>,
    /// The ACL user; `None` for `default`.
    pub user: Option<String>,
    /// The password; `None` to connect without a login. Empty for an ACL user with `nopass`.
    pub password: Option<Secret>,
    /// The number of the database that holds the counters. Pub/sub ignores it. Always 0 for a cluster.
    pub database: u32,
    /// The only hosts that aircheck may connect to; `None` allows all hosts.
    pub allowed_hosts: Option<AllowedHosts>,
}

/// The address of a target.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Address {
    /// A TCP host and port.
    Tcp {
        /// The host name or address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// The path of a Unix socket.
    Unix(PathBuf),
    /// The current primary of a Sentinel service.
    Sentinel(Sentinels),
    /// All primaries of a cluster.
    Cluster {
        /// The host (without brackets) and port of at least one node. aircheck asks these nodes, in this order, for the
        /// other nodes.
        nodes: Vec<(String, u16)>,
    },
}

/// A Sentinel service. Sentinels have their own user and password.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sentinels {
    /// The host (without brackets) and port of at least one sentinel. aircheck asks them in this order.
    pub nodes: Vec<(String, u16)>,
    /// The name of the service, e.g. `mymaster`.
    pub service: String,
    /// The ACL user for the sentinels; `None` for `default`.
    pub user: Option<String>,
    /// The password for the sentinels; `None` to connect without a login.
    pub password: Option<Secret>,
}

/// Why a URL or a list of allowed hosts was rejected, and what to write instead. The text never contains anything that may
/// be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(Cow<'static, str>);

impl Target {
    /// Parses a URL of one of these forms:
    /// - `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS (also `valkey://`, `valkeys://`)
    /// - `unix:///path[?db=N&user=…&pass=…]` (also `redis+unix://`)
    /// - `redis+sentinel://[user[:password]@]host[:port][,host[:port]…]/service[/database][?sentinel_user=…&sentinel_password=…]`,
    ///   or `rediss+sentinel://` for TLS to both sentinels and servers
    /// - `redis+cluster://[user[:password]@]host[:port][,host[:port]…]`, or `rediss+cluster://` for TLS
    ///
    /// The default port is 6379, or 26379 for sentinels. Users, passwords, hosts, services and paths are
    /// percent-decoded.
    ///
    /// # Errors
    /// The URL is invalid.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        url::parse(url)
    }

    /// Returns a copy of this target with the address of one node of the service or cluster. All other settings stay
    /// the same.
    #[must_use]
    pub fn node(&self, host: &str, port: u16) -> Self {
        Self { address: Address::Tcp { host: host.to_owned(), port }, ..self.clone() }
    }

    /// The same text as `Display`, but not escaped.
    #[must_use]
    pub fn unescaped(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// The text of `Display`, not escaped. A path can have bytes that are not UTF-8.
    fn bytes(&self) -> Vec<u8> {
        let mut text = match &self.address {
            Address::Tcp { host, port } => node(host, *port).into_bytes(),
            Address::Unix(path) => [b"unix:", path.as_os_str().as_bytes()].concat(),
            Address::Sentinel(Sentinels { nodes, service, .. }) => {
                format!("{service} of sentinel {}", listed(nodes)).into_bytes()
            }
            Address::Cluster { nodes } => format!("cluster {}", listed(nodes)).into_bytes(),
        };
        if self.database != 0 {
            text.extend_from_slice(format!("/{}", self.database).as_bytes());
        }
        text
    }

    /// The same text as [`unescaped`](Self::unescaped), with `TLS ` before it if TLS is used. Not escaped.
    #[must_use]
    pub fn title(&self) -> String {
        let tls = if self.tls.is_some() { "TLS " } else { "" };
        format!("{tls}{}", self.unescaped())
    }

    /// The name of the ACL user; `None` if there is no login.
    pub(super) fn login_name(&self) -> Option<&str> {
        self.user.as_deref().or(self.password.is_some().then_some("default"))
    }

    /// Whether the target or its sentinels have a non-empty password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        let given = |password: &Option<Secret>| password.as_ref().is_some_and(|password| !password.expose().is_empty());
        given(&self.password) || matches!(&self.address, Address::Sentinel(sentinels) if given(&sentinels.password))
    }

    /// Removes the password from a server's error.
    ///
    /// A server's "unknown command" error repeats the command's arguments, which can contain a part of the password.
    /// This removes the arguments. If the whole password still appears in the text, only the error code is kept.
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

    /// Identifies a set of counters: the [`server_key`](Self::server_key) and the prefix of the counters' keys.
    #[must_use]
    pub fn state_key(&self, sequence_prefix: &str) -> String {
        format!("{} {sequence_prefix}", self.server_key())
    }

    /// The address and database as a normalised URL without user and password, which [`parse`](Self::parse) accepts. Two targets
    /// with the same key have the same counters.
    #[must_use]
    pub fn server_key(&self) -> String {
        let database = self.database;
        let tls = if self.tls.is_some() { "s" } else { "" };
        match &self.address {
            Address::Tcp { host, port } => {
                format!("redis{tls}://{}/{database}", key_node(host, *port))
            }
            Address::Unix(path) => {
                format!("unix://{}?db={database}", percent_encode(path.as_os_str().as_bytes(), ENCODED_IN_PATH))
            }
            Address::Sentinel(Sentinels { nodes, service, .. }) => {
                let service = utf8_percent_encode(service, ENCODED_IN_SERVICE);
                format!("redis{tls}+sentinel://{}/{service}/{database}", sorted(nodes))
            }
            Address::Cluster { nodes } => format!("redis{tls}+cluster://{}", sorted(nodes)),
        }
    }
}

/// Formats the address without user and password, e.g. `redis.internal:6379`, `unix:/run/redis.sock`, `mymaster of
/// sentinel a:26379,b:26379` or `cluster a:6379,b:6379`, with `/2` if the database is not 0. The text is escaped for a
/// terminal.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.bytes()))
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

/// Formats `host:port`, with brackets around an IPv6 address; not escaped.
pub(super) fn node(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Formats `host:port` for a URL.
fn key_node(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if host.parse::<Ipv6Addr>().is_ok() {
        return node(&host, port);
    }
    format!("{}:{port}", utf8_percent_encode(&host, ENCODED_IN_HOST))
}

fn listed(nodes: &[(String, u16)]) -> String {
    nodes.iter().map(|(host, port)| node(host, *port)).collect::<Vec<_>>().join(",")
}

/// Lists the nodes in sorted order, because URLs that differ only in the order of their nodes name the same servers.
fn sorted(nodes: &[(String, u16)]) -> String {
    let mut nodes: Vec<_> = nodes.iter().map(|(host, port)| key_node(host, *port)).collect();
    nodes.sort();
    nodes.join(",")
}

/// Whether a server's error concerns the login.
pub(super) fn is_login(words: &str) -> bool {
    words.starts_with("NOAUTH") || words.starts_with("WRONGPASS") || words.contains("AUTH")
}
