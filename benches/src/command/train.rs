//! Load for a program that counts what it runs, so that the compiler can build it again by the counts.

use super::compare::PROFILES;
use super::{Common, say, started};
use crate::Result;
use crate::database::Database;
use crate::load::Load;
use crate::product::Size;

/// What clients ask for besides what is compared.
const OTHERS: [&str; 2] = ["first", "search"];

/// The part of the requests that may be refused: of mappings 5 % are sent twice.
const REFUSED: f64 = 0.2;

pub(super) async fn run(common: &Common) -> Result<()> {
    let database = Database::start()?;
    for place in [common.on_postgres(&database, "train", Size::SMALL)?, common.on_sqlite(Size::SMALL)?] {
        let product = started(&place, Size::SMALL.users).await?;
        for profile in PROFILES.map(|(profile, _)| profile).into_iter().chain(OTHERS) {
            say(profile);
            for _ in 0..common.rounds {
                let load = Load { profile, connections: common.connections, seconds: common.seconds };
                let run = load.run(&product, None)?;
                if run.broken > 0.0 || run.refused > REFUSED {
                    return Err(format!("{profile}: too much was refused: {run:?}").into());
                }
            }
        }
        // Whoever is killed writes no counts.
        product.stop()?;
    }
    Ok(())
}
