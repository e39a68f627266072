//! The REST interface of Healthcore on actix-web.
//!
//! An operation is a handler in `routes`, registered by its module's list of operations; from these lists come
//! both the router and the OpenAPI document. A handler takes the caller's right as a type, reads the request
//! through `dto`, calls one service of [`application`] and answers. What goes wrong becomes a [`Problem`], the one
//! place that chooses a status.

#![allow(
    elided_lifetimes_in_paths,
    reason = "the document's attributes name response types without their lifetimes"
)]

mod accept;
mod audit;
mod auth;
mod body;
mod client_address;
mod cursor;
mod dto;
mod envelope;
mod fields;
mod limits;
mod listing;
mod load;
mod metrics;
mod once;
mod openapi;
pub mod pages;
mod path_id;
mod problem;
mod record;
mod registry;
mod request_id;
mod routes;
mod sent;
mod sheet;
mod span;
mod state;
mod trace;

use std::rc::Rc;
use std::sync::Arc;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, NormalizePath, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, Error};
use tracing_actix_web::TracingLogger;

pub use client_address::{TrustedProxies, customer};
pub use fields::FieldErrors;
pub use limits::Limits;
pub use load::Load;
pub use metrics::RequestMetrics;
use openapi::LazyDocument;
pub use openapi::{Document, PUBLIC_OPERATIONS};
pub use pages::Pages;
pub use problem::{Code, Problem};
pub use routes::keys::PublicKeys;
pub use state::{AppState, Draining, HttpSettings, MappingDetail};
pub use trace::TraceLink;

/// What is made once and shared by all workers.
#[derive(Clone)]
pub struct Shared {
    state: Data<AppState>,
    document: Data<LazyDocument>,
    pages: Pages,
    public_keys: Data<PublicKeys>,
    metrics: RequestMetrics,
    link: Option<Data<TraceLink>>,
}

impl Shared {
    /// Over the services.
    pub fn new(state: AppState) -> Self {
        let document = LazyDocument::new(state.settings);
        let public_keys = Data::new(PublicKeys::default());
        Self {
            state: Data::new(state),
            document: Data::new(document),
            pages: Pages::new(),
            public_keys,
            metrics: RequestMetrics::default(),
            link: None,
        }
    }

    /// The same, counting by these.
    pub fn counting(self, metrics: RequestMetrics) -> Self {
        Self { metrics, ..self }
    }

    /// The same, telling a collector of traces of each request.
    pub fn linking(self, link: Option<TraceLink>) -> Self {
        Self { link: link.map(Data::new), ..self }
    }

    /// The same with public keys to publish.
    pub fn publishing(mut self, keys: PublicKeys) -> Self {
        self.public_keys = Data::new(keys);
        self
    }
}

/// The whole interface, the same for the server and for tests.
pub fn app(
    shared: &Shared,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let settings = shared.state.settings;
    let pages = shared.pages.clone();
    let metrics = Rc::new(shared.metrics.clone());
    let (of_routes, link) = (Rc::clone(&metrics), shared.link.clone());
    App::new()
        .app_data(shared.state.clone())
        .app_data(shared.document.clone())
        .app_data(shared.public_keys.clone())
        .configure(|config| {
            registry::register(&routes::operations(settings), &of_routes, config);
            if let Some(link) = link {
                config.app_data(link);
            }
            for resource in pages.resources() {
                config.service(registry::complete(resource, pages::ALLOWED_METHODS, Arc::default()));
            }
        })
        .default_service(web::to(envelope::unknown_path))
        .wrap(from_fn(load::bound))
        .wrap(Condition::new(!shared.state.cors_origins.is_empty(), cors(&shared.state.cors_origins)))
        .wrap(from_fn(move |request, next| {
            metrics::count(Rc::clone(&metrics), envelope::seal(request, next))
        }))
        .wrap(TracingLogger::<span::RouteSpan>::new())
        // Outermost, so that everything else sees one form of each path.
        .wrap(NormalizePath::trim())
}

/// What web pages of other origins may do and see. Tokens travel in a header, so no credentials of the browser
/// are allowed along.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            "authorization",
            "content-type",
            "idempotency-key",
            "if-match",
            "if-none-match",
            "traceparent",
            "tracestate",
            "x-request-id",
        ])
        .expose_headers([
            "content-disposition",
            "etag",
            "link",
            "location",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "traceresponse",
            "www-authenticate",
            "x-request-id",
            "x-total-count",
        ])
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
