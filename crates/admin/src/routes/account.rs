//! One's own account: the password, and the time zone of the pages.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::{HumanName, Password, RecordId};

use crate::form::{FormPage, Reading, Spec, Specs};
use crate::gate::{Endpoint, Visit};
use crate::list::{Choice, Select};
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::routes::users::role;
use crate::view::{Link, RecordPage, SmallForm, Values};
use crate::zone::Zone;

const BASE: &str = "/admin/account";

const FIELDS: Specs = &[(
    "Password",
    &[
        Spec::new("current_password", "Current password", "password")
            .required()
            .autocomplete("current-password"),
        Spec::new("new_password", "New password", "password")
            .required()
            .help("At least 8 characters, and not easy to guess.")
            .autocomplete("new-password"),
        Spec::new("again", "The new one once more", "password").required().autocomplete("new-password"),
    ],
)];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/account", "admin_account", |visit| Box::pin(async move { account(&visit) })),
        Endpoint::page("/account/password", "admin_password_page", |visit| {
            Box::pin(async move { form(&visit)?.show(StatusCode::OK) })
        }),
        Endpoint::change("/account/password", "admin_password", |visit| Box::pin(password(visit))),
        Endpoint::change("/account/time-zone", "admin_time_zone", |visit| {
            Box::pin(async move { time_zone(&visit) })
        })
        .reading(),
    ]
}

fn account(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let user = visit.who()?.user();
    let zone = |name: &'static str| Choice {
        value: name.to_owned(),
        label: name.to_owned(),
        is_chosen: name == visit.zone.name(),
    };
    let idle = visit.panel.administration.rules().idle.as_secs() / 60;
    let page = RecordPage {
        layout: Layout::inside(visit, BASE, "Your account")?,
        token: visit.token(),
        links: vec![Link::to(format!("{BASE}/password"), "Change the password")],
        groups: vec![Values {
            title: "Account",
            values: vec![
                ("User name", user.username.as_str().to_owned()),
                ("Name", user.name.as_ref().map(HumanName::full).unwrap_or_default().to_owned()),
                ("Role", role(user.role).to_owned()),
                ("Signed out after", format!("{idle} minutes without use")),
            ],
        }],
        tables: Vec::new(),
        finder: None,
        forms: vec![SmallForm {
            action: format!("{BASE}/time-zone"),
            title: "Time zone",
            help: "This browser keeps it for a year.",
            label: "Save the time zone",
            is_danger: false,
            selects: vec![Select {
                name: "zone",
                label: "Time zone of the times on all pages",
                options: Zone::names().map(zone).collect(),
            }],
        }],
    };
    page::show(&page)
}

fn form(visit: &Visit) -> Result<FormPage, Refusal> {
    visit.call.target(RecordId::User(visit.who()?.user().id));
    let layout = Layout::inside(visit, BASE, "Change the password")?;
    let lines = vec!["All your other sessions end.".to_owned()];
    let form = FormPage::new(layout, visit.token(), FIELDS, |_| String::new()).saying(lines);
    Ok(form.only("/admin/account/password", "Change", BASE, Vec::new()))
}

async fn password(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut reading = Reading::of(&visit.form);
    reading.same_twice("new_password");
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if !reading.is_wrong() {
        let current = Password::new(visit.form.get("current_password"));
        let new = visit.form.get("new_password");
        let administration = &visit.panel.administration;
        match administration.change_password(visit.who()?, current, new, &visit.client()).await {
            Ok(()) => return page::go("/admin/account?done=password"),
            Err(error) => status = reading.take(error)?,
        }
    }
    form(&visit)?.wrong(reading.wrong()).show(status)
}

fn time_zone(visit: &Visit) -> Result<HttpResponse, Refusal> {
    visit.who()?;
    let zone = Zone::parse(visit.form.get("zone"));
    let zone = zone.ok_or(Refusal::Malformed(StatusCode::BAD_REQUEST, "There is no such time zone."))?;
    let mut answer = page::go("/admin/account?done=zone")?;
    answer.add_cookie(&zone.cookie(visit.panel.is_tls)).map_err(|_| Refusal::Broken)?;
    Ok(answer)
}
