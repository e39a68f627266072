//! The contract on both databases, and the names of users.

use domain::{AuditEvent, AuditFilter, Page};
use testkit::builders;
use testkit::fixed::instant;

use super::database::{BOTH, Database, Kind, event};

mod sqlite {
    use super::{Database, Kind};

    testkit::audit_contract!(async { Database::new(Kind::Sqlite).await.trails() });
}

mod postgres {
    use super::{Database, Kind};

    testkit::audit_contract!(async { Database::new(Kind::Postgres).await.trails() });
}

#[tokio::test]
async fn events_show_the_name_of_who_called_as_it_is_now() {
    for kind in BOTH {
        let database = Database::new(kind).await;
        let stores = database.stores(None);
        let user = builders::user().done();
        let events = [1, 2].map(|id| AuditEvent { user: domain::UserId::new(id), ..event(instant(), id) });
        stores.audit.append(events.into(), instant()).await.unwrap();
        let mut raw = database.raw();
        let (yes, now) =
            if kind == Kind::Sqlite { ("1", "'2026-01-01T00:00:00.000000Z'") } else { ("true", "now()") };
        raw.run(&format!(
            "INSERT INTO users (id, username, username_key, name, first_name, last_name, role, is_active, date_joined,
                version) VALUES (1, '{0}', '{0}', '', '', '', 'patient', {yes}, {now}, 1)",
            user.username().as_str()
        ));
        let listing = stores.audit.list(&AuditFilter::default(), Page::default()).await.unwrap();
        let names: Vec<_> = listing.items.into_iter().map(|event| event.username).collect();
        assert_eq!(names, [None, Some(user.username().clone())], "{kind:?}");
    }
}
