//! Reads missed messages from a recording, in the order of their numbers, and determines which ones it does not contain.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Profile;
use crate::failure::Failure;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::Channel;
use crate::output::missed::{DROPPED, Missed};
use crate::recording::file::{RecordError, source_words};
use crate::recording::reader::{Cursor, RecordingReader};
use crate::wire::escape::escape;

/// How many messages are read at once.
const PAGE_MESSAGES: usize = 500;
/// The most missing ranges that are reported one by one.
const MAX_MISSING_RANGES: usize = 1_000_000;
/// How long to wait for the recorder to write the messages.
const RECORDER_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the recording is read while waiting.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// The recording of `--recover`.
#[derive(Debug)]
pub(super) struct RecoverySource(RecordingReader);

/// The recovery of one gap.
#[derive(Debug)]
pub(super) struct Recovery {
    gap: Missed,
    channel: Channel,
    /// The numbers that are neither read nor reported yet.
    range: (u64, u64),
    epoch: i64,
    /// When to stop waiting for the recorder.
    give_up: Instant,
    /// The recording must not be read again before.
    pub(super) retry_at: Instant,
    /// The ranges that the recording does not contain. None until they are determined.
    missing: Option<VecDeque<(u64, u64)>>,
    cursor: Option<Cursor>,
    /// All messages are read from the recording.
    is_read: bool,
    /// Messages that were read: an interval and the index of the entry.
    messages: VecDeque<(Arc<Interval>, usize)>,
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
        Ok(Self(reader))
    }
}

impl Recovery {
    /// Starts to recover a gap. Returns none if a recording cannot have its messages.
    pub(super) fn new(gap: &Missed) -> Option<Self> {
        let channel = gap.channel.clone()?;
        let is_recorded = gap.kind == DROPPED || gap.kind.parse().is_ok_and(FindingKind::is_while_absent);
        let range = gap.sequence_from.zip(gap.sequence_to).filter(|_| is_recorded)?;
        let now = Instant::now();
        Some(Self {
            gap: gap.clone(),
            channel,
            range,
            epoch: 1,
            give_up: now + RECORDER_TIMEOUT,
            retry_at: now,
            missing: None,
            cursor: None,
            is_read: false,
            messages: VecDeque::new(),
        })
    }

    /// The next step, in the order of the numbers.
    ///
    /// # Errors
    /// Fails if the recording cannot be read. Then [`remaining`](Self::remaining) is missed.
    pub(super) fn next(&mut self, source: &RecoverySource) -> Result<RecoveryStep, RecordError> {
        let reader = &source.0;
        if self.missing.is_none() && !self.find_missing(reader)? {
            return Ok(RecoveryStep::Wait);
        }
        if self.messages.is_empty() && !self.is_read {
            let (page, cursor) =
                reader.by_sequence(&self.channel, self.epoch, self.range, self.cursor, PAGE_MESSAGES)?;
            self.cursor = cursor;
            self.is_read = cursor.is_none();
            let interval = Arc::new(page.interval);
            self.messages.extend((0..interval.entries().len()).map(|index| (Arc::clone(&interval), index)));
        }
        let number = self.messages.front().and_then(|(interval, index)| number(interval, *index));
        let missing = self.missing.as_mut();
        let missing =
            missing.and_then(|missing| missing.pop_front_if(|(from, _)| number.is_none_or(|number| *from < number)));
        if let Some((from, to)) = missing {
            self.range.0 = to.saturating_add(1);
            return Ok(RecoveryStep::Missing(self.gap.part(from, to)));
        }
        while let Some((interval, index)) = self.messages.pop_front() {
            if let Some(Entry::Message(message)) = interval.entries().get(index) {
                let message = message.clone();
                self.range.0 = number.map_or(self.range.0, |number| number.saturating_add(1));
                return Ok(RecoveryStep::Message(interval, message));
            }
        }
        Ok(RecoveryStep::Done)
    }

    /// Determines which numbers the recording does not contain. Returns false if the recorder may still write them.
    fn find_missing(&mut self, reader: &RecordingReader) -> Result<bool, RecordError> {
        let channels = reader.channels()?;
        let channel = channels.iter().find(|summary| summary.channel == self.channel);
        let is_written = channel.and_then(|channel| channel.counter).is_some_and(|counter| counter >= self.range.1);
        if !is_written && Instant::now() < self.give_up {
            self.retry_at = Instant::now() + RETRY_INTERVAL;
            return Ok(false);
        }
        self.epoch = channel.map_or(1, |channel| channel.epoch);
        let mut ranges: VecDeque<(u64, u64)> = VecDeque::new();
        for missing in reader.missing(&self.channel, self.epoch, self.range, MAX_MISSING_RANGES)? {
            if !missing.is_missed() {
                continue;
            }
            match ranges.back_mut() {
                Some((_, last)) if missing.from.checked_sub(1) == Some(*last) => *last = missing.to,
                _ => ranges.push_back((missing.from, missing.to)),
            }
        }
        self.missing = Some(ranges);
        Ok(true)
    }

    /// The part of the gap that is not processed yet.
    pub(super) fn remaining(&self) -> Option<Missed> {
        let (from, to) = self.range;
        (from <= to).then(|| self.gap.part(from, to))
    }
}

fn number(interval: &Interval, index: usize) -> Option<u64> {
    match interval.entries().get(index) {
        Some(Entry::Message(message)) => message.sequence.number(),
        _ => None,
    }
}
