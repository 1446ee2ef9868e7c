//! Matches messages without a number with equal messages of other recordings, one to one: two equal messages of one recording are
//! never the same broadcast.

use std::collections::{BTreeSet, HashSet};

use super::StoreBackend;
use super::catalog::Part;
use super::rows::StoredMessage;
use super::union::MAX_TIME_DIFFERENCE;
use crate::recording::file::RecordError;

/// How long before and after a message equal messages are read, in microseconds: each can be nearer to another one.
const MARGIN: i64 = 5 * MAX_TIME_DIFFERENCE;
/// How many equal messages before and after a message are considered. It limits the work for a burst.
const MAX_CANDIDATES: usize = 32;

/// A message that is equal to one without a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct EqualMessage {
    /// The id among all recordings.
    pub(super) id: i64,
    pub(super) at: i64,
    /// Equal messages have the same one.
    pub(super) payload: i64,
    pub(super) number: Option<u64>,
    /// The lowest and the highest possible number.
    pub(super) range: Option<(u64, u64)>,
}

impl EqualMessage {
    /// Whether both can have the same number.
    fn can_be(&self, other: &Self) -> bool {
        self.range.zip(other.range).is_none_or(|(own, other)| own.0 <= other.1 && other.0 <= own.1)
    }
}

impl StoreBackend {
    /// The ids of those messages without a number that another recording has too. `parts` are all parts of their epoch.
    pub(super) fn copies(&self, parts: &[Part], mut rows: Vec<&StoredMessage>) -> Result<HashSet<i64>, RecordError> {
        rows.sort_by_key(|row| row.message.at);
        let mut found = HashSet::new();
        for near in rows.chunk_by(|a, b| a.message.at.abs_diff(b.message.at) <= 2 * MARGIN.unsigned_abs()) {
            let (Some(first), Some(last)) = (near.first(), near.last()) else { continue };
            let payloads: BTreeSet<&[u8]> = near.iter().map(|row| &row.payload[..]).collect();
            let payloads: Vec<&[u8]> = payloads.into_iter().collect();
            let times = (first.message.at.saturating_sub(MARGIN), last.message.at.saturating_add(MARGIN));
            let all = parts.iter().map(|part| self.equal_messages(*part, &payloads, times));
            found.extend(match_nearest(&all.collect::<Result<Vec<_>, _>>()?));
        }
        Ok(found)
    }
}

/// The ids of the messages without a number that another recording has too. Those of earlier recordings are listed. The nearest
/// messages are matched first.
fn match_nearest(recordings: &[Vec<EqualMessage>]) -> HashSet<i64> {
    let mut numbers = HashSet::new();
    let is_new =
        |message: &&EqualMessage| message.number.is_some_and(|number| numbers.insert((message.payload, number)));
    let mut listed: Vec<EqualMessage> = recordings.iter().flatten().filter(is_new).copied().collect();
    let mut found = HashSet::new();
    for messages in recordings {
        let own: HashSet<_> = messages.iter().filter_map(|message| Some((message.payload, message.number?))).collect();
        let is_other =
            |known: &&EqualMessage| known.number.is_none_or(|number| !own.contains(&(known.payload, number)));
        let mut others: Vec<EqualMessage> = listed.iter().filter(is_other).copied().collect();
        others.sort_by_key(|known| (known.payload, known.at, known.id));
        let unnumbered: Vec<&EqualMessage> = messages.iter().filter(|message| message.number.is_none()).collect();
        let mut pairs = Vec::new();
        for (index, message) in unnumbered.iter().enumerate() {
            let middle = others.partition_point(|known| (known.payload, known.at) < (message.payload, message.at));
            let distance = |other: &usize| others[*other].at.abs_diff(message.at);
            let is_near = |other: &usize| {
                others[*other].payload == message.payload && distance(other) <= MAX_TIME_DIFFERENCE.unsigned_abs()
            };
            let can_be = |other: &usize| message.can_be(&others[*other]);
            let before = (0..middle).rev().take_while(is_near).filter(can_be).take(MAX_CANDIDATES);
            let after = (middle..others.len()).take_while(is_near).filter(can_be).take(MAX_CANDIDATES);
            pairs.extend(before.chain(after).map(|other| (distance(&other), other, index)));
        }
        pairs.sort_unstable();
        let (mut is_taken, mut is_matched) = (vec![false; others.len()], vec![false; unnumbered.len()]);
        for (_, other, index) in pairs {
            if !is_taken[other] && !is_matched[index] {
                (is_taken[other], is_matched[index]) = (true, true);
                found.insert(unnumbered[index].id);
            }
        }
        listed.extend(
            unnumbered.iter().zip(is_matched).filter(|(_, is_matched)| !is_matched).map(|(message, _)| **message),
        );
    }
    found
}
