//! Selects messages by time and by sequence number.

use super::RecordingReader;
use super::backend::{Cursor, Direction, MessageQuery, RecordingBackend, bounded};
use super::page::Page;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::file::RecordError;

/// A query for messages by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeQuery {
    /// The start, in microseconds since the epoch.
    pub from: i64,
    /// The end, inclusive.
    pub to: i64,
    /// Only messages of this channel.
    pub channel: Option<Channel>,
    /// Only messages of this epoch.
    pub epoch: Option<i64>,
}

impl Default for TimeQuery {
    /// All times and channels.
    fn default() -> Self {
        Self { from: i64::MIN, to: i64::MAX, channel: None, epoch: None }
    }
}

impl<B: RecordingBackend> RecordingReader<B> {
    /// Up to `limit` messages by time. Starts after the cursor of the previous page. Returns no cursor at the end.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn by_time(
        &self,
        query: &TimeQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Page, Option<Cursor>), RecordError> {
        let channel = match &query.channel {
            Some(channel) => match self.backend.channel(channel)? {
                Some(channel) => Some(channel.id),
                None => return Ok(Default::default()),
            },
            None => None,
        };
        let after = after.unwrap_or(Cursor { key: query.from, id: 0 });
        let query = MessageQuery::Time { after, to: query.to, channel, epoch: query.epoch };
        let page = self.backend.messages(&query, limit)?;
        let next = page.next(|message_at, _| Some(message_at));
        Ok((page, next))
    }

    /// Up to `limit` messages of a channel and epoch with a number, exact or inferred, from `from` to `to`, inclusive, by number.
    /// Starts after the cursor of the previous page. Returns no cursor at the end.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn by_sequence(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Page, Option<Cursor>), RecordError> {
        let Some(channel) = self.backend.channel(channel)? else { return Ok(Default::default()) };
        let after = after.unwrap_or(Cursor { key: bounded(from), id: 0 });
        let query = MessageQuery::Sequence { channel: channel.id, epoch, after, to: bounded(to) };
        let page = self.backend.messages(&query, limit)?;
        let next = page.next(|_, number| number.map(u64::cast_signed));
        Ok((page, next))
    }

    /// The numbers from `from` to `to`, inclusive, that are the exact or inferred number of a message of this channel and epoch, as
    /// ranges in ascending order.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn numbers(&self, channel: &Channel, epoch: i64, numbers: (u64, u64)) -> Result<Vec<(u64, u64)>, RecordError> {
        let Some(channel) = self.backend.channel(channel)? else { return Ok(Vec::new()) };
        self.backend.numbers(channel.id, epoch, numbers, usize::MAX)
    }

    /// The id of the message with the highest number below `number`, exact or inferred.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub(crate) fn last_below(&self, channel: &Channel, epoch: i64, number: u64) -> Result<Option<i64>, RecordError> {
        match self.backend.channel(channel)? {
            Some(channel) => self.id_below(channel.id, epoch, number),
            None => Ok(None),
        }
    }

    pub(super) fn id_below(&self, channel: i64, epoch: i64, number: u64) -> Result<Option<i64>, RecordError> {
        let Some(below) = number.checked_sub(1) else { return Ok(None) };
        let message = self.backend.numbered(channel, epoch, below, Direction::Backward)?;
        Ok(message.map(|message| message.id))
    }

    /// Up to `limit` messages whose number is not exact and can be from `from` to `to`, in stream order.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn ranged(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
        limit: usize,
    ) -> Result<Page, RecordError> {
        let Some(channel) = self.backend.channel(channel)? else { return Ok(Page::default()) };
        let query = MessageQuery::Range { channel: channel.id, epoch, from: bounded(from), to: bounded(to) };
        self.backend.messages(&query, limit)
    }

    /// The epochs of a channel that have a message, a finding or a hole in this range of numbers, in ascending order. The only epoch
    /// of a channel is returned without a check.
    ///
    /// # Errors
    /// The recording cannot be read, or is damaged.
    pub fn epochs(&self, channel: &Channel, numbers: (u64, u64)) -> Result<Vec<i64>, RecordError> {
        let Some(channel) = self.backend.channel(channel)? else { return Ok(Vec::new()) };
        if channel.last_epoch == 1 {
            return Ok(vec![1]);
        }
        if channel.last_epoch > MAX_EPOCHS {
            return Err(RecordError::damaged(format_args!("counter epoch {}", channel.last_epoch)));
        }
        let mut epochs = Vec::new();
        for epoch in 1..=channel.last_epoch {
            if self.backend.has_epoch(channel.id, epoch, numbers)?
                || !self.backend.hole_ranges(channel.id, epoch, numbers)?.is_empty()
            {
                epochs.push(epoch);
            }
        }
        Ok(epochs)
    }
}

/// The maximum number of epochs searched. No counter is reset this often. A recording with more is damaged, and would take hours.
const MAX_EPOCHS: i64 = 100_000;

impl Page {
    /// The cursor of the next page. `key` is the column that the query is sorted by.
    fn next(&self, key: impl Fn(i64, Option<u64>) -> Option<i64>) -> Option<Cursor> {
        let (Some(Entry::Message(last)), Some(place), true) =
            (self.interval.entries().last(), self.places.last(), self.is_cut)
        else {
            return None;
        };
        key(last.at, last.sequence.number()).map(|key| Cursor { key, id: place.id })
    }
}
