//! What is here already.

use domain::ports::{Constraint, Record};
use domain::{DoctorId, PatientId, RecordId, SourceName};

use super::{batch, doctor, external, patient, source};
use crate::builders;
use crate::contract::Repositories;
use crate::fixed::{instant, stamped};

pub async fn what_was_taken_in_is_known_in_its_source_only(store: &Repositories) {
    let owner = store.user().await.id;
    let mut incoming = batch([patient(owner), patient(owner)]);
    incoming.records[1].origin = Some(instant());
    let ids = store.intake.add_patients(incoming, &stamped(instant())).await.unwrap();
    let mut known = store.intake.known(&source(), Record::Patient).await.unwrap();
    known.sort_by(|one, other| one.external.cmp(&other.external));
    let told: Vec<_> = known.iter().map(|known| (known.record, known.origin)).collect();
    let expected = [(RecordId::Patient(ids[0]), None), (RecordId::Patient(ids[1]), Some(instant()))];
    assert_eq!(told, expected);
    let asked = vec![external(1), external(7)];
    let among = store.intake.known_among(&source(), Record::Patient, asked.clone()).await.unwrap();
    assert_eq!(among, [known[1].clone()]);
    assert_eq!(store.intake.known_among(&source(), Record::Doctor, asked.clone()).await.unwrap(), []);
    let other = SourceName::parse("Elsewhere").unwrap();
    assert_eq!(store.intake.known(&other, Record::Patient).await.unwrap(), []);
    assert_eq!(store.intake.known_among(&other, Record::Patient, asked).await.unwrap(), []);
    // The same ids of another source are other records.
    let again = domain::Batch { source: other, ..batch([patient(owner)]) };
    store.intake.add_patients(again, &stamped(instant())).await.unwrap();
    assert_eq!(store.intake.count(Record::Patient).await.unwrap(), 3);
}

pub async fn keys_that_are_taken_are_told(store: &Repositories) {
    let ann = store.user().await;
    let mut entry = doctor(ann.id);
    entry.details.license_number = domain::LicenseNumber::parse("MH-77").ok();
    entry.details.email = Some(builders::email("Doc@Example.org"));
    store.intake.add_doctors(batch([entry]), domain::EmailRule::Unique, &stamped(instant())).await.unwrap();
    let mapping = store.mapping().await.mapping;
    let pair = format!("{} {} {}", mapping.owner, mapping.patient, mapping.doctor);
    for (rule, key) in [
        (Constraint::UserName, ann.username.key().to_owned()),
        (Constraint::DoctorEmail, "doc@example.org".to_owned()),
        (Constraint::DoctorLicense, "MH-77".to_owned()),
        (Constraint::ActiveMapping, pair),
    ] {
        let asked = vec!["nobody".to_owned(), key.clone(), "0 0 0".to_owned()];
        assert_eq!(store.intake.taken(rule, asked).await.unwrap(), [key], "{rule:?}");
    }
    store.mappings.end(mapping.owner, mapping.id, None, &stamped(instant())).await.unwrap();
    let pair = format!("{} {} {}", mapping.owner, mapping.patient, mapping.doctor);
    assert_eq!(store.intake.taken(Constraint::ActiveMapping, vec![pair]).await.unwrap(), [""; 0]);
}

pub async fn records_are_present_and_counted_also_when_they_are_gone(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let stamp = stamped(instant());
    store.patients.delete(mapping.owner, mapping.patient, None, &stamp).await.unwrap();
    store.doctors.retire(mapping.doctor, None, &stamp).await.unwrap();
    let here = [
        RecordId::User(mapping.owner),
        RecordId::Doctor(mapping.doctor),
        RecordId::Patient(mapping.patient),
        RecordId::Mapping(mapping.id),
    ];
    let gone = [
        RecordId::Doctor(DoctorId::new(i64::MAX).unwrap()),
        RecordId::Patient(PatientId::new(i64::MAX).unwrap()),
    ];
    let asked = here.iter().chain(&gone).copied().collect();
    let present = store.intake.present(asked).await.unwrap();
    assert_eq!(present.len(), here.len());
    assert!(here.iter().all(|record| present.contains(record)), "{present:?}");
    for kind in [Record::Doctor, Record::Patient, Record::Mapping] {
        assert_eq!(store.intake.count(kind).await.unwrap(), 1, "{kind:?}");
    }
}

pub async fn owners_are_told_of_patients_who_are_there(store: &Repositories) {
    let (ann, bob) = (store.user().await.id, store.user().await.id);
    let (hers, his, gone) =
        (store.patient(ann).await.id, store.patient(bob).await.id, store.patient(bob).await.id);
    store.patients.delete(bob, gone, None, &stamped(instant())).await.unwrap();
    let asked = vec![hers, his, gone, PatientId::new(i64::MAX).unwrap()];
    let mut owners = store.intake.owners(asked).await.unwrap();
    owners.sort();
    let mut expected = [(hers, ann), (his, bob)];
    expected.sort();
    assert_eq!(owners, expected);
}
