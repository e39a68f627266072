//! One program beside another, such as the same one that was built in another way.

use std::fmt::Write as _;
use std::path::Path;

use super::compare::PROFILES;
use super::{Common, say, started};
use crate::Result;
use crate::database::Database;
use crate::load::{Load, Run};
use crate::product::Size;
use crate::table::{grouped, median, millis, ratio};

/// By turns, so that both meet the same moods of the machine; each has a database of its own.
pub(super) async fn run(common: &Common, other: &Path) -> Result<()> {
    let database = Database::start()?;
    let other = Common { program: Some(other.to_owned()), ..common.clone() };
    let mut text = "| | | requests/s | of the other | p50 ms | p99 ms | server µs | of the other |\n\
        |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let mut memory = String::new();
    for is_postgres in [true, false] {
        let label = if is_postgres { "PostgreSQL" } else { "SQLite" };
        let place = |common: &Common, name| common.place(&database, is_postgres, name);
        let places = (place(common, "one")?, place(&other, "other")?);
        let one = started(&places.0, Size::SMALL.users).await?;
        let other = started(&places.1, Size::SMALL.users).await?;
        for (profile, name) in PROFILES {
            say(&format!("{name}, {label}"));
            let load = Load { profile, connections: common.connections, seconds: common.seconds };
            let (mut runs, mut others): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
            for _ in 0..common.rounds {
                others.push(load.run(&other, None)?);
                runs.push(load.run(&one, None)?);
            }
            let run = median(&runs);
            let _ = writeln!(
                text,
                "| {name} | {label} | {} | {:.2} | {} | {} | {:.1} | {:.2} |",
                grouped(run.rate),
                ratio(&runs, &others, |run| run.rate),
                millis(run.p50),
                millis(run.p99),
                run.server,
                ratio(&runs, &others, |run| run.server),
            );
        }
        let ((_, now), (_, others)) = (one.memory(), other.memory());
        let _ = writeln!(memory, "| {label} | {now} MiB | {others} MiB |");
    }
    common.publish(
        "versus",
        &format!("{text}\n| | memory at the end | of the other |\n|---|---|---|\n{memory}"),
    )
}
