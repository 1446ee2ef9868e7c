//! Encodes rows for a binary `COPY`. The server stores them without parsing text.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use uuid::Uuid;

use super::micros::{POSTGRES_EPOCH, postgres_time};

/// `-infinity` as a `timestamptz`.
const MINUS_INFINITY: i64 = i64::MIN;
const MICROS_PER_DAY: i64 = 86_400_000_000;
/// The days with a partition of their own, from 2000-01-01 to 2199-12-31, in days since 2000.
const PARTITIONED_DAYS: std::ops::Range<i64> = 0..73_049;

/// Rows of one table.
pub(super) struct CopyData {
    buffer: BytesMut,
    recording: Uuid,
    columns: i16,
    /// The number of rows.
    pub(super) rows: u64,
}

impl CopyData {
    /// No rows yet. `columns` includes the recording.
    pub(super) fn new(recording: Uuid, columns: i16) -> Self {
        let mut buffer = BytesMut::new();
        // The signature, no flags, no extension.
        buffer.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
        Self { buffer, recording, columns, rows: 0 }
    }

    /// Starts a row with its recording.
    pub(super) fn row(&mut self) {
        self.rows += 1;
        self.buffer.extend_from_slice(&self.columns.to_be_bytes());
        let recording = self.recording;
        self.bytes(recording.as_bytes());
    }

    pub(super) fn null(&mut self) {
        self.buffer.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    pub(super) fn number(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    /// A `smallint`.
    pub(super) fn small(&mut self, number: i64) {
        self.bytes(&i16::try_from(number).unwrap_or(i16::MAX).to_be_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        // SQLite's maximum is below 2^31.
        self.buffer.extend_from_slice(&i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.buffer.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &[u8]) {
        self.bytes(storable(text).as_bytes());
    }

    /// The columns `at` and `at_unix_micros`.
    pub(super) fn at(&mut self, unix_micros: i64) {
        if let Some(at) = postgres_time(unix_micros) {
            self.number(at);
            self.null();
        } else {
            self.number(MINUS_INFINITY);
            self.number(unix_micros);
        }
    }

    /// The size in bytes.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// The complete data.
    pub(super) fn finish(mut self) -> Bytes {
        self.buffer.extend_from_slice(&(-1_i16).to_be_bytes());
        self.buffer.freeze()
    }
}

/// A text as `PostgreSQL` can store it: UTF-8 without zero bytes.
pub(super) fn storable(text: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(text) {
        text if text.contains('\0') => text.replace('\0', "\u{fffd}").into(),
        text => text,
    }
}

/// The day of a time, in days since 2000. `None` if the day has no partition of its own.
pub(super) fn partition_day(unix_micros: i64) -> Option<i32> {
    let day = unix_micros.checked_sub(POSTGRES_EPOCH)?.div_euclid(MICROS_PER_DAY);
    PARTITIONED_DAYS.contains(&day).then_some(day).and_then(|day| i32::try_from(day).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plausible_days_have_a_partition() {
        assert_eq!(partition_day(POSTGRES_EPOCH), Some(0));
        assert_eq!(partition_day(POSTGRES_EPOCH - 1), None);
        assert_eq!(partition_day(7_258_118_400_000_000 - 1), Some(73_048));
        assert_eq!(partition_day(7_258_118_400_000_000), None);
        assert_eq!((partition_day(i64::MIN), partition_day(i64::MAX)), (None, None));
    }

    #[test]
    fn texts_become_storable() {
        assert_eq!(storable(b"a\0b\xff"), "a\u{fffd}b\u{fffd}");
        assert!(matches!(storable(b"plain"), Cow::Borrowed("plain")));
    }
}
