//! Administration: what people who work for the clinic see of all owners' records.

use crate::macros::redacted_debug;
use crate::{
    BloodGroup, DoctorFilter, DoctorId, Gender, PatientFilter, PatientId, Role, SearchTerms, SessionId,
    Specialization, Timestamp, User, UserId, UserName, fold,
};

macro_rules! secret_keys {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// How many digits a key has.
            const DIGITS: usize = 60;

            /// A new key.
            pub fn generate(random: [[u8; 10]; 3]) -> Self {
                let digits = random.as_flattened().iter().flat_map(|byte| [byte >> 4, byte & 15]);
                Self(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
            }

            /// What a browser has sent; `None` when it cannot be a key.
            pub fn parse(sent: &str) -> Option<Self> {
                let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                (sent.len() == Self::DIGITS && sent.bytes().all(is_digit)).then(|| Self(sent.to_owned()))
            }

            /// The text, to be handed over or hashed.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }
    )+};
}

secret_keys! {
    /// The secret by which the browser of an administrator is known again: 240 random bits in hexadecimal.
    AdminKey,
    /// The secret in a link that works once: 240 random bits in hexadecimal.
    LinkKey,
}

/// A session of the admin panel that goes on.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminSession {
    /// Whose it is: an active user.
    pub user: User,
    /// Its id, as among the user's other sessions.
    pub id: SessionId,
    /// When it was last used, as far as that was noted.
    pub last_used_at: Timestamp,
}

/// How many records there are, without those that were deleted, have retired or have ended; `None` for more than
/// were counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// Patients of all owners.
    pub patients: Option<u64>,
    /// Doctors in the directory.
    pub doctors: Option<u64>,
    /// Active assignments.
    pub mappings: Option<u64>,
    /// Users who may sign in.
    pub users: Option<u64>,
}

/// How many records match a filter, and how many would by another choice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally<T> {
    /// How many match; `None` for more than were counted.
    pub matching: Option<u64>,
    /// How many match whatever choice of a kind the filter asks for, by these; `None` where they are more than were
    /// counted.
    pub kinds: Option<Vec<T>>,
}

/// Which patients of all owners a list shows.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AllPatients {
    /// What is known of the patient.
    pub filter: PatientFilter,
    /// Only of the owner with this user name.
    pub owner: Option<UserName>,
    /// Those who were deleted, instead of those who were not.
    pub is_deleted: bool,
}

/// Which doctors a list shows.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AllDoctors {
    /// What is known of the doctor.
    pub filter: DoctorFilter,
    /// Those who have retired, instead of those who have not.
    pub is_retired: bool,
}

/// Which mappings of all owners a list shows. Patients who were deleted are left out.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AllMappings {
    /// Words of the patient's name.
    pub search: Option<SearchTerms>,
    /// Only of this patient.
    pub patient: Option<PatientId>,
    /// Only of this doctor.
    pub doctor: Option<DoctorId>,
    /// Those that have ended, instead of those that have not.
    pub is_ended: bool,
}

/// Which users a list shows.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// The beginning of the user name or of the e-mail address, folded as a [`UserName::key`].
    pub search: Option<String>,
    /// Only of this role.
    pub role: Option<Role>,
    /// Only those who may sign in, or those who may not.
    pub is_active: Option<bool>,
}

/// How many patients have this gender and this blood group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PatientTally {
    /// The gender, where it is known.
    pub gender: Option<Gender>,
    /// The blood group, where it is known.
    pub blood_group: Option<BloodGroup>,
    /// How many.
    pub count: u64,
}

impl PatientTally {
    /// How many of these have the gender and the blood group, where one is asked for.
    pub fn count(kinds: &[Self], gender: Option<Gender>, blood_group: Option<BloodGroup>) -> u64 {
        let is_it = |kind: &&Self| {
            (gender.is_none() || kind.gender == gender)
                && (blood_group.is_none() || kind.blood_group == blood_group)
        };
        kinds.iter().filter(is_it).map(|kind| kind.count).sum()
    }
}

/// How many doctors have this specialization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoctorTally {
    /// The specialization, as one of them has written it, where it is known.
    pub specialization: Option<Specialization>,
    /// How many.
    pub count: u64,
}

impl DoctorTally {
    /// How many of these have the specialization, however it is spelled, where one is asked for.
    pub fn count(kinds: &[Self], specialization: Option<&Specialization>) -> u64 {
        let key = |text: &Specialization| fold::search_key(text.as_str());
        let wanted = specialization.map(key);
        let is_it = |kind: &&Self| wanted.is_none() || kind.specialization.as_ref().map(key) == wanted;
        kinds.iter().filter(is_it).map(|kind| kind.count).sum()
    }
}

/// How many users are this and may sign in, or may not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserTally {
    /// What they are.
    pub role: Role,
    /// Whether they may sign in.
    pub is_active: bool,
    /// How many.
    pub count: u64,
}

impl UserTally {
    /// How many of these are this and may sign in or may not, where that is asked for.
    pub fn count(kinds: &[Self], role: Option<Role>, is_active: Option<bool>) -> u64 {
        let is_it = |kind: &&Self| {
            role.is_none_or(|role| kind.role == role)
                && is_active.is_none_or(|active| kind.is_active == active)
        };
        kinds.iter().filter(is_it).map(|kind| kind.count).sum()
    }
}

/// Which patients get another owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Moving {
    /// All of this owner, also those who were deleted.
    AllOf(UserId),
    /// These, each with the owner.
    These(Vec<(UserId, PatientId)>),
}

redacted_debug!(AdminKey, LinkKey, AdminSession, AllPatients, AllDoctors, AllMappings, UserFilter);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_again_and_nothing_else_is_one() {
        let key = AdminKey::generate([[0xab; 10], [1; 10], [0; 10]]);
        assert_eq!(AdminKey::parse(key.expose()), Some(key.clone()));
        let upper = key.expose().to_uppercase();
        let long = format!("{}0", key.expose());
        for text in ["", "0", upper.as_str(), long.as_str(), &"g".repeat(60)] {
            assert_eq!(AdminKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        assert!(!format!("{:?}", AdminKey::generate([[0xab; 10]; 3])).contains("abab"));
    }
}
