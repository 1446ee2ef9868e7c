//! Times as text. The text of the last second is cached, because the lines of one second differ only in the fraction.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Formats times, with the text of the last second cached.
#[derive(Debug, Clone)]
pub(super) struct TimeFormatter {
    zone: TimeZone,
    format: TimeFormat,
    second: Option<i64>,
    text: String,
}

/// The part of a time before the fraction.
#[derive(Debug, Clone, Copy)]
pub(super) enum TimeFormat {
    /// `2026-11-24T22:31:07`
    DateTime,
    /// `22:31:07`
    TimeOfDay,
}

impl TimeFormatter {
    pub(super) fn new(zone: TimeZone, format: TimeFormat) -> Self {
        Self { zone, format, second: None, text: String::new() }
    }

    /// The text to the second, and the remaining microseconds, of a time in microseconds since the epoch. None outside the years
    /// 0 to 9999, which RFC 3339 cannot express.
    pub(super) fn at(&mut self, micros: i64) -> Option<(&str, u32)> {
        let second = micros.div_euclid(1_000_000);
        if self.second != Some(second) {
            self.second = None;
            let time = self.zone.to_datetime(Timestamp::from_second(second).ok()?);
            self.text.clear();
            if let TimeFormat::DateTime = self.format {
                let year = u16::try_from(time.year()).ok()?;
                write!(self.text, "{year:04}-{:02}-{:02}T", time.month(), time.day()).ok()?;
            }
            write!(self.text, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()).ok()?;
            self.second = Some(second);
        }
        Some((&self.text, u32::try_from(micros.rem_euclid(1_000_000)).ok()?))
    }
}
