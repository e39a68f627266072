//! The directory of doctors.

mod change;
mod selected;

use actix_web::HttpResponse;
use domain::{
    Act, AllDoctors, AllMappings, Doctor, DoctorFilter, DoctorId, DoctorTally, Page, PageLimit, RecordId,
    SearchTerms, Specialization,
};

use crate::details::{DOCTOR, doctor_column, doctor_value};
use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, Bulk, Column, Deed, Select, counted, cursor, filter};
use crate::page::{self, Layout};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::view::{
    ConfirmPage, HistoryPage, Link, RecordPage, STEPS, Table, TableCell, TableRow, Values, steps, values,
};

const BASE: &str = "/admin/doctors";

/// So many specializations are offered, the most frequent ones.
const OFFERED: usize = 100;

const COLUMNS: &[Column] = &[
    Column { key: "name", label: "Name", sort: Some("name"), is_shown: true },
    Column { key: "specialization", label: "Specialization", sort: None, is_shown: true },
    Column { key: "license_number", label: "Licence", sort: None, is_shown: true },
    Column { key: "experience_years", label: "Years", sort: None, is_shown: false },
    Column { key: "consultation_fee", label: "Fee", sort: None, is_shown: false },
    Column { key: "phone", label: "Phone", sort: None, is_shown: true },
    Column { key: "email", label: "E-mail", sort: None, is_shown: false },
    Column { key: "availability", label: "Availability", sort: None, is_shown: false },
    Column { key: "created_by", label: "Added by", sort: None, is_shown: true },
    Column { key: "created", label: "Added", sort: Some("created"), is_shown: true },
    Column { key: "id", label: "Id", sort: None, is_shown: false },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = vec![
        Endpoint::page("/doctors", "admin_doctors_list", |visit| Box::pin(list(visit))),
        Endpoint::page("/doctors/{id}", "admin_doctors_get", |visit| Box::pin(get(visit))),
        Endpoint::page("/doctors/{id}/retire", "admin_doctors_retire_page", |visit| {
            Box::pin(retire_page(visit))
        }),
        Endpoint::page("/doctors/{id}/history", "admin_doctors_history", |visit| Box::pin(history(visit))),
    ];
    endpoints.extend(change::endpoints());
    endpoints.extend(selected::endpoints());
    endpoints
}

/// What the address asks for.
fn wanted(query: &Query) -> AllDoctors {
    AllDoctors {
        filter: DoctorFilter {
            search: SearchTerms::parse(query.get("q")),
            specialization: Specialization::parse(query.get("specialization")).ok(),
            ..DoctorFilter::default()
        },
        is_retired: query.get("state") == "retired",
    }
}

async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (query, who) = (&visit.query, visit.who()?);
    let asked = Asked { base: BASE, query, columns: COLUMNS };
    let wanted = wanted(query);
    let administration = &visit.panel.administration;
    let found = administration.doctors(who, &wanted, asked.page(DoctorId::new)?).await?;
    let tally = administration.tally_doctors(who, &wanted).await?;
    let others = AllDoctors { is_retired: !wanted.is_retired, ..wanted.clone() };
    let others = administration.count_doctors(who, &others).await?;
    let layout = Layout::inside(&visit, BASE, "Doctors")?;
    let mut list = asked.list(layout, counted(tally.matching), found.next.map(cursor));
    let row = |doctor: &Doctor| {
        let rest = if wanted.is_retired { "/history" } else { "" };
        let href = format!("{BASE}/{}{rest}", doctor.id);
        let name = doctor.details.name.as_str();
        asked.row(doctor.id.to_string(), name, &href, |name| doctor_column(doctor, name, visit.zone))
    };
    list.rows = found.items.iter().map(row).collect();
    let by_state = |value: &str| {
        let is_shown = (value == "retired") == wanted.is_retired;
        if is_shown { tally.matching } else { others }
    };
    list.filters = vec![
        by_specialization(query, tally.kinds.as_deref()),
        filter(query, "state", "State", "Not retired", [("retired", "Retired")], by_state),
    ];
    list.add = Some(("/admin/doctors/add", "Add a doctor"));
    list.empty = if wanted.is_retired {
        "No doctor has retired."
    } else {
        "There is no doctor yet. Add the first one."
    };
    list.export = Some(query.with("after", "").with("done", "").href("/admin/doctors.csv"));
    list.bulk = Some(bulk(&visit, wanted.is_retired));
    page::show(&list)
}

fn bulk(visit: &Visit, is_retired: bool) -> Bulk {
    let token = visit.token();
    if is_retired {
        let deeds = vec![Deed::plain("restore", "Restore selected")];
        return Bulk { action: "/admin/doctors/restore", token, deeds };
    }
    let deeds = vec![Deed::plain("export", "Export selected"), Deed::danger("retire", "Retire selected")];
    Bulk { action: "/admin/doctors/selected", token, deeds }
}

fn by_specialization(query: &Query, tally: Option<&[DoctorTally]>) -> Select {
    let known = tally.unwrap_or_default().iter().filter_map(|tally| tally.specialization.as_ref());
    let mut names: Vec<&str> = known.take(OFFERED).map(Specialization::as_str).collect();
    let now = query.get("specialization");
    if !now.is_empty() && !names.contains(&now) {
        names.push(now);
    }
    let count = |value: &str| Some(DoctorTally::count(tally?, Specialization::parse(value).ok().as_ref()));
    let options: Vec<(&str, &str)> = names.into_iter().map(|name| (name, name)).collect();
    filter(query, "specialization", "Specialization", "All", options, count)
}

/// The doctor that the path names; the call is about them.
fn id(visit: &Visit) -> Result<DoctorId, Refusal> {
    let id = visit.id("id", DoctorId::new)?;
    visit.call.target(RecordId::Doctor(id));
    Ok(id)
}

fn address(id: DoctorId) -> String {
    format!("{BASE}/{id}")
}

async fn get(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    let doctor = visit.panel.doctors.get(id).await?;
    let here = address(id);
    let mut groups = values(DOCTOR, |name| doctor_value(&doctor.details, name));
    groups.push(Values {
        title: "Entry",
        values: vec![
            ("Added by", doctor.created_by.as_str().to_owned()),
            ("Added", visit.zone.minute(doctor.created_at)),
            ("Changed", visit.zone.minute(doctor.updated_at)),
            ("Version", doctor.version.get().to_string()),
        ],
    });
    let page = RecordPage {
        layout: Layout::inside(&visit, BASE, doctor.details.name.as_str())?,
        token: visit.token(),
        links: vec![
            Link::to(format!("{here}/edit"), "Edit"),
            Link::to(format!("{here}/history"), "History"),
            Link::danger(format!("{here}/retire"), "Retire"),
        ],
        groups,
        tables: vec![patients_of(&visit, id).await?.0],
        finder: None,
        forms: Vec::new(),
    };
    page::show(&page)
}

/// The first patients of a doctor, and how many there are.
async fn patients_of(visit: &Visit, id: DoctorId) -> Result<(Table, u64), Refusal> {
    let filter = AllMappings { doctor: Some(id), ..AllMappings::default() };
    let page = Page { limit: PageLimit::new(25).unwrap_or_default(), count: true, ..Page::default() };
    let found = visit.panel.administration.mappings(visit.who()?, &filter, page).await?;
    let row = |view: &domain::MappingView| {
        let mapping = &view.mapping;
        let href = format!("/admin/patients/{}/{}", mapping.owner, mapping.patient);
        TableRow {
            cells: vec![
                TableCell::link(view.patient_name.full(), href),
                TableCell::short(visit.zone.minute(mapping.assigned_at)),
            ],
            button: None,
        }
    };
    let table = Table {
        id: "patients",
        title: "Patients (the newest 25)",
        heads: vec!["Name", "Assigned"],
        rows: found.items.iter().map(row).collect(),
        empty: "The doctor is assigned to nobody. Open a patient to assign one.",
    };
    Ok((table, found.total.unwrap_or_default()))
}

async fn retire_page(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    let doctor = visit.panel.doctors.get(id).await?;
    let (_, count) = patients_of(&visit, id).await?;
    let page = ConfirmPage {
        layout: Layout::inside(&visit, BASE, format!("Retire {}?", doctor.details.name.as_str()))?,
        token: visit.token(),
        lines: vec![
            "The entry goes out of the directory. It can be restored from its history.".to_owned(),
            format!("Assignments to patients of all owners that end with it: {count}."),
        ],
        names: Vec::new(),
        action: format!("{}/retire", address(id)),
        values: vec![("version", doctor.version.get().to_string())],
        button: "Retire",
        cancel: address(id),
    };
    page::show(&page)
}

async fn history(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    let entries = visit.panel.doctors.history(id).await?;
    let mut records = Vec::new();
    for entry in entries.iter().take(STEPS.saturating_add(1)) {
        records.push(visit.panel.doctors.version(id, entry.version).await?.record);
    }
    let value = |doctor: &Doctor, name| doctor_value(&doctor.details, name);
    let steps = steps(visit.zone, DOCTOR, &entries, &records, value);
    let has_retired = entries.first().is_some_and(|newest| newest.act == Act::Removed);
    let name = records.first().map_or("", |record| record.details.name.as_str());
    let page = HistoryPage {
        layout: Layout::inside(&visit, BASE, format!("History of {name}"))?,
        token: visit.token(),
        back: if has_retired { BASE.to_owned() } else { address(id) },
        restore: has_retired.then(|| format!("{}/restore", address(id))),
        steps,
    };
    page::show(&page)
}
