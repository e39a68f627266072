//! Patients and doctors, many made at a time: two statements in one transaction.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, SmallInt, Text};
use domain::{Doctor, DoctorId, Patient, PatientId, UserName, Version, fold};

use super::doctors::NewDoctor;
use super::patients::NewPatient;
use super::statement::Statement;
use super::{Conn, Share, Shares, in_order, versions};
use crate::error::Failure;
use crate::rows::{DoctorColumns, PatientColumns, stored};
use crate::types::{At, Instant};

/// Ids are drawn first, so that each row is told by its own. Nobody waits for a lock for long: whoever else is in
/// the transaction would wait as well.
const MAKE_PATIENTS: &str = "
    WITH made AS (
        SELECT nextval('patients_id_seq') AS id, given.*
        FROM (SELECT set_config('lock_timeout', '100', true)) AS hasty, unnest(";
const STORE_PATIENTS: &str = ")
        WITH ORDINALITY AS given(owner_id, at, words, name, first_name, last_name, name_key, date_of_birth, age_told,
            age_told_on, gender, email, phone, emergency_contact, address, medical_history, blood_group, number)
    ), stored AS (
        INSERT INTO patients (id, owner_id, name, first_name, last_name, name_key, date_of_birth, age_told,
            age_told_on, gender, email, phone, emergency_contact, address, medical_history, blood_group, created_at,
            updated_at, version)
        SELECT id, owner_id, name, first_name, last_name, name_key, date_of_birth, age_told,
            age_told_on, gender, email, phone, emergency_contact, address, medical_history, blood_group, at, at, 1
        FROM made
    ), worded AS (
        INSERT INTO patient_words (owner_id, word, created_micros, patient_id)
        SELECT made.owner_id, word, (extract(epoch FROM made.at) * 1000000)::bigint, made.id FROM made, unnest(string_to_array(made.words, ' ')) AS word
    )
    SELECT made.number, made.id, (SELECT username FROM users WHERE users.id = made.owner_id) FROM made";

/// Who breaks a rule of uniqueness is left out.
const MAKE_DOCTORS: &str = "
    WITH made AS (
        SELECT nextval('doctors_id_seq') AS id, given.*
        FROM (SELECT set_config('lock_timeout', '100', true)) AS hasty, unnest(";
const STORE_DOCTORS: &str = ")
        WITH ORDINALITY AS given(created_by_id, at, words, name, name_key, specialization, specialization_key, email,
            email_key, phone, address, availability, license_number, experience_years, consultation_fee_minor, number)
    ), stored AS (
        INSERT INTO doctors (id, name, name_key, specialization, specialization_key, email, email_key, phone,
            address, availability, license_number, experience_years, consultation_fee_minor, created_by_id,
            created_at, updated_at, version)
        SELECT id, name, name_key, specialization, specialization_key, email, email_key, phone,
            address, availability, license_number, experience_years, consultation_fee_minor, created_by_id,
            at, at, 1
        FROM made
        ON CONFLICT DO NOTHING
        RETURNING doctors.id
    ), worded AS (
        INSERT INTO doctor_words (word, doctor_id)
        SELECT word, made.id FROM made JOIN stored USING (id), unnest(string_to_array(made.words, ' ')) AS word
    )
    SELECT made.number, made.id, (SELECT username FROM users WHERE users.id = made.created_by_id)
    FROM made JOIN stored USING (id)";

/// Number of the call, id, name of the user.
type Made = (BigInt, (BigInt, Nullable<Text>));
type MadeRow = (i64, (i64, Option<String>));

pub(in crate::postgres) fn insert_patients(c: &mut Conn, new: &[NewPatient]) -> Shares<Patient> {
    let rows: Vec<PatientColumns> = new.iter().map(|new| PatientColumns::from(&new.details)).collect();
    macro_rules! texts {
        ($column:ident) => {
            rows.iter().map(|row| row.$column.as_deref())
        };
    }
    let made: Vec<MadeRow> = Statement::<Made>::new(MAKE_PATIENTS, STORE_PATIENTS)
        .column::<BigInt, _>(new.iter().map(|new| new.owner.get()))
        .column::<Instant, _>(new.iter().map(|new| At(new.stamp.at)))
        .column::<Text, _>(new.iter().map(|new| fold::words(new.details.name.full()).join(" ")))
        .column::<Text, _>(rows.iter().map(|row| row.name.as_str()))
        .column::<Text, _>(rows.iter().map(|row| row.first_name.as_str()))
        .column::<Text, _>(rows.iter().map(|row| row.last_name.as_str()))
        .column::<Text, _>(rows.iter().map(|row| row.name_key.as_str()))
        .column::<Nullable<Date>, _>(rows.iter().map(|row| row.date_of_birth))
        .column::<Nullable<SmallInt>, _>(rows.iter().map(|row| row.age_told))
        .column::<Nullable<Date>, _>(rows.iter().map(|row| row.age_told_on))
        .column::<Nullable<Text>, _>(texts!(gender))
        .column::<Nullable<Text>, _>(texts!(email))
        .column::<Nullable<Text>, _>(texts!(phone))
        .column::<Nullable<Text>, _>(texts!(emergency_contact))
        .column::<Nullable<Text>, _>(texts!(address))
        .column::<Nullable<Text>, _>(texts!(medical_history))
        .column::<Nullable<Text>, _>(texts!(blood_group))
        .load(c)?;
    let made = in_order(new.len(), made)?;
    let patients = new.iter().zip(made).map(|(new, made)| {
        let (id, created_by) = stored("patients.id", made)?;
        Ok(Share::Given(Ok(Patient {
            id: stored("patients.id", PatientId::new(id))?,
            owner: new.owner,
            created_by: user_name(created_by)?,
            details: new.details.clone(),
            created_at: new.stamp.at,
            updated_at: new.stamp.at,
            version: Version::FIRST,
        })))
    });
    let patients = patients.collect::<Result<Vec<_>, Failure>>()?;
    versions::all_created(c, &patients, new.iter().map(|new| &new.stamp))?;
    Ok(patients)
}

pub(in crate::postgres) fn insert_doctors(c: &mut Conn, new: &[NewDoctor]) -> Shares<Doctor> {
    let rows: Vec<DoctorColumns> = new.iter().map(|new| DoctorColumns::new(&new.details, new.rule)).collect();
    macro_rules! texts {
        ($column:ident) => {
            rows.iter().map(|row| row.$column.as_deref())
        };
    }
    let made: Vec<MadeRow> = Statement::<Made>::new(MAKE_DOCTORS, STORE_DOCTORS)
        .column::<BigInt, _>(new.iter().map(|new| new.creator.get()))
        .column::<Instant, _>(new.iter().map(|new| At(new.stamp.at)))
        .column::<Text, _>(new.iter().map(|new| fold::words(new.details.name.as_str()).join(" ")))
        .column::<Text, _>(rows.iter().map(|row| row.name.as_str()))
        .column::<Text, _>(rows.iter().map(|row| row.name_key.as_str()))
        .column::<Nullable<Text>, _>(texts!(specialization))
        .column::<Nullable<Text>, _>(texts!(specialization_key))
        .column::<Nullable<Text>, _>(texts!(email))
        .column::<Nullable<Text>, _>(texts!(email_key))
        .column::<Nullable<Text>, _>(texts!(phone))
        .column::<Nullable<Text>, _>(texts!(address))
        .column::<Nullable<Text>, _>(texts!(availability))
        .column::<Nullable<Text>, _>(texts!(license_number))
        .column::<Nullable<SmallInt>, _>(rows.iter().map(|row| row.experience_years))
        .column::<Nullable<BigInt>, _>(rows.iter().map(|row| row.consultation_fee_minor))
        .load(c)?;
    let mut doctors = Vec::with_capacity(new.len());
    for (new, made) in new.iter().zip(in_order(new.len(), made)?) {
        let doctor = |(id, created_by)| -> Result<Doctor, Failure> {
            Ok(Doctor {
                id: stored("doctors.id", DoctorId::new(id))?,
                creator: new.creator,
                created_by: user_name(created_by)?,
                details: new.details.clone(),
                created_at: new.stamp.at,
                updated_at: new.stamp.at,
                version: Version::FIRST,
            })
        };
        // Alone it is told which rule it breaks.
        doctors.push(made.map(doctor).transpose()?.map_or(Share::Alone, |doctor| Share::Given(Ok(doctor))));
    }
    versions::all_created(c, &doctors, new.iter().map(|new| &new.stamp))?;
    Ok(doctors)
}

fn user_name(stored_name: Option<String>) -> Result<UserName, Failure> {
    Ok(stored("users.username", stored_name.and_then(|name| UserName::parse(&name).ok()))?)
}
