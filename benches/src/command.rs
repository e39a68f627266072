//! What can be measured.

mod audit;
mod compare;
mod flood;
mod growth;
mod overload;
mod train;
mod versus;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::database::Database;
use crate::load::folder;
use crate::people::People;
use crate::product::{Place, Product, Size};
use crate::{Result, machine, table};

/// Measures Healthcore under load, beside the PostgreSQL that it stands on. Needs wrk, pgbench, psql and setpriv.
#[derive(Parser)]
#[command(name = "compare")]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Args, Clone)]
pub(crate) struct Common {
    /// How many rounds; their median counts
    #[arg(long, global = true, env = "ROUNDS", default_value_t = 5)]
    rounds: u32,
    /// How long each profile is loaded in each round
    #[arg(long, global = true, env = "SECONDS", default_value_t = 4)]
    seconds: u32,
    /// How many connections at once
    #[arg(long, global = true, default_value_t = 64)]
    connections: u32,
    /// The program `healthcore`; else the one beside this program
    #[arg(long, global = true)]
    program: Option<PathBuf>,
    /// Say that the program was built with PGO=1
    #[arg(long, global = true)]
    pgo: bool,
    /// Do not write the page docs/performance.md
    #[arg(long, global = true)]
    dry: bool,
}

#[derive(Subcommand)]
enum What {
    /// All profiles on both databases, beside pgbench; the default
    Compare,
    /// A database of 1,000,000 patients and 100,000 users beside the small one
    Growth,
    /// Three times as many connections as the server needs to be busy
    Overload,
    /// Reads while 200 people sign in
    Flood,
    /// Reads of single records with the three ways of auditing them
    Audit,
    /// All profiles on both databases, beside another program by turns
    Versus {
        /// The other program
        other: PathBuf,
    },
    /// Measures nothing: each profile on both databases, for a program built to count what it runs
    Train,
}

/// Measures what the arguments say.
pub async fn run(arguments: Arguments) -> Result<()> {
    let common = arguments.common;
    match arguments.what {
        None | Some(What::Compare) => compare::run(&common).await,
        Some(What::Growth) => growth::run(&common).await,
        Some(What::Overload) => overload::run(&common).await,
        Some(What::Flood) => flood::run(&common).await,
        Some(What::Audit) => audit::run(&common).await,
        Some(What::Versus { other }) => versus::run(&common, &other).await,
        Some(What::Train) => train::run(&common).await,
    }
}

impl Common {
    /// The program under test.
    fn program(&self) -> Result<PathBuf> {
        let beside = || Some(std::env::current_exe().ok()?.parent()?.join("healthcore"));
        let program = self.program.clone().or_else(beside).ok_or("where is healthcore?")?;
        if program.is_file() { Ok(program.canonicalize()?) } else { Err("build healthcore first".into()) }
    }

    /// A fresh place on PostgreSQL with records in it.
    fn on_postgres(&self, database: &Database, name: &str, size: Size) -> Result<Place> {
        database.create(name)?;
        seeded(Place::new(&self.program()?, Some(database.url(name)))?, size)
    }

    /// A fresh place on SQLite with records in it.
    fn on_sqlite(&self, size: Size) -> Result<Place> {
        seeded(Place::new(&self.program()?, None)?, size)
    }

    /// The one or the other, with the records of the comparison.
    fn place(&self, database: &Database, is_postgres: bool, name: &str) -> Result<Place> {
        if is_postgres { self.on_postgres(database, name, Size::SMALL) } else { self.on_sqlite(Size::SMALL) }
    }

    /// Prints a table and puts it into the page, with the command and the machine.
    fn publish(&self, name: &str, text: &str) -> Result<()> {
        let build = if self.pgo { "PGO=1 " } else { "" };
        let arguments = format!("{build}ROUNDS={} SECONDS={} {name}", self.rounds, self.seconds);
        let whole = format!(
            "{}\n\nMeasured by `compare` with `{arguments}`, {} connections, on {}.",
            text.trim(),
            self.connections,
            machine::description()
        );
        print(&whole);
        let page: &Path = &folder().join("../docs/performance.md");
        if self.dry { Ok(()) } else { table::write(page, name, &whole) }
    }
}

/// The place, with records in it.
fn seeded(place: Place, size: Size) -> Result<Place> {
    let took = place.seed(size)?;
    say(&format!("{} patients were seeded in {:.1} s", size.patients, took.as_secs_f64()));
    Ok(place)
}

/// Starts it for load by so many of its users.
async fn started(place: &Place, users: u32) -> Result<Product> {
    let product = place.start()?;
    product.know(&People::meet(&product, users).await?)?;
    Ok(product)
}

/// Tells whoever waits how far it is.
#[expect(clippy::print_stderr, reason = "a program for developers")]
fn say(line: &str) {
    eprintln!("{line}");
}

#[expect(clippy::print_stdout, reason = "a program for developers")]
fn print(text: &str) {
    println!("{text}");
}
