//! Assignments of doctors to patients of all owners. A patient's own page is where they are made.

use actix_web::HttpResponse;
use domain::{
    AllMappings, DoctorId, MappingId, MappingView, Notes, PatientId, SearchTerms, UserId, UserName,
};

use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, Column, Input, cursor, filter};
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::view::minute;

const BASE: &str = "/admin/mappings";

const COLUMNS: &[Column] = &[
    Column { key: "patient", label: "Patient", sort: None, is_shown: true },
    Column { key: "doctor", label: "Doctor", sort: None, is_shown: true },
    Column { key: "specialization", label: "Specialization", sort: None, is_shown: true },
    Column { key: "notes", label: "Notes", sort: None, is_shown: false },
    Column { key: "assigned_by", label: "Assigned by", sort: None, is_shown: true },
    Column { key: "created", label: "Assigned (UTC)", sort: Some("created"), is_shown: true },
    Column { key: "ended", label: "Ended (UTC)", sort: None, is_shown: false },
    Column { key: "id", label: "Id", sort: None, is_shown: false },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/mappings", "admin_mappings_list", |visit| Box::pin(list(visit))),
        Endpoint::change("/mappings/{owner}/{id}/end", "admin_mappings_end", |visit| Box::pin(end(visit))),
    ]
}

async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let query = &visit.query;
    let asked = Asked { base: BASE, query, columns: COLUMNS };
    let wanted = AllMappings {
        search: SearchTerms::parse(query.get("q")),
        patient: query.get("patient").trim().parse().ok().and_then(PatientId::new),
        doctor: query.get("doctor").trim().parse().ok().and_then(DoctorId::new),
        is_ended: query.get("state") == "ended",
    };
    let administration = &visit.panel.administration;
    let found = administration.mappings(visit.who()?, &wanted, asked.page(MappingId::new)?).await?;
    let layout = Layout::inside(&visit, BASE, "Mappings")?;
    let mut list = asked.list(layout, found.total, found.next.map(cursor));
    let row = |view: &MappingView| {
        let mapping = &view.mapping;
        let href = format!("/admin/patients/{}/{}", mapping.owner, mapping.patient);
        let key = format!("{}/{}", mapping.owner, mapping.id);
        asked.row(key, view.patient_name.full(), href, |name| column(view, name))
    };
    list.rows = found.items.iter().map(row).collect();
    list.filters = vec![filter(query, "state", "State", "Active", [("ended", "Ended")])];
    let input = |name, label| Input { name, label, value: query.get(name).to_owned() };
    list.inputs = vec![input("patient", "Patient's id"), input("doctor", "Doctor's id")];
    list.empty = "Nothing matches. Open a patient to assign a doctor.";
    page::show(&list)
}

fn column(view: &MappingView, name: &str) -> String {
    let mapping = &view.mapping;
    match name {
        "patient" => view.patient_name.full().to_owned(),
        "doctor" => view.doctor_name.as_str().to_owned(),
        "specialization" => {
            view.specialization.as_ref().map(|value| value.as_str().to_owned()).unwrap_or_default()
        }
        "notes" => mapping.notes.as_ref().map(Notes::as_str).unwrap_or_default().to_owned(),
        "assigned_by" => mapping.assigned_by.as_ref().map(UserName::as_str).unwrap_or_default().to_owned(),
        "created" => minute(mapping.assigned_at),
        "ended" => mapping.ended_at.map(minute).unwrap_or_default(),
        "id" => mapping.id.to_string(),
        _ => String::new(),
    }
}

async fn end(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = (visit.id("owner", UserId::new)?, visit.id("id", MappingId::new)?);
    let administration = &visit.panel.administration;
    let who = visit.who()?;
    let mapping = administration.mapping(who, owner, id).await?.mapping;
    administration.end_mapping(who, owner, id).await?;
    page::go(&format!("/admin/patients/{owner}/{}?done=ended", mapping.patient))
}
