//! How many patients each choice of a filter would show.

use domain::{AllPatients, BloodGroup, Gender, PatientFilter, PatientTally, Tally};

use crate::details::{BLOOD_GROUPS, GENDERS};
use crate::gate::Visit;
use crate::list::{Select, filter};
use crate::query::Query;
use crate::refusal::Refusal;

/// The counts, where there are not too many: of those who are shown, and of those in the other state.
pub(super) struct Counts {
    shown: Tally<PatientTally>,
    others: Option<u64>,
}

impl Counts {
    pub(super) async fn of(visit: &Visit, wanted: &AllPatients) -> Result<Self, Refusal> {
        let (who, administration) = (visit.who()?, &visit.panel.administration);
        let others = AllPatients { is_deleted: !wanted.is_deleted, ..wanted.clone() };
        Ok(Self {
            shown: administration.tally_patients(who, wanted).await?,
            others: administration.count_patients(who, &others).await?,
        })
    }

    /// How many match the filter.
    pub(super) fn total(&self) -> Option<u64> {
        self.shown.matching
    }

    pub(super) fn filters(&self, query: &Query, wanted: &AllPatients) -> Vec<Select> {
        let PatientFilter { gender, blood_group, .. } = wanted.filter;
        let shown = self.shown.kinds.as_deref();
        let count = |gender, group| shown.map(|kinds| PatientTally::count(kinds, gender, group));
        let by_gender = |value: &str| count(Gender::parse(value).ok(), blood_group);
        let by_group = |value: &str| count(gender, BloodGroup::parse(value).ok());
        let by_state = |value: &str| {
            let is_shown = (value == "deleted") == wanted.is_deleted;
            if is_shown { self.shown.matching } else { self.others }
        };
        vec![
            filter(query, "gender", "Gender", "All", GENDERS, by_gender),
            filter(query, "blood_group", "Blood group", "All", BLOOD_GROUPS, by_group),
            filter(query, "state", "State", "Not deleted", [("deleted", "Deleted")], by_state),
        ]
    }
}
