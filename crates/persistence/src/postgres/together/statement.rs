//! Statements over arrays, one array for each column, whose text is the same however many rows there are: so they
//! are prepared once.

use std::fmt::Debug;
use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType, SingleValue};

/// A text with arrays in the middle of it, which gives rows of the SQL type `Row`.
pub(super) struct Statement<'a, Row> {
    before: &'static str,
    arrays: Vec<Box<dyn QueryFragment<Pg> + 'a>>,
    after: &'static str,
    row: PhantomData<Row>,
}

impl<'a, Row> Statement<'a, Row> {
    pub(super) const fn new(before: &'static str, after: &'static str) -> Self {
        Self { before, arrays: Vec::new(), after, row: PhantomData }
    }

    /// One more column.
    pub(super) fn column<T, V>(mut self, values: impl IntoIterator<Item = V>) -> Self
    where
        T: SingleValue + 'a,
        V: 'a,
        Pg: HasSqlType<T>,
        Vec<V>: ToSql<Array<T>, Pg>,
    {
        self.arrays.push(Box::new(Column { values: Vec::from_iter(values), kind: PhantomData::<T> }));
        self
    }
}

impl<Row> QueryFragment<Pg> for Statement<'_, Row> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.before);
        for (number, array) in self.arrays.iter().enumerate() {
            if number > 0 {
                out.push_sql(", ");
            }
            array.walk_ast(out.reborrow())?;
        }
        out.push_sql(self.after);
        Ok(())
    }
}

/// Known by its text.
impl<Row> QueryId for Statement<'_, Row> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Statement<'_, Row> {
    type SqlType = Row;
}

impl<Row> RunQueryDsl<PgConnection> for Statement<'_, Row> {}

struct Column<T, V> {
    values: Vec<V>,
    kind: PhantomData<T>,
}

impl<T, V> QueryFragment<Pg> for Column<T, V>
where
    T: SingleValue,
    Pg: HasSqlType<T>,
    Vec<V>: ToSql<Array<T>, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<Array<T>, _>(&self.values)
    }
}

/// Runs `query` for each of the keys, which it names by [`Owner`] and [`Id`]; its rows come with the number of the
/// key, from 1.
///
/// It has a plan of its own, which is that of a single key: the database may neither join it in another way nor
/// find its rows by another index.
#[derive(QueryId)]
pub(super) struct ForEach<K, Q> {
    keys: K,
    query: Q,
}

impl<K, Q> ForEach<K, Q> {
    pub(super) const fn of(keys: K, query: Q) -> Self {
        Self { keys, query }
    }
}

/// Keys of records.
pub(super) trait Keys: Debug {
    /// What a single key is called by the query.
    const NAMES: &'static str;

    fn walk<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

/// Ids of records that nobody owns.
#[derive(QueryId, Debug)]
pub(super) struct Ids(pub(super) Vec<i64>);

impl Keys for Ids {
    const NAMES: &'static str = "id";

    fn walk<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<Array<BigInt>, _>(&self.0)
    }
}

/// Owners of lists.
#[derive(QueryId, Debug)]
pub(super) struct Owners(pub(super) Vec<i64>);

impl Keys for Owners {
    const NAMES: &'static str = "owner_id";

    fn walk<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<Array<BigInt>, _>(&self.0)
    }
}

/// Owners of records, and the ids of these.
#[derive(QueryId, Debug)]
pub(super) struct Owned(pub(super) Vec<i64>, pub(super) Vec<i64>);

impl Keys for Owned {
    const NAMES: &'static str = "owner_id, id";

    fn walk<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<Array<BigInt>, _>(&self.0)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.1)
    }
}

impl<K: Keys, Q: QueryFragment<Pg>> QueryFragment<Pg> for ForEach<K, Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT asked.number, found.* FROM unnest(");
        self.keys.walk(out.reborrow())?;
        out.push_sql(") WITH ORDINALITY AS asked(");
        out.push_sql(K::NAMES);
        out.push_sql(", number) CROSS JOIN LATERAL (");
        self.query.walk_ast(out.reborrow())?;
        // Whatever has an offset is planned by itself.
        out.push_sql(" OFFSET 0) AS found");
        Ok(())
    }
}

impl<K, Q: Query> Query for ForEach<K, Q> {
    type SqlType = (BigInt, Q::SqlType);
}

impl<K, Q> RunQueryDsl<PgConnection> for ForEach<K, Q> {}

/// A part of the key that a [`ForEach`] is at.
macro_rules! part_of_key {
    ($(#[$doc:meta])* $name:ident, $sql:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, QueryId, Debug)]
        pub(super) struct $name;

        impl Expression for $name {
            type SqlType = BigInt;
        }

        impl<G> ValidGrouping<G> for $name {
            type IsAggregate = is_aggregate::Never;
        }

        impl<T> AppearsOnTable<T> for $name {}
        impl<T> SelectableExpression<T> for $name {}

        impl QueryFragment<Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                out.push_sql($sql);
                Ok(())
            }
        }
    };
}

part_of_key! {
    /// The owner.
    Owner, "asked.owner_id"
}
part_of_key! {
    /// The id.
    Id, "asked.id"
}
