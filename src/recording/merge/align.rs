//! Matches the counter epochs of the two recordings.
//!
//! The epochs' numbers do not match, because a recorder that started later saw fewer resets. Epochs are therefore compared by
//! their messages. Two epochs are the same if they have the same payloads with the same sequence numbers at about the same time.
//! They differ if the payloads differ. If they have no sequence number in common, they can be the same if the sequence numbers of
//! both together increase with time. The epochs of both recordings keep their order. Of all possible matches, the one with the
//! highest score is used.

use super::source::MergeInput;
use rusqlite::{Connection, OptionalExtension as _, params};

/// The maximum difference of two clocks, in microseconds.
pub(super) const MAX_CLOCK_DIFFERENCE: i64 = 300_000_000;
/// How far a lower sequence number may have the later time, because of clock differences, in microseconds.
const CLOCK_TOLERANCE: i64 = 10_000_000;
/// The number of messages compared at each end of what two epochs or recordings have in common.
pub(super) const MAX_SAMPLES: i64 = 200;
/// The score of a pair with common messages. A pair that is only plausible has the score 1.
const COMMON_MESSAGE_SCORE: i64 = 1000;

/// One counter epoch of one recording.
#[derive(Debug, Clone, Copy)]
struct OwnEpoch {
    epoch: i64,
    /// The first and the last sequence number. `None` if no message has a number.
    numbers: Option<[i64; 2]>,
    /// When the first numbered message was received. The lowest value if no message has a number.
    started: i64,
}

/// Matches the epochs of a channel. `own` has the channel's id and newest epoch in each recording. Returns for each recording the
/// pairs of its epoch and the epoch in the new file.
pub(super) fn align(connection: &Connection, own: [(i64, i64); 2]) -> rusqlite::Result<[Vec<(i64, i64)>; 2]> {
    let counter_epochs = [counter_epochs(connection, "a", own[0])?, counter_epochs(connection, "b", own[1])?];
    let (rows, columns) = (counter_epochs[0].len(), counter_epochs[1].len());
    let mut scores = vec![vec![0; columns]; rows];
    for (row, a) in counter_epochs[0].iter().enumerate() {
        for (column, b) in counter_epochs[1].iter().enumerate() {
            scores[row][column] = score(connection, [own[0].0, own[1].0], *a, *b)?;
        }
    }
    Ok(number(&counter_epochs, &scores))
}

fn counter_epochs(
    connection: &Connection,
    name: &str,
    (channel, newest): (i64, i64),
) -> rusqlite::Result<Vec<OwnEpoch>> {
    let mut counter_epochs: Vec<OwnEpoch> =
        (1..=newest).map(|epoch| OwnEpoch { epoch, numbers: None, started: i64::MIN }).collect();
    let mut statement = connection.prepare(&format!(
        "SELECT epoch, min(sequence), max(sequence), min(at_unix_micros) FROM {name}.message
         WHERE channel = ? AND sequence IS NOT NULL GROUP BY epoch"
    ))?;
    let mut rows = statement.query([channel])?;
    while let Some(row) = rows.next()? {
        let epoch: i64 = row.get(0)?;
        if let Some(counter_epoch) = counter_epochs.iter_mut().find(|counter_epoch| counter_epoch.epoch == epoch) {
            counter_epoch.numbers = Some([row.get(1)?, row.get(2)?]);
            counter_epoch.started = row.get(3)?;
        }
    }
    Ok(counter_epochs)
}

/// The score of a pair of epochs. 0 if they differ.
fn score(connection: &Connection, channels: [i64; 2], a: OwnEpoch, b: OwnEpoch) -> rusqlite::Result<i64> {
    let (Some(a_numbers), Some(b_numbers)) = (a.numbers, b.numbers) else {
        // One of them has no sequence numbers, so only the order counts.
        return Ok(1);
    };
    let (low, high) = (a_numbers[0].max(b_numbers[0]), a_numbers[1].min(b_numbers[1]));
    let (mut same, mut other) = (0, 0);
    for order in ["ASC", "DESC"] {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT x.payload = y.payload AND abs(x.at_unix_micros - y.at_unix_micros) <= ?1 FROM a.message x
                JOIN b.message y ON y.channel = ?2 AND y.sequence = x.sequence AND y.epoch = ?3
             WHERE x.channel = ?4 AND x.sequence BETWEEN ?5 AND ?6 AND x.epoch = ?7 AND x.certainty = 0
                AND y.certainty = 0
             ORDER BY x.sequence {order} LIMIT ?8"
        ))?;
        let found = statement.query_map(
            params![MAX_CLOCK_DIFFERENCE, channels[1], b.epoch, channels[0], low, high, a.epoch, MAX_SAMPLES],
            |row| row.get::<_, bool>(0),
        )?;
        for is_same in found {
            *(if is_same? { &mut same } else { &mut other }) += 1;
        }
    }
    Ok(match (same, other) {
        (0, 0) => i64::from(is_plausible(connection, channels, a, b)?),
        (same, other) if same >= other => COMMON_MESSAGE_SCORE + same,
        _ => 0,
    })
}

/// Whether the sequence numbers of both epochs together increase with time.
fn is_plausible(connection: &Connection, channels: [i64; 2], a: OwnEpoch, b: OwnEpoch) -> rusqlite::Result<bool> {
    let mut samples = connection.prepare_cached(
        "SELECT sequence, at_unix_micros FROM b.message WHERE channel = ? AND sequence >= ? AND epoch = ?
             ORDER BY sequence LIMIT 1",
    )?;
    let mut before = connection.prepare_cached(
        "SELECT at_unix_micros FROM a.message WHERE channel = ? AND sequence < ? AND epoch = ?
         ORDER BY sequence DESC LIMIT 1",
    )?;
    let mut after = connection.prepare_cached(
        "SELECT at_unix_micros FROM a.message WHERE channel = ? AND sequence > ? AND epoch = ?
         ORDER BY sequence LIMIT 1",
    )?;
    let Some([low, high]) = b.numbers else { return Ok(true) };
    for step in 0..=32 {
        let from = low + (high - low) / 32 * step;
        let sample =
            samples.query_row([channels[1], from, b.epoch], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((number, at)): Option<(i64, i64)> = sample else { continue };
        let earlier: Option<i64> = before.query_row([channels[0], number, a.epoch], |row| row.get(0)).optional()?;
        let later: Option<i64> = after.query_row([channels[0], number, a.epoch], |row| row.get(0)).optional()?;
        if earlier.is_some_and(|earlier| earlier > at + CLOCK_TOLERANCE)
            || later.is_some_and(|later| later < at - CLOCK_TOLERANCE)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How far the second recording's clock is ahead of the first one's, in microseconds, measured on the first message that both
/// recordings have.
pub(super) fn skew(connection: &Connection, sides: &[MergeInput; 2]) -> rusqlite::Result<Option<i64>> {
    for (counter_epoch, a) in &sides[0].own_epochs {
        let Some(b) = sides[1].own_epochs.get(counter_epoch) else { continue };
        let found = connection
            .prepare_cached(
                "SELECT y.at_unix_micros - x.at_unix_micros FROM a.message x JOIN b.message y ON y.channel = ? AND y.sequence = x.sequence
                    AND y.epoch = ? WHERE x.channel = ? AND x.sequence IS NOT NULL AND x.epoch = ?
                    AND x.payload = y.payload ORDER BY x.sequence LIMIT 1",
            )?
            .query_row([b.0, b.1, a.0, a.1], |row| row.get(0))
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Finds the match with the highest score and assigns the epochs of the new file.
fn number(counter_epochs: &[Vec<OwnEpoch>; 2], scores: &[Vec<i64>]) -> [Vec<(i64, i64)>; 2] {
    let (rows, columns) = (counter_epochs[0].len(), counter_epochs[1].len());
    let mut best = vec![vec![0; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let pair = scores[row][column];
            let paired = if pair > 0 { pair + best[row + 1][column + 1] } else { 0 };
            best[row][column] = paired.max(best[row + 1][column]).max(best[row][column + 1]);
        }
    }
    let mut numbered = [Vec::new(), Vec::new()];
    let (mut row, mut column) = (0, 0);
    for epoch in 1.. {
        let (a, b) = (counter_epochs[0].get(row), counter_epochs[1].get(column));
        let is_pair = a.is_some()
            && b.is_some()
            && scores[row][column] > 0
            && best[row][column] == scores[row][column] + best[row + 1][column + 1];
        let takes_a = match (a, b) {
            (None, None) => break,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => {
                let (without_a, without_b) = (best[row + 1][column], best[row][column + 1]);
                without_a > without_b || (without_a == without_b && a.started <= b.started)
            }
        };
        if let Some(a) = a.filter(|_| is_pair || takes_a) {
            numbered[0].push((a.epoch, epoch));
            row += 1;
        }
        if let Some(b) = b.filter(|_| is_pair || !takes_a) {
            numbered[1].push((b.epoch, epoch));
            column += 1;
        }
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(starts: &[i64]) -> Vec<OwnEpoch> {
        let counter_epoch = |(epoch, &start): (i64, &i64)| OwnEpoch { epoch, numbers: Some([1, 9]), started: start };
        (1..).zip(starts).map(counter_epoch).collect()
    }

    #[test]
    fn counter_epochs_keep_their_order_and_are_paired_by_evidence() {
        // The second recorder started after the first reset, and saw one more reset than the first.
        let numbered = number(&[row(&[0, 10]), row(&[11, 20])], &[vec![0, 0], vec![1040, 0]]);
        assert_eq!(numbered, [vec![(1, 1), (2, 2)], vec![(1, 2), (2, 3)]]);
        // Nothing in common: sorted by time.
        let numbered = number(&[row(&[0, 20]), row(&[10, 30])], &[vec![0, 0], vec![0, 0]]);
        assert_eq!(numbered, [vec![(1, 1), (2, 3)], vec![(1, 2), (2, 4)]]);
        // One pair with common messages outweighs two plausible pairs.
        let numbered = number(&[row(&[0, 10]), row(&[0, 10])], &[vec![1, 1001], vec![0, 1]]);
        assert_eq!(numbered, [vec![(1, 2), (2, 3)], vec![(1, 1), (2, 2)]]);
    }
}
