//! The product on both databases beside the database alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Common, say};
use crate::database::Database;
use crate::load::{Load, Run};
use crate::people::People;
use crate::product::{Place, Product, Size};
use crate::table::{grouped, median, millis, ratio};
use crate::{Result, pgbench};

/// The profiles and what they are called in the table: those that change little of what the others read come first.
pub(super) const PROFILES: [(&str, &str); 7] = [
    ("patient", "patient by id"),
    ("patients", "patients, 20 rows"),
    ("doctor", "doctor by id"),
    ("doctors_of", "doctors of a patient"),
    ("mixed", "mixed"),
    ("mapping", "create a mapping, 5 % duplicates"),
    ("create", "create a patient"),
];

/// What `pgbench` does besides: the rows alone, without words for the search and without an event on record.
const BARE: [(&str, &str); 2] = [("create", "create_bare"), ("mapping", "mapping_bare")];
/// SQLite has these profiles with so many connections, too: fewer calls share a commit then.
const FEW: u32 = 32;

/// At least so many requests a server has answered, refused ones among them, when its memory is looked at.
const ANSWERED: f64 = 1e6;

/// The database of the product.
const DATABASE: &str = "healthcore";
/// What is in it at the beginning of each round.
const ORIGINAL: &str = "healthcore_original";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Raw,
    Bare,
    Postgres,
    Few,
    Sqlite,
}

type Runs = BTreeMap<(Side, &'static str), Vec<Run>>;

/// The product on one of the databases, with what it has at the beginning of each round.
struct Original {
    place: Place,
    people: People,
}

/// What is compared in a round.
struct Sides<'a> {
    database: &'a Database,
    postgres: Product,
    sqlite: Product,
}

pub(super) async fn run(common: &Common) -> Result<()> {
    let database = Database::start()?;
    let on_postgres = Original::new(common.on_postgres(&database, DATABASE, Size::SMALL)?).await?;
    database.psql(DATABASE, "VACUUM ANALYZE")?;
    database.copy(DATABASE, ORIGINAL)?;
    pgbench::prepare(&database, ORIGINAL)?;
    let on_sqlite = Original::new(common.on_sqlite(Size::SMALL)?).await?;
    let mut runs = Runs::new();
    let mut last = None;
    for round in 1..=common.rounds {
        say(&format!("round {round} of {}", common.rounds));
        // Their data are replaced.
        drop(last.take());
        few(common, &on_sqlite.start()?, &mut runs)?;
        database.copy(ORIGINAL, DATABASE)?;
        pgbench::begin(&database)?;
        let (postgres, sqlite) = (on_postgres.start()?, on_sqlite.start()?);
        let sides = Sides { database: &database, postgres, sqlite };
        sides.round(common, &mut runs)?;
        last = Some(sides);
    }
    let Sides { postgres, sqlite, .. } = last.ok_or("no rounds")?;
    let mut text = text(&runs);
    let _ = writeln!(text, "\n| | start to ready | memory at its highest | at the end |\n|---|---|---|---|");
    for (product, side, label) in
        [(&postgres, Side::Postgres, "PostgreSQL"), (&sqlite, Side::Sqlite, "SQLite")]
    {
        say(&format!("memory, {label}"));
        fill(common, product, side, &runs)?;
        let ((highest, now), ready) = (product.memory(), product.ready_after.as_millis());
        let _ = writeln!(text, "| {label} | {ready} ms | {highest} MiB | {now} MiB |");
    }
    common.publish("compare", &text)
}

/// What SQLite does with few connections, on a server that does nothing else.
fn few(common: &Common, sqlite: &Product, runs: &mut Runs) -> Result<()> {
    for (profile, _) in BARE.into_iter().rev() {
        let load = Load { profile, connections: FEW, seconds: common.seconds };
        runs.entry((Side::Few, profile)).or_default().push(load.run(sqlite, None)?);
    }
    Ok(())
}

/// Has a server answer what is missing of as many requests as it must have answered, after its profiles of the last round.
fn fill(common: &Common, product: &Product, side: Side, runs: &Runs) -> Result<()> {
    let own = runs.iter().filter(|((of, _), _)| *of == side);
    let mut answered: f64 = own.filter_map(|(_, runs)| Some(runs.last()?.requests)).sum();
    let load = Load { profile: "mixed", connections: common.connections, seconds: common.seconds };
    while answered < ANSWERED {
        let run = load.run(product, None)?;
        if run.broken > 0.0 || run.requests < 1.0 {
            return Err(format!("the server does not answer: {run:?}").into());
        }
        answered += run.requests;
    }
    Ok(())
}

impl Original {
    /// Signs all users in, and keeps the records with their sessions.
    async fn new(place: Place) -> Result<Self> {
        let product = place.start()?;
        let people = People::meet(&product, Size::SMALL.users).await?;
        product.stop()?;
        place.keep()?;
        Ok(Self { place, people })
    }

    /// Starts a server on what was kept.
    fn start(&self) -> Result<Product> {
        self.place.restore()?;
        let product = self.place.start()?;
        product.know(&self.people)?;
        Ok(product)
    }
}

impl Sides<'_> {
    fn round(&self, common: &Common, runs: &mut Runs) -> Result<()> {
        self.database.psql("postgres", "CHECKPOINT")?;
        for (profile, _) in PROFILES {
            let load = Load { profile, connections: common.connections, seconds: common.seconds };
            let mut note = |side: Side, run: Run| runs.entry((side, profile)).or_default().push(run);
            note(Side::Raw, pgbench::run(load, self.database)?);
            if let Some((_, bare)) = BARE.iter().find(|(name, _)| *name == profile) {
                note(Side::Bare, pgbench::run(Load { profile: bare, ..load }, self.database)?);
            }
            note(Side::Postgres, load.run(&self.postgres, self.database.pid())?);
            note(Side::Sqlite, load.run(&self.sqlite, None)?);
        }
        Ok(())
    }
}

fn text(runs: &Runs) -> String {
    let mut text = "| | | requests/s | of pgbench | p50 ms | p99 ms | server µs | database µs | refused |\n\
        |---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let few = format!("SQLite, {FEW} connections");
    for (profile, name) in PROFILES {
        let of = |side: Side| runs.get(&(side, profile)).map_or(&[][..], Vec::as_slice);
        let raw = of(Side::Raw);
        for (side, label) in [
            (Side::Raw, "pgbench, same SQL"),
            (Side::Bare, "pgbench, row alone"),
            (Side::Postgres, "PostgreSQL"),
            (Side::Few, &few),
            (Side::Sqlite, "SQLite"),
        ] {
            let runs = of(side);
            if runs.is_empty() {
                continue;
            }
            let run = median(runs);
            // With another number of connections it is no part of the other.
            let of_raw = match side {
                Side::Few => String::new(),
                _ => format!("{:.2}", ratio(runs, raw, |run| run.rate)),
            };
            let _ = writeln!(
                text,
                "| {name} | {label} | {} | {of_raw} | {} | {} | {:.1} | {:.1} | {:.1} % |",
                grouped(run.rate),
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
    text
}
