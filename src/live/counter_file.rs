//! The last counter of each channel and the states of expectations, saved for the next run.

use std::collections::HashMap;
use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use digest::Digest as _;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::config::{ConfigError, Profile, state_file};
use crate::failure::to_stderr;
use crate::ledger::expectation::ExpectationStatus;
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::own_file;
use crate::recording::counters::{Counters, CountersError, KnownCounter};
use crate::redis::subscription::now_micros;

/// The minimum time between two saves.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);
/// The same for a separate purpose: a listener that is killed would handle the messages since the last save again.
const SEPARATE_SAVE_INTERVAL: Duration = Duration::from_millis(100);
/// The maximum time to wait for a running aircheck to save a counter. It reads the counters of idle channels about every second,
/// and saves about every second.
pub(crate) const SAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// The time between two looks at the saved counters.
pub(crate) const SAVE_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What earlier runs left.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The last counters.
    pub(crate) counters: Vec<KnownCounter>,
    /// The states of expectations.
    pub(crate) statuses: Vec<ExpectationStatus>,
}

/// Saves the counters up to which the consumer has processed each channel. A thread reads and writes the file; dropping this
/// waits until all counters are on the disk. The default saves nothing.
#[derive(Debug, Default)]
pub(crate) struct CounterFile {
    /// The server that each channel's counter was last read from.
    servers: HashMap<Channel, Option<Arc<ServerId>>>,
    /// The last counter of each channel that was noted.
    last: HashMap<Channel, KnownCounter>,
    unsaved: Option<Arc<Unsaved>>,
    thread: Option<JoinHandle<()>>,
}

/// What waits for the thread. Only the last value of each channel is kept, so a slow disk does not fill the memory.
#[derive(Debug, Default)]
struct Unsaved {
    state: Mutex<UnsavedState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct UnsavedState {
    batch: Batch,
    is_closed: bool,
}

#[derive(Debug, Default)]
struct Batch {
    counters: HashMap<Channel, KnownCounter>,
    /// By channel and title.
    statuses: HashMap<(Channel, Arc<str>), ExpectationStatus>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.counters.is_empty() && self.statuses.is_empty()
    }

    /// Moves everything to another batch.
    fn move_to(&mut self, into: &mut Self) {
        into.counters.extend(self.counters.drain());
        into.statuses.extend(self.statuses.drain());
    }

    fn save(&self, counters: &mut Counters, key: &str) -> Result<(), CountersError> {
        counters.save(key, &self.counters.values().cloned().collect::<Vec<_>>())?;
        counters.save_statuses(key, &self.statuses.values().cloned().collect::<Vec<_>>())
    }
}

impl CounterFile {
    /// Opens the file. The future waits until the thread has read what earlier runs left for the profile's server, or for the
    /// reason, escaped, why the file cannot be used. If another aircheck watches the server, that can take [`SAVE_TIMEOUT`].
    /// Dropping the file ends the wait.
    ///
    /// Later, `warn` receives the reason, escaped, when the counters cannot be saved. It is called again only if the reason
    /// changes, or after the counters could be saved.
    pub(crate) fn open(
        profile: &Profile,
        warn: impl Fn(&str) + Send + 'static,
    ) -> (Self, BoxFuture<'static, Result<Known, String>>) {
        Self::open_key(profile.state_key(), SAVE_INTERVAL, warn)
    }

    /// As [`open`](Self::open), but the counters are separate from those of other purposes, and this waits until they are known.
    ///
    /// # Errors
    /// Returns the reason, escaped, if the file cannot be used.
    pub(crate) async fn open_for(profile: &Profile, purpose: &str) -> Result<(Self, Known), String> {
        let key = format!("{} {purpose}", profile.state_key());
        let (file, known) = Self::open_key(key, SEPARATE_SAVE_INTERVAL, print_warning);
        Ok((file, known.await?))
    }

    /// As [`open`](Self::open), but waits until the counters are known, and prints all warnings. If the file cannot be used, no
    /// counters are known or saved.
    pub(crate) async fn open_or_warn(profile: &Profile) -> (Self, Known) {
        let (file, known) = Self::open(profile, print_warning);
        match known.await {
            Ok(known) => (file, known),
            Err(reason) => {
                print_warning(&not_saved(&reason));
                Default::default()
            }
        }
    }

    fn open_key(
        key: String,
        interval: Duration,
        warn: impl Fn(&str) + Send + 'static,
    ) -> (Self, BoxFuture<'static, Result<Known, String>>) {
        let unsaved = Arc::new(Unsaved::default());
        let to_save = Arc::clone(&unsaved);
        let (sender, known) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let (counters, known) = match read(&key, &to_save) {
                Ok(Some(read)) => read,
                Ok(None) => return,
                Err(reason) => return drop(sender.send(Err(reason))),
            };
            // Shows other processes that counters are being saved. None if the file system has no locks.
            let in_use = lock_file("save", &key).ok().and_then(|path| own_file::open(&path).ok());
            let _in_use = in_use.filter(|file| file.lock_shared().is_ok());
            let _ = sender.send(Ok(known));
            save_all(counters, &key, &to_save, interval, warn);
        });
        let (servers, last) = Default::default();
        // Without an answer, the file was dropped while it was read.
        let known = known.map(|known| known.unwrap_or_else(|_| Ok(Known::default())));
        (Self { servers, last, unsaved: Some(unsaved), thread: Some(thread) }, known.boxed())
    }

    /// Notes that the consumer has processed the first `entries` entries of an interval.
    pub(crate) fn processed(&mut self, interval: &Interval, entries: usize, at: i64) {
        if self.unsaved.is_none() {
            return;
        }
        let is_whole = entries >= interval.entries().len();
        for entry in interval.entries().iter().take(entries) {
            match entry {
                Entry::Counter { channel, reading, server, .. } => {
                    self.servers.insert(channel.clone(), server.clone());
                    if let Some(counter) = counter_of(reading) {
                        self.set_number(channel, counter, at);
                    }
                }
                Entry::Message(message) => match message.sequence {
                    // A whole interval ends with its counters. So the exact numbers of its messages are not needed.
                    Sequence::Exact(number) if !is_whole => self.set_number(interval.channel(message), number, at),
                    Sequence::Inferred(number) => self.set_number(interval.channel(message), number, at),
                    _ => {}
                },
                Entry::Expectation(status) => self.set_status(status),
                _ => {}
            }
        }
    }

    /// Notes that channels were subscribed until the last readings of their counters. The consumer has not processed the
    /// interval, so this changes only the times of counters, and only if they have not advanced.
    pub(crate) fn subscribed_until(&mut self, interval: &Interval) {
        for entry in interval.entries() {
            if let Entry::Counter { channel, reading, server, at } = entry
                && let Some(counter) = counter_of(reading)
                && self.last.get(channel).is_some_and(|last| last.counter == counter && last.server == *server)
            {
                self.set(channel, counter, server.clone(), *at);
            }
        }
    }

    /// Notes the state of an expectation. It is not saved before the channel was seen.
    pub(crate) fn set_status(&mut self, status: &ExpectationStatus) {
        if let Some(unsaved) = self.unsaved.as_ref().filter(|_| status.quiet_since.is_some()) {
            let key = (status.channel.clone(), Arc::clone(&status.title));
            unsaved.lock().batch.statuses.insert(key, status.clone());
            unsaved.changed.notify_one();
        }
    }

    /// Notes a number of the server that the counter was last read from. After a reconnection, that is the previous server until
    /// the first reading. If aircheck is killed in between, the next gap is a lower bound.
    fn set_number(&mut self, channel: &Channel, number: u64, at: i64) {
        let server = self.servers.get(channel).cloned().flatten();
        self.set(channel, number, server, at);
    }

    /// Notes that the consumer has processed a channel up to this number of this server. It is saved soon, even if nothing
    /// follows. Does not wait for the disk.
    pub(crate) fn set(&mut self, channel: &Channel, counter: u64, server: Option<Arc<ServerId>>, at: i64) {
        if let Some(unsaved) = &self.unsaved {
            let known = KnownCounter { channel: channel.clone(), counter, server, at, lost: None };
            self.last.insert(channel.clone(), known.clone());
            unsaved.lock().batch.counters.insert(channel.clone(), known);
            unsaved.changed.notify_one();
        }
    }
}

/// The counter, 0 if its key is missing; none if it cannot be read.
fn counter_of(reading: &Reading) -> Option<u64> {
    match reading {
        Reading::Value(counter) => Some(*counter),
        Reading::Missing => Some(0),
        Reading::Unreadable(_) => None,
    }
}

/// Saves the counters, and waits until they are on the disk.
impl Drop for CounterFile {
    fn drop(&mut self) {
        if let Some(unsaved) = &self.unsaved {
            unsaved.lock().is_closed = true;
            unsaved.changed.notify_one();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Unsaved {
    fn lock(&self) -> MutexGuard<'_, UnsavedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves what waits to `into`. If both are empty, waits. Returns whether the file is being closed.
    fn take(&self, into: &mut Batch) -> bool {
        let is_idle = |state: &mut UnsavedState| into.is_empty() && state.batch.is_empty() && !state.is_closed;
        let mut state = self.changed.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner);
        state.batch.move_to(into);
        state.is_closed
    }

    /// Waits for this time, or until the file is being closed. Returns whether it is.
    fn pause(&self, time: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |state| !state.is_closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_closed
    }
}

/// Whether a process saves the counters with this key. They may be about a second old.
pub(crate) fn is_being_saved(key: &str) -> bool {
    lock_file("save", key).is_ok_and(|path| is_locked(&path))
}

/// Whether a process has locked the file. Creates the file if it is missing.
fn is_locked(path: &Path) -> bool {
    own_file::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Opens the file, and reads what earlier runs left. Returns none if the file is closed before that is known.
fn read(key: &str, unsaved: &Unsaved) -> Result<Option<(Counters, Known)>, String> {
    let file = state_file().map_err(|error| error.to_string())?;
    let lock = lock_file("save", key).map_err(|error| error.to_string())?;
    let load = || {
        let counters = Counters::open(&file)?;
        let Some(unwatched) = load_unwatched(&counters, key, &lock, unsaved)? else { return Ok(None) };
        let known = Known { counters: unwatched, statuses: counters.load_statuses(key)? };
        Ok(Some((counters, known)))
    };
    load().map_err(|error: CountersError| error.to_string())
}

/// The saved counters, except those of channels that another process is watching. Nothing was missed there because aircheck was
/// not running, although the saved counter is lower than the current one. Waits until the other process saves again: only then
/// does it watch a channel now. The other process has locked the file `lock`. Returns none if the counters are closed meanwhile.
fn load_unwatched(
    counters: &Counters,
    key: &str,
    lock: &Path,
    unsaved: &Unsaved,
) -> Result<Option<Vec<KnownCounter>>, CountersError> {
    let mut known = counters.load(key)?;
    let now = now_micros();
    let is_recent = |known: &KnownCounter| u128::from(now.abs_diff(known.at)) < SAVE_TIMEOUT.as_micros();
    let give_up = Instant::now() + SAVE_TIMEOUT;
    while known.iter().any(is_recent) && Instant::now() < give_up && is_locked(lock) {
        if unsaved.pause(SAVE_POLL_INTERVAL) {
            return Ok(None);
        }
        let saved = counters.load(key)?.into_iter().map(|saved| (saved.channel, saved.at));
        let saved: HashMap<Channel, i64> = saved.collect();
        known.retain(|known| saved.get(&known.channel).is_none_or(|at| *at == known.at));
    }
    Ok(Some(known))
}

/// A file next to the counters, to lock the counters with this key for a purpose.
///
/// # Errors
/// Fails if there is no directory for the counters.
pub(crate) fn lock_file(purpose: &str, key: &str) -> Result<PathBuf, ConfigError> {
    // The key can be too long for a file name, and contain any character.
    let digest = sha2::Sha256::digest(key);
    let name = digest.iter().take(8).fold(format!("{purpose}-"), |name, byte| format!("{name}{byte:02x}"));
    Ok(state_file()?.with_file_name(name + ".lock"))
}

/// The warning that counters are not saved. `reason` must be escaped.
pub(crate) fn not_saved(reason: &str) -> String {
    format!("counters are not saved: {reason}")
}

/// Prints a warning. It must be escaped.
pub(crate) fn print_warning(warning: &str) {
    to_stderr(&format!("Warning: {warning}"));
}

/// Saves counters until the file is closed, at most once per `interval`. If they cannot be saved, it tries again after the
/// interval: a full disk must not end the command.
fn save_all(mut counters: Counters, key: &str, to_save: &Unsaved, interval: Duration, warn: impl Fn(&str)) {
    let mut unsaved = Batch::default();
    let mut reported = None;
    loop {
        let is_closed = to_save.take(&mut unsaved);
        if unsaved.is_empty() {
            return;
        }
        match unsaved.save(&mut counters, key) {
            Ok(()) => {
                unsaved = Batch::default();
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
        if is_closed {
            return;
        }
        to_save.pause(interval);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::ledger::interval::Interval;

    /// An interval with one reading of the counter of `ops`.
    fn reading(counter: u64, at: i64) -> Interval {
        let mut interval = Interval::default();
        interval.push(Entry::Counter {
            channel: Channel::new(b"ops"),
            reading: Reading::Value(counter),
            server: None,
            at,
        });
        interval
    }

    #[test]
    fn a_last_reading_changes_only_the_time_of_a_counter_that_has_not_advanced() {
        let unsaved = Arc::new(Unsaved::default());
        let mut file = CounterFile::default();
        file.unsaved = Some(Arc::clone(&unsaved));
        let noted =
            || unsaved.lock().batch.counters.values().map(|known| (known.counter, known.at)).collect::<Vec<_>>();
        file.subscribed_until(&reading(5, 1));
        assert_eq!(noted(), []);
        file.processed(&reading(5, 2), 1, 3);
        file.subscribed_until(&reading(5, 10));
        assert_eq!(noted(), [(5, 10)]);
        // The message with number 6 was not processed.
        file.subscribed_until(&reading(6, 20));
        assert_eq!(noted(), [(5, 10)]);
    }

    #[test]
    fn closing_the_file_ends_the_wait_for_another_aircheck() {
        let directory = tempfile::tempdir().unwrap();
        let mut counters = Counters::open(&directory.path().join("counters.db")).unwrap();
        // Still recent when it is loaded, even on a busy machine.
        let at = now_micros() + 2_000_000;
        let known = KnownCounter { channel: Channel::new(b"ops"), counter: 5, server: None, at, lost: None };
        counters.save("server", std::slice::from_ref(&known)).unwrap();
        let lock = directory.path().join("save.lock");
        let unsaved = Unsaved::default();
        assert_eq!(load_unwatched(&counters, "server", &lock, &unsaved).unwrap(), Some(vec![known]));
        let other = own_file::open(&lock).unwrap();
        other.lock_shared().unwrap();
        unsaved.lock().is_closed = true;
        assert_eq!(load_unwatched(&counters, "server", &lock, &unsaved).unwrap(), None);
    }
}
