//! What auditing reads costs.

use std::fmt::Write as _;

use super::{Common, started};
use crate::Result;
use crate::database::Database;
use crate::load::{Load, Run};
use crate::product::{Product, Size};
use crate::table::{grouped, median, millis, ratio};

const MODES: [&str; 3] = ["off", "batched", "strict"];
const PROFILES: [(&str, &str); 2] = [("patient", "patient by id"), ("doctor", "doctor by id")];

pub(super) async fn run(common: &Common) -> Result<()> {
    let database = Database::start()?;
    let mut text = "| | | audit.reads | requests/s | of off | p50 ms | p99 ms | server µs | database µs |\n\
        |---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for is_postgres in [true, false] {
        let mut places = Vec::new();
        let mut products: Vec<Product> = Vec::new();
        for mode in MODES {
            let place = common.place(&database, is_postgres, &format!("audit_{mode}"))?;
            let place = place.with("AUDIT__READS", mode);
            let product = started(&place, Size::SMALL.users).await?;
            products.push(product);
            places.push(place);
        }
        for (profile, name) in PROFILES {
            let load = Load { profile, connections: common.connections, seconds: common.seconds };
            let mut runs: Vec<Vec<Run>> = vec![Vec::new(); MODES.len()];
            for _ in 0..common.rounds {
                for (product, runs) in products.iter().zip(&mut runs) {
                    runs.push(load.run(product, is_postgres.then(|| database.pid()).flatten())?);
                }
            }
            let label = if is_postgres { "PostgreSQL" } else { "SQLite" };
            let off = runs.first().map_or(&[][..], Vec::as_slice);
            for (mode, runs) in MODES.iter().zip(&runs) {
                let run = median(runs);
                let _ = writeln!(
                    text,
                    "| {name} | {label} | {mode} | {} | {:.2} | {} | {} | {:.1} | {:.1} |",
                    grouped(run.rate),
                    ratio(runs, off, |run| run.rate),
                    millis(run.p50),
                    millis(run.p99),
                    run.server,
                    run.database,
                );
            }
        }
    }
    common.publish("audit", &text)
}
