//! The fields of patients and doctors: what their forms hold, and what a form says.

use domain::{
    Address, Age, Availability, BirthDate, BloodGroup, Date, Doctor, DoctorChange, DoctorDetails,
    EmailAddress, ExperienceYears, Gender, LicenseNumber, MedicalHistory, Money, NameChange, Patient,
    PatientChange, PatientDetails, PersonName, Phone, Specialization,
};

use crate::form::{Reading, Spec, Specs};
use crate::zone::Zone;

/// Genders, as a form offers them.
pub(crate) const GENDERS: [(&str, &str); 4] =
    [("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Unknown")];

/// Blood groups, as a form offers them.
pub(crate) const BLOOD_GROUPS: [(&str, &str); 8] = [
    ("A+", "A+"),
    ("A-", "A-"),
    ("B+", "B+"),
    ("B-", "B-"),
    ("AB+", "AB+"),
    ("AB-", "AB-"),
    ("O+", "O+"),
    ("O-", "O-"),
];

const GENDER_CHOICES: &[(&str, &str)] =
    &[("", "Not known"), ("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Unknown")];

const BLOOD_GROUP_CHOICES: &[(&str, &str)] = &[
    ("", "Not known"),
    ("A+", "A+"),
    ("A-", "A-"),
    ("B+", "B+"),
    ("B-", "B-"),
    ("AB+", "AB+"),
    ("AB-", "AB-"),
    ("O+", "O+"),
    ("O-", "O-"),
];

/// The fields of a patient.
pub(crate) const PATIENT: Specs = &[
    (
        "Person",
        &[
            Spec::new("name", "Name", "text").required(),
            Spec::new("date_of_birth", "Date of birth", "date"),
            Spec::new("age", "Age", "number").help("Only where the date of birth is not known."),
            Spec::new("gender", "Gender", "select").of(GENDER_CHOICES),
        ],
    ),
    (
        "Contact",
        &[
            Spec::new("phone", "Phone", "tel"),
            Spec::new("email", "E-mail address", "email"),
            Spec::new("emergency_contact", "Emergency phone", "tel"),
            Spec::new("address", "Address", "textarea"),
        ],
    ),
    (
        "Medical",
        &[
            Spec::new("blood_group", "Blood group", "select").of(BLOOD_GROUP_CHOICES),
            Spec::new("medical_history", "Medical history", "textarea"),
        ],
    ),
];

/// The fields of a doctor.
pub(crate) const DOCTOR: Specs = &[
    (
        "Person",
        &[
            Spec::new("name", "Name", "text").required(),
            Spec::new("specialization", "Specialization", "text"),
            Spec::new("license_number", "Licence", "text"),
            Spec::new("experience_years", "Years of experience", "number"),
        ],
    ),
    (
        "Contact",
        &[
            Spec::new("phone", "Phone", "tel"),
            Spec::new("email", "E-mail address", "email"),
            Spec::new("address", "Address", "textarea"),
        ],
    ),
    (
        "Practice",
        &[
            Spec::new("availability", "Availability", "text"),
            Spec::new("consultation_fee", "Consultation fee", "text").help("Such as 500.00"),
        ],
    ),
];

fn text<T: ?Sized>(value: Option<&T>, show: impl FnOnce(&T) -> String) -> String {
    value.map(show).unwrap_or_default()
}

/// A field of a patient, as text.
pub(crate) fn patient_value(details: &PatientDetails, name: &str) -> String {
    match name {
        "name" => details.name.full().to_owned(),
        "date_of_birth" => text(details.date_of_birth.as_ref(), |born| born.date().to_string()),
        "age" if details.date_of_birth.is_none() => {
            text(details.told_age.as_ref(), |told| told.age.get().to_string())
        }
        "gender" => text(details.gender.as_ref(), |gender| gender.as_str().to_owned()),
        "email" => text(details.email.as_ref(), |email| email.as_str().to_owned()),
        "phone" => text(details.phone.as_ref(), |phone| phone.as_str().to_owned()),
        "emergency_contact" => text(details.emergency_contact.as_ref(), |phone| phone.as_str().to_owned()),
        "address" => text(details.address.as_ref(), |address| address.as_str().to_owned()),
        "medical_history" => text(details.medical_history.as_ref(), |history| history.as_str().to_owned()),
        "blood_group" => text(details.blood_group.as_ref(), |group| group.as_str().to_owned()),
        _ => String::new(),
    }
}

/// A field of a patient or of what is known about the record, for lists.
pub(crate) fn patient_column(patient: &Patient, name: &str, today: Date, zone: Zone) -> String {
    match name {
        "id" => patient.id.to_string(),
        "owner" => patient.created_by.as_str().to_owned(),
        "age" => text(patient.details.age(today).as_ref(), |age| age.get().to_string()),
        "created" => zone.minute(patient.created_at),
        "updated" => zone.minute(patient.updated_at),
        name => patient_value(&patient.details, name),
    }
}

/// What a form says of a patient.
pub(crate) fn patient_change(reading: &mut Reading<'_>, today: Date) -> PatientChange {
    PatientChange {
        name: NameChange { full: reading.text("name", PersonName::parse), ..NameChange::default() },
        date_of_birth: reading.text("date_of_birth", |text| BirthDate::parse(text, today)),
        age: reading.number("age", Age::parse),
        gender: reading.text("gender", Gender::parse),
        email: reading.text("email", EmailAddress::parse),
        phone: reading.text("phone", Phone::parse),
        emergency_contact: reading.text("emergency_contact", Phone::parse),
        address: reading.text("address", Address::parse),
        medical_history: reading.text("medical_history", MedicalHistory::parse),
        blood_group: reading.text("blood_group", BloodGroup::parse),
    }
}

/// A field of a doctor, as text.
pub(crate) fn doctor_value(details: &DoctorDetails, name: &str) -> String {
    match name {
        "name" => details.name.as_str().to_owned(),
        "specialization" => text(details.specialization.as_ref(), |value| value.as_str().to_owned()),
        "license_number" => text(details.license_number.as_ref(), |value| value.as_str().to_owned()),
        "experience_years" => text(details.experience_years.as_ref(), |years| years.get().to_string()),
        "phone" => text(details.phone.as_ref(), |phone| phone.as_str().to_owned()),
        "email" => text(details.email.as_ref(), |email| email.as_str().to_owned()),
        "address" => text(details.address.as_ref(), |address| address.as_str().to_owned()),
        "availability" => text(details.availability.as_ref(), |value| value.as_str().to_owned()),
        "consultation_fee" => text(details.consultation_fee.as_ref(), ToString::to_string),
        _ => String::new(),
    }
}

/// A field of a doctor or of what is known about the entry, for lists.
pub(crate) fn doctor_column(doctor: &Doctor, name: &str, zone: Zone) -> String {
    match name {
        "id" => doctor.id.to_string(),
        "created_by" => doctor.created_by.as_str().to_owned(),
        "created" => zone.minute(doctor.created_at),
        name => doctor_value(&doctor.details, name),
    }
}

/// What a form says of a doctor.
pub(crate) fn doctor_change(reading: &mut Reading<'_>) -> DoctorChange {
    DoctorChange {
        name: reading.text("name", PersonName::parse),
        specialization: reading.text("specialization", Specialization::parse),
        email: reading.text("email", EmailAddress::parse),
        phone: reading.text("phone", Phone::parse),
        address: reading.text("address", Address::parse),
        availability: reading.text("availability", Availability::parse),
        license_number: reading.text("license_number", LicenseNumber::parse),
        experience_years: reading.number("experience_years", ExperienceYears::parse),
        consultation_fee: reading.text("consultation_fee", Money::parse),
    }
}
