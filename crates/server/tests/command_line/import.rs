//! `healthcore import` and `healthcore export`.

use std::fs;
use std::path::Path;

use crate::place::{Place, err, mode, out};

fn data(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../transfer/tests/data").join(name).display().to_string()
}

#[test]
fn a_dry_run_prints_what_the_real_one_prints_and_makes_no_database() {
    let place = Place::new();
    let dump = data("s1.json");
    let dry = place.run(&["import", "django", "--from-dump", &dump, "--dry-run", "--report", "dry.ndjson"]);
    assert_eq!(dry.status.code(), Some(0), "{}", err(&dry));
    assert!(!place.path("data").exists());
    let real = place.run(&[
        "import",
        "django",
        "--from-dump",
        &dump,
        "--report",
        "real.ndjson",
        "--map-out",
        "ids.csv",
    ]);
    assert_eq!((real.status.code(), out(&real)), (Some(0), out(&dry)), "{}", err(&real));
    assert!(
        out(&real)
            .contains("patients_patient: 60 read, 50 kept, 10 repaired, 0 refused, 0 imported before\n")
    );
    assert!(out(&real).contains("auth_group: 1 rows, not imported\n"));
    let [dry, real] = ["dry.ndjson", "real.ndjson"].map(|name| fs::read_to_string(place.path(name)).unwrap());
    assert_eq!(dry, real);
    let ids = fs::read_to_string(place.path("ids.csv")).unwrap();
    assert!(ids.starts_with("table,source_id,kind,id\nauth_user,1,user,1\n"));
    assert!(ids.contains("patients_patient,4294967297,patient,4294967297\n"));
    assert_eq!(ids.lines().count(), 178);
    for name in ["dry.ndjson", "real.ndjson", "ids.csv"] {
        assert_eq!(mode(&place.path(name)), 0o600, "{name}");
    }
}

#[test]
fn original_values_stand_in_the_report_only() {
    let place = Place::new();
    let done = place.run(&["import", "django", "--from", &data("s2.sqlite3")]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(
        out(&done)
            .contains("repaired patients_patient 32 date_of_birth: must not be in the future; left empty\n")
    );
    let place = Place::new();
    let reported = place.run(&["import", "django", "--from", &data("s2.sqlite3"), "--report", "r.ndjson"]);
    let report = fs::read_to_string(place.path("r.ndjson")).unwrap();
    let line = r#"{"table":"patients_patient","id":"32","field":"date_of_birth","outcome":"repaired","#;
    assert!(report.contains(line) && report.contains(r#""original":"2990-01-01"}"#), "{report}");
    for output in [&done, &reported] {
        for value in ["2990-01-01", "pbkdf2", "ext 12"] {
            assert!(!out(output).contains(value) && !err(output).contains(value), "{value}");
        }
    }
    assert!(!report.contains("pbkdf2"));
}

#[test]
fn rows_that_are_refused_make_the_command_fail_and_the_others_are_there() {
    let place = Place::new();
    let dump = fs::read_to_string(data("s0.json")).unwrap().replace("\"doctor\": 5,", "\"doctor\": 99999,");
    fs::write(place.path("dump.json"), dump).unwrap();
    let done = place.run(&["import", "django", "--from-dump", "dump.json"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("rows were refused"), "{}", err(&done));
    assert!(
        out(&done).contains("refused clinical_patientdoctor 82 doctor_id: is no doctor who was imported")
    );
    assert!(out(&done).contains("clinical_patient: 60 read, 52 kept, 8 repaired, 0 refused"));
}

#[test]
fn what_cannot_be_read_leaves_nothing_behind() {
    let place = Place::new();
    let whole = fs::read(data("s0.sql")).unwrap();
    fs::write(place.path("cut.sql"), whole.get(..whole.len() / 2).unwrap()).unwrap();
    fs::write(place.path("empty.json"), "[]").unwrap();
    for source in ["cut.sql", "empty.json", "none.json"] {
        let refused = place.run(&["import", "django", "--from-dump", source]);
        assert_eq!(refused.status.code(), Some(1), "{source}");
        assert!(out(&refused).is_empty() && !place.path("data").exists(), "{source}");
    }
    for arguments in
        [&["import"][..], &["import", "django"], &["import", "django", "--from", "a", "--from-dump", "b"]]
    {
        assert_eq!(place.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_header_in_another_encoding_is_called_that() {
    let place = Place::new();
    assert_eq!(place.run(&["seed", "--users", "1", "--patients", "0"]).status.code(), Some(0));
    for header in [&b"\xff\xfen\0a\0m\0e\0\n\0"[..], b"name,G\xe9nero\nAnn,f\n"] {
        fs::write(place.path("sheet.csv"), header).unwrap();
        let refused = place.run(&["import", "patients", "sheet.csv", "--owner", "seed-1"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(err(&refused).contains("is not UTF-8"), "{}", err(&refused));
    }
}

#[test]
fn a_sheet_goes_in_and_out_again() {
    let place = Place::new();
    let done = place.run(&["import", "django", "--from", &data("s2.sqlite3")]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let sheet = "MRN,Full name,Gender,Born\nA-1,Ann Bose,f,1980-02-29\nA-2,Bob,m,2990-01-01\nA-3,=Eve,x,\n";
    fs::write(place.path("sheet.csv"), sheet).unwrap();
    let arguments = [
        "import",
        "patients",
        "sheet.csv",
        "--owner",
        "sso.only",
        "--map",
        "Full name=name",
        "--map",
        "Born=date_of_birth",
        "--map",
        "MRN=external_id",
    ];
    let first = place.run(&arguments);
    assert_eq!(first.status.code(), Some(1));
    assert!(out(&first).ends_with("3 rows: 1 added, 0 updated, 0 skipped, 2 refused\n"), "{}", out(&first));
    assert!(out(&first).contains(r#"{"row":3,"outcome":"refused","errors":{"date_of_birth":["#));
    assert!(!out(&first).contains("2990") && !err(&first).contains("2990"));
    let again = place.run(&arguments);
    assert!(out(&again).ends_with("3 rows: 0 added, 0 updated, 1 skipped, 2 refused\n"));
    let exported =
        place.run(&["export", "patients", "--owner", "sso.only", "--format", "csv", "--out", "out.csv"]);
    assert_eq!((exported.status.code(), out(&exported)), (Some(0), String::new()), "{}", err(&exported));
    let text = fs::read_to_string(place.path("out.csv")).unwrap();
    assert!(
        text.starts_with("id,owner,name,") && text.contains(",Ann Bose,Ann,Bose,1980-02-29,,,female,"),
        "{text}"
    );
    assert_eq!(mode(&place.path("out.csv")), 0o600);
    let all = place.run(&["export", "patients"]);
    assert_eq!(out(&all).lines().count(), 61);
    for arguments in [
        &["export"][..],
        &["export", "nobody"],
        &["import", "patients"],
        &["export", "patients", "--owner", "x"],
    ] {
        assert_eq!(place.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
