//! The product on both databases beside the database alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Common, say};
use crate::database::Database;
use crate::load::{Load, Run};
use crate::people::People;
use crate::product::{Product, Size};
use crate::table::{grouped, median, millis, ratio};
use crate::{Result, pgbench};

/// The profiles and what they are called in the table.
pub(super) const PROFILES: [(&str, &str); 7] = [
    ("patient", "patient by id"),
    ("patients", "patients, 20 rows"),
    ("doctor", "doctor by id"),
    ("doctors_of", "doctors of a patient"),
    ("create", "create a patient"),
    ("mapping", "create a mapping, 5 % duplicates"),
    ("mixed", "mixed"),
];

/// What `pgbench` does besides: the rows alone, without words for the search and without an event on record.
const BARE: [(&str, &str); 2] = [("create", "create_bare"), ("mapping", "mapping_bare")];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Raw,
    Bare,
    Postgres,
    Sqlite,
}

type Runs = BTreeMap<(Side, &'static str), Vec<Run>>;

/// What is compared.
struct Sides {
    database: Database,
    postgres: Product,
    sqlite: Product,
}

pub(super) async fn run(common: &Common) -> Result<()> {
    let database = Database::start()?;
    let on_postgres = common.on_postgres(&database, "healthcore", Size::SMALL)?;
    database.psql("healthcore", "VACUUM ANALYZE")?;
    pgbench::prepare(&database, "healthcore")?;
    let on_sqlite = common.on_sqlite(Size::SMALL)?;
    // Once for nothing: the first start makes keys.
    drop((on_postgres.start()?, on_sqlite.start()?));
    let (postgres, sqlite) = (on_postgres.start()?, on_sqlite.start()?);
    for product in [&postgres, &sqlite] {
        product.know(&People::meet(product, Size::SMALL.users).await?)?;
    }
    let sides = Sides { database, postgres, sqlite };
    let mut runs = Runs::new();
    for round in 1..=common.rounds {
        say(&format!("round {round} of {}", common.rounds));
        sides.round(common, &mut runs)?;
    }
    common.publish("compare", &text(&sides, &runs))
}

impl Sides {
    fn round(&self, common: &Common, runs: &mut Runs) -> Result<()> {
        self.database.psql("postgres", "CHECKPOINT")?;
        for (profile, _) in PROFILES {
            let load = Load { profile, connections: common.connections, seconds: common.seconds };
            let mut note = |side: Side, run: Run| runs.entry((side, profile)).or_default().push(run);
            note(Side::Raw, pgbench::run(load, &self.database)?);
            if let Some((_, bare)) = BARE.iter().find(|(name, _)| *name == profile) {
                note(Side::Bare, pgbench::run(Load { profile: bare, ..load }, &self.database)?);
            }
            note(Side::Postgres, load.run(&self.postgres, self.database.pid())?);
            note(Side::Sqlite, load.run(&self.sqlite, None)?);
        }
        Ok(())
    }
}

fn text(sides: &Sides, runs: &Runs) -> String {
    let mut text = "| | | requests/s | of pgbench | p50 ms | p99 ms | server µs | database µs | refused |\n\
        |---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for (profile, name) in PROFILES {
        let of = |side: Side| runs.get(&(side, profile)).map_or(&[][..], Vec::as_slice);
        let raw = of(Side::Raw);
        for (side, label) in [
            (Side::Raw, "pgbench, same SQL"),
            (Side::Bare, "pgbench, row alone"),
            (Side::Postgres, "PostgreSQL"),
            (Side::Sqlite, "SQLite"),
        ] {
            let runs = of(side);
            if runs.is_empty() {
                continue;
            }
            let run = median(runs);
            let _ = writeln!(
                text,
                "| {name} | {label} | {} | {:.2} | {} | {} | {:.1} | {:.1} | {:.1} % |",
                grouped(run.rate),
                ratio(runs, raw, |run| run.rate),
                millis(run.p50),
                millis(run.p99),
                run.server,
                run.database,
                run.refused * 100.0,
            );
            if run.broken > 0.0 {
                let _ = writeln!(text, "| | {} connections broke | | | | | | | |", run.broken);
            }
        }
    }
    let _ = writeln!(text, "\n| | start to ready | memory at its highest | at the end |\n|---|---|---|---|");
    for (product, label) in [(&sides.postgres, "PostgreSQL"), (&sides.sqlite, "SQLite")] {
        let ((highest, now), ready) = (product.memory(), product.ready_after.as_millis());
        let _ = writeln!(text, "| {label} | {ready} ms | {highest} MiB | {now} MiB |");
    }
    text
}
