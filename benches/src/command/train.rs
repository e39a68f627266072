//! Load for a program that counts what it runs, so that the compiler can build it again by the counts.

use super::compare::PROFILES;
use super::{Common, say};
use crate::Result;
use crate::database::Database;
use crate::load::Load;
use crate::people::People;
use crate::product::Size;

/// What clients ask for besides what is compared.
const OTHERS: [&str; 2] = ["first", "search"];

pub(super) async fn run(common: &Common) -> Result<()> {
    let database = Database::start()?;
    for place in [common.on_postgres(&database, "train", Size::SMALL)?, common.on_sqlite(Size::SMALL)?] {
        let product = place.start()?;
        product.know(&People::meet(&product, Size::SMALL.users).await?)?;
        for profile in PROFILES.map(|(profile, _)| profile).into_iter().chain(OTHERS) {
            say(profile);
            for _ in 0..common.rounds {
                let load = Load { profile, connections: common.connections, seconds: common.seconds };
                load.run(&product, None)?;
            }
        }
        // Whoever is killed writes no counts.
        product.stop()?;
    }
    Ok(())
}
