//! The link to the server.

use std::sync::Arc;

use crate::ledger::interval::ServerInfo;

/// The link as the header shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkStatus {
    /// Which state.
    pub phase: Phase,
    /// Since when; 0 before the first connection.
    pub since: i64,
    /// Why it is down, not escaped.
    pub reason: Option<Arc<str>>,
    /// The last round trip of a barrier in microseconds.
    pub round_trip: Option<u64>,
    /// What the server said of itself.
    pub server: Option<Arc<ServerInfo>>,
}

/// The link's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Never connected yet.
    #[default]
    Connecting,
    /// Connected, and barriers are answered.
    Live,
    /// Connected, but no barrier was answered for two seconds.
    Stale,
    /// Not connected.
    Down,
}
