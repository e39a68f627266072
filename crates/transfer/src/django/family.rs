//! The three families and their tables.

use std::collections::BTreeMap;

use super::table::Table;

/// Which family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    S0,
    S1,
    S2,
}

/// The tables of a family that are taken over, and the columns by which they are known.
pub(super) struct Family {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) users: Known,
    pub(super) doctors: Known,
    pub(super) patients: Known,
    pub(super) mappings: Known,
}

/// A table with its columns.
pub(super) struct Known {
    pub(super) table: &'static str,
    pub(super) columns: &'static [&'static str],
}

const AUTH_USER: &[&str] = &[
    "id",
    "password",
    "last_login",
    "is_superuser",
    "username",
    "first_name",
    "last_name",
    "email",
    "is_staff",
    "is_active",
    "date_joined",
];

pub(super) const FAMILIES: [Family; 3] = [
    Family {
        kind: Kind::S0,
        name: "s0",
        users: Known { table: "auth_user", columns: AUTH_USER },
        doctors: Known {
            table: "clinical_doctor",
            columns: &["id", "created_at", "updated_at", "name", "specialization", "phone", "email"],
        },
        patients: Known {
            table: "clinical_patient",
            columns: &[
                "id",
                "created_at",
                "updated_at",
                "first_name",
                "last_name",
                "age",
                "gender",
                "address",
                "created_by_id",
            ],
        },
        mappings: Known {
            table: "clinical_patientdoctor",
            columns: &["id", "created_at", "updated_at", "assigned_by_id", "doctor_id", "patient_id"],
        },
    },
    Family {
        kind: Kind::S1,
        name: "s1",
        users: Known { table: "auth_user", columns: AUTH_USER },
        doctors: Known {
            table: "doctors_doctor",
            columns: &["id", "name", "specialization", "contact", "email", "availability", "created_at"],
        },
        patients: Known {
            table: "patients_patient",
            columns: &[
                "id",
                "name",
                "age",
                "gender",
                "contact",
                "address",
                "medical_history",
                "created_at",
                "owner_id",
            ],
        },
        mappings: Known {
            table: "mappings_mapping",
            columns: &["id", "reason", "assigned_on", "doctor_id", "patient_id"],
        },
    },
    Family {
        kind: Kind::S2,
        name: "s2",
        users: Known {
            table: "users_user",
            columns: &[
                "id",
                "password",
                "last_login",
                "is_superuser",
                "username",
                "first_name",
                "last_name",
                "is_staff",
                "is_active",
                "date_joined",
                "email",
                "phone",
                "role",
            ],
        },
        doctors: Known {
            table: "doctors_doctor",
            columns: &[
                "id",
                "name",
                "email",
                "phone",
                "specialization",
                "license_number",
                "experience_years",
                "address",
                "consultation_fee",
                "availability",
                "created_at",
                "updated_at",
            ],
        },
        patients: Known {
            table: "patients_patient",
            columns: &[
                "id",
                "name",
                "email",
                "phone",
                "date_of_birth",
                "address",
                "gender",
                "blood_group",
                "emergency_contact",
                "medical_history",
                "created_at",
                "updated_at",
                "created_by_id",
            ],
        },
        mappings: Known {
            table: "mappings_patientdoctormapping",
            columns: &[
                "id",
                "assigned_date",
                "notes",
                "is_active",
                "created_at",
                "updated_at",
                "created_by_id",
                "doctor_id",
                "patient_id",
            ],
        },
    },
];

impl Family {
    /// The four tables, in the order in which they are taken over.
    pub(super) const fn tables(&self) -> [&Known; 4] {
        [&self.users, &self.doctors, &self.patients, &self.mappings]
    }

    /// Whether any family has such a table; of others only the number of rows matters.
    pub(super) fn is_any(table: &str) -> bool {
        FAMILIES.iter().any(|family| family.has(table))
    }

    pub(super) fn has(&self, table: &str) -> bool {
        self.tables().iter().any(|known| known.table == table)
    }

    /// The family whose tables these are: the one of which there are users and records, with all their columns.
    pub(super) fn of(tables: &BTreeMap<String, Table>, is_whole: bool) -> Result<&'static Self, String> {
        let is_there = |known: &Known| tables.contains_key(known.table);
        let is_it = |family: &&Self| {
            let records = [&family.doctors, &family.patients, &family.mappings].map(is_there);
            let has_records =
                if is_whole { records.iter().all(|is| *is) } else { records.iter().any(|is| *is) };
            is_there(&family.users) && has_records && family.lacks(tables).is_none()
        };
        let mut found = FAMILIES.iter().filter(is_it);
        match (found.next(), found.next()) {
            (Some(family), None) => Ok(family),
            (Some(_), Some(_)) => Err("it has the tables of more than one family".to_owned()),
            (None, _) => Err("its tables are those of no known family".to_owned()),
        }
    }

    /// A column that is missing in a table that is there.
    fn lacks(&self, tables: &BTreeMap<String, Table>) -> Option<&'static str> {
        self.tables().into_iter().find_map(|known| {
            let table = tables.get(known.table)?;
            known.columns.iter().copied().find(|column| !table.has(column))
        })
    }
}
