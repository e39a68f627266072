//! Calls at the same time, and what each of them must get.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    AssignedDoctor, AuditFilter, Change, Doctor, DoctorId, EmailRule, Listing, MappingId, MappingView,
    NameChange, NewMapping, Page, PageLimit, Patient, PatientChange, PatientFilter, PatientId, SearchTerms,
    UserId,
};
use persistence::Stores;
use proptest::prelude::*;
use testkit::{builders, fixed};

use super::lists::{self, check_lists};
use super::world::{OWNERS, World};

/// What a call asks for. Numbers are places in the world; those beyond its end are of nobody and nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Ask {
    FindPatient(usize, usize),
    FindDoctor(usize),
    FindMapping(usize, usize),
    ListPatients(usize, u16),
    ListDoctors(usize, usize, u16),
    Rename(usize),
    NewPatient(usize),
    NewDoctor(usize, u8),
    Assign(usize, usize, usize),
}

/// A call, and whether its caller leaves while it waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    ask: Ask,
    leaves: bool,
}

pub(crate) fn call() -> impl Strategy<Value = Call> {
    let owner = || 0..=OWNERS;
    let (patient, doctor) = (|| 0..42_usize, || 0..11_usize);
    let limit = || prop_oneof![Just(1_u16), Just(7), Just(100)];
    let ask = prop_oneof![
        4 => (owner(), patient()).prop_map(|(owner, patient)| Ask::FindPatient(owner, patient)),
        // Most ask for what is theirs.
        4 => patient().prop_map(|patient| Ask::FindPatient(patient % OWNERS, patient)),
        2 => doctor().prop_map(Ask::FindDoctor),
        2 => (owner(), patient()).prop_map(|(owner, mapping)| Ask::FindMapping(owner, mapping)),
        2 => patient().prop_map(|mapping| Ask::FindMapping(mapping % OWNERS, mapping)),
        3 => (owner(), limit()).prop_map(|(owner, limit)| Ask::ListPatients(owner, limit)),
        1 => (owner(), patient(), limit()).prop_map(|(owner, of, limit)| Ask::ListDoctors(owner, of, limit)),
        3 => (patient(), limit()).prop_map(|(of, limit)| Ask::ListDoctors(of % OWNERS, of, limit)),
        1 => patient().prop_map(Ask::Rename),
        3 => (0..OWNERS * 5).prop_map(|owner| Ask::NewPatient(owner % (OWNERS * 5))),
        2 => (0..OWNERS * 5, any::<u8>()).prop_map(|(creator, license)| Ask::NewDoctor(creator, license % 120)),
        2 => (owner(), patient(), doctor()).prop_map(|(owner, patient, doctor)| Ask::Assign(owner, patient, doctor)),
        3 => (patient(), doctor()).prop_map(|(patient, doctor)| Ask::Assign(patient % OWNERS, patient, doctor)),
    ];
    (ask, prop::bool::weighted(0.1)).prop_map(|(ask, leaves)| Call { ask, leaves })
}

/// What a call got; `None` for who has left.
pub(crate) type Got<T> = Option<Result<T, RepositoryError>>;

/// What came of a call.
pub(crate) enum Answer {
    Patient(UserId, PatientId, Got<Option<Patient>>),
    Doctor(DoctorId, Got<Option<Doctor>>),
    Mapping(UserId, usize, Got<Option<MappingView>>),
    Patients(UserId, PageLimit, Got<Listing<Patient, PatientId>>),
    Doctors(UserId, PatientId, PageLimit, Got<Listing<AssignedDoctor, MappingId>>),
    Renamed(usize, Got<Patient>),
    NewPatient(UserId, u64, Got<Patient>),
    NewDoctor(UserId, u8, u64, Got<Doctor>),
    Assigned(UserId, PatientId, DoctorId, Got<MappingView>),
}

pub(crate) type Checked = Result<(), String>;

pub(crate) fn check(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// Makes all calls at once and checks every answer.
pub(crate) async fn run(world: &World, calls: Vec<Call>) -> Checked {
    let begun = fixed::micros_later(world.number().try_into().unwrap());
    let answers = futures_of(world, calls).await;
    renames(world, &answers)?;
    for answer in &answers {
        reads(world, answer)?;
    }
    check_lists(world, begun, &answers).await?;
    new_patients(world, &answers).await?;
    new_doctors(world, &answers).await?;
    assignments(world, &answers).await
}

async fn futures_of(world: &World, calls: Vec<Call>) -> Vec<Answer> {
    let before = world.patients.lock().unwrap().clone();
    // The names of one mix follow one another: no two calls rename one patient.
    let mut renamed = HashSet::new();
    let mut waiting = Vec::new();
    for Call { ask, leaves } in calls {
        if matches!(ask, Ask::Rename(patient) if !renamed.insert(patient)) {
            continue;
        }
        waiting.push(one(world, &before, ask, leaves));
    }
    let mut running = tokio::task::JoinSet::new();
    for call in waiting {
        running.spawn(call);
    }
    running.join_all().await
}

/// Waits for the answer, or only long enough for the call to be made.
async fn unless_left<T>(leaves: bool, call: impl Future<Output = Result<T, RepositoryError>>) -> Got<T> {
    if !leaves {
        return Some(call.await);
    }
    tokio::select! {
        biased;
        _ = call => {}
        () = tokio::task::yield_now() => {}
    }
    None
}

/// Nobody's.
const NOBODY: i64 = 999_999;

fn one(
    world: &World,
    before: &[(UserId, PatientId, Option<Patient>)],
    ask: Ask,
    leaves: bool,
) -> impl Future<Output = Answer> + Send + 'static {
    let stores = world.stores.clone();
    let number = world.number();
    let owner = |place: usize| world.owners.get(place).copied().unwrap_or(builders::user_id(NOBODY));
    // One of five is unknown.
    let often = |place: usize| if place % 5 == 4 { owner(OWNERS) } else { owner(place % OWNERS) };
    let patient = |place: usize| before.get(place).map_or(builders::patient_id(NOBODY), |(_, id, _)| *id);
    let doctor = |place: usize| world.doctors.get(place).map_or(builders::doctor_id(NOBODY), |(id, _)| *id);
    let mapping =
        |place: usize| world.mappings.get(place).map_or(builders::mapping_id(NOBODY), |(_, id, _)| *id);
    let stamp = fixed::stamped(fixed::micros_later(number.try_into().unwrap()));
    let (owner, patient) = match ask {
        Ask::FindPatient(of, place) | Ask::Assign(of, place, _) | Ask::ListDoctors(of, place, _) => {
            (owner(of), patient(place))
        }
        Ask::Rename(place) => (owner(place % OWNERS), patient(place)),
        Ask::FindMapping(of, _) | Ask::ListPatients(of, _) => (owner(of), patient(0)),
        Ask::NewPatient(of) | Ask::NewDoctor(of, _) => (often(of), patient(0)),
        Ask::FindDoctor(_) => (owner(0), patient(0)),
    };
    let doctor = doctor(if let Ask::FindDoctor(place) | Ask::Assign(_, _, place) = ask { place } else { 0 });
    let mapping = mapping(if let Ask::FindMapping(_, place) = ask { place } else { 0 });
    async move {
        match ask {
            Ask::FindPatient(..) => {
                let found = unless_left(leaves, stores.patients.find(owner, patient)).await;
                Answer::Patient(owner, patient, found)
            }
            Ask::FindDoctor(_) => {
                Answer::Doctor(doctor, unless_left(leaves, stores.doctors.find(doctor)).await)
            }
            Ask::FindMapping(_, place) => {
                let found = unless_left(leaves, stores.mappings.find(owner, mapping, false)).await;
                Answer::Mapping(owner, place, found)
            }
            Ask::ListPatients(_, limit) => patients_of(stores, owner, limit, leaves).await,
            Ask::ListDoctors(.., limit) => doctors_of(stores, owner, patient, limit, leaves).await,
            Ask::Rename(place) => {
                let change = renamed(number);
                // A change that nobody waits for could come at any later time.
                let changed = stores.patients.update(owner, patient, None, &change, &stamp).await;
                Answer::Renamed(place, Some(changed))
            }
            Ask::NewPatient(_) => {
                let new =
                    builders::patient().named(&format!("New n{number}x")).phone("+91 22 5550 0001").done();
                let made = unless_left(leaves, stores.patients.insert(owner, &new, &stamp)).await;
                Answer::NewPatient(owner, number, made)
            }
            Ask::NewDoctor(_, license) => {
                let new =
                    builders::doctor().named(&format!("New n{number}x")).license(&license_of(license)).done();
                let made =
                    unless_left(leaves, stores.doctors.insert(owner, &new, EmailRule::Unique, &stamp)).await;
                Answer::NewDoctor(owner, license, number, made)
            }
            Ask::Assign(..) => {
                let new = NewMapping { patient, doctor, notes: None };
                let made = unless_left(leaves, stores.mappings.assign(owner, &new, &stamp)).await;
                Answer::Assigned(owner, patient, doctor, made)
            }
        }
    }
}

async fn patients_of(stores: Stores, owner: UserId, limit: u16, leaves: bool) -> Answer {
    let (everybody, page) = (PatientFilter::default(), lists::page(limit));
    let list = stores.patients.list(owner, &everybody, page);
    Answer::Patients(owner, page.limit, unless_left(leaves, list).await)
}

async fn doctors_of(stores: Stores, owner: UserId, patient: PatientId, limit: u16, leaves: bool) -> Answer {
    let page = lists::page(limit);
    let list = stores.mappings.doctors_of(owner, patient, page);
    Answer::Doctors(owner, patient, page.limit, unless_left(leaves, list).await)
}

fn renamed(number: u64) -> PatientChange {
    let full = Change::Set(builders::person_name(&format!("Renamed {number}")));
    PatientChange { name: NameChange { full, ..NameChange::default() }, ..PatientChange::default() }
}

fn license_of(number: u8) -> String {
    format!("LIC-{number:03}")
}

/// Renamed patients are as told; nothing else has changed.
fn renames(world: &World, answers: &[Answer]) -> Checked {
    let mut patients = world.patients.lock().unwrap();
    for answer in answers {
        let Answer::Renamed(place, Some(got)) = answer else { continue };
        let current = patients.get_mut(*place).and_then(|(_, _, patient)| patient.as_mut());
        match (got, current) {
            (Ok(patient), Some(current)) => {
                let same = (patient.id, patient.owner) == (current.id, current.owner);
                check(same && patient.version > current.version, || format!("renamed {place}"))?;
                *current = patient.clone();
            }
            (Err(RepositoryError::Missing(Record::Patient)), None) => {}
            (Err(RepositoryError::Unavailable(_)), _) if world.is_narrow => {}
            (got, _) => return Err(format!("rename of {place}: {:?}", got.as_ref().err())),
        }
    }
    Ok(())
}

/// The answers of reads are the records themselves, as far as they are the caller's.
fn reads(world: &World, answer: &Answer) -> Checked {
    match answer {
        Answer::Patient(owner, id, Some(got)) => {
            let patients = world.patients.lock().unwrap();
            let now = patients.iter().find(|(of, patient, _)| (of, patient) == (owner, id));
            let expected = now.and_then(|(_, _, patient)| patient.as_ref());
            // Before it was renamed it was the same but for its name.
            let same = |found: &Patient, now: &Patient| {
                found == now
                    || (found.id, found.owner, found.version.next()) == (now.id, now.owner, now.version)
            };
            found(world, "patient", got, expected, same)
        }
        Answer::Doctor(id, Some(got)) => {
            let expected = world.doctors.iter().find(|(doctor, _)| doctor == id);
            found(world, "doctor", got, expected.and_then(|(_, doctor)| doctor.as_ref()), Doctor::eq)
        }
        Answer::Mapping(owner, place, Some(got)) => {
            let expected = world.mappings.get(*place).filter(|(of, ..)| of == owner);
            let expected = expected.and_then(|(_, _, view)| view.as_ref());
            // The patient may have been renamed.
            let same = |found: &MappingView, now: &MappingView| {
                found.mapping == now.mapping && found.doctor_name == now.doctor_name
            };
            found(world, "mapping", got, expected, same)
        }
        _ => Ok(()),
    }
}

fn found<T>(
    world: &World,
    what: &str,
    got: &Result<Option<T>, RepositoryError>,
    expected: Option<&T>,
    same: impl FnOnce(&T, &T) -> bool,
) -> Checked {
    match (got, expected) {
        (Ok(None), None) => Ok(()),
        (Ok(Some(found)), Some(expected)) => check(same(found, expected), || format!("another {what}")),
        (Ok(Some(_)), None) => Err(format!("a {what} of nobody, or of somebody else")),
        (Ok(None), Some(_)) => Err(format!("no {what}")),
        (Err(RepositoryError::Unavailable(_)), _) if world.is_narrow => Ok(()),
        (Err(error), _) => Err(format!("{what}: {error}")),
    }
}

/// Each was made once, for its owner only, with one event and the words of its name.
async fn new_patients(world: &World, answers: &[Answer]) -> Checked {
    for answer in answers {
        let Answer::NewPatient(owner, number, got) = answer else { continue };
        let name = format!("New n{number}x");
        let search = SearchTerms::parse(&format!("n{number}x"));
        let filter = PatientFilter { search, ..PatientFilter::default() };
        let mut stored = Vec::new();
        for owner in &world.owners {
            stored.extend(world.stores.patients.list(*owner, &filter, Page::default()).await.unwrap().items);
        }
        let is_its = |patient: &Patient| {
            patient.owner == *owner && patient.details.name.full() == name && patient.details.phone.is_some()
        };
        check(stored.iter().all(is_its), || format!("{name} belongs to somebody else"))?;
        match got {
            Some(Ok(patient)) => {
                check(stored == [patient.clone()], || format!("{name} is not what was told"))?;
                let filter = AuditFilter { patient: Some(patient.id), ..AuditFilter::default() };
                let events = world.stores.audit.list(&filter, Page::default()).await.unwrap().items;
                let is_told = events.len() == 1 && events[0].at == patient.created_at;
                check(is_told, || format!("{name} has {} events", events.len()))?;
            }
            Some(Err(RepositoryError::Missing(Record::User))) => {
                check(!world.owners.contains(owner), || format!("{name}: the owner is there"))?;
                check(stored.is_empty(), || format!("{name} was refused, and is there"))?;
            }
            Some(Err(RepositoryError::Unavailable(_))) if world.is_narrow => {
                check(stored.is_empty(), || format!("{name} was refused, and is there"))?;
            }
            Some(Err(error)) => return Err(format!("{name}: {error}")),
            None => check(stored.len() <= 1, || format!("{name} is there twice"))?,
        }
    }
    Ok(())
}

/// What calls want of which there is one, and who of them got it.
struct Race<W> {
    winners: Vec<W>,
    losers: usize,
    /// Who has left may have got it.
    uncertain: usize,
}

impl<W> Default for Race<W> {
    fn default() -> Self {
        Self { winners: Vec::new(), losers: 0, uncertain: 0 }
    }
}

impl<W: Clone> Race<W> {
    /// The one who got it, as far as it is known. Who has left may have it without being told.
    fn decide(&self, world: &World, held: bool, what: impl Debug) -> Result<Option<W>, String> {
        let mut left = world.left.lock().unwrap();
        let what = format!("{what:?}");
        if self.uncertain > 0 {
            left.insert(what.clone());
        }
        let won = self.winners.len();
        check(won <= usize::from(!held), || format!("{what}: {won} have it, held before: {held}"))?;
        let can_lose = held || won == 1 || left.contains(&what);
        check(self.losers == 0 || can_lose, || {
            format!("{what}: nobody has it, {} are told so", self.losers)
        })?;
        Ok(self.winners.first().cloned())
    }
}

/// Of those with one licence one is stored; who names an unknown creator is told so.
async fn new_doctors(world: &World, answers: &[Answer]) -> Checked {
    let mut races = HashMap::<u8, Race<DoctorId>>::new();
    for answer in answers {
        let Answer::NewDoctor(creator, license, number, got) = answer else { continue };
        let race = races.entry(*license).or_default();
        match got {
            Some(Ok(doctor)) => {
                let told = (doctor.details.name.as_str().to_owned(), doctor.creator);
                check(told == (format!("New n{number}x"), *creator), || {
                    format!("doctor n{number}x is another")
                })?;
                let stored = world.stores.doctors.find(doctor.id).await.unwrap();
                check(stored.as_ref() == Some(doctor), || format!("doctor n{number}x is not what was told"))?;
                race.winners.push(doctor.id);
            }
            Some(Err(RepositoryError::Duplicate(Constraint::DoctorLicense))) => race.losers += 1,
            Some(Err(RepositoryError::Missing(Record::User))) if !world.owners.contains(creator) => {}
            Some(Err(RepositoryError::Unavailable(_))) if world.is_narrow => {}
            Some(Err(error)) => return Err(format!("doctor n{number}x: {error}")),
            None => race.uncertain += 1,
        }
    }
    let mut licenses = world.licenses.lock().unwrap();
    for (license, race) in races {
        if let Some(winner) = race.decide(world, licenses.contains_key(&license), license)? {
            licenses.insert(license, winner);
        }
    }
    Ok(())
}

/// Of equal assignments one is made; and only between an owner's own patient and a doctor who is there.
async fn assignments(world: &World, answers: &[Answer]) -> Checked {
    let mut races = HashMap::<_, Race<_>>::new();
    for answer in answers {
        let Answer::Assigned(owner, patient, doctor, got) = answer else { continue };
        let has_patient = {
            let patients = world.patients.lock().unwrap();
            patients.iter().any(|(of, id, now)| (of, id) == (owner, patient) && now.is_some())
        };
        let has_doctor = world.doctors.iter().any(|(id, now)| id == doctor && now.is_some());
        let what = || format!("{doctor} to {patient} of {owner}");
        let race = races.entry((*owner, *patient, *doctor)).or_insert_with(Race::default);
        match got {
            Some(Ok(view)) => {
                check(has_patient && has_doctor, what)?;
                let made = &view.mapping;
                check((made.owner, made.patient, made.doctor) == (*owner, *patient, *doctor), what)?;
                let stored = world.stores.mappings.find(*owner, made.id, false).await.unwrap();
                check(stored.is_some_and(|stored| stored.mapping == *made), what)?;
                race.winners.push(made.id);
            }
            Some(Err(RepositoryError::Missing(Record::Patient))) => check(!has_patient, what)?,
            Some(Err(RepositoryError::Missing(Record::Doctor))) => check(has_patient && !has_doctor, what)?,
            Some(Err(RepositoryError::Duplicate(Constraint::ActiveMapping))) => race.losers += 1,
            Some(Err(RepositoryError::Unavailable(_))) if world.is_narrow => {}
            Some(Err(error)) => return Err(format!("{}: {error}", what())),
            None => race.uncertain += 1,
        }
    }
    let mut pairs = world.pairs.lock().unwrap();
    for (pair, race) in races {
        if let Some(winner) = race.decide(world, pairs.contains_key(&pair), pair)? {
            pairs.insert(pair, winner);
        }
    }
    Ok(())
}
