//! What invented records say. All of it follows from the number of the record.

use domain::{
    Address, BirthDate, BloodGroup, Date, DoctorDetails, EmailAddress, Gender, HumanName, LicenseNumber,
    NewUser, PatientDetails, PersonName, Phone, Specialization, UserName,
};

use super::{SeedError, USER_PREFIX};

/// Kinds of records, so that equal numbers of different kinds have nothing in common.
const DOCTOR: u64 = 1;
const PATIENT: u64 = 2;
/// The kind of mappings.
pub(super) const MAPPING: u64 = 3;

const FIRST_NAMES: [&str; 32] = [
    "Aarav", "Aditi", "Amara", "Anaïs", "Björn", "Carmen", "Chidi", "Dmitri", "Elif", "Esther", "Farah",
    "Giulia", "Hana", "Ibrahim", "Ingrid", "Jasmin", "José", "Kavya", "Kwame", "Lakshmi", "Leila", "Mateo",
    "Meera", "Nadia", "Noor", "Olga", "Priya", "Rajesh", "Sana", "Tomás", "Usha", "Yusuf",
];
const LAST_NAMES: [&str; 32] = [
    "Adeyemi",
    "Agarwal",
    "Álvarez",
    "Bose",
    "Castillo",
    "Chowdhury",
    "Dubois",
    "Eriksson",
    "Fernández",
    "Ghosh",
    "Haddad",
    "Iyer",
    "Jansen",
    "Kapoor",
    "Khan",
    "Kowalski",
    "Kumar",
    "Lindqvist",
    "Mehta",
    "Mensah",
    "Müller",
    "Nair",
    "Okafor",
    "Patel",
    "Petrov",
    "Rao",
    "Rossi",
    "Sato",
    "Sharma",
    "Silva",
    "Vargas",
    "Yılmaz",
];
const FIELDS: [&str; 8] = [
    "Cardiology",
    "Dermatology",
    "Endocrinology",
    "General practice",
    "Neurology",
    "Oncology",
    "Orthopedics",
    "Pediatrics",
];
const GENDERS: [Gender; 3] = [Gender::Female, Gender::Male, Gender::Other];
const BLOOD_GROUPS: [&str; 8] = ["O+", "A+", "B+", "AB+", "O-", "A-", "B-", "AB-"];

/// A number that looks drawn by lot and is always the same for the same kind and index: `SplitMix64` (Steele, Lea,
/// Flood: "Fast splittable pseudorandom number generators", 2014).
pub(super) fn chance(kind: u64, index: u32) -> u64 {
    let seed = (kind << 32) | u64::from(index);
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// A fault of this module.
#[expect(clippy::needless_pass_by_value, reason = "the form of `map_err`")]
pub(super) fn rule(what: impl ToString) -> SeedError {
    SeedError::Rule(what.to_string())
}

pub(super) fn user(index: u32) -> Result<NewUser, SeedError> {
    let name = format!("{USER_PREFIX}{}", u64::from(index) + 1);
    let name = UserName::parse(&name).map_err(rule)?;
    NewUser::new(Some(name), None).map_err(rule)
}

pub(super) fn doctor(index: u32) -> Result<DoctorDetails, SeedError> {
    let lot = chance(DOCTOR, index);
    let name = format!("Dr. {}", full_name(lot));
    Ok(DoctorDetails {
        name: PersonName::parse(&name).map_err(rule)?,
        specialization: Some(Specialization::parse(pick(&FIELDS, lot >> 20)).map_err(rule)?),
        email: Some(EmailAddress::parse(&format!("doctor-{index}@seed.example")).map_err(rule)?),
        phone: Some(phone(lot)?),
        address: None,
        availability: None,
        license_number: Some(LicenseNumber::parse(&format!("SEED-{index:07}")).map_err(rule)?),
        experience_years: None,
        consultation_fee: None,
    })
}

pub(super) fn patient(index: u32, today: Date) -> Result<PatientDetails, SeedError> {
    let lot = chance(PATIENT, index);
    let name = PersonName::parse(&full_name(lot)).map_err(rule)?;
    let born =
        format!("{:04}-{:02}-{:02}", 1935 + (lot >> 13) % 85, 1 + (lot >> 21) % 12, 1 + (lot >> 25) % 28);
    let street = format!("{} Lake Road\n4000{:02} Mumbai", 1 + (lot >> 31) % 200, (lot >> 40) % 100);
    Ok(PatientDetails {
        date_of_birth: Some(BirthDate::parse(&born, today).map_err(rule)?),
        gender: Some(*GENDERS.get(place(lot >> 45, GENDERS.len())).unwrap_or(&Gender::Unknown)),
        phone: Some(phone(lot)?),
        address: Some(Address::parse(&street).map_err(rule)?),
        blood_group: Some(BloodGroup::parse(pick(&BLOOD_GROUPS, lot >> 50)).map_err(rule)?),
        ..PatientDetails::named(HumanName::from_full(name))
    })
}

fn full_name(lot: u64) -> String {
    // A third part with many values: a search by its start finds few of many.
    format!("{} {} {}", pick(&FIRST_NAMES, lot), pick(&LAST_NAMES, lot >> 5), syllables(lot >> 10))
}

/// One of 8,000 words such as `Katomi`.
fn syllables(lot: u64) -> String {
    const SYLLABLES: [&str; 20] = [
        "ka", "to", "mi", "ra", "ne", "so", "lu", "vi", "da", "po", "shi", "ge", "na", "ru", "be", "ya",
        "zo", "ti", "ma", "che",
    ];
    let word: String = [lot, lot / 20, lot / 400].map(|lot| pick(&SYLLABLES, lot)).concat();
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn phone(lot: u64) -> Result<Phone, SeedError> {
    Phone::parse(&format!("+91 22 {:04} {:04}", lot % 10_000, (lot >> 17) % 10_000)).map_err(rule)
}

fn pick(of: &[&'static str], lot: u64) -> &'static str {
    of.get(place(lot, of.len())).copied().unwrap_or_default()
}

fn place(lot: u64, len: usize) -> usize {
    let len = u64::try_from(len).unwrap_or(1).max(1);
    usize::try_from(lot % len).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_make_equal_records_and_others_others() {
        let today = Date::from_ymd_opt(2026, 11, 21).unwrap();
        let [one, again, other] = [7, 7, 8].map(|index| patient(index, today).unwrap());
        assert!(one == again && one != other);
    }

    #[test]
    fn every_record_keeps_the_rules() {
        let today = Date::from_ymd_opt(2026, 11, 21).unwrap();
        for index in (0..5_000).chain([u32::MAX]) {
            assert!(patient(index, today).is_ok() && doctor(index).is_ok() && user(index).is_ok(), "{index}");
        }
    }
}
