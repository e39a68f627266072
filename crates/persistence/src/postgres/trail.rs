//! What the audit trail needs of PostgreSQL in particular.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use domain::AuditEvent;

use super::Conn;
use crate::audit::Leaf;
use crate::rows::EventColumns;
use crate::schema::audit_events;

/// Key of the advisory lock of whoever seals: any number that nothing else uses in this database.
const SEAL_LOCK: i64 = 0x4845_414c_5345;

/// Ids are drawn by many at once: what is to be sealed next is not known before it has settled.
pub(super) const SEALS_WHAT_IT_WRITES: bool = false;

/// How often, and how long in between, the sealer looks whether older transactions have ended.
const LOOKS: u32 = 10;
const PAUSE: &str = "SELECT pg_sleep(0.005)";

/// Ids up to `id` are all committed or given up once no transaction before number `transaction` is under way.
///
/// Every transaction has its number before it draws an id: see the table. So one that has drawn an id up to the
/// highest so far is older than a transaction that gets its number afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Horizon {
    pub(super) id: i64,
    transaction: i64,
}

impl Horizon {
    /// The horizon of this moment, within a transaction.
    pub(super) fn look(c: &mut Conn) -> QueryResult<Self> {
        // Two statements, in this order: in one nobody knows what is read first.
        let last = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS number FROM audit_events_id_seq";
        let id = diesel::sql_query(last).get_result::<Number>(c)?.number;
        let own = "SELECT pg_current_xact_id()::text::bigint AS number";
        let transaction = diesel::sql_query(own).get_result::<Number>(c)?.number;
        Ok(Self { id, transaction })
    }

    /// Whether no older transaction is under way. Outside of a transaction, and patient for a moment: most of them
    /// take milliseconds.
    pub(super) fn is_settled(self, c: &mut Conn) -> QueryResult<bool> {
        for _ in 0..LOOKS {
            if self.has_passed(c)? {
                return Ok(true);
            }
            diesel::sql_query(PAUSE).execute(c)?;
        }
        self.has_passed(c)
    }

    fn has_passed(self, c: &mut Conn) -> QueryResult<bool> {
        let oldest = sql::<BigInt>("pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
        diesel::select(oldest.ge(self.transaction)).get_result(c)
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Until the end of the transaction this one seals; false when another one is at it.
pub(super) fn lock_sealing(c: &mut Conn) -> QueryResult<bool> {
    diesel::select(sql::<Bool>(&format!("pg_try_advisory_xact_lock({SEAL_LOCK})"))).get_result(c)
}

/// Waits for whoever seals, until the end of the transaction.
pub(super) fn wait_for_sealing(c: &mut Conn) -> QueryResult<()> {
    diesel::sql_query(format!("SELECT pg_advisory_xact_lock({SEAL_LOCK})")).execute(c).map(drop)
}

/// Inserts all events, however many, by `COPY`. Which ids they got is not asked, since others draw ids as well: none is
/// returned.
pub(super) fn insert(c: &mut Conn, events: &[AuditEvent]) -> QueryResult<Vec<Leaf>> {
    let rows: Vec<EventColumns> = events.iter().map(EventColumns::from).collect();
    diesel::copy_from(audit_events::table).from_insertable(&rows).execute(c)?;
    Ok(Vec::new())
}
