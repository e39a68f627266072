//! Assignments of doctors to patients of all owners. A patient's own page is where they are made.

mod one;
mod selected;

use actix_web::HttpResponse;
use domain::{AllMappings, DoctorId, MappingId, MappingView, Notes, PatientId, SearchTerms, UserName};

use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, Bulk, Column, Deed, Input, counted, cursor, filter};
use crate::page::{self, Layout};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::zone::Zone;

const BASE: &str = "/admin/mappings";

const COLUMNS: &[Column] = &[
    Column { key: "patient", label: "Patient", sort: None, is_shown: true },
    Column { key: "doctor", label: "Doctor", sort: None, is_shown: true },
    Column { key: "specialization", label: "Specialization", sort: None, is_shown: true },
    Column { key: "notes", label: "Notes", sort: None, is_shown: false },
    Column { key: "assigned_by", label: "Assigned by", sort: None, is_shown: true },
    Column { key: "created", label: "Assigned", sort: Some("created"), is_shown: true },
    Column { key: "ended", label: "Ended", sort: None, is_shown: false },
    Column { key: "id", label: "Id", sort: None, is_shown: false },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints =
        vec![Endpoint::page("/mappings", "admin_mappings_list", |visit| Box::pin(list(visit)))];
    endpoints.extend(one::endpoints());
    endpoints.extend(selected::endpoints());
    endpoints
}

/// What the address asks for.
fn wanted(query: &Query) -> AllMappings {
    AllMappings {
        search: SearchTerms::parse(query.get("q")),
        patient: query.get("patient").trim().parse().ok().and_then(PatientId::new),
        doctor: query.get("doctor").trim().parse().ok().and_then(DoctorId::new),
        is_ended: query.get("state") == "ended",
    }
}

async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (query, who) = (&visit.query, visit.who()?);
    let asked = Asked { base: BASE, query, columns: COLUMNS };
    let wanted = wanted(query);
    let administration = &visit.panel.administration;
    let found = administration.mappings(who, &wanted, asked.page(MappingId::new)?).await?;
    let total = administration.count_mappings(who, &wanted).await?;
    let others = AllMappings { is_ended: !wanted.is_ended, ..wanted.clone() };
    let others = administration.count_mappings(who, &others).await?;
    let layout = Layout::inside(&visit, BASE, "Mappings")?;
    let mut list = asked.list(layout, counted(total), found.next.map(cursor));
    let row = |view: &MappingView| {
        let mapping = &view.mapping;
        let key = format!("{}/{}", mapping.owner, mapping.id);
        let href = format!("{BASE}/{key}");
        let name = format!("{}, {}", view.patient_name.full(), view.doctor_name.as_str());
        asked.row(key, &name, &href, |name| column(view, name, visit.zone))
    };
    list.rows = found.items.iter().map(row).collect();
    let by_state = |value: &str| if (value == "ended") == wanted.is_ended { total } else { others };
    list.filters = vec![filter(query, "state", "State", "Active", [("ended", "Ended")], by_state)];
    list.inputs =
        vec![Input::of(query, "patient", "Patient's id"), Input::of(query, "doctor", "Doctor's id")];
    list.add = Some(("/admin/patients", "Choose a patient to assign a doctor"));
    list.empty = "No doctor is assigned to anybody. Open a patient to assign one.";
    list.export = Some(query.with("after", "").with("done", "").href("/admin/mappings.csv"));
    let mut deeds = vec![Deed::plain("export", "Export selected")];
    if !wanted.is_ended {
        deeds.push(Deed::danger("end", "End selected"));
    }
    list.bulk = Some(Bulk { action: "/admin/mappings/selected", token: visit.token(), deeds });
    page::show(&list)
}

fn column(view: &MappingView, name: &str, zone: Zone) -> String {
    let mapping = &view.mapping;
    match name {
        "patient" => view.patient_name.full().to_owned(),
        "doctor" => view.doctor_name.as_str().to_owned(),
        "specialization" => {
            view.specialization.as_ref().map(|value| value.as_str().to_owned()).unwrap_or_default()
        }
        "notes" => mapping.notes.as_ref().map(Notes::as_str).unwrap_or_default().to_owned(),
        "assigned_by" => mapping.assigned_by.as_ref().map(UserName::as_str).unwrap_or_default().to_owned(),
        "created" => zone.minute(mapping.assigned_at),
        "ended" => mapping.ended_at.map(|at| zone.minute(at)).unwrap_or_default(),
        "id" => mapping.id.to_string(),
        _ => String::new(),
    }
}
