//! A running subscription with the counters kept between runs: what commands share.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender as Store, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Failure, to_stderr};
use crate::config::{Profile, state_file};
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::record::counters::{Counters, CountersError, KnownCounter};
use crate::redis::queue::Sender;
use crate::redis::subscription::{Subscription, SubscriptionSettings};

/// Signed messages remembered to find those that come again; 24 bytes each, taken as they come.
pub(super) const MAX_SIGNED_MESSAGES: usize = 1_000_000;
/// Counters are stored this often.
const STORE: Duration = Duration::from_secs(1);

/// What to subscribe to: the channels named, or the profile's where there are none.
#[must_use]
pub(super) fn names(named: &[OsString], profile: &Profile) -> Vec<Vec<u8>> {
    if named.is_empty() {
        profile.channels.iter().map(|name| name.clone().into_bytes()).collect()
    } else {
        named.iter().map(|name| name.as_bytes().to_vec()).collect()
    }
}

/// Starts a subscription to channels and patterns, with the counters known from earlier runs.
///
/// # Errors
/// Where the system gives no thread.
pub(super) fn subscribe(
    profile: &Profile,
    channels: Vec<Vec<u8>>,
    known: &[KnownCounter],
    to: Vec<Sender>,
) -> Result<Subscription, Failure> {
    let settings = SubscriptionSettings {
        target: profile.target.clone(),
        sequence_prefix: profile.sequence_prefix.clone().into_bytes(),
        channels,
        keyring: Arc::clone(&profile.keyring),
        known: known.to_vec(),
        duplicates: MAX_SIGNED_MESSAGES,
    };
    Subscription::start(settings, to).map_err(|error| Failure::failed(format!("cannot start: {error}")))
}

/// A subscription goes on until it is dropped; where it ends by itself, a panic has been reported before.
#[must_use]
pub(super) fn ended() -> Failure {
    Failure::failed("the subscription ended by itself: this is a defect, please report it")
}

/// Takes a warning for the user, already escaped.
pub(super) trait Warn: Fn(&str) + Send + 'static {}

impl<F: Fn(&str) + Send + 'static> Warn for F {}

/// Prints a warning.
pub(super) fn warn(warning: &str) {
    to_stderr(&format!("Warning: {warning}"));
}

/// Stores what comes until the other end is gone. What cannot be stored is kept for the next time: a full disk must not end the
/// watching.
fn store_all(mut counters: Counters, server: &str, batches: &Receiver<Vec<KnownCounter>>, warn: impl Warn) {
    let mut unsaved: HashMap<Channel, KnownCounter> = HashMap::new();
    let mut reported = None;
    for batch in batches {
        unsaved.extend(batch.into_iter().map(|known| (known.channel.clone(), known)));
        let batch: Vec<_> = unsaved.values().cloned().collect();
        match counters.save(server, &batch) {
            Ok(()) => {
                unsaved.clear();
                reported = None;
            }
            Err(error) => {
                let reason = error.to_string();
                if reported.as_ref() != Some(&reason) {
                    tracing::warn!(%reason, "cannot save the counters");
                    warn(&reason);
                    reported = Some(reason);
                }
            }
        }
    }
}

/// Keeps the last counter of each channel, as far as its consumer has come; a thread of its own writes to the disk.
#[derive(Debug, Default)]
pub(super) struct CounterFile {
    changed: HashMap<Channel, (u64, Option<Arc<ServerId>>)>,
    /// The server that each channel's counter was last read from.
    servers: HashMap<Channel, Option<Arc<ServerId>>>,
    stored: Option<Instant>,
    store: Option<Store<Vec<KnownCounter>>>,
    thread: Option<JoinHandle<()>>,
}

impl CounterFile {
    /// Opens the store and reads what is known of the profile's server. `warn` gets the reason, escaped, when the counters can
    /// no longer be stored, and again when the reason changes or after they could be stored.
    ///
    /// # Errors
    /// Why the store cannot be used, escaped; then [`CounterFile::default`] keeps nothing.
    pub(super) fn open(profile: &Profile, warn: impl Warn) -> Result<(Self, Vec<KnownCounter>), String> {
        let file = state_file().map_err(|error| error.to_string())?;
        Self::open_at(&file, profile.state_key(), warn).map_err(|error| error.to_string())
    }

    /// As [`open`](Self::open), for the counters of a purpose of its own, which no other command looks at.
    ///
    /// # Errors
    /// Why the store cannot be used, escaped.
    pub(super) fn open_for(
        profile: &Profile,
        purpose: &str,
        warn: impl Warn,
    ) -> Result<(Self, Vec<KnownCounter>), String> {
        let file = state_file().map_err(|error| error.to_string())?;
        Self::open_at(&file, format!("{} {purpose}", profile.state_key()), warn).map_err(|error| error.to_string())
    }

    fn open_at(file: &Path, server: String, warn: impl Warn) -> Result<(Self, Vec<KnownCounter>), CountersError> {
        let counters = Counters::open(file)?;
        let known = counters.load(&server)?;
        let (store, batches) = channel();
        let thread = std::thread::spawn(move || store_all(counters, &server, &batches, warn));
        Ok((Self { store: Some(store), thread: Some(thread), ..Self::default() }, known))
    }

    /// The consumer has dealt with the first `entries` entries of an interval.
    pub(super) fn note(&mut self, interval: &Interval, entries: usize, at: i64) {
        if self.store.is_none() {
            return;
        }
        let whole = entries >= interval.entries().len();
        for entry in interval.entries().iter().take(entries) {
            match entry {
                Entry::Counter { channel, reading, server, .. } => {
                    self.servers.insert(channel.clone(), server.clone());
                    match reading {
                        Reading::Value(counter) => self.note_number(channel, *counter),
                        Reading::Missing => self.note_number(channel, 0),
                        Reading::Unreadable(_) => {}
                    }
                }
                Entry::Message(message) => match message.sequence {
                    // A whole interval ends with its counters, so that its messages need not be looked at one by one.
                    Sequence::Exact(number) if !whole => self.note_number(interval.channel(message), number),
                    Sequence::Inferred(number) => self.note_number(interval.channel(message), number),
                    _ => {}
                },
                _ => {}
            }
        }
        if self.stored.is_none_or(|stored| stored.elapsed() >= STORE) {
            self.flush(at);
        }
    }

    /// The number belongs to the server that the counter was last read from. After a reconnection that is the one before until the
    /// first reading: a crash in between makes the next gap a lower bound.
    fn note_number(&mut self, channel: &Channel, number: u64) {
        let server = self.servers.get(channel).cloned().flatten();
        self.reached(channel, number, server);
    }

    /// The consumer has dealt with a channel up to this number of that server.
    pub(super) fn reached(&mut self, channel: &Channel, number: u64, server: Option<Arc<ServerId>>) {
        self.changed.insert(channel.clone(), (number, server));
    }

    /// Whether there is something that is not stored yet.
    pub(super) fn is_behind(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Stores what is left, without waiting for the disk.
    pub(super) fn flush(&mut self, at: i64) {
        if self.changed.is_empty() {
            return;
        }
        self.stored = Some(Instant::now());
        let changed = self.changed.drain();
        let batch = changed.map(|(channel, (counter, server))| KnownCounter { channel, counter, server, at }).collect();
        if let Some(store) = &self.store {
            let _ = store.send(batch);
        }
    }

    /// Stores what is left, and waits until it is on the disk.
    pub(super) fn close(mut self, at: i64) {
        self.flush(at);
        self.store = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
