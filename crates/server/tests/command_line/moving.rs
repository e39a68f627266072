//! Users who move from one server to another.

use std::fs;

use crate::place::{PASSWORD, Place, err, mode, out, status};

/// A server with an administrator `ann`.
fn with_ann() -> Place {
    let place = Place::new();
    let made = place.run_with_input(&["create-admin", "--username", "ann", "--password-stdin"], PASSWORD);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    place
}

/// A server where nobody is yet.
fn empty() -> Place {
    let place = Place::new();
    done(&place, &["migrate"]);
    place
}

fn done(place: &Place, arguments: &[&str]) -> String {
    let output = place.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", err(&output));
    out(&output)
}

/// How many events of this operation there are, with this reason.
fn events(place: &Place, operation: &str, reason: &str) -> usize {
    let operation = format!("\"operation\":\"{operation}\"");
    let trail = done(place, &["audit", "export"]);
    trail.lines().filter(|line| line.contains(&operation) && line.contains(reason)).count()
}

#[test]
fn users_move_with_their_passwords() {
    let (old, new) = (with_ann(), empty());
    let said = done(&old, &["export", "users", "--with-password-hashes", "--out", "users.ndjson"]);
    assert_eq!((said.as_str(), mode(&old.path("users.ndjson"))), ("", 0o600));
    assert_eq!(events(&old, "export_users", "with password hashes"), 1);
    let sheet = fs::read_to_string(old.path("users.ndjson")).unwrap();
    assert!(sheet.contains("\"password_hash\":\"") && sheet.lines().count() == 1);

    fs::write(new.path("users.ndjson"), &sheet).unwrap();
    let said = done(&new, &["import", "users", "users.ndjson", "--report", "rows.ndjson"]);
    assert!(said.ends_with("1 rows: 1 added, 0 updated, 0 skipped, 0 refused\n"), "{said}");
    assert_eq!(mode(&new.path("rows.ndjson")), 0o600);
    assert_eq!(events(&new, "import_users", "1 rows of users from sheet"), 1);
    done(&new, &["export", "users", "--with-password-hashes", "--out", "again.ndjson"]);
    assert_eq!(fs::read_to_string(new.path("again.ndjson")).unwrap(), sheet);
    let again = done(&new, &["import", "users", "users.ndjson"]);
    assert!(again.ends_with("1 rows: 0 added, 0 updated, 1 skipped, 0 refused\n"), "{again}");
    assert_eq!(events(&new, "import_users", ""), 1);

    let serving = new.serve(&[]);
    let login = |password: &str| {
        let body = format!("{{\"username\": \"ann\", \"password\": \"{password}\"}}");
        serving.post("/api/auth/login/", &body)
    };
    let signed_in = login(PASSWORD);
    assert!(status(&signed_in) == "200" && signed_in.contains("\"role\":\"admin\""), "{signed_in}");
    assert_eq!(status(&login("another password")), "401");
}

#[test]
fn without_the_flag_no_hash_goes_out_and_nobody_has_a_password() {
    let (old, new) = (with_ann(), empty());
    let sheet = done(&old, &["export", "users"]);
    assert!(
        sheet.contains("\"username\":\"ann\"") && !sheet.contains("hash") && !sheet.contains("$2"),
        "{sheet}"
    );
    assert_eq!((events(&old, "export_users", ""), events(&old, "export_users", "hashes")), (1, 0));
    fs::write(new.path("users.ndjson"), &sheet).unwrap();
    done(&new, &["import", "users", "users.ndjson"]);
    let serving = new.serve(&[]);
    let body = format!("{{\"username\": \"ann\", \"password\": \"{PASSWORD}\"}}");
    assert_eq!(status(&serving.post("/api/auth/login/", &body)), "401");
}

#[test]
fn hashes_are_of_users_only() {
    let place = Place::new();
    for arguments in
        [&["export", "patients", "--with-password-hashes"][..], &["export", "users", "--format", "csv"]]
    {
        assert_eq!(place.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
