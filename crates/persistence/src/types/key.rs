//! Keys made by the application: `UUID` on PostgreSQL, text on SQLite.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::SqlType;
use domain::SessionId;

/// The SQL type of a UUID.
#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(sqlite_type(name = "Text"))]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
pub struct Uid;

/// A [`SessionId`] on its way to or from the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Uid)]
pub(crate) struct SessionKey(pub(crate) SessionId);

#[cfg(feature = "postgres")]
mod postgres {
    use std::io::Write;

    use diesel::deserialize::{self, FromSql};
    use diesel::pg::{Pg, PgValue};
    use diesel::serialize::{self, IsNull, Output, ToSql};
    use domain::SessionId;
    use uuid::Uuid;

    use super::{SessionKey, Uid};

    impl ToSql<Uid, Pg> for SessionKey {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            out.write_all(self.0.uuid().as_bytes())?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<Uid, Pg> for SessionKey {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            Ok(Self(SessionId::from_uuid(Uuid::from_slice(value.as_bytes())?)))
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::deserialize::{self, FromSql};
    use diesel::serialize::{self, IsNull, Output, ToSql};
    use diesel::sqlite::{Sqlite, SqliteValue};
    use domain::SessionId;
    use uuid::Uuid;

    use super::{SessionKey, Uid};

    impl ToSql<Uid, Sqlite> for SessionKey {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0.uuid().to_string());
            Ok(IsNull::No)
        }
    }

    impl FromSql<Uid, Sqlite> for SessionKey {
        fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            Ok(Self(SessionId::from_uuid(Uuid::parse_str(value.read_text())?)))
        }
    }
}
