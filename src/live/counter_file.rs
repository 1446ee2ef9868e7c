//! The last counter of each channel and the states of expectations, saved for the next run.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{self, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::{Profile, state_file};
use crate::failure::to_stderr;
use crate::ledger::expectation::Standing;
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::recording::counters::{Counters, KnownCounter};

/// How often counters are saved.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// What earlier runs left.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The last counters.
    pub(crate) counters: Vec<KnownCounter>,
    /// The states of expectations.
    pub(crate) standings: Vec<Standing>,
}

/// What is saved at once.
#[derive(Debug, Default)]
struct Batch {
    counters: Vec<KnownCounter>,
    standings: Vec<Standing>,
}

/// Saves the counters up to which the consumer has processed each channel. A thread writes the file. The default saves nothing.
#[derive(Debug, Default)]
pub(crate) struct CounterFile {
    unsaved: HashMap<Channel, (u64, Option<Arc<ServerId>>)>,
    /// By channel and title.
    unsaved_standings: HashMap<(Channel, Arc<str>), Standing>,
    /// The server that each channel's counter was last read from.
    servers: HashMap<Channel, Option<Arc<ServerId>>>,
    saved_at: Option<Instant>,
    writer: Option<mpsc::Sender<Batch>>,
    thread: Option<JoinHandle<()>>,
}

impl CounterFile {
    /// Opens the file, and reads what earlier runs left for the profile's server. Later, `warn` receives the reason, escaped, when
    /// the counters cannot be saved. It is called again only if the reason changes, or after the counters could be saved.
    ///
    /// # Errors
    /// Returns the reason, escaped, if the file cannot be used.
    pub(crate) fn open(profile: &Profile, warn: impl Fn(&str) + Send + 'static) -> Result<(Self, Known), String> {
        Self::open_key(profile.state_key(), warn)
    }

    /// As [`open`](Self::open), but the counters are separate from those of other purposes.
    ///
    /// # Errors
    /// Returns the reason, escaped, if the file cannot be used.
    pub(crate) fn open_for(profile: &Profile, purpose: &str) -> Result<(Self, Known), String> {
        Self::open_key(format!("{} {purpose}", profile.state_key()), print_warning)
    }

    /// As [`open`](Self::open), but prints all warnings. If the file cannot be used, no counters are known or saved.
    pub(crate) fn open_or_warn(profile: &Profile) -> (Self, Known) {
        Self::open(profile, print_warning).unwrap_or_else(|reason| {
            print_warning(&not_saved(&reason));
            Default::default()
        })
    }

    fn open_key(key: String, warn: impl Fn(&str) + Send + 'static) -> Result<(Self, Known), String> {
        let file = state_file().map_err(|error| error.to_string())?;
        let counters = Counters::open(&file).map_err(|error| error.to_string())?;
        let known = Known {
            counters: counters.load(&key).map_err(|error| error.to_string())?,
            standings: counters.load_standings(&key).map_err(|error| error.to_string())?,
        };
        let (writer, batches) = channel();
        let thread = std::thread::spawn(move || save_all(counters, &key, &batches, warn));
        Ok((Self { writer: Some(writer), thread: Some(thread), ..Self::default() }, known))
    }

    /// Notes that the consumer has processed the first `entries` entries of an interval.
    pub(crate) fn processed(&mut self, interval: &Interval, entries: usize, at: i64) {
        if self.writer.is_none() {
            return;
        }
        let is_whole = entries >= interval.entries().len();
        for entry in interval.entries().iter().take(entries) {
            match entry {
                Entry::Counter { channel, reading, server, .. } => {
                    self.servers.insert(channel.clone(), server.clone());
                    match reading {
                        Reading::Value(counter) => self.set_number(channel, *counter),
                        Reading::Missing => self.set_number(channel, 0),
                        Reading::Unreadable(_) => {}
                    }
                }
                Entry::Message(message) => match message.sequence {
                    // A whole interval ends with its counters. So the exact numbers of its messages are not needed.
                    Sequence::Exact(number) if !is_whole => self.set_number(interval.channel(message), number),
                    Sequence::Inferred(number) => self.set_number(interval.channel(message), number),
                    _ => {}
                },
                Entry::Standing(standing) => self.set_standing(standing),
                _ => {}
            }
        }
        if self.saved_at.is_none_or(|saved_at| saved_at.elapsed() >= SAVE_INTERVAL) {
            self.flush(at);
        }
    }

    /// Notes a number of the server that the counter was last read from. After a reconnection, that is the previous server until
    /// the first reading. If aircheck is killed in between, the next gap is a lower bound.
    fn set_number(&mut self, channel: &Channel, number: u64) {
        let server = self.servers.get(channel).cloned().flatten();
        self.set(channel, number, server);
    }

    /// Notes that the consumer has processed a channel up to this number of this server.
    pub(crate) fn set(&mut self, channel: &Channel, number: u64, server: Option<Arc<ServerId>>) {
        self.unsaved.insert(channel.clone(), (number, server));
    }

    /// Notes the state of an expectation. It is not saved before the channel was seen.
    pub(crate) fn set_standing(&mut self, standing: &Standing) {
        if standing.last_accepted.is_some() {
            let key = (standing.channel.clone(), Arc::clone(&standing.title));
            self.unsaved_standings.insert(key, standing.clone());
        }
    }

    /// Whether there is something to save.
    pub(crate) fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty() || !self.unsaved_standings.is_empty()
    }

    /// Saves the counters. Does not wait for the disk.
    pub(crate) fn flush(&mut self, at: i64) {
        if !self.has_unsaved() {
            return;
        }
        self.saved_at = Some(Instant::now());
        let unsaved = self.unsaved.drain();
        let counters = unsaved
            .map(|(channel, (counter, server))| KnownCounter { channel, counter, server, at, lost: None })
            .collect();
        let standings = self.unsaved_standings.drain().map(|(_, standing)| standing).collect();
        if let Some(writer) = &self.writer {
            let _ = writer.send(Batch { counters, standings });
        }
    }

    /// Saves the counters, and waits until they are on the disk.
    pub(crate) fn close(mut self, at: i64) {
        self.flush(at);
        self.writer = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The warning that counters are not saved. `reason` must be escaped.
pub(crate) fn not_saved(reason: &str) -> String {
    format!("counters are not saved: {reason}")
}

/// Prints a warning. It must be escaped.
pub(crate) fn print_warning(warning: &str) {
    to_stderr(&format!("Warning: {warning}"));
}

/// Saves batches until the sender is dropped. If a batch cannot be saved, it is saved with the next one: a full disk must not
/// end the command.
fn save_all(mut counters: Counters, key: &str, batches: &mpsc::Receiver<Batch>, warn: impl Fn(&str)) {
    let mut unsaved: HashMap<Channel, KnownCounter> = HashMap::new();
    let mut standings: HashMap<(Channel, Arc<str>), Standing> = HashMap::new();
    let mut reported = None;
    for batch in batches {
        unsaved.extend(batch.counters.into_iter().map(|known| (known.channel.clone(), known)));
        let new = batch.standings.into_iter();
        standings.extend(new.map(|standing| ((standing.channel.clone(), Arc::clone(&standing.title)), standing)));
        let known: Vec<_> = unsaved.values().cloned().collect();
        let expected: Vec<_> = standings.values().cloned().collect();
        match counters.save(key, &known).and_then(|()| counters.save_standings(key, &expected)) {
            Ok(()) => {
                unsaved.clear();
                standings.clear();
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
