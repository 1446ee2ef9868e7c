//! Finds messages in a recording that were missed elsewhere.
//!
//! A channel is matched by its name. The counter epoch is found by adjacent messages that both sides have with the same sequence
//! number and payload. If there is none, the result reports that the match is unproven.

use super::file::RecordError;
use super::reader::Reader;
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::Channel;
use crate::wire::escape::escape_capped;

/// No more messages are given back than this.
const MAX_MESSAGES: usize = 1000;
/// No more messages are read once there are so many bytes of payloads.
const MAX_BYTES: usize = 16 << 20;
/// Messages that may be among the numbers: no more of them.
const MAX_RANGED: usize = 100;

/// Which numbers, and how they are told from those of another counter epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapQuery {
    /// The channel.
    pub channel: Channel,
    /// The first and the last number.
    pub range: (u64, u64),
    /// When they were missed, in microseconds since the epoch.
    pub at: i64,
    /// Messages next to them: their numbers and payloads.
    pub beside: Vec<(u64, Vec<u8>)>,
}

/// How sure it is that the counters are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Messages next to the numbers are the same in both.
    Same,
    /// No message next to the numbers is in both; the recording knows one counter epoch only.
    Unproven,
    /// As before, and the counter was reset: this is the counter epoch nearest in time.
    Nearest,
}

/// What is known.
#[derive(Debug)]
pub struct BackfillAnswer {
    /// The messages, by their numbers, and then those that may be among the numbers; the first thousand.
    pub messages: Interval,
    /// How many of the numbers are known.
    pub found: u64,
    /// How many more messages may be among them; a hundred at most.
    pub maybe: u64,
    /// Whether they are the same broadcasts.
    pub matched: Match,
    /// The server and sequence prefix that the recording names; not escaped.
    pub source: String,
}

/// Looks for the numbers.
///
/// # Errors
/// If the recording cannot be read, does not have the channel, or holds other messages under the numbers next to these.
pub fn look(reader: &Reader, wanted: &GapQuery) -> Result<BackfillAnswer, RecordError> {
    let wrong = |what: String| RecordError::new(reader.path(), what);
    let channel = &wanted.channel;
    let shown = escape_capped(channel.as_bytes(), 40);
    if !reader.channels()?.iter().any(|known| known.channel == *channel) {
        return Err(wrong(format!("has no channel {shown}")));
    }
    let Some((epoch, matched)) = counter_epoch(reader, wanted)? else {
        return Err(wrong(format!(
            "has other messages of {shown} under the adjacent sequence numbers; is it from another server or counter epoch?"
        )));
    };
    let found = reader.numbers(channel, epoch, wanted.range)?;
    let mut messages = Interval::default();
    let mut cursor = None;
    loop {
        let (page, after) = reader.by_sequence(channel, epoch, wanted.range, cursor, MAX_MESSAGES)?;
        take(&mut messages, &page.interval, MAX_MESSAGES);
        cursor = after;
        if cursor.is_none() || messages.messages() >= MAX_MESSAGES || messages.payload_bytes() > MAX_BYTES {
            break;
        }
    }
    let ranged = reader.ranged(channel, epoch, wanted.range, MAX_RANGED)?;
    take(&mut messages, &ranged.interval, MAX_MESSAGES);
    let maybe = ranged.interval.messages() as u64;
    Ok(BackfillAnswer { messages, found, maybe, matched, source: reader.overview()?.source })
}

/// The counter epoch that is meant, and how sure that is; none if the messages next to the numbers are others.
fn counter_epoch(reader: &Reader, wanted: &GapQuery) -> Result<Option<(i64, Match)>, RecordError> {
    let newest = reader.channels()?.iter().find(|known| known.channel == wanted.channel).map_or(1, |known| known.epoch);
    let mut open = Vec::new();
    let mut best = (0, 0);
    for epoch in 1..=newest {
        let (same, other) = compare(reader, wanted, epoch)?;
        if same > other && same > best.0 {
            best = (same, epoch);
        }
        if other == 0 {
            open.push(epoch);
        }
    }
    Ok(match (best, open[..].len()) {
        ((1.., epoch), _) => Some((epoch, Match::Same)),
        (_, 0) => None,
        _ if newest == 1 => Some((1, Match::Unproven)),
        _ => nearest(reader, wanted, &open)?.map(|epoch| (epoch, Match::Nearest)),
    })
}

/// How many of the messages next to the numbers are there with the same bytes, and with others.
fn compare(reader: &Reader, wanted: &GapQuery, epoch: i64) -> Result<(u32, u32), RecordError> {
    let (mut same, mut other) = (0, 0);
    for (number, payload) in &wanted.beside {
        let (page, _) = reader.by_sequence(&wanted.channel, epoch, (*number, *number), None, 1)?;
        if let Some(Entry::Message(message)) = page.interval.entries().first() {
            let is_same = page.interval.payload(message) == payload;
            same += u32::from(is_same);
            other += u32::from(!is_same);
        }
    }
    Ok((same, other))
}

/// The epoch whose messages from those numbers on are nearest to their time; the newest where none has any.
fn nearest(reader: &Reader, wanted: &GapQuery, epochs: &[i64]) -> Result<Option<i64>, RecordError> {
    let mut best: Option<(u64, i64)> = None;
    for &epoch in epochs {
        let (page, _) = reader.by_sequence(&wanted.channel, epoch, (wanted.range.0, u64::MAX), None, 1)?;
        let Some(entry) = page.interval.entries().first() else { continue };
        let away = entry.at().abs_diff(wanted.at);
        if best.is_none_or(|(lower_bound, _)| away < lower_bound) {
            best = Some((away, epoch));
        }
    }
    Ok(best.map(|(_, epoch)| epoch).or(epochs.last().copied()))
}

fn take(into: &mut Interval, from: &Interval, most: usize) {
    for entry in from.entries() {
        if let Entry::Message(message) = entry
            && into.messages() < most
        {
            into.adopt(message, from);
        }
    }
}
