//! What checks of the trail found.

use diesel::prelude::*;
use domain::{AuditCheck, AuditEventId, Broken, Fault, Timestamp, UserId};

use super::super::Conn;
use crate::error::Failure;
use crate::rows::stored;
use crate::schema::audit_checks as table;
use crate::types::At;

type Columns = (At, Option<i64>, i64, i64, Option<i64>, Option<i64>, Option<String>);

pub(super) fn note(c: &mut Conn, check: &AuditCheck) -> Result<(), Failure> {
    let broken = check.broken;
    diesel::insert_into(table::table)
        .values((
            table::at.eq(At(check.at)),
            table::user_id.eq(check.user.map(UserId::get)),
            table::seals.eq(check.seals),
            table::events.eq(check.events),
            table::broken_seal.eq(broken.map(|broken| broken.seal)),
            table::broken_event.eq(broken.and_then(|broken| broken.event).map(AuditEventId::get)),
            table::fault.eq(broken.map(|broken| broken.fault.as_str())),
        ))
        .execute(c)?;
    Ok(())
}

pub(super) fn last(c: &mut Conn) -> Result<Option<AuditCheck>, Failure> {
    let columns = (
        table::at,
        table::user_id,
        table::seals,
        table::events,
        table::broken_seal,
        table::broken_event,
        table::fault,
    );
    let row: Option<Columns> = table::table.order(table::id.desc()).select(columns).first(c).optional()?;
    let Some((At(at), user, seals, events, seal, event, fault)) = row else { return Ok(None) };
    let user = user.map(|id| stored("audit_checks.user_id", UserId::new(id))).transpose()?;
    Ok(Some(AuditCheck {
        at: Timestamp::from(At(at)),
        user,
        seals,
        events,
        broken: broken(seal, event, fault)?,
    }))
}

fn broken(seal: Option<i64>, event: Option<i64>, fault: Option<String>) -> Result<Option<Broken>, Failure> {
    let (Some(seal), Some(fault)) = (seal, fault) else { return Ok(None) };
    let fault = stored("audit_checks.fault", Fault::parse(&fault))?;
    Ok(Some(Broken { seal, event: event.and_then(AuditEventId::new), fault }))
}
