//! Finds the places in a recording that options name: points in time, findings and counter epochs.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Failure;
use crate::ledger::finding::Finding;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::file::RecordError;
use crate::recording::reader::{RecordingBackend, RecordingReader};
use crate::wire::escape::escape;

/// The maximum number of findings that are read from a recording.
pub(super) const MAX_FINDINGS: usize = 100_000;

/// Parses RFC 3339, a date with or without a local time, or a time before now: `10m`, `2h ago`. Returns microseconds since the
/// epoch, as is `now`.
pub(super) fn time(text: &str, now: i64) -> Result<i64, String> {
    let text = text.trim();
    let ago = text.strip_suffix("ago").unwrap_or(text).trim();
    if let Ok(duration) = humantime::parse_duration(ago) {
        return Ok(now.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_microsecond());
    }
    let local = text.parse::<DateTime>().and_then(|time| TimeZone::system().to_timestamp(time));
    local.map(Timestamp::as_microsecond).map_err(|_| {
        "write a time, e.g. 2026-11-24T12:00:00Z or 2026-11-24 12:00, or a duration before now, e.g. 10m".to_owned()
    })
}

/// A finding of a recording, or a gap that a merge filled.
#[derive(Debug, Clone)]
pub(super) struct RecordedFinding {
    /// The finding.
    pub(super) finding: Finding,
    /// The channel's counter epoch.
    pub(super) epoch: i64,
    /// Its id; none for a gap that a merge filled.
    pub(super) id: Option<i64>,
}

/// The first findings of a recording and the gaps that a merge filled, in order of time.
///
/// # Errors
/// The recording cannot be read.
pub(super) fn findings(reader: &RecordingReader) -> Result<Vec<RecordedFinding>, RecordError> {
    let filled = reader.filled_gaps()?;
    let found = reader.findings(i64::MIN, i64::MAX, MAX_FINDINGS)?;
    let mut findings = Vec::new();
    for (place, entry) in found.places.iter().zip(found.interval.entries()) {
        let Entry::Finding(finding) = entry else { continue };
        // What is left of a gap is a part of the whole one.
        if !filled.iter().any(|gap| gap.epoch == place.epoch && gap.is_whole_of(finding)) {
            let finding = Finding::clone(finding);
            findings.push(RecordedFinding { finding, epoch: place.epoch, id: Some(place.id) });
        }
    }
    let filled = filled.into_iter().map(|gap| RecordedFinding { finding: gap.finding, epoch: gap.epoch, id: None });
    findings.extend(filled);
    findings.sort_by_key(|known| known.finding.at);
    Ok(findings)
}

/// The only counter epoch that has messages in the range. None if no epoch has.
///
/// # Errors
/// Fails if several epochs have.
pub(super) fn only_epoch<B: RecordingBackend>(
    reader: &RecordingReader<B>,
    channel: &Channel,
    numbers: (u64, u64),
) -> Result<Option<i64>, Failure> {
    match reader.epochs(channel, numbers)?[..] {
        [] => Ok(None),
        [epoch] => Ok(Some(epoch)),
        ref epochs => {
            let channel = escape(channel.as_bytes());
            let epochs = epochs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(Failure::usage(format!(
                "the counter of {channel} was reset, and several counter epochs have these numbers; choose --epoch: {epochs}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_and_relative_times_are_parsed() {
        let now = 1_795_516_352_000_000;
        assert_eq!(time("10m", now), Ok(now - 600_000_000));
        assert_eq!(time("1h 30m ago", now), Ok(now - 5_400_000_000));
        assert_eq!(time("2026-11-24T10:32:32.5Z", now), Ok(now + 500_000));
        assert_eq!(time("2026-11-24T11:32:32+01:00", now), Ok(now));
        assert!(time("2026-11-24 10:32", now).is_ok());
        assert!(time("2026-11-24", now).is_ok());
        for wrong in ["", "ten", "2026-13-01", "10"] {
            assert!(time(wrong, now).is_err(), "{wrong}");
        }
    }
}
