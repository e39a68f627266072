//! Instants: `TIMESTAMPTZ` on PostgreSQL, text on SQLite.
//!
//! The text is RFC 3339 in UTC with six decimals, always, so that comparing texts compares instants.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::SqlType;
use domain::Timestamp;

/// The SQL type of an instant.
#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(sqlite_type(name = "Text"))]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
pub struct Instant;

/// A [`Timestamp`] on its way to or from the database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub(crate) struct At(pub(crate) Timestamp);

impl From<Timestamp> for At {
    fn from(instant: Timestamp) -> Self {
        Self(instant)
    }
}

impl From<At> for Timestamp {
    fn from(at: At) -> Self {
        at.0
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::data_types::PgTimestamp;
    use diesel::deserialize::{self, FromSql};
    use diesel::pg::{Pg, PgValue};
    use diesel::serialize::{self, Output, ToSql};
    use diesel::sql_types::Timestamptz;
    use domain::Timestamp;

    use super::{At, Instant};

    /// 2000-01-01T00:00:00Z, where PostgreSQL begins to count, in microseconds since 1970.
    const EPOCH: i64 = 946_684_800_000_000;

    impl ToSql<Instant, Pg> for At {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            let since_epoch = PgTimestamp(self.0.micros() - EPOCH);
            ToSql::<Timestamptz, Pg>::to_sql(&since_epoch, &mut out.reborrow())
        }
    }

    impl FromSql<Instant, Pg> for At {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            let PgTimestamp(since_epoch) = FromSql::<Timestamptz, Pg>::from_sql(value)?;
            let instant = since_epoch.checked_add(EPOCH).and_then(Timestamp::from_micros);
            instant.map(Self).ok_or_else(|| "an instant beyond the calendar".into())
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::deserialize::{self, FromSql};
    use diesel::serialize::{self, IsNull, Output, ToSql};
    use diesel::sqlite::{Sqlite, SqliteValue};
    use domain::Timestamp;

    use super::{At, Instant};

    impl ToSql<Instant, Sqlite> for At {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(text(self.0));
            Ok(IsNull::No)
        }
    }

    impl FromSql<Instant, Sqlite> for At {
        fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            Timestamp::parse(value.read_text()).map(Self).ok_or_else(|| "not an instant".into())
        }
    }

    fn text(instant: Timestamp) -> String {
        instant.datetime().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn texts_sort_like_the_instants_they_stand_for() {
            let instants = [-1, 0, 1, 999_999, 1_000_000, 1_700_000_000_123_456]
                .map(|micros| text(Timestamp::from_micros(micros).unwrap()));
            assert!(instants.is_sorted(), "{instants:?}");
            assert_eq!(instants[2], "1970-01-01T00:00:00.000001Z");
        }
    }
}
