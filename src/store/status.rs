//! The state that a shipper publishes.

use std::path::Path;

use crate::ledger::format::counted;
use crate::wire::escape::escape;

/// The state of a shipper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShipStatus {
    /// Whether the store accepts batches.
    pub is_connected: bool,
    /// The number of rows that this shipper committed.
    pub rows: u64,
    /// The store has every row up to this id. `None` until the store was asked.
    pub through_id: Option<i64>,
    /// The number of ids that the store lacks.
    pub pending: u64,
    /// When the oldest message that the store lacks was received, in microseconds since the epoch. `None` if it lacks none.
    pub pending_since: Option<i64>,
    /// The rows that were committed in the last complete second.
    pub rows_per_second: u64,
    /// Since when and why nothing is shipped. Escaped for a terminal.
    pub failure: Option<(i64, String)>,
    /// The last error, also if shipping was resumed since. Escaped for a terminal.
    pub last_error: Option<String>,
}

impl ShipStatus {
    /// Why not everything was shipped, escaped. `None` if it was.
    #[must_use]
    pub fn unshipped(&self, path: &Path) -> Option<String> {
        if self.pending == 0 && self.failure.is_none() {
            return None;
        }
        let reason = self.failure.as_ref().map_or("the store was too slow", |(_, reason)| reason);
        let file = escape(path.as_os_str().as_encoded_bytes());
        Some(format!("{} not shipped: {reason}; run aircheck ship {file}", counted(self.pending, "row")))
    }

    /// The age of the oldest message that the store lacks at `now`, in microseconds.
    #[must_use]
    pub fn lag(&self, now: i64) -> u64 {
        self.pending_since.map_or(0, |since| u64::try_from(now.saturating_sub(since)).unwrap_or(0))
    }
}
