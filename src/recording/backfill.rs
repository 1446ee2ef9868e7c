//! Finds messages in other recordings that were missed in one.
//!
//! Channels are matched by name. The recording's counter epoch is identified by messages next to the gap that both sides have,
//! with the same sequence number and payload. If there are none, the result reports that the match is unproven.

use std::collections::HashMap;
use std::path::PathBuf;

use super::file::RecordError;
use super::reader::RecordingReader;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::Channel;
use crate::wire::escape::escape_capped;

/// The maximum number of messages returned.
const MAX_MESSAGES: usize = 1000;
/// No more pages are read after this many bytes of payloads.
const MAX_BYTES: usize = 16 << 20;
/// The maximum number of messages returned that have only a range of possible sequence numbers.
const MAX_RANGED: usize = 100;

/// A gap, with what is needed to find its counter epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapQuery {
    /// The channel.
    pub channel: Channel,
    /// The first and the last sequence number, inclusive.
    pub range: (u64, u64),
    /// When the messages were missed, in microseconds since the epoch.
    pub at: i64,
    /// Received messages next to the gap: sequence number and payload.
    pub neighbours: Vec<(u64, Vec<u8>)>,
}

/// How certain it is that the recording has the same counter epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochMatch {
    /// The recording has the same messages next to the gap.
    Same,
    /// The recording has no message next to the gap, but it has only one counter epoch.
    Unproven,
    /// The recording has no message next to the gap, and several counter epochs. The epoch nearest in time was used.
    Nearest,
}

/// The messages found.
#[derive(Debug)]
pub struct BackfillAnswer {
    /// The messages with exact or inferred sequence numbers in order, then those with a range. At most 1000 messages.
    pub messages: Interval,
    /// The missed sequence numbers that were found, as ranges.
    pub found: Vec<(u64, u64)>,
    /// The number of other messages that may have one of the missed sequence numbers. At most 100.
    pub maybe: u64,
    /// How certain it is that these are the missed messages.
    pub matched: EpochMatch,
    /// The server and the sequence prefix of the recording, not escaped.
    pub source: String,
}

/// One of several recordings that were searched.
#[derive(Debug)]
pub(crate) struct SearchedRecording {
    /// The recording.
    pub file: PathBuf,
    /// What it has and no recording before it; empty if it has nothing more. The error if it cannot be used.
    pub answer: Result<BackfillAnswer, RecordError>,
}

impl BackfillAnswer {
    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty() && self.maybe == 0
    }
}

/// Searches several recordings for the messages of a gap. A number is taken from the first recording that has it. Recordings that
/// are known to have the same counter come before the others. Recordings that supply nothing are omitted.
///
/// # Errors
/// No recording can be used. The error is that of the first one.
pub(crate) fn look_in_all(files: &[PathBuf], wanted: &GapQuery) -> Result<Vec<(PathBuf, BackfillAnswer)>, RecordError> {
    let (mut answers, mut failed) = (Vec::new(), None);
    for SearchedRecording { file, answer } in search(files, wanted, None, MAX_MESSAGES) {
        match answer {
            Ok(answer) => answers.push((file, answer)),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        Some(error) if answers.is_empty() => Err(error),
        _ => Ok(answers.into_iter().filter(|(_, answer)| !answer.is_empty()).collect()),
    }
}

/// Like [`look_in_all`], but returns all recordings, first those that can be used. `own` is what the recording with the gap has:
/// it is not wanted. At most `limit` messages are taken from each recording.
pub(crate) fn search(
    files: &[PathBuf],
    wanted: &GapQuery,
    own: Option<BackfillAnswer>,
    limit: usize,
) -> Vec<SearchedRecording> {
    let (mut same, mut doubtful, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        match RecordingReader::open(file).and_then(|reader| look_for(&reader, wanted, limit)) {
            Ok(answer) if answer.matched == EpochMatch::Same => same.push((file, answer)),
            Ok(answer) if own.as_ref().is_some_and(|own| own.source != answer.source) => {
                let what = "has another server address, and no message next to the gap in common";
                let answer = Err(RecordError::new(file, what));
                failed.push(SearchedRecording { file: file.clone(), answer });
            }
            Ok(answer) => doubtful.push((file, answer)),
            Err(error) => failed.push(SearchedRecording { file: file.clone(), answer: Err(error) }),
        }
    }
    same.append(&mut doubtful);
    let (files, answers): (Vec<_>, Vec<_>) = same.into_iter().unzip();
    let has_own = own.is_some();
    let reduced = reduced(own.into_iter().chain(answers).collect()).into_iter().skip(usize::from(has_own));
    let answers = files.into_iter().zip(reduced);
    let answers = answers.map(|(file, answer)| SearchedRecording { file: file.clone(), answer: Ok(answer) });
    answers.chain(failed).collect()
}

/// Reduces each answer to what no other one has. A number is taken from the first answer that has it. A message without an exact
/// number is the same as one with the same payload in another answer.
fn reduced(answers: Vec<BackfillAnswer>) -> Vec<BackfillAnswer> {
    let mut kept: Vec<Interval> = Vec::new();
    let mut taken: Vec<(u64, u64)> = Vec::new();
    let mut found: Vec<Vec<(u64, u64)>> = Vec::new();
    // How many messages are kept with each payload.
    let mut copies: HashMap<&[u8], u64> = HashMap::new();
    for answer in &answers {
        let mut messages = Interval::default();
        for message in messages_of(answer) {
            let is_taken = |number: u64| taken.iter().any(|(from, to)| (*from..=*to).contains(&number));
            if message.sequence.number().is_some_and(|number| !is_taken(number)) {
                messages.adopt(message, &answer.messages);
                *copies.entry(answer.messages.payload(message)).or_default() += 1;
            }
        }
        let own: Vec<_> = answer.found.iter().flat_map(|range| without(*range, &taken)).collect();
        taken.extend(&own);
        taken.sort_unstable();
        found.push(own);
        kept.push(messages);
    }
    for (answer, messages) in answers.iter().zip(&mut kept) {
        let mut seen: HashMap<&[u8], u64> = HashMap::new();
        for message in messages_of(answer) {
            let payload = answer.messages.payload(message);
            let (seen, copies) = (seen.entry(payload).or_default(), copies.entry(payload).or_default());
            *seen += 1;
            if message.sequence.number().is_none() && *seen > *copies {
                messages.adopt(message, &answer.messages);
                *copies += 1;
            }
        }
    }
    let reduce = |((answer, messages), found): ((BackfillAnswer, Interval), _)| {
        let maybe = messages.entries().iter().filter(|entry| is_ranged(entry)).count() as u64;
        BackfillAnswer { messages, found, maybe, ..answer }
    };
    answers.into_iter().zip(kept).zip(found).map(reduce).collect()
}

fn messages_of(answer: &BackfillAnswer) -> impl Iterator<Item = &Message> {
    answer.messages.entries().iter().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message),
        _ => None,
    })
}

fn is_ranged(entry: &Entry) -> bool {
    matches!(entry, Entry::Message(message) if message.sequence.number().is_none())
}

/// The parts of a range that are in none of the `taken` ranges, which are sorted and do not overlap.
fn without((from, to): (u64, u64), taken: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut parts = Vec::new();
    let mut next = Some(from);
    for &(low, high) in taken.iter().filter(|(low, high)| *high >= from && *low <= to) {
        let Some(start) = next else { break };
        if low > start {
            parts.push((start, low - 1));
        }
        next = high.checked_add(1);
    }
    parts.extend(next.filter(|start| *start <= to).map(|start| (start, to)));
    parts
}

/// Searches a recording for the messages of a gap.
///
/// # Errors
/// The recording cannot be read, does not have the channel, or has other messages with the adjacent sequence numbers.
pub fn look(reader: &RecordingReader, wanted: &GapQuery) -> Result<BackfillAnswer, RecordError> {
    look_for(reader, wanted, MAX_MESSAGES)
}

fn look_for(reader: &RecordingReader, wanted: &GapQuery, limit: usize) -> Result<BackfillAnswer, RecordError> {
    let wrong = |what: String| RecordError::new(reader.path(), what);
    let channel = &wanted.channel;
    let shown = escape_capped(channel.as_bytes(), 40);
    if !reader.channels()?.iter().any(|known| known.channel == *channel) {
        return Err(wrong(format!("has no channel {shown}")));
    }
    let Some((epoch, matched)) = counter_epoch(reader, wanted)? else {
        return Err(wrong(format!(
            "has other messages on {shown} with the adjacent sequence numbers; is it of another server or counter epoch?"
        )));
    };
    answer(reader, wanted, (epoch, matched), limit)
}

/// What a recording has of a gap in one of its counter epochs.
///
/// # Errors
/// The recording cannot be read.
pub(crate) fn answer(
    reader: &RecordingReader,
    wanted: &GapQuery,
    (epoch, matched): (i64, EpochMatch),
    limit: usize,
) -> Result<BackfillAnswer, RecordError> {
    let channel = &wanted.channel;
    let found = reader.numbers(channel, epoch, wanted.range)?;
    let mut messages = Interval::default();
    let mut cursor = None;
    loop {
        let (page, after) = reader.by_sequence(channel, epoch, wanted.range, cursor, limit)?;
        take(&mut messages, &page.interval, limit);
        cursor = after;
        if cursor.is_none() || messages.messages() >= limit || messages.payload_bytes() > MAX_BYTES {
            break;
        }
    }
    let ranged = reader.ranged(channel, epoch, wanted.range, MAX_RANGED)?;
    take(&mut messages, &ranged.interval, limit);
    let maybe = ranged.interval.messages() as u64;
    Ok(BackfillAnswer { messages, found, maybe, matched, source: reader.overview()?.source })
}

/// Finds the counter epoch of the gap. `None` if all epochs have other messages with the adjacent sequence numbers.
fn counter_epoch(reader: &RecordingReader, wanted: &GapQuery) -> Result<Option<(i64, EpochMatch)>, RecordError> {
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
        ((1.., epoch), _) => Some((epoch, EpochMatch::Same)),
        (_, 0) => None,
        _ if newest == 1 => Some((1, EpochMatch::Unproven)),
        _ => nearest(reader, wanted, &open)?.map(|epoch| (epoch, EpochMatch::Nearest)),
    })
}

/// Counts the messages next to the gap that the epoch has with the same payload, and with another payload.
fn compare(reader: &RecordingReader, wanted: &GapQuery, epoch: i64) -> Result<(u32, u32), RecordError> {
    let (mut same, mut other) = (0, 0);
    for (number, payload) in &wanted.neighbours {
        let (page, _) = reader.by_sequence(&wanted.channel, epoch, (*number, *number), None, 1)?;
        if let Some(Entry::Message(message)) = page.interval.entries().first() {
            let is_same = page.interval.payload(message) == payload;
            same += u32::from(is_same);
            other += u32::from(!is_same);
        }
    }
    Ok((same, other))
}

/// The epoch with a message after the start of the gap that is nearest in time. The newest epoch if none has such a message.
fn nearest(reader: &RecordingReader, wanted: &GapQuery, epochs: &[i64]) -> Result<Option<i64>, RecordError> {
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
