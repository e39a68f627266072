//! A sheet of 100,000 rows.

use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use crate::place::{PASSWORD, Place, err, out};

const ROWS: usize = 100_000;
/// What it may take, in kilobytes; that much of the database's file is mapped is counted, too.
const MOST: u64 = 150 << 10;

/// Every hundredth row has a birth date that nobody has.
fn sheet() -> String {
    let mut sheet = "external_id,name,date_of_birth,phone,address\r\n".to_owned();
    for row in 0..ROWS {
        let born = if row % 100 == 50 { "2990-01-01" } else { "1980-02-29" };
        write!(sheet, "MRN-{row},Patient Number {row},{born},+91 22 4711,\"12, High Street\nPune\"\r\n")
            .unwrap();
    }
    sheet
}

/// Waits for the end; also tells the most memory that it has had, in kilobytes.
fn watched(mut child: Child) -> (Output, u64) {
    let path = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = most.max(peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(10));
    }
    (child.wait_with_output().unwrap(), most)
}

#[test]
fn of_a_hundred_thousand_rows_exactly_the_faulty_are_refused_in_little_memory_and_none_comes_twice() {
    let place = Place::new();
    let made = place.run_with_input(&["create-admin", "--username", "ann", "--password-stdin"], PASSWORD);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    fs::write(place.path("rows.csv"), sheet()).unwrap();
    for (report, said) in [
        ("first.ndjson", "100000 rows: 99000 added, 0 updated, 0 skipped, 1000 refused\n"),
        ("second.ndjson", "100000 rows: 0 added, 0 updated, 99000 skipped, 1000 refused\n"),
    ] {
        let mut command =
            place.command(&["import", "patients", "rows.csv", "--owner", "ann", "--report", report]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (output, most) = watched(child);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), said), "{}", err(&output));
        println!("{} MB", most >> 10);
        assert!(most > 0 && most < MOST, "{most} kB");
        let lines = fs::read_to_string(place.path(report)).unwrap();
        let refused = lines.lines().filter(|line| line.contains("\"refused\""));
        let expected = (0..ROWS).filter(|row| row % 100 == 50).map(|row| {
            format!("{{\"row\":{},\"outcome\":\"refused\",\"errors\":{{\"date_of_birth\":[", row + 2)
        });
        assert!(refused.zip(expected).all(|(line, expected)| line.starts_with(&expected)));
        assert_eq!(lines.lines().filter(|line| line.contains("\"refused\"")).count(), ROWS / 100);
    }
}
