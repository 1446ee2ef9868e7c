//! The number up to which each channel is handled, and how it is saved.
//!
//! Jobs end in any order. A saved number means that everything up to it is handled, so an unfinished job holds back all later
//! numbers of its channel.

use std::collections::{HashMap, VecDeque};
use std::fs::{File, TryLockError};
use std::sync::Arc;

use crate::config::Profile;
use crate::failure::{Failure, escape_error};
use crate::ledger::expectation::ExpectationStatus;
use crate::ledger::interval::Interval;
use crate::ledger::known::ServerId;
use crate::ledger::sequence::Channel;
use crate::live::counter_file::{CounterFile, lock_file};
use crate::own_file;
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// Holds back the saved number of a channel until it is [released](HandledProgress::release).
#[derive(Debug)]
pub(super) struct ProgressHold {
    channel: Channel,
    index: u64,
}

/// A sequence number, and the server that counted it.
type ServerNumber = (u64, Option<Arc<ServerId>>);

/// The progress of all channels.
#[derive(Debug)]
pub(super) struct HandledProgress {
    channels: HashMap<Channel, ChannelProgress<ServerNumber>>,
    /// The server that each channel's counter was last read from.
    servers: HashMap<Channel, Option<Arc<ServerId>>>,
    counters: CounterFile,
}

impl HandledProgress {
    pub(super) fn new(counters: CounterFile) -> Self {
        Self { channels: HashMap::new(), servers: HashMap::new(), counters }
    }

    /// Notes the state of an expectation.
    pub(super) fn set_status(&mut self, status: &ExpectationStatus) {
        self.counters.set_status(status);
    }

    /// Notes until when channels were subscribed. `interval` is not handled.
    pub(super) fn subscribed_until(&mut self, interval: &Interval) {
        self.counters.subscribed_until(interval);
    }

    /// Holds back the channel. It is handled up to `number` after the release.
    pub(super) fn hold(&mut self, channel: &Channel, number: Option<u64>) -> ProgressHold {
        let number = self.with_server(channel, number);
        let index = self.channels.entry(channel.clone()).or_default().hold(number);
        ProgressHold { channel: channel.clone(), index }
    }

    /// Advances the channel to `number`, for which there is no job. Takes effect after the release of all earlier holds.
    pub(super) fn advance(&mut self, channel: &Channel, number: Option<u64>) {
        let number = self.with_server(channel, number);
        let reached = match self.channels.get_mut(channel) {
            Some(progress) => progress.advance(number),
            None => number,
        };
        if let Some((number, server)) = reached {
            self.counters.set(channel, number, server, now_micros());
        }
    }

    pub(super) fn release(&mut self, hold: &ProgressHold) {
        let reached = self.channels.get_mut(&hold.channel).and_then(|progress| progress.release(hold.index));
        if let Some((number, server)) = reached {
            self.counters.set(&hold.channel, number, server, now_micros());
        }
    }

    /// Notes the server that a channel's counter was read from. None if it is unknown.
    pub(super) fn set_server(&mut self, channel: &Channel, server: Option<&Arc<ServerId>>) {
        self.servers.insert(channel.clone(), server.cloned());
    }

    fn with_server(&self, channel: &Channel, number: Option<u64>) -> Option<ServerNumber> {
        number.map(|number| (number, self.servers.get(channel).cloned().flatten()))
    }
}

/// The entries of one channel, from the first one that is held back. `T` is a sequence number.
///
/// Consecutive entries that are not held back are merged into one. So there are at most twice as many entries as jobs.
#[derive(Debug)]
struct ChannelProgress<T> {
    /// How many entries were removed from the front.
    removed: u64,
    entries: VecDeque<ProgressEntry<T>>,
}

/// After this entry, the channel is handled up to `number`. None if the number is not known.
#[derive(Debug)]
struct ProgressEntry<T> {
    number: Option<T>,
    is_held: bool,
}

impl<T> Default for ChannelProgress<T> {
    fn default() -> Self {
        Self { removed: 0, entries: VecDeque::new() }
    }
}

impl<T> ChannelProgress<T> {
    /// Adds an entry that is held back. Returns its index, which includes removed entries.
    fn hold(&mut self, number: Option<T>) -> u64 {
        self.entries.push_back(ProgressEntry { number, is_held: true });
        self.removed + self.entries.len() as u64 - 1
    }

    /// Adds an entry that is not held back. Returns the number up to which the channel is handled, if that changed.
    fn advance(&mut self, number: Option<T>) -> Option<T> {
        match self.entries.back_mut() {
            None => return number,
            Some(last) if last.is_held => self.entries.push_back(ProgressEntry { number, is_held: false }),
            Some(last) if number.is_some() => last.number = number,
            Some(_) => {}
        }
        None
    }

    /// Releases an entry. Returns the number up to which the channel is handled, if that changed.
    fn release(&mut self, index: u64) -> Option<T> {
        let index = index.checked_sub(self.removed).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) {
            entry.is_held = false;
        }
        let mut reached = None;
        while let Some(entry) = self.entries.pop_front_if(|entry| !entry.is_held) {
            self.removed += 1;
            reached = entry.number.or(reached);
        }
        reached
    }
}

/// Prevents two listeners from saving their numbers under one name: each would skip what the other handled. The system
/// releases the lock when the process ends.
#[derive(Debug)]
pub(super) struct StateLock(#[expect(dead_code, reason = "the lock is held as long as the file is open")] File);

impl StateLock {
    /// Locks the name for the profile's server.
    ///
    /// # Errors
    /// Fails if another listener has the lock, or if the lock file cannot be created.
    pub(super) fn acquire(profile: &Profile, state: &str) -> Result<Self, Failure> {
        let path = lock_file("listen", &format!("{} {state}", profile.state_key()))?;
        let failed = |error: &dyn std::fmt::Display| {
            let path = escape(path.as_os_str().as_encoded_bytes());
            Failure::failed(format!("cannot lock {path}: {}", escape_error(&error)))
        };
        let file = own_file::open(&path).map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Failure::failed(format!(
                "another listener already saves its progress as {}; choose another name with --state",
                escape(state.as_bytes())
            ))),
            Err(TryLockError::Error(error)) => Err(failed(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_later_number_waits_for_earlier_holds() {
        let mut progress = ChannelProgress::default();
        assert_eq!(progress.advance(Some(1)), Some(1));
        let (second, third) = (progress.hold(Some(2)), progress.hold(Some(3)));
        assert_eq!(progress.advance(Some(4)), None);
        assert_eq!(progress.release(third), None);
        assert_eq!(progress.advance(None), None);
        assert_eq!(progress.release(second), Some(4));
        assert_eq!(progress.advance(Some(5)), Some(5));
        // After a counter reset, numbers start again.
        let reset = progress.hold(Some(0));
        assert_eq!(progress.release(reset), Some(0));
    }

    #[test]
    fn entries_that_are_not_held_are_merged() {
        let mut progress = ChannelProgress::default();
        let first = progress.hold(Some(1));
        for number in 2..1000 {
            assert_eq!(progress.advance(Some(number)), None);
        }
        assert_eq!(progress.entries.len(), 2);
        assert_eq!(progress.release(first), Some(999));
    }

    proptest! {
        /// Some of consecutive numbers are held, and are released in any order. The number reached is always the last one
        /// before the first that is still held.
        #[test]
        fn the_number_reached_is_the_last_before_the_first_hold(
            is_job in prop::collection::vec(any::<bool>(), 1..40),
            order in any::<prop::sample::Index>(),
        ) {
            let mut progress = ChannelProgress::default();
            let (mut reached, mut held) = (0, Vec::new());
            for (number, is_job) in (1..).zip(&is_job) {
                if *is_job {
                    held.push((number, progress.hold(Some(number))));
                } else {
                    reached = progress.advance(Some(number)).unwrap_or(reached);
                }
            }
            loop {
                let first_held = held.iter().map(|(number, _)| *number).min();
                prop_assert_eq!(reached, first_held.map_or(is_job.len() as u64, |number| number - 1));
                if held.is_empty() {
                    break;
                }
                let (_, index) = held.remove(order.index(held.len()));
                reached = progress.release(index).unwrap_or(reached);
            }
        }
    }
}
