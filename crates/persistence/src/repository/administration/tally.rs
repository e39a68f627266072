//! How many records there are of each kind, counted no further than it is worth the time.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::{
    AllDoctors, AllMappings, AllPatients, BloodGroup, Census, DoctorTally, Gender, PatientFilter,
    PatientTally, Role, Specialization, Tally, UserFilter, UserTally,
};

use super::super::{Conn, Db};
use super::lists::{matching_doctors, matching_mappings, matching_patients, matching_users, owner_id};
use crate::error::Failure;
use crate::rows::stored;
use crate::schema::{doctors, mappings, patients, users};

/// Counts the rows of a query by some of its columns; without columns all of them.
#[derive(Clone, Copy, QueryId)]
struct Counted<Q, T> {
    query: Q,
    /// What is selected, with a comma behind it.
    select: &'static str,
    group: &'static str,
    row: PhantomData<T>,
}

impl<Q, T> Counted<Q, T> {
    const fn by(query: Q, select: &'static str, group: &'static str) -> Self {
        Self { query, select, group, row: PhantomData }
    }
}

impl<Q, T> Query for Counted<Q, T> {
    type SqlType = T;
}

impl<Q, T> RunQueryDsl<Conn> for Counted<Q, T> {}

impl<Q: QueryFragment<Db>, T> QueryFragment<Db> for Counted<Q, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        out.push_sql(self.select);
        out.push_sql("count(*) FROM (");
        self.query.walk_ast(out.reborrow())?;
        out.push_sql(") AS counted");
        out.push_sql(self.group);
        Ok(())
    }
}

/// The counts, unless there are more than `most` in all.
fn unless_many<T>(counts: Vec<T>, most: u32, count: impl Fn(&T) -> u64) -> Option<Vec<T>> {
    let total: u64 = counts.iter().map(count).sum();
    (total <= u64::from(most)).then_some(counts)
}

/// How many rows a query finds, unless there are more than `most`.
macro_rules! counted {
    ($c:expr, $query:expr, $most:expr) => {{
        let some = $query.limit(i64::from($most) + 1);
        let count: i64 = Counted::<_, BigInt>::by(some, "", "").get_result($c)?;
        Ok::<_, Failure>(Some(number(count)).filter(|count| *count <= u64::from($most)))
    }};
}

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

pub(super) fn census(c: &mut Conn, most: u32) -> Result<Census, Failure> {
    let active = patients::table.filter(patients::deleted_at.is_null()).select(patients::id);
    let patients = counted!(c, active, most)?;
    let active = doctors::table.filter(doctors::retired_at.is_null()).select(doctors::id);
    let doctors = counted!(c, active, most)?;
    let active = mappings::table.filter(mappings::ended_at.is_null()).select(mappings::id);
    let mappings = counted!(c, active, most)?;
    let users = counted!(c, users::table.filter(users::is_active).select(users::id), most)?;
    Ok(Census { patients, doctors, mappings, users })
}

/// How many patients match the whole filter.
pub(super) fn matching(
    c: &mut Conn,
    filter: &AllPatients,
    owner: Option<i64>,
    most: u32,
) -> Result<Option<u64>, Failure> {
    counted!(c, matching_patients(filter, owner).select(patients::id), most)
}

/// The same, whoever the owner is that the filter names.
pub(super) fn count_patients(c: &mut Conn, filter: &AllPatients, most: u32) -> Result<Option<u64>, Failure> {
    let owner = owner_id(c, filter)?;
    matching(c, filter, owner, most)
}

pub(super) fn patients(
    c: &mut Conn,
    filter: &AllPatients,
    most: u32,
) -> Result<Tally<PatientTally>, Failure> {
    let owner = owner_id(c, filter)?;
    let mut all = filter.clone();
    (all.filter.gender, all.filter.blood_group) = (None, None);
    // Counted by an index alone first: what they have in common may have to be read from each record.
    let is_many = matching(c, &all, owner, most)?.is_none();
    let kinds = if is_many { None } else { Some(kinds_of_patients(c, &all, owner)?) };
    let PatientFilter { gender, blood_group, .. } = filter.filter;
    let matching = match &kinds {
        Some(kinds) => Some(PatientTally::count(kinds, gender, blood_group)),
        None if gender.is_none() && blood_group.is_none() => None,
        None => matching(c, filter, owner, most)?,
    };
    Ok(Tally { matching, kinds })
}

fn kinds_of_patients(
    c: &mut Conn,
    filter: &AllPatients,
    owner: Option<i64>,
) -> Result<Vec<PatientTally>, Failure> {
    let query = matching_patients(filter, owner).select((patients::gender, patients::blood_group));
    let columns = " GROUP BY gender, blood_group";
    let counted =
        Counted::<_, (Nullable<Text>, Nullable<Text>, BigInt)>::by(query, "gender, blood_group, ", columns);
    let rows: Vec<(Option<String>, Option<String>, i64)> = counted.load(c)?;
    let tally = |(gender, group, count): (Option<String>, Option<String>, i64)| {
        Ok::<_, Failure>(PatientTally {
            gender: gender.map(|text| stored("patients.gender", Gender::parse(&text))).transpose()?,
            blood_group: group
                .map(|text| stored("patients.blood_group", BloodGroup::parse(&text)))
                .transpose()?,
            count: number(count),
        })
    };
    rows.into_iter().map(tally).collect()
}

pub(super) fn doctors(c: &mut Conn, filter: &AllDoctors, most: u32) -> Result<Tally<DoctorTally>, Failure> {
    let mut all = filter.clone();
    all.filter.specialization = None;
    let query = matching_doctors(&all)
        .select((doctors::specialization, doctors::specialization_key))
        .limit(i64::from(most) + 1);
    let columns = " GROUP BY specialization, specialization_key";
    let counted = Counted::<_, (Nullable<Text>, Nullable<Text>, BigInt)>::by(
        query,
        "specialization, specialization_key, ",
        columns,
    );
    let rows: Vec<(Option<String>, Option<String>, i64)> = counted.load(c)?;
    // Spellings of one specialization count together, under the one that comes first.
    let mut by_key: BTreeMap<Option<String>, (Option<String>, u64)> = BTreeMap::new();
    for (text, key, count) in rows {
        let (name, total) = by_key.entry(key).or_insert_with(|| (text.clone(), 0));
        *total = total.saturating_add(number(count));
        if text < *name {
            *name = text;
        }
    }
    let tally = |(text, count): (Option<String>, u64)| {
        let parse = |text: String| stored("doctors.specialization", Specialization::parse(&text));
        Ok::<_, Failure>(DoctorTally { specialization: text.map(parse).transpose()?, count })
    };
    let mut counts: Vec<DoctorTally> = by_key.into_values().map(tally).collect::<Result<_, _>>()?;
    let name = |tally: &DoctorTally| tally.specialization.as_ref().map(|text| text.as_str().to_owned());
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| name(a).cmp(&name(b))));
    let kinds = unless_many(counts, most, |tally| tally.count);
    let chosen = filter.filter.specialization.as_ref();
    let matching = match &kinds {
        Some(kinds) => Some(DoctorTally::count(kinds, chosen)),
        None if chosen.is_none() => None,
        None => count_doctors(c, filter, most)?,
    };
    Ok(Tally { matching, kinds })
}

pub(super) fn count_doctors(c: &mut Conn, filter: &AllDoctors, most: u32) -> Result<Option<u64>, Failure> {
    counted!(c, matching_doctors(filter).select(doctors::id), most)
}

pub(super) fn count_mappings(c: &mut Conn, filter: &AllMappings, most: u32) -> Result<Option<u64>, Failure> {
    counted!(c, matching_mappings(filter).select(mappings::id), most)
}

pub(super) fn users(c: &mut Conn, filter: &UserFilter, most: u32) -> Result<Tally<UserTally>, Failure> {
    let all = UserFilter { role: None, is_active: None, ..filter.clone() };
    let query = matching_users(&all).select((users::role, users::is_active)).limit(i64::from(most) + 1);
    let columns = " GROUP BY role, is_active";
    let counted = Counted::<_, (Text, Bool, BigInt)>::by(query, "role, is_active, ", columns);
    let rows: Vec<(String, bool, i64)> = counted.load(c)?;
    let tally = |(role, is_active, count): (String, bool, i64)| {
        let role = stored("users.role", Role::parse(&role))?;
        Ok::<_, Failure>(UserTally { role, is_active, count: number(count) })
    };
    let counts = rows.into_iter().map(tally).collect::<Result<_, _>>()?;
    let kinds = unless_many(counts, most, |tally: &UserTally| tally.count);
    let matching = match &kinds {
        Some(kinds) => Some(UserTally::count(kinds, filter.role, filter.is_active)),
        None if filter.role.is_none() && filter.is_active.is_none() => None,
        None => counted!(c, matching_users(filter).select(users::id), most)?,
    };
    Ok(Tally { matching, kinds })
}
