//! Value types from literals.

use domain::{
    Address, DoctorId, EmailAddress, HumanName, MappingId, MedicalHistory, Notes, PatientId, PersonName,
    Phone, Specialization, UserId, UserName, Version,
};

macro_rules! parsed {
    ($($(#[$doc:meta])* $function:ident: $value:ty;)+) => {$(
        $(#[$doc])*
        pub fn $function(text: &str) -> $value {
            <$value>::parse(text).expect(concat!(stringify!($value), " of a test"))
        }
    )+};
}

parsed! {
    /// A postal address.
    address: Address;
    /// An e-mail address.
    email: EmailAddress;
    /// A medical history.
    medical_history: MedicalHistory;
    /// Notes of a mapping.
    notes: Notes;
    /// A name, or a part of one.
    person_name: PersonName;
    /// A phone number.
    phone: Phone;
    /// What a doctor is trained in.
    specialization: Specialization;
    /// A name to sign in with.
    user_name: UserName;
}

/// A name in both forms, from the whole.
pub fn human_name(full: &str) -> HumanName {
    HumanName::from_full(person_name(full))
}

macro_rules! numbered {
    ($($(#[$doc:meta])* $function:ident: $value:ident($number:ty);)+) => {$(
        $(#[$doc])*
        pub const fn $function(number: $number) -> $value {
            $value::new(number).expect("a positive number")
        }
    )+};
}

numbered! {
    /// The id of a user.
    user_id: UserId(i64);
    /// The id of a patient.
    patient_id: PatientId(i64);
    /// The id of a doctor.
    doctor_id: DoctorId(i64);
    /// The id of a mapping.
    mapping_id: MappingId(i64);
    /// A version.
    version: Version(i32);
}
