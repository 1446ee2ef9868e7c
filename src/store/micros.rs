//! Times in microseconds since the Unix epoch, as `timestamptz`.

use std::error::Error;

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// 2000-01-01 UTC, the epoch of `PostgreSQL`, in microseconds since 1970.
pub(super) const POSTGRES_EPOCH: i64 = 946_684_800_000_000;
/// The first and the last time that `PostgreSQL` can represent, in microseconds since 2000-01-01.
const FIRST: i64 = -211_813_488_000_000_000;
const LAST: i64 = 9_223_371_331_199_999_999;

/// The first time that `PostgreSQL` can represent, in microseconds since the Unix epoch.
pub(crate) const FIRST_TIME: i64 = FIRST + POSTGRES_EPOCH;

/// A time in microseconds since the epoch of `PostgreSQL`. `None` if it cannot be represented.
pub(super) fn postgres_time(unix_micros: i64) -> Option<i64> {
    unix_micros.checked_sub(POSTGRES_EPOCH).filter(|at| (FIRST..=LAST).contains(at))
}

/// Microseconds since the Unix epoch. Times that `PostgreSQL` cannot represent are sent as an infinite time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Micros(pub(crate) i64);

impl ToSql for Micros {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let infinity = if self.0 < FIRST_TIME { i64::MIN } else { i64::MAX };
        out.put_i64(postgres_time(self.0).unwrap_or(infinity));
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?).saturating_add(POSTGRES_EPOCH)))
    }

    accepts!(TIMESTAMPTZ);
}
