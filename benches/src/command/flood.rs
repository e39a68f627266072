//! Reads while many people sign in.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{Common, started};
use crate::Result;
use crate::database::Database;
use crate::load::Load;
use crate::people;
use crate::product::{Place, Product, Size};
use crate::table::{grouped, median, millis};

/// How many sign in at once.
const FLOOD: u32 = 200;
/// Few enough not to use the machine up: the question is how long a read takes, not how many there are.
const READERS: u32 = 2;

pub(super) async fn run(common: &Common) -> Result<()> {
    let database = Database::start()?;
    let mut text =
        "| | | reads/s | p50 ms | p99 ms | p99 of quiet | sign-ins/s |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for is_postgres in [true, false] {
        let name = if is_postgres { "PostgreSQL" } else { "SQLite" };
        let url = is_postgres.then(|| database.url("flood"));
        if is_postgres {
            database.create("flood")?;
        }
        // What passwords cost in earnest.
        let place = Place::new(&common.program()?, url)?.with("AUTH__PASSWORD_COST", "12");
        let place = super::seeded(place, Size::SMALL)?;
        let product = started(&place, 20).await?;
        let mut quiet = Vec::new();
        let mut flooded = Vec::new();
        let mut signed_in = 0;
        let load = Load { profile: "patient", connections: READERS, seconds: common.seconds };
        for _ in 0..common.rounds {
            quiet.push(load.run(&product, None)?);
            let (run, count) = under_flood(load, &product, common.seconds).await?;
            flooded.push(run);
            signed_in += count;
        }
        let (quiet, flooded) = (median(&quiet), median(&flooded));
        let per_second = crate::load::float(signed_in) / f64::from(common.rounds * (common.seconds + 2));
        for (run, label, rate) in [(quiet, "quiet", 0.0), (flooded, "flooded", per_second)] {
            let _ = writeln!(
                text,
                "| {name} | {label} | {} | {} | {} | {:.1} | {rate:.1} |",
                grouped(run.rate),
                millis(run.p50),
                millis(run.p99),
                run.p99 / quiet.p99.max(1.0),
            );
        }
    }
    common.publish("flood", &text)
}

/// Loads the server from a second after the flood has begun until a second before it ends.
async fn under_flood(load: Load<'_>, product: &Product, seconds: u32) -> Result<(crate::load::Run, u64)> {
    let until = Instant::now() + Duration::from_secs(u64::from(seconds) + 2);
    let address = product.address().to_owned();
    // A thread of its own: the load blocks this one.
    let flood = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        Some(runtime.block_on(people::flood(address, FLOOD, until)))
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let run = load.run(product, None)?;
    let count = flood.join().ok().flatten().ok_or("the flood failed")?;
    Ok((run, count))
}
