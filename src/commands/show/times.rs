//! Points in time as people write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads RFC 3339, a date with or without a time in the zone of this machine, or how long ago it was: `10m`, `2h ago`.
/// In microseconds since the epoch; `now` is too.
pub(in crate::commands) fn parse(text: &str, now: i64) -> Result<i64, String> {
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
        "write a time as 2026-11-24T12:00:00Z or 2026-11-24 12:00, or how long ago it was, as 10m".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = 1_795_516_352_000_000;
        assert_eq!(parse("10m", now), Ok(now - 600_000_000));
        assert_eq!(parse("1h 30m ago", now), Ok(now - 5_400_000_000));
        assert_eq!(parse("2026-11-24T10:32:32.5Z", now), Ok(now + 500_000));
        assert_eq!(parse("2026-11-24T11:32:32+01:00", now), Ok(now));
        assert!(parse("2026-11-24 10:32", now).is_ok());
        assert!(parse("2026-11-24", now).is_ok());
        for wrong in ["", "ten", "2026-13-01", "10"] {
            assert!(parse(wrong, now).is_err(), "{wrong}");
        }
    }
}
