//! Patients of all owners.

mod change;
mod counts;
mod export;
mod moving;
mod selected;

use actix_web::HttpResponse;
use application::Administrator;
use domain::{
    AllPatients, BloodGroup, DoctorFilter, Gender, Page, PageLimit, Patient, PatientFilter, PatientId,
    RecordId, SearchTerms, UserId, UserName,
};

use crate::details::{PATIENT, patient_column, patient_value};
use crate::form::worded;
use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, Bulk, Column, Deed, Input, counted, cursor};
use crate::page::{self, Layout};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::view::{
    Button, ConfirmPage, Finder, FoundPart, HistoryPage, Link, RecordPage, STEPS, Table, TableCell, TableRow,
    Values, steps, values,
};
use crate::zone::Zone;

use counts::Counts;

const BASE: &str = "/admin/patients";

const COLUMNS: &[Column] = &[
    Column { key: "name", label: "Name", sort: Some("name"), is_shown: true },
    Column { key: "owner", label: "Owner", sort: None, is_shown: true },
    Column { key: "date_of_birth", label: "Born", sort: None, is_shown: true },
    Column { key: "age", label: "Age", sort: None, is_shown: true },
    Column { key: "gender", label: "Gender", sort: None, is_shown: true },
    Column { key: "phone", label: "Phone", sort: None, is_shown: true },
    Column { key: "email", label: "E-mail", sort: None, is_shown: false },
    Column { key: "blood_group", label: "Blood group", sort: None, is_shown: false },
    Column { key: "created", label: "Added", sort: Some("created"), is_shown: true },
    Column { key: "updated", label: "Changed", sort: None, is_shown: false },
    Column { key: "id", label: "Id", sort: None, is_shown: false },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let record = "/patients/{owner}/{id}";
    let mut endpoints = vec![
        Endpoint::page("/patients", "admin_patients_list", |visit| Box::pin(list(visit))),
        Endpoint::page(record, "admin_patients_get", |visit| Box::pin(get(visit))),
        Endpoint::page("/patients/{owner}/{id}/delete", "admin_patients_delete_page", |visit| {
            Box::pin(delete_page(visit))
        }),
        Endpoint::page("/patients/{owner}/{id}/history", "admin_patients_history", |visit| {
            Box::pin(history(visit))
        }),
        Endpoint::page("/patients/{owner}/{id}/doctors", "admin_doctors_find", |visit| Box::pin(find(visit))),
    ];
    endpoints.extend(change::endpoints());
    endpoints.extend(selected::endpoints());
    endpoints.extend(export::endpoints());
    endpoints.extend(moving::endpoints());
    endpoints
}

/// What the address asks for.
fn wanted(query: &Query) -> AllPatients {
    AllPatients {
        filter: PatientFilter {
            search: SearchTerms::parse(query.get("q")),
            gender: Gender::parse(query.get("gender")).ok(),
            blood_group: BloodGroup::parse(query.get("blood_group")).ok(),
            ..PatientFilter::default()
        },
        owner: UserName::parse(query.get("owner")).ok(),
        is_deleted: query.get("state") == "deleted",
    }
}

async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (query, zone, who) = (&visit.query, visit.zone, visit.who()?);
    let asked = Asked { base: BASE, query, columns: COLUMNS };
    let wanted = wanted(query);
    let administration = &visit.panel.administration;
    let found = administration.patients(who, &wanted, asked.page(PatientId::new)?).await?;
    let counts = Counts::of(&visit, &wanted).await?;
    let layout = Layout::inside(&visit, BASE, "Patients")?;
    let mut list = asked.list(layout, counted(counts.total()), found.next.map(cursor));
    let today = administration.today();
    let row = |patient: &Patient| {
        let rest = if wanted.is_deleted { "/history" } else { "" };
        let key = format!("{}/{}", patient.owner, patient.id);
        let href = format!("{BASE}/{key}{rest}");
        asked.row(key, patient.details.name.full(), &href, |name| {
            worded(PATIENT, name, patient_column(patient, name, today, zone))
        })
    };
    list.rows = found.items.iter().map(row).collect();
    list.filters = counts.filters(query, &wanted);
    list.inputs = vec![Input::of(query, "owner", "Owner's user name")];
    list.add = Some(("/admin/patients/add", "Add a patient"));
    list.empty = if wanted.is_deleted {
        "No patient was deleted."
    } else {
        "There is no patient yet. Add the first one, or have a user add some in their own app."
    };
    list.export = Some(query.with("after", "").with("done", "").href("/admin/patients.csv"));
    list.bulk = Some(bulk(&visit, wanted.is_deleted)?);
    page::show(&list)
}

fn bulk(visit: &Visit, is_deleted: bool) -> Result<Bulk, Refusal> {
    let token = visit.token();
    if is_deleted {
        let deeds = vec![Deed::plain("restore", "Restore selected")];
        return Ok(Bulk { action: "/admin/patients/restore", token, deeds });
    }
    let mut deeds = vec![Deed::plain("export", "Export selected")];
    if visit.who()?.is_admin() {
        deeds.push(Deed::plain("move", "Move selected to another owner"));
    }
    deeds.push(Deed::danger("delete", "Delete selected"));
    Ok(Bulk { action: "/admin/patients/selected", token, deeds })
}

/// The owner and the patient that the path names; the call is about them.
fn ids(visit: &Visit) -> Result<(UserId, PatientId), Refusal> {
    let (owner, id) = (visit.id("owner", UserId::new)?, visit.id("id", PatientId::new)?);
    visit.call.target(RecordId::Patient(id));
    visit.call.concern(id);
    Ok((owner, id))
}

fn address(owner: UserId, id: PatientId) -> String {
    format!("{BASE}/{owner}/{id}")
}

async fn get(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let who = visit.who()?;
    let patient = visit.panel.administration.patient(who, owner, id).await?;
    let here = address(owner, id);
    let tables = vec![doctors_of(&visit, who, owner, id).await?];
    let found = found_doctors(&visit, &here).await?;
    let today = visit.panel.administration.today();
    let mut groups = values(PATIENT, |name| match name {
        "age" => patient_column(&patient, name, today, visit.zone),
        name => patient_value(&patient.details, name),
    });
    groups.push(about(&patient, visit.zone));
    let page = RecordPage {
        layout: Layout::inside(&visit, BASE, patient.details.name.full())?,
        token: visit.token(),
        links: vec![
            Link::to(format!("{here}/edit"), "Edit"),
            Link::to(format!("{here}/history"), "History"),
            Link::danger(format!("{here}/delete"), "Delete"),
        ],
        groups,
        tables,
        finder: Some(Finder {
            action: here,
            name: "doctor",
            label: "Find a doctor to assign, by name",
            value: visit.query.get("doctor").to_owned(),
            found,
        }),
        forms: Vec::new(),
    };
    page::show(&page)
}

fn about(patient: &Patient, zone: Zone) -> Values {
    Values {
        title: "Record",
        values: vec![
            ("Owner", patient.created_by.as_str().to_owned()),
            ("Added", zone.minute(patient.created_at)),
            ("Changed", zone.minute(patient.updated_at)),
            ("Version", patient.version.get().to_string()),
        ],
    }
}

async fn doctors_of(
    visit: &Visit,
    who: &Administrator,
    owner: UserId,
    id: PatientId,
) -> Result<Table, Refusal> {
    let assigned = visit.panel.administration.doctors_of(who, owner, id).await?;
    let row = |assigned: &domain::AssignedDoctor| {
        let doctor = &assigned.doctor;
        let name = doctor.details.name.as_str();
        TableRow {
            cells: vec![
                TableCell::link(name, format!("/admin/doctors/{}", doctor.id)),
                TableCell::text(crate::details::doctor_value(&doctor.details, "specialization")),
                TableCell::text(assigned.notes.as_ref().map(domain::Notes::as_str).unwrap_or_default()),
                TableCell::short(visit.zone.minute(assigned.assigned_at)),
                TableCell::link("Details", format!("/admin/mappings/{owner}/{}", assigned.mapping)),
            ],
            button: Some(Button {
                action: format!("/admin/mappings/{owner}/{}/end", assigned.mapping),
                label: "End",
                of: name.to_owned(),
                values: vec![("next", address(owner, id))],
            }),
        }
    };
    Ok(Table {
        id: "doctors",
        title: "Doctors",
        heads: vec!["Name", "Specialization", "Notes", "Assigned", "", ""],
        rows: assigned.iter().map(row).collect(),
        empty: "No doctor is assigned. Find one below.",
    })
}

/// Only what was found, for a page that is open.
async fn find(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = (visit.id("owner", UserId::new)?, visit.id("id", PatientId::new)?);
    visit.who()?;
    let table = found_doctors(&visit, &address(owner, id)).await?;
    page::show(&FoundPart { table, token: visit.token() })
}

async fn found_doctors(visit: &Visit, here: &str) -> Result<Option<Table>, Refusal> {
    let Some(search) = SearchTerms::parse(visit.query.get("doctor")) else { return Ok(None) };
    let filter = DoctorFilter { search: Some(search), ..DoctorFilter::default() };
    let page = Page { limit: PageLimit::new(10).unwrap_or_default(), ..Page::default() };
    let found = visit.panel.doctors.list(&filter, page).await?;
    let row = |doctor: &domain::Doctor| TableRow {
        cells: vec![
            TableCell::text(doctor.details.name.as_str()),
            TableCell::text(crate::details::doctor_value(&doctor.details, "specialization")),
        ],
        button: Some(Button {
            action: format!("{here}/assign"),
            label: "Assign",
            of: doctor.details.name.as_str().to_owned(),
            values: vec![("doctor", doctor.id.to_string())],
        }),
    };
    Ok(Some(Table {
        id: "doctors-found",
        title: "Doctors found",
        heads: vec!["Name", "Specialization", ""],
        rows: found.items.iter().map(row).collect(),
        empty: "No doctor has such a name.",
    }))
}

async fn delete_page(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let who = visit.who()?;
    let patient = visit.panel.administration.patient(who, owner, id).await?;
    let assigned = visit.panel.administration.doctors_of(who, owner, id).await?;
    let ends = match assigned.len() {
        0 => "No doctor is assigned, so nothing else ends.".to_owned(),
        1 => "The assignment of this doctor ends with it:".to_owned(),
        count => format!("The assignments of these {count} doctors end with it:"),
    };
    let page = ConfirmPage {
        layout: Layout::inside(&visit, BASE, format!("Delete {}?", patient.details.name.full()))?,
        token: visit.token(),
        lines: vec!["The record goes out of sight. It can be restored from its history.".to_owned(), ends],
        names: assigned.iter().map(|assigned| assigned.doctor.details.name.as_str().to_owned()).collect(),
        action: format!("{}/delete", address(owner, id)),
        values: vec![("version", patient.version.get().to_string())],
        button: "Delete",
        cancel: address(owner, id),
    };
    page::show(&page)
}

async fn history(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let who = visit.who()?;
    let administration = &visit.panel.administration;
    let entries = administration.patient_history(who, owner, id).await?;
    let mut records = Vec::new();
    for entry in entries.iter().take(STEPS.saturating_add(1)) {
        records.push(administration.patient_version(who, owner, id, entry.version).await?.record);
    }
    let value = |patient: &Patient, name| patient_value(&patient.details, name);
    let steps = steps(visit.zone, PATIENT, &entries, &records, value);
    let is_deleted = entries.first().is_some_and(|newest| newest.act == domain::Act::Removed);
    let name = records.first().map_or("", |record| record.details.name.full());
    let page = HistoryPage {
        layout: Layout::inside(&visit, BASE, format!("History of {name}"))?,
        token: visit.token(),
        back: if is_deleted { BASE.to_owned() } else { address(owner, id) },
        restore: is_deleted.then(|| format!("{}/restore", address(owner, id))),
        steps,
    };
    page::show(&page)
}
