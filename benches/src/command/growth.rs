//! A large database beside a small one.

use std::fmt::Write as _;

use super::{Common, say};
use crate::Result;
use crate::database::Database;
use crate::load::{Load, Run};
use crate::people::People;
use crate::product::{Product, Size};
use crate::table::{grouped, median, millis};

/// One user has a tenth of all patients: enough for page 5,000.
const LARGE: Size =
    Size { users: 100_000, doctors: 1_000, patients: 1_000_000, mappings: 200_000, first_owner: 100_000 };
const DEEP_PAGE: u32 = 5_000;
/// Few enough that what is measured is the time of a page, not a queue.
const READERS: u32 = 2;

const PROFILES: [(&str, &str); 4] = [
    ("first", "first page"),
    ("deep", "deep page"),
    ("search", "search by the start of a word"),
    ("patient", "patient by id"),
];

pub(super) async fn run(common: &Common) -> Result<()> {
    let database = Database::start()?;
    let mut text =
        "| | | small p95 ms | large p95 ms | large/small | large requests/s |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for is_postgres in [true, false] {
        let name = if is_postgres { "PostgreSQL" } else { "SQLite" };
        let (small, large) = if is_postgres {
            let small = common.on_postgres(&database, "small", Size::SMALL)?;
            (small, common.on_postgres(&database, "large", LARGE)?)
        } else {
            (common.on_sqlite(Size::SMALL)?, common.on_sqlite(LARGE)?)
        };
        if is_postgres {
            database.psql("large", "VACUUM ANALYZE")?;
        }
        let (small, large) = (small.start()?, large.start()?);
        for product in [&small, &large] {
            let mut people = People::meet(product, 100).await?;
            let page = people.walk_to(product, DEEP_PAGE).await?;
            say(&format!("{name}: the deep page is page {page}"));
            product.know(&people)?;
        }
        for (profile, label) in PROFILES {
            let load = Load { profile, connections: READERS, seconds: common.seconds };
            let (of_small, of_large) = both(common, load, &small, &large)?;
            let _ = writeln!(
                text,
                "| {label} | {name} | {} | {} | {:.2} | {} |",
                millis(of_small.p95),
                millis(of_large.p95),
                of_large.p95 / of_small.p95.max(1.0),
                grouped(of_large.rate)
            );
        }
    }
    common.publish("growth", &text)
}

fn both(common: &Common, load: Load<'_>, small: &Product, large: &Product) -> Result<(Run, Run)> {
    let (mut of_small, mut of_large) = (Vec::new(), Vec::new());
    for _ in 0..common.rounds {
        of_small.push(load.run(small, None)?);
        of_large.push(load.run(large, None)?);
    }
    Ok((median(&of_small), median(&of_large)))
}
