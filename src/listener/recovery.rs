//! Reads missed messages from a recording, in the order of their numbers, and determines which ones it does not contain.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Profile;
use crate::failure::Failure;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::{Channel, Sequence};
use crate::output::missed::{DROPPED, Missed};
use crate::recording::file::{RecordError, source_words};
use crate::recording::reader::{LackingRange, RangeMessages, RecordingReader};
use crate::wire::escape::escape;

/// How long to wait for the recorder to write the messages.
const RECORDER_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the recording is read while waiting.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// The recording of `--recover`.
#[derive(Debug)]
pub(super) struct RecoverySource {
    reader: RecordingReader,
    /// The epoch and the last number of the last gap that was recovered, of each channel.
    recovered: HashMap<Channel, (i64, u64)>,
}

/// The recovery of one gap.
#[derive(Debug)]
pub(super) struct Recovery {
    gap: Missed,
    channel: Channel,
    /// The numbers that are neither read nor reported yet.
    range: (u64, u64),
    /// When to stop waiting for the recorder.
    give_up: Instant,
    /// The recording must not be read again before.
    pub(super) retry_at: Instant,
    /// None until it is determined what the recording contains.
    contents: Option<Contents>,
}

/// What the recording contains of a gap.
#[derive(Debug)]
struct Contents {
    epoch: i64,
    /// Whether the recorder has written everything up to the end of the gap.
    is_written: bool,
    /// The numbers for which it lacks messages, that are not reported yet.
    lacking: VecDeque<LackingRange>,
    messages: RangeMessages,
    /// The next message: its interval and the index of the entry.
    next: Option<(Arc<Interval>, usize)>,
    /// The highest possible number of the messages without an exact number that were read.
    inexact_to: Option<u64>,
    /// An earlier recovery already read the messages without an exact number that can have this number or a lower one.
    read_to: Option<u64>,
}

/// The next step of a recovery.
#[derive(Debug)]
pub(super) enum RecoveryStep {
    /// A missed message.
    Message(Arc<Interval>, Message),
    /// Numbers that the recording does not contain.
    Missing(Missed),
    /// The recorder may not have written the messages yet. Try again at [`Recovery::retry_at`].
    Wait,
    /// The whole gap is processed.
    Done,
}

impl RecoverySource {
    /// Opens the recording.
    ///
    /// # Errors
    /// Fails if the recording cannot be read, or if it is of another server than the profile.
    pub(super) fn open(path: &Path, profile: &Profile, same_server: bool) -> Result<Self, Failure> {
        let reader = RecordingReader::open(path)?;
        let source = reader.overview()?.source;
        if source != profile.state_key() && !same_server {
            return Err(Failure::usage(format!(
                "--recover: {} was recorded from {}, but the profile's server is {}; if they are the same, add --same-server",
                escape(path.as_os_str().as_encoded_bytes()),
                source_words(&source),
                source_words(&profile.state_key())
            )));
        }
        Ok(Self { reader, recovered: HashMap::new() })
    }
}

impl Recovery {
    /// Starts to recover a gap. Returns none if a recording cannot have its messages.
    pub(super) fn new(gap: &Missed) -> Option<Self> {
        let channel = gap.channel.clone()?;
        let is_recorded = gap.kind == DROPPED || gap.kind.parse().is_ok_and(FindingKind::is_while_absent);
        let range = gap.sequence_from.zip(gap.sequence_to).filter(|_| is_recorded)?;
        let now = Instant::now();
        Some(Self { gap: gap.clone(), channel, range, give_up: now + RECORDER_TIMEOUT, retry_at: now, contents: None })
    }

    /// The next step, in the order of the numbers.
    ///
    /// # Errors
    /// Fails if the recording cannot be read. Then [`remaining`](Self::remaining) is missed.
    pub(super) fn next(&mut self, source: &mut RecoverySource) -> Result<RecoveryStep, RecordError> {
        let contents = match &mut self.contents {
            Some(contents) => contents,
            None => match self.open_contents(source)? {
                Some(contents) => self.contents.insert(contents),
                None => return Ok(RecoveryStep::Wait),
            },
        };
        contents.read(&source.reader)?;
        let message = contents.next.as_ref().and_then(message_at);
        let first = message.and_then(|message| message.sequence.range()).map(|(from, _)| from);
        let is_before = |lacking: &mut LackingRange| first.is_none_or(|first| lacking.to < first);
        if let Some(LackingRange { from, to, count }) = contents.lacking.pop_front_if(is_before) {
            self.range.0 = self.range.0.max(to.saturating_add(1));
            return Ok(RecoveryStep::Missing(self.gap.part(from, to, count)));
        }
        let message = message.cloned();
        if let (Some((interval, _)), Some(message)) = (contents.next.take(), message) {
            match message.sequence {
                Sequence::Range { to, .. } => contents.inexact_to = contents.inexact_to.max(Some(to)),
                sequence => {
                    let after = sequence.number().map_or(self.range.0, |number| number.saturating_add(1));
                    self.range.0 = self.range.0.max(after);
                }
            }
            return Ok(RecoveryStep::Message(interval, message));
        }
        if let (true, Some(to)) = (contents.is_written, self.gap.sequence_to) {
            source.recovered.insert(self.channel.clone(), (contents.epoch, to));
        }
        Ok(RecoveryStep::Done)
    }

    /// Determines what the recording contains. Returns none if the recorder may still write messages.
    fn open_contents(&mut self, source: &RecoverySource) -> Result<Option<Contents>, RecordError> {
        let reader = &source.reader;
        let channels = reader.channels()?;
        let channel = channels.iter().find(|summary| summary.channel == self.channel);
        let is_written = channel.and_then(|channel| channel.counter).is_some_and(|counter| counter >= self.range.1);
        if !is_written && Instant::now() < self.give_up {
            self.retry_at = Instant::now() + RETRY_INTERVAL;
            return Ok(None);
        }
        let epoch = channel.map_or(1, |channel| channel.epoch);
        let recovered = source.recovered.get(&self.channel);
        Ok(Some(Contents {
            epoch,
            is_written,
            lacking: reader.lacking(&self.channel, epoch, self.range)?.into(),
            messages: RangeMessages::new(self.channel.clone(), epoch, self.range),
            next: None,
            inexact_to: None,
            read_to: recovered.filter(|(of, _)| *of == epoch).map(|(_, to)| *to),
        }))
    }

    /// The part of the gap that is not processed yet.
    pub(super) fn remaining(&self) -> Option<Missed> {
        let (mut from, to) = self.range;
        let mut inexact_to = None;
        if let Some(contents) = &self.contents {
            from = contents.lacking.front().map_or(from, |lacking| lacking.from.min(from));
            inexact_to = contents.inexact_to;
        }
        // Some of these numbers may be those of messages without an exact number that were read.
        let is_all = inexact_to.is_none_or(|last| last < from);
        let count = is_all.then(|| to.saturating_sub(from).saturating_add(1));
        (from <= to).then(|| self.gap.part(from, to, count))
    }
}

impl Contents {
    /// Reads the next message, unless there already is one.
    fn read(&mut self, reader: &RecordingReader) -> Result<(), RecordError> {
        while self.next.is_none() {
            let Some(next) = self.messages.next(reader)? else { break };
            let is_read = message_at(&next).is_none_or(|message| match message.sequence {
                Sequence::Range { from, .. } => self.read_to.is_some_and(|to| from <= to),
                _ => false,
            });
            self.next = Some(next).filter(|_| !is_read);
        }
        Ok(())
    }
}

fn message_at((interval, index): &(Arc<Interval>, usize)) -> Option<&Message> {
    match interval.entries().get(*index) {
        Some(Entry::Message(message)) => Some(message),
        _ => None,
    }
}
