//! The panel as a whole, and how it is mounted.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Compress;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Scope, guard};
use application::{Administration, Audit, AuditLog, Doctors, Error, Health};
use domain::ports::{Clock, Random, RateLimiter};
use domain::{AuditHead, LinkKey, Quota, Timestamp};

use crate::asset::Assets;
use crate::gate::Endpoint;
use crate::zone::Zone;
use crate::{gate, page, routes};

/// Who is on the other end of a connection.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Peer {
    /// The address, as far as it can be believed.
    pub address: Option<IpAddr>,
    /// What attempts are counted by: the address, or the part of it that one customer has.
    pub customer: String,
}

/// The rates that the operator allows, counted together with those of the interface.
#[derive(Clone)]
pub struct PanelLimits {
    /// Counts.
    pub limiter: Arc<dyn RateLimiter>,
    /// Of each customer who has not signed in.
    pub anonymous: Quota,
    /// Of each user.
    pub user: Quota,
    /// Of each customer who tries to sign in.
    pub sign_in: Quota,
}

impl PanelLimits {
    /// Counts a request of `who`.
    pub(crate) async fn take(&self, who: &str, quota: Quota, now: Timestamp) -> Result<(), Error> {
        let allowance = self.limiter.take(who, quota, now).await?;
        if allowance.is_granted { Ok(()) } else { Err(Error::Throttled(allowance.reset)) }
    }
}

/// What the panel stands on.
#[derive(Clone)]
pub struct PanelParts {
    /// Signing in, and the records of all owners.
    pub administration: Administration,
    /// The directory of doctors.
    pub doctors: Doctors,
    /// Puts calls on record.
    pub audit: Audit,
    /// Shows what is on record.
    pub audit_log: AuditLog,
    /// Is the database there?
    pub health: Health,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for masks.
    pub random: Arc<dyn Random>,
    /// How often people may ask; `None` where the operator sets no limits.
    pub limits: Option<PanelLimits>,
    /// Tells who is on the other end.
    pub peer: Arc<dyn Fn(&HttpRequest) -> Peer + Send + Sync>,
    /// Whether the server speaks TLS itself: then the cookie is for TLS only.
    pub is_tls: bool,
    /// The time zone in which pages show instants where nobody has chosen another one.
    pub zone: Zone,
    /// The heads of the audit trail that were noted elsewhere; may block.
    pub noted: Arc<dyn Fn() -> Vec<AuditHead> + Send + Sync>,
    /// What there is to know about the server.
    pub system: System,
}

/// What an administrator is told about the server.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct System {
    /// Where it runs: development or production.
    pub environment: &'static str,
    /// Which database it uses, without secrets.
    pub database: String,
    /// What should be thought about in its configuration.
    pub warnings: Vec<String>,
}

/// The admin panel, ready to be mounted; clones are cheap.
#[derive(Clone)]
pub struct Panel(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) parts: PanelParts,
    pub(crate) assets: Assets,
}

impl std::ops::Deref for Panel {
    type Target = PanelParts;

    fn deref(&self) -> &PanelParts {
        &self.0.parts
    }
}

impl Panel {
    /// Over its parts.
    pub fn new(parts: PanelParts) -> Self {
        Self(Arc::new(Inner { parts, assets: Assets::new() }))
    }

    /// The path of the page that makes the first administrator, with a key that works once and from this machine only;
    /// `None` where there is an administrator.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn offer_set_up(&self) -> Result<Option<String>, Error> {
        let path = |key: LinkKey| format!("/admin/set-up?key={}", key.expose());
        Ok(self.administration.offer_set_up().await?.map(path))
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.assets
    }

    /// Mounts everything below `/admin`. Paths come without a trailing slash.
    pub fn configure(&self, config: &mut ServiceConfig) {
        let mut scope = web::scope("/admin").wrap(Compress::default());
        for asset in self.assets().all() {
            let path = asset.path().trim_start_matches("/admin").to_owned();
            let asset = Arc::clone(asset);
            let answer = move |request: HttpRequest| std::future::ready(asset.answer(&request));
            scope = scope.service(
                web::resource(path).route(web::get().to(answer.clone())).route(web::head().to(answer)),
            );
        }
        let panel = self.clone();
        let unknown = move || {
            let text = "There is nothing at this address.";
            std::future::ready(page::message(&panel, StatusCode::NOT_FOUND, "Not found", text))
        };
        // Each worker has a regular expression of some 20 KiB for each path with ids: so the pages of a record share theirs.
        for (record, pages) in routes::by_record() {
            let pages = pages.into_iter().map(|(page, endpoints)| self.resource(page, endpoints));
            scope = if record.is_empty() {
                pages.fold(scope, Scope::service)
            } else {
                let pages = pages.fold(web::scope(record), Scope::service);
                scope.service(pages.default_service(web::to(unknown.clone())))
            };
        }
        config.service(scope.default_service(web::to(unknown)));
    }

    /// A path with its endpoints, and 405 with `Allow` for every other method.
    fn resource(&self, path: &str, endpoints: Vec<Endpoint>) -> Resource {
        let mut resource = web::resource(path);
        let mut allowed = Vec::new();
        for endpoint in endpoints {
            let panel = self.clone();
            let is_page = endpoint.method == Method::GET;
            let serve = move |request: HttpRequest, body: web::Payload| {
                gate::enter(panel.clone(), endpoint.clone(), request, body)
            };
            let route = if is_page {
                allowed.push("GET, HEAD");
                web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
            } else {
                allowed.push("POST");
                web::post()
            };
            resource = resource.route(route.to(serve));
        }
        let (panel, allowed) = (self.clone(), allowed.join(", "));
        resource.default_service(web::to(move || {
            let mut answer = wrong_method(&panel);
            if let Ok(allowed) = allowed.parse() {
                answer.headers_mut().insert(ALLOW, allowed);
            }
            std::future::ready(answer)
        }))
    }
}

fn wrong_method(panel: &Panel) -> HttpResponse {
    let text = "This address cannot be asked that way.";
    page::message(panel, StatusCode::METHOD_NOT_ALLOWED, "Not allowed", text)
}
