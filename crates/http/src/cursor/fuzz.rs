//! Cursors: one that is accepted was made for that user, that list and that query.

use std::collections::BTreeMap;

use domain::{PatientId, Position, Timestamp, UserId};
use testkit::fuzz::Parts;

use super::{Cursor, Scope};

fn scope(user: i64, path: &str) -> Scope {
    Scope { user: UserId::new(user).unwrap(), path: path.to_owned() }
}

/// A position, a user and a query make a cursor; the rest of the input changes it. The line before the rest is
/// tried as a cursor itself.
fn cursors(bytes: &[u8]) {
    let mut parts = Parts::of(bytes);
    let position = Timestamp::from_micros(parts.number()).zip(PatientId::new(parts.number()));
    let user = parts.number().checked_abs().filter(|user| *user > 0).unwrap_or(1);
    let query: BTreeMap<_, _> =
        (0..2).map(|_| (parts.line().into_owned(), parts.line().into_owned())).collect();
    let home = scope(user, "/api/patients/");
    if let Some(any) = Cursor::decode(&parts.line(), &home) {
        assert!(any.position::<PatientId>().is_none_or(|position| position.id.get() > 0));
    }
    let Some((created_at, id)) = position else { return };
    let position = Position { created_at, id };
    let text = Cursor::new(position, query.clone()).encode(&home);
    check_genuine(&text, &home, position, &query);

    for other in [
        scope(if user == 1 { 2 } else { user - 1 }, "/api/patients/"),
        scope(user, "/api/doctors/"),
        scope(user, "/api/patients/1"),
    ] {
        assert!(Cursor::decode(&text, &other).is_none());
    }
    let changed = parts.changed(&text);
    assert!(changed == text || Cursor::decode(&changed, &home).is_none(), "{changed}");
    let cut = text.get(..text.len() - 1).unwrap();
    assert!(Cursor::decode(cut, &home).is_none() && Cursor::decode(&format!("{text}A"), &home).is_none());
}

fn check_genuine(text: &str, home: &Scope, position: Position<PatientId>, query: &BTreeMap<String, String>) {
    match Cursor::decode(text, home) {
        Some(read) => {
            assert_eq!(read.position(), Some(position));
            assert_eq!(&read.query, query);
            assert_eq!(read.encode(home), text);
        }
        None => assert!(text.len() > super::MAX_LEN, "{text}"),
    }
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
}

mod target {
    testkit::fuzz_target!(cursors, 10_000);
}
