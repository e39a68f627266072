//! How many records there are of each kind, counted no further than it is worth the time.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::{
    AllDoctors, AllMappings, AllPatients, BloodGroup, DoctorTally, Gender, PatientTally, Role,
    Specialization, UserFilter, UserTally,
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

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

pub(super) fn patients(
    c: &mut Conn,
    filter: &AllPatients,
    most: u32,
) -> Result<Option<Vec<PatientTally>>, Failure> {
    let mut filter = filter.clone();
    (filter.filter.gender, filter.filter.blood_group) = (None, None);
    let owner = owner_id(c, &filter)?;
    let query = matching_patients(&filter, owner)
        .select((patients::gender, patients::blood_group))
        .limit(i64::from(most) + 1);
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
    let counts = rows.into_iter().map(tally).collect::<Result<_, _>>()?;
    Ok(unless_many(counts, most, |tally: &PatientTally| tally.count))
}

pub(super) fn doctors(
    c: &mut Conn,
    filter: &AllDoctors,
    most: u32,
) -> Result<Option<Vec<DoctorTally>>, Failure> {
    let mut filter = filter.clone();
    filter.filter.specialization = None;
    let query = matching_doctors(&filter)
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
    Ok(unless_many(counts, most, |tally| tally.count))
}

pub(super) fn mappings(c: &mut Conn, filter: &AllMappings, most: u32) -> Result<Option<u64>, Failure> {
    let query = matching_mappings(filter).select(mappings::id).limit(i64::from(most) + 1);
    let count: i64 = Counted::<_, BigInt>::by(query, "", "").get_result(c)?;
    Ok(Some(number(count)).filter(|count| *count <= u64::from(most)))
}

pub(super) fn users(c: &mut Conn, filter: &UserFilter, most: u32) -> Result<Option<Vec<UserTally>>, Failure> {
    let filter = UserFilter { role: None, is_active: None, ..filter.clone() };
    let query = matching_users(&filter).select((users::role, users::is_active)).limit(i64::from(most) + 1);
    let columns = " GROUP BY role, is_active";
    let counted = Counted::<_, (Text, Bool, BigInt)>::by(query, "role, is_active, ", columns);
    let rows: Vec<(String, bool, i64)> = counted.load(c)?;
    let tally = |(role, is_active, count): (String, bool, i64)| {
        let role = stored("users.role", Role::parse(&role))?;
        Ok::<_, Failure>(UserTally { role, is_active, count: number(count) })
    };
    let counts = rows.into_iter().map(tally).collect::<Result<_, _>>()?;
    Ok(unless_many(counts, most, |tally: &UserTally| tally.count))
}
