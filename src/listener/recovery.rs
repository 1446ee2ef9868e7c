//! What was missed, from a recording: message by message, and what it does not hold.

use std::collections::VecDeque;
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
use crate::record::file::RecordError;
use crate::record::reader::{Cursor, Missing, Reader, Reason};
use crate::wire::escape::escape;

/// Messages read at once.
const PAGE: usize = 500;
/// Stretches of missing numbers that are said one by one; a recording that lacks more is of no use.
const STRETCHES: usize = 1_000_000;
/// A recorder that is about to write down what is asked for gets this long.
const PATIENCE: Duration = Duration::from_secs(2);
/// The recording is looked at again after this.
const AGAIN: Duration = Duration::from_millis(100);

/// The recording named by `--recover`.
#[derive(Debug)]
pub(super) struct Recorded(Reader);

/// One gap on its way to be filled.
#[derive(Debug)]
pub(super) struct Recovery {
    gap: Missed,
    channel: Channel,
    range: (u64, u64),
    epoch: i64,
    /// The recording is given up waiting for then.
    until: Instant,
    /// Not to be asked before.
    pub(super) at: Instant,
    /// What it does not hold; none as long as that is not known.
    missing: Option<VecDeque<(u64, u64)>>,
    cursor: Option<Cursor>,
    read: bool,
    next: VecDeque<(Arc<Interval>, usize)>,
}

/// What is next.
#[derive(Debug)]
pub(super) enum Next {
    /// A message that was missed.
    Message(Arc<Interval>, Message),
    /// Numbers that the recording does not hold.
    Missing(Missed),
    /// To be asked again later.
    Later,
    /// Nothing: all of the gap is said.
    Nothing,
}

impl Recorded {
    /// Opens the recording, and makes sure that it is one of the profile's server.
    ///
    /// # Errors
    /// Where it cannot be read, or is another server's.
    pub(super) fn open(path: &Path, profile: &Profile, same_server: bool) -> Result<Self, Failure> {
        let reader = Reader::open(path)?;
        let source = reader.overview()?.source;
        if source != profile.state_key() && !same_server {
            return Err(Failure::usage(format!(
                "--recover: {} was recorded from {}, and this is {}; if that is one server, add --same-server",
                escape(path.as_os_str().as_encoded_bytes()),
                escape(source.as_bytes()),
                escape(profile.state_key().as_bytes())
            )));
        }
        Ok(Self(reader))
    }
}

impl Recovery {
    /// Begins to fill a gap; none where it is not one that a recording may fill.
    pub(super) fn of(gap: &Missed) -> Option<Self> {
        let kinds = [FindingKind::MissedDisconnected.name(), FindingKind::MissedNotRunning.name(), DROPPED];
        let channel = gap.channel.clone()?;
        let range = gap.sequence_from.zip(gap.sequence_to).filter(|_| kinds.contains(&gap.kind))?;
        let now = Instant::now();
        Some(Self {
            gap: gap.clone(),
            channel,
            range,
            epoch: 1,
            until: now + PATIENCE,
            at: now,
            missing: None,
            cursor: None,
            read: false,
            next: VecDeque::new(),
        })
    }

    /// What is next, in the order of the numbers.
    ///
    /// # Errors
    /// Where the recording cannot be read; then [`rest`](Self::rest) is missed.
    pub(super) fn next(&mut self, recorded: &Recorded) -> Result<Next, RecordError> {
        let reader = &recorded.0;
        if self.missing.is_none() && !self.look(reader)? {
            return Ok(Next::Later);
        }
        if self.next.is_empty() && !self.read {
            let (page, cursor) = reader.by_sequence(&self.channel, self.epoch, self.range, self.cursor, PAGE)?;
            self.cursor = cursor;
            self.read = cursor.is_none();
            let interval = Arc::new(page.interval);
            self.next.extend((0..interval.entries().len()).map(|index| (Arc::clone(&interval), index)));
        }
        let number = self.next.front().and_then(|(interval, index)| number(interval, *index));
        let missing = self.missing.as_mut();
        let missing =
            missing.and_then(|missing| missing.pop_front_if(|(from, _)| number.is_none_or(|number| *from < number)));
        if let Some((from, to)) = missing {
            self.range.0 = to.saturating_add(1);
            return Ok(Next::Missing(self.gap.part(from, to)));
        }
        while let Some((interval, index)) = self.next.pop_front() {
            if let Some(Entry::Message(message)) = interval.entries().get(index) {
                let message = message.clone();
                self.range.0 = number.map_or(self.range.0, |number| number.saturating_add(1));
                return Ok(Next::Message(interval, message));
            }
        }
        Ok(Next::Nothing)
    }

    /// Looks at what is missing in the recording; false where it may still be written.
    fn look(&mut self, reader: &Reader) -> Result<bool, RecordError> {
        let channels = reader.channels()?;
        let channel = channels.iter().find(|known| known.channel == self.channel);
        let written = channel.and_then(|channel| channel.counter).is_some_and(|counter| counter >= self.range.1);
        if !written && Instant::now() < self.until {
            self.at = Instant::now() + AGAIN;
            return Ok(false);
        }
        self.epoch = channel.map_or(1, |channel| channel.epoch);
        let missing = reader.missing(&self.channel, self.epoch, self.range, STRETCHES)?;
        let mut stretches: VecDeque<(u64, u64)> = VecDeque::new();
        for Missing { from, to, reason } in missing {
            match (reason, stretches.back_mut()) {
                // Messages past the counter take the place of numbers, but none is missing for that.
                (Reason::Finding(finding), _) if finding.kind == FindingKind::ReceivedNotCounted => {}
                (_, Some((_, last))) if from.checked_sub(1) == Some(*last) => *last = to,
                _ => stretches.push_back((from, to)),
            }
        }
        self.missing = Some(stretches);
        Ok(true)
    }

    /// What is not said yet, if there is anything.
    pub(super) fn rest(&self) -> Option<Missed> {
        let (from, to) = self.range;
        (from <= to).then(|| self.gap.part(from, to))
    }
}

fn number(interval: &Interval, index: usize) -> Option<u64> {
    match interval.entries().get(index) {
        Some(Entry::Message(message)) => match message.sequence {
            Sequence::Exact(number) | Sequence::Inferred(number) => Some(number),
            Sequence::Range { .. } | Sequence::Unknown(_) => None,
        },
        _ => None,
    }
}
