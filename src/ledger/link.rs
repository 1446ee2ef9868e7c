//! Changes in the state of the link, the connection to the server.

use std::sync::Arc;

use super::sequence::Channel;

/// A change in the state of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The new state.
    pub state: LinkState,
    /// Why the state changed, not escaped. For `Connected` with Sentinel or a cluster, it names the server or servers instead.
    pub reason: Option<Arc<str>>,
    /// The channel or pattern concerned, for `Denied`, `Granted`, `UnsubscribeFailed` and `TooManyChannels`.
    pub channel: Option<Channel>,
    /// What the server reports about itself, for `Connected`.
    pub server: Option<Arc<ServerInfo>>,
    /// When the state changed, in microseconds since the epoch.
    pub at: i64,
}

/// The states of the link, and warnings that are reported like a state. JSON lines use the names in `snake_case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum LinkState {
    /// Connected and subscribed.
    Connected,
    /// Not connected; a new attempt follows.
    Disconnected,
    /// The server's ACL denies a channel or pattern to this user.
    Denied,
    /// A channel or pattern that was denied before is now subscribed.
    Granted,
    /// The server rejected the unsubscribe command for a channel or pattern. Its messages continue to arrive.
    UnsubscribeFailed,
    /// A pattern matches more channels than can be tracked. Messages of the untracked channels have no sequence number.
    TooManyChannels,
    /// The oldest pending request, or a step of connecting, has had no reply for two seconds.
    Stale,
    /// The server replies again after it was stale.
    Live,
    /// The clock of this machine was set. Timestamps that were within the tolerance before may be out of it now, and vice versa.
    ClockSet,
    /// The memory of the duplicate check is full. Some messages were removed while they were still within the time tolerance, so
    /// duplicates of them are not detected.
    DuplicateCheckIncomplete,
}

/// What the server reports about itself in the reply to `HELLO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The version, e.g. `7.2.4`; not escaped.
    pub version: String,
    /// The role: `primary` or `replica`, or another value if the server is not Redis; not escaped.
    pub role: String,
    /// The mode, e.g. `standalone`; not escaped.
    pub mode: String,
}

impl LinkState {
    /// All states.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in JSON lines, e.g. `connected`. [`FromStr`](std::str::FromStr) parses it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}
