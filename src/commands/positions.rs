//! Finds the places in a recording that options name: points in time, findings and counter epochs.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Failure;
use crate::ledger::format::counted;
use crate::ledger::sequence::Channel;
use crate::recording::reader::{RecordingBackend, RecordingReader};
use crate::wire::escape::escape;

/// The largest number of a finding that can be named by its number.
const MAX_FINDINGS: usize = 100_000;

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

/// Finds the finding that `--around` names: its number, `last`, or `id:N`. Returns its id.
pub(super) fn finding(reader: &RecordingReader, text: &str) -> Result<i64, Failure> {
    let invalid = || Failure::usage("--around: write the number of a finding (1 is the first), last, or id:N");
    let text = text.trim();
    if let Some(id) = text.strip_prefix("id:") {
        let id = id.parse::<i64>().map_err(|_| invalid())?;
        return match reader.finding(id)? {
            Some(_) => Ok(id),
            None => Err(Failure::failed(format!(
                "--around: no finding has the id {id}; the view findings of the recording lists them"
            ))),
        };
    }
    let number = match text {
        "last" => usize::try_from(reader.overview()?.findings).unwrap_or(usize::MAX),
        number => number.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(invalid)?,
    };
    if number > MAX_FINDINGS {
        return Err(Failure::usage(format!(
            "--around: finding {number} cannot be found by its number, because it is above {MAX_FINDINGS}; write id:N"
        )));
    }
    let found = reader.findings(i64::MIN, i64::MAX, number)?;
    match found.places.last() {
        Some(place) if found.places.len() == number => Ok(place.id),
        _ => {
            let findings = counted(found.places.len() as u64, "finding");
            Err(Failure::failed(format!("--around: no finding {text}; the recording has {findings}")))
        }
    }
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
