//! First pages of lists that came about among other calls.

use domain::ports::{Record, RepositoryError};
use domain::{
    AssignedDoctor, Listing, MappingId, Page, PageLimit, Patient, PatientId, Position, Timestamp, UserId,
};

use super::mix::{Answer, Checked, check};
use super::world::World;

/// More than any owner has: such a page is never shared.
const ALL: u16 = PageLimit::MAX;

/// Each page has what its owner had when it was read, in order: what was there before the calls, and of what they made
/// any part.
pub(crate) async fn check_lists(world: &World, begun: Timestamp, answers: &[Answer]) -> Checked {
    for answer in answers {
        match answer {
            Answer::Patients(owner, limit, Some(got)) => patients(world, begun, *owner, *limit, got).await?,
            Answer::Doctors(owner, patient, limit, Some(got)) => {
                doctors(world, begun, (*owner, *patient), *limit, got).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn patients(
    world: &World,
    begun: Timestamp,
    owner: UserId,
    limit: PageLimit,
    got: &Result<Listing<Patient, PatientId>, RepositoryError>,
) -> Checked {
    let all = world.stores.patients.list(owner, &domain::PatientFilter::default(), page(ALL)).await;
    let place = |patient: &Patient| Position { created_at: patient.created_at, id: patient.id };
    same_page(world, begun, limit, got, &all, place)?;
    let is_theirs = got.iter().flat_map(|page| &page.items).all(|patient| patient.owner == owner);
    check(is_theirs, || format!("{owner} was given patients of somebody else"))
}

async fn doctors(
    world: &World,
    begun: Timestamp,
    (owner, patient): (UserId, PatientId),
    limit: PageLimit,
    got: &Result<Listing<AssignedDoctor, MappingId>, RepositoryError>,
) -> Checked {
    let all = world.stores.mappings.doctors_of(owner, patient, page(ALL)).await;
    same_page(world, begun, limit, got, &all, |doctor| Position {
        created_at: doctor.assigned_at,
        id: doctor.mapping,
    })
}

/// A first page of so many records.
pub(crate) fn page<Id>(limit: u16) -> Page<Id> {
    Page { limit: PageLimit::new(limit).unwrap(), ..Page::default() }
}

fn same_page<T, Id: Copy + PartialEq>(
    world: &World,
    begun: Timestamp,
    limit: PageLimit,
    got: &Result<Listing<T, Id>, RepositoryError>,
    all: &Result<Listing<T, Id>, RepositoryError>,
    place: impl Fn(&T) -> Position<Id>,
) -> Checked {
    let (got, all) = match (got, all) {
        (Ok(got), Ok(all)) => (got, all),
        (Err(RepositoryError::Missing(Record::Patient)), Err(RepositoryError::Missing(Record::Patient))) => {
            return Ok(());
        }
        (Err(RepositoryError::Unavailable(_)), _) if world.is_narrow => return Ok(()),
        (got, all) => {
            return Err(format!("a list: {:?}, alone {:?}", got.as_ref().err(), all.as_ref().err()));
        }
    };
    let places: Vec<_> = got.items.iter().map(&place).collect();
    let mut expected: Vec<_> = all.items.iter().map(&place).collect();
    expected.retain(|place| place.created_at < begun || places.contains(place));
    let limit = usize::from(limit.get());
    let goes_on = expected.len() > limit;
    expected.truncate(limit);
    check(places == expected, || format!("{} of a page of {} records", places.len(), expected.len()))?;
    // What follows the page may be what others made meanwhile.
    let may_go_on = all.items.len() > limit;
    let is_right = got.next.map_or(!goes_on, |next| may_go_on && places.last() == Some(&next));
    check(is_right, || "a page goes on elsewhere".to_owned())
}
