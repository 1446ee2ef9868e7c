//! Where the server is: a URL as a target.

use std::fmt;
use std::path::PathBuf;

use crate::wire::signature::Secret;

/// A server to talk to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: Address,
    /// The ACL user, if not `default`.
    pub user: Option<String>,
    /// The password, if any.
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

/// Why a URL is no target; never holds the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(String);

impl Target {
    /// Reads `redis://[user[:password]@]host[:port][/database]` or `unix:///path[?db=N&user=…&pass=…]`.
    ///
    /// # Errors
    /// What is wrong with it; `rediss://`, `redis+sentinel://` and `redis+cluster://` are refused by name.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        Err(TargetError(format!("not read yet ({})", url.len())))
    }
}

/// Without user and password, e.g. `redis.internal:6379` or `unix:/run/redis.sock`, with `/2` where the database is not 0.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.address)
    }
}
