//! Instants as PostgreSQL keeps them: microseconds since the year 2000, in a `timestamptz`.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{
    PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, Postgres,
};
use sqlx::{Decode, Encode, Type};

use crate::domain::time::Timestamp;

/// The ids of the types, from `pg_type.dat` of PostgreSQL. They never change.
const TIMESTAMPTZ: Oid = Oid(1184);
const TIMESTAMPTZ_ARRAY: Oid = Oid(1185);

/// 2000-01-01T00:00:00Z in microseconds since the Unix epoch.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// An instant on its way to or from the database, in microseconds since the Unix epoch. It is not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant(pub(super) i64);

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Self {
        Self(at.as_micros())
    }
}

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }
}

impl PgHasArrayType for Instant {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ_ARRAY)
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'_, Postgres>>::encode(self.0 - EPOCH_MICROS, buffer)
    }
}

impl Decode<'_, Postgres> for Instant {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() != PgValueFormat::Binary {
            return Err("an instant came as text".into());
        }
        let since = i64::from_be_bytes(value.as_bytes()?.try_into()?);
        Ok(Self(since.saturating_add(EPOCH_MICROS)))
    }
}
