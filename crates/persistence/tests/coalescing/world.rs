//! A database with records of several owners, of which everything is known, and the statements that it is sent.

use std::collections::{HashMap, HashSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use domain::{Doctor, DoctorId, EmailRule, MappingId, MappingView, Patient, PatientId, Stamp, UserId};
use persistence::{DatabaseSettings, Stores};
use testkit::{builders, fixed};

/// Owners of records.
pub(crate) const OWNERS: usize = 4;
/// Of each owner; every fifth was deleted.
const PATIENTS: usize = 10;
/// Every fifth has retired.
const DOCTORS: usize = 10;

/// What every statement that calls share has in it: those of PostgreSQL, and that of SQLite.
pub(crate) const SHARED: [&str; 9] = [
    "found.* FROM unnest($1, $2) WITH ORDINALITY AS asked(owner_id, id, number) CROSS JOIN LATERAL (SELECT \"patients\"",
    "found.* FROM unnest($1, $2) WITH ORDINALITY AS asked(owner_id, id, number) CROSS JOIN LATERAL (SELECT \"mappings\"",
    "found.* FROM unnest($1) WITH ORDINALITY AS asked(owner_id, number)",
    "CROSS JOIN LATERAL (SELECT \"mappings\".\"owner_id\", \"mappings\".\"patient_id\"",
    "found.* FROM unnest($1) WITH ORDINALITY AS asked(id, number)",
    "nextval('patients_id_seq')",
    "nextval('doctors_id_seq')",
    "nextval('mappings_id_seq')",
    "INTO `patient_words` (`owner_id`, `word`, `created_micros`, `patient_id`) VALUES (?, ?, ?, ?), (",
];

pub(crate) const ON_POSTGRES: Range<usize> = 0..8;
pub(crate) const ON_SQLITE: Range<usize> = 8..9;

static SENT: Mutex<[bool; SHARED.len()]> = Mutex::new([false; SHARED.len()]);

/// The shared statements that were sent by this process.
pub(crate) fn shared_so_far() -> [bool; SHARED.len()] {
    *SENT.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Recorder;

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let InstrumentationEvent::StartQuery { query, .. } = event else { return };
        let text = query.to_string();
        let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
        for (sent, part) in sent.iter_mut().zip(SHARED) {
            *sent |= text.contains(part);
        }
    }
}

/// The stores, and what is in them.
pub(crate) struct World {
    pub(crate) stores: Stores,
    pub(crate) owners: Vec<UserId>,
    /// As they are now; `None` where they were deleted.
    pub(crate) patients: Mutex<Vec<(UserId, PatientId, Option<Patient>)>>,
    pub(crate) doctors: Vec<(DoctorId, Option<Doctor>)>,
    pub(crate) mappings: Vec<(UserId, MappingId, Option<MappingView>)>,
    /// Who has each licence.
    pub(crate) licenses: Mutex<HashMap<u8, DoctorId>>,
    /// The doctors who are assigned to patients.
    pub(crate) pairs: Mutex<HashMap<(UserId, PatientId, DoctorId), MappingId>>,
    /// What callers who have left may have got.
    pub(crate) left: Mutex<HashSet<String>>,
    /// Calls are refused when there are many.
    pub(crate) is_narrow: bool,
    numbers: AtomicU64,
}

impl World {
    /// A new one at `url`, with one connection, so that calls wait; no more than so many of them.
    pub(crate) async fn new(url: &str, queue: usize) -> Self {
        set_default_instrumentation(|| Some(Box::new(Recorder))).unwrap();
        persistence::migrate(url).unwrap();
        let patience = Duration::from_mins(1);
        let stores = Stores::connect(&DatabaseSettings {
            connections: NonZeroU32::MIN,
            queue: NonZeroUsize::new(queue).unwrap(),
            queue_timeout: patience,
            answer_timeout: patience,
            statement_timeout: patience,
            ..DatabaseSettings::new(url)
        })
        .unwrap();
        let mut owners = Vec::new();
        for number in 0..OWNERS {
            let user = builders::user().username(&format!("owner-{number}")).done();
            owners.push(stores.users.insert(&user, None, &stamp()).await.unwrap().id);
        }
        let mut world = Self {
            stores,
            owners,
            patients: Mutex::default(),
            doctors: Vec::new(),
            mappings: Vec::new(),
            licenses: Mutex::default(),
            pairs: Mutex::default(),
            left: Mutex::default(),
            is_narrow: queue < 100,
            numbers: AtomicU64::new(0),
        };
        world.fill().await;
        // What is there already was made before the first call.
        world.number();
        world
    }

    async fn fill(&mut self) {
        let Stores { patients, doctors, mappings, .. } = self.stores.clone();
        for number in 0..DOCTORS {
            let doctor = builders::doctor().named(&format!("Doctor {number}")).done();
            let doctor = doctors.insert(self.owners[0], &doctor, EmailRule::Unique, &stamp()).await.unwrap();
            self.doctors.push((doctor.id, Some(doctor)));
        }
        let mut all = Vec::new();
        for number in 0..PATIENTS {
            for owner in &self.owners {
                let patient = builders::patient().named(&format!("Patient {number} of {owner}")).done();
                let patient = patients.insert(*owner, &patient, &stamp()).await.unwrap();
                let doctor = self.doctors[number].0;
                let mapping = builders::mapping(patient.id, doctor).done();
                let view = mappings.assign(*owner, &mapping, &stamp()).await.unwrap();
                self.pairs.get_mut().unwrap().insert((*owner, patient.id, doctor), view.mapping.id);
                self.mappings.push((*owner, view.mapping.id, Some(view)));
                all.push((*owner, patient.id, Some(patient)));
            }
        }
        for (number, (owner, id, patient)) in all.iter_mut().enumerate() {
            let (of, mapping, view) = &mut self.mappings[number];
            let mut is_over = false;
            if number % 5 == 4 {
                patients.delete(*owner, *id, None, &stamp()).await.unwrap();
                (*patient, is_over) = (None, true);
            } else if number % 7 == 3 {
                mappings.end(*of, *mapping, None, &stamp()).await.unwrap();
                is_over = true;
            }
            if is_over {
                *view = None;
                self.pairs.get_mut().unwrap().retain(|_, active| active != mapping);
            }
        }
        for (id, doctor) in self.doctors.iter_mut().skip(4).step_by(5) {
            doctors.retire(*id, None, &stamp()).await.unwrap();
            *doctor = None;
            for (_, mapping, view) in &mut self.mappings {
                if self
                    .pairs
                    .get_mut()
                    .unwrap()
                    .iter()
                    .any(|(pair, active)| active == mapping && pair.2 == *id)
                {
                    *view = None;
                }
            }
            self.pairs.get_mut().unwrap().retain(|pair, _| pair.2 != *id);
        }
        *self.patients.get_mut().unwrap() = all;
    }

    /// A number that no other call has.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

pub(crate) fn stamp() -> Stamp {
    fixed::stamped(fixed::instant())
}
