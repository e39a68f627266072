//! The values of records, over any text.

use crate::{
    Address, Availability, BirthDate, BloodGroup, Change, Gender, HumanName, LicenseNumber, MedicalHistory,
    Money, NameChange, Notes, PersonName, Phone, Role, Specialization, Timestamp,
};

/// What was parsed parses to itself, keeps its bounds and says so without its content.
fn values(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    check_texts(&text);
    check_numbers(&text);
    if let Ok(name) = PersonName::parse(&text) {
        check_name(name);
    }
}

macro_rules! check_text {
    ($text:expr, $($value:ident($is_one_line:literal)),+) => {$(
        if let Ok(value) = $value::parse($text) {
            let kept = value.as_str();
            assert!($value::parse(kept).is_ok_and(|again| again == value));
            assert!(!kept.trim().is_empty() && kept.chars().count() <= $value::MAX_CHARS);
            assert!(!kept.contains('\0') && (!$is_one_line || !kept.contains(char::is_control)));
            assert_eq!(kept, if $is_one_line { $text.trim() } else { $text });
            assert_eq!(format!("{value:?}"), concat!(stringify!($value), "(…)"));
        }
    )+};
}

fn check_texts(text: &str) {
    check_text!(text, PersonName(true), Specialization(true), Availability(true), LicenseNumber(true));
    check_text!(text, Phone(true), Address(false), MedicalHistory(false), Notes(false));
    if let Ok(gender) = Gender::parse(text) {
        assert_eq!(Gender::parse(gender.as_str()), Ok(gender));
    }
    if let Ok(group) = BloodGroup::parse(text) {
        assert_eq!(BloodGroup::parse(group.as_str()), Ok(group));
    }
    if let Ok(role) = Role::parse(text) {
        assert_eq!(Role::parse(role.as_str()).ok(), Some(role));
    }
}

fn check_numbers(text: &str) {
    if let Ok(money) = Money::parse(text) {
        assert_eq!(Money::parse(&money.to_string()), Ok(money));
        assert!((0..=Money::MAX_MINOR).contains(&money.minor()));
    }
    if let Some(instant) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&instant.to_string()), Some(instant));
        assert_eq!(Timestamp::from_micros(instant.micros()), Some(instant));
    }
    let today = "2026-03-04".parse().unwrap();
    if let Ok(born) = BirthDate::parse(text, today) {
        assert_eq!(born.date().to_string(), text);
        assert!(born.date() <= today && born.age_on(today).get() <= 126);
    }
}

/// Saying the parts of a name anew, or the whole, or all three, leaves it as it is.
fn check_name(full: PersonName) {
    let name = HumanName::from_full(full.clone());
    assert_eq!(name.full(), full.as_str());
    let part = |text: &str| PersonName::parse(text).map_or(Change::Clear, Change::Set);
    let parts = NameChange { full: Change::Keep, first: part(name.first()), last: part(name.last()) };
    let all = NameChange { full: Change::Set(full.clone()), ..parts.clone() };
    let whole = NameChange { full: Change::Set(full), ..NameChange::default() };
    for change in [parts, all, whole, NameChange::default()] {
        assert!(change.applied(Some(&name)).is_ok_and(|after| after.as_ref() == Some(&name)));
    }
}

mod target {
    testkit::fuzz_target!(values, 20_000);
}
