//! A clinic of 10,000 patients.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use transfer::django::Origin;

use crate::world::{Database, World, data, options, tallies};

/// How often the 60 patients come.
const TIMES: i64 = 167;
/// Far above all ids of a file but the odd one.
const STEP: i64 = 10_000;
/// What it must reach on two cores.
const MOST: Duration = Duration::from_mins(1);

/// The doctors and patients of a dump many times over, each with mappings of their own.
fn scaled(family: &str) -> String {
    let records: Vec<Value> =
        serde_json::from_slice(&fs::read(data(&format!("{family}.json"))).unwrap()).unwrap();
    let mut all = Vec::new();
    for turn in 0..TIMES {
        let moved = |id: &Value| json!(id.as_i64().unwrap() + turn * STEP);
        for record in &records {
            let mut record = record.clone();
            let model = record["model"].as_str().unwrap().to_owned();
            if model.starts_with("auth") || model.starts_with("users") {
                if turn == 0 {
                    all.push(record);
                }
                continue;
            }
            record["pk"] = moved(&record["pk"]);
            let fields = &mut record["fields"];
            for reference in ["patient", "doctor"] {
                if fields[reference].is_i64() {
                    fields[reference] = moved(&fields[reference]);
                }
            }
            if model.ends_with(".doctor") && turn > 0 {
                fields["email"] = json!(format!("{turn}.{}", fields["email"].as_str().unwrap()));
                if let Some(license) = fields["license_number"].as_str() {
                    fields["license_number"] = json!(format!("{turn}-{license}"));
                }
            }
            all.push(record);
        }
    }
    Value::from(all).to_string()
}

async fn measure(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    for family in ["s0", "s1", "s2"] {
        let path = folder.path().join(family);
        fs::write(&path, scaled(family)).unwrap();
        let world = World::new(database).await;
        let begun = Instant::now();
        let (report, map) = world.import(&Origin::Dump(path), &options(family)).await;
        let took = begun.elapsed();
        println!(
            "{family} into {database:?}: {} records in {:.1} s",
            map.lines().count(),
            took.as_secs_f64()
        );
        assert!(took < MOST, "{took:?}");
        assert_eq!(report.refused(), 0);
        assert!(tallies(&report)[2].ends_with("=10020"));
        assert_eq!(world.count("patients"), 10_020);
        assert_eq!(world.count("mappings"), 80 * TIMES);
    }
}

#[tokio::test]
async fn ten_thousand_patients_are_there_within_a_minute_on_sqlite() {
    measure(Database::Sqlite).await;
}

#[tokio::test]
async fn ten_thousand_patients_are_there_within_a_minute_on_postgresql() {
    measure(Database::Postgres).await;
}
