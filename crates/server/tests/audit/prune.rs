//! `healthcore audit prune`.

use std::time::Duration;

use domain::ports::Clock as _;
use domain::{AuditEvent, Call, Operation, Outcome, Stamp, Timestamp};
use persistence::{DatabaseSettings, Stores};
use security::SystemClock;

use crate::clinic::{Sql, done, exported};
use crate::place::{Place, err, out};

fn days_ago(days: u64) -> Timestamp {
    SystemClock.now().minus(Duration::from_hours(24 * days))
}

/// Puts events on record and seals them, so many days ago.
async fn on_record(stores: &Stores, count: usize, days: u64) {
    let call = Call::local(Operation::named("patients_get"));
    let event = AuditEvent::of(&Stamp::anonymous(days_ago(days), call.into()), Outcome::Done);
    stores.audit.append(vec![event; count].into(), days_ago(days)).await.unwrap();
    stores.audit.seal(days_ago(days - 1)).await.unwrap();
}

/// Ten events of 800 days ago and five of 100, each under a seal of their own.
async fn old_trail() -> Place {
    let place = Place::new();
    done(&place.run(&["migrate"]));
    let file = place.path("data/healthcore.db");
    let stores = Stores::connect(&DatabaseSettings::new(format!("sqlite://{}", file.display()))).unwrap();
    on_record(&stores, 10, 800).await;
    on_record(&stores, 5, 100).await;
    place
}

#[tokio::test]
async fn events_go_after_their_time_and_the_rest_still_verifies() {
    let place = old_trail().await;
    // Six years, unless the settings say less.
    assert!(done(&place.run(&["audit", "prune"])).starts_with("0 events "));
    let mut command = place.command(&["audit", "prune"]);
    command.env("HEALTHCORE__AUDIT__RETENTION_DAYS", "365");
    assert!(done(&command.output().unwrap()).starts_with("10 events "));
    let events: Vec<_> = exported(&place, &[]).iter().map(|event| event["operation"].clone()).collect();
    assert_eq!(events, [["patients_get"; 5].as_slice(), &["audit_prune"; 2]].concat());
    done(&place.run(&["audit", "head"]));
    let found = done(&place.run(&["audit", "verify"]));
    assert!(found.starts_with("events=18 seals=3 pruned=10 unsealed=0 "), "{found}");
    let mut sql = Sql::open(&place);
    assert!(sql.refusal("DELETE FROM audit_events").contains("only added to"));
    // What is left is still proven.
    Sql::forced(&place).run("DELETE FROM audit_events WHERE id = 11");
    let found = place.run(&["audit", "verify"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(err(&found).contains("at event 11 under seal 2: deleted"), "{}", err(&found));
}

#[tokio::test]
async fn nothing_younger_than_the_settings_say_goes_and_they_say_a_year_at_least() {
    let place = old_trail().await;
    let year = ("HEALTHCORE__AUDIT__RETENTION_DAYS", "365");
    let (young, long_ago) = (days_ago(364).to_string(), days_ago(366).to_string());
    for (before, variable, expected) in [
        (young.as_str(), year, "`audit.retention_days`"),
        ("2999-01-01", year, "`audit.retention_days`"),
        (&long_ago, ("HEALTHCORE__AUDIT__RETENTION_DAYS", "364"), "must be from 365"),
        ("yesterday", year, "--before"),
    ] {
        let mut command = place.command(&["audit", "prune", "--before", before]);
        let output = command.env(variable.0, variable.1).output().unwrap();
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{before}");
        assert!(err(&output).contains(expected), "{}", err(&output));
    }
    assert_eq!(exported(&place, &[]).len(), 15);
    let mut command = place.command(&["audit", "prune", "--before", &long_ago]);
    assert!(done(&command.env(year.0, year.1).output().unwrap()).starts_with("10 events "));
}
