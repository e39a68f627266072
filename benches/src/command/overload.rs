//! More than the server can do.

use std::fmt::Write as _;

use super::{Common, started};
use crate::Result;
use crate::database::Database;
use crate::load::{Load, Run};
use crate::product::Size;
use crate::table::{grouped, median, millis};

/// Past the last but one the rate grows no more; the last is well past what may be under way at once.
const TIMES: [u32; 4] = [1, 3, 8, 32];

pub(super) async fn run(common: &Common) -> Result<()> {
    let database = Database::start()?;
    let mut text = "| | | connections | requests/s | answered well/s | of the best | 503 | broken | p50 ms | p99 ms | MiB |\n\
        |---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for is_postgres in [true, false] {
        let place = common.place(&database, is_postgres, "overload")?;
        let product = started(&place, Size::SMALL.users).await?;
        let label = if is_postgres { "PostgreSQL" } else { "SQLite" };
        for (profile, name) in [("patient", "patient by id"), ("create", "create a patient")] {
            let mut runs: Vec<Vec<Run>> = vec![Vec::new(); TIMES.len()];
            for _ in 0..common.rounds {
                for (times, runs) in TIMES.iter().zip(&mut runs) {
                    let connections = common.connections * times;
                    let load = Load { profile, connections, seconds: common.seconds };
                    runs.push(load.run(&product, is_postgres.then(|| database.pid()).flatten())?);
                }
            }
            let medians: Vec<Run> = runs.iter().map(|runs| median(runs)).collect();
            let good = |run: &Run| run.rate * (1.0 - run.refused);
            let best = medians.iter().map(good).fold(1.0, f64::max);
            for (times, run) in TIMES.iter().zip(&medians) {
                let _ = writeln!(
                    text,
                    "| {name} | {label} | {} | {} | {} | {:.2} | {:.1} % | {:.0} | {} | {} | {} |",
                    common.connections * times,
                    grouped(run.rate),
                    grouped(good(run)),
                    good(run) / best,
                    run.refused * 100.0,
                    run.broken,
                    millis(run.p50),
                    millis(run.p99),
                    product.memory().0,
                );
            }
        }
    }
    common.publish("overload", &text)
}
