//! The registry of operations: one list from which both the router and the OpenAPI document are made, so
//! neither can know an operation that the other does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::dev::HttpServiceFactory;
use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route};
use domain::Operation as Name;
use utoipa::openapi::path::{HttpMethod, Operation as Specification};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{RefOr, path::PathItem};

use crate::audit::{self, Audited};
use crate::auth::require_sign_in;
use crate::envelope;
use crate::limits::guard_credentials;
use crate::metrics::{self, Counters, RequestMetrics};
use crate::openapi::PUBLIC_OPERATIONS;
use crate::problem::{Code, Problem};

/// Schemas by name, as utoipa collects them.
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// One operation: its handler and its specification.
pub(crate) struct Operation {
    /// The path as it is documented, with a trailing slash; requests may leave the slash out.
    pub(crate) path: String,
    /// The method.
    pub(crate) method: HttpMethod,
    /// What the document says of it.
    pub(crate) specification: Specification,
    /// Adds the schemas that the specification names.
    pub(crate) schemas: fn(&mut Schemas),
    /// What it is on record as.
    pub(crate) name: Name,
    /// It is many writes or none, each with its own event.
    is_many_writes: bool,
    route: fn(Route) -> Route,
}

impl Operation {
    /// The operation that utoipa's attribute has described as `D`, with its handler.
    pub(crate) fn new<D>(name: &'static str, route: fn(Route) -> Route) -> Self
    where
        D: utoipa::Path + utoipa::__dev::SchemaReferences + for<'t> utoipa::__dev::Tags<'t>,
    {
        let method = D::methods().into_iter().next().unwrap_or(HttpMethod::Get);
        let mut specification = D::operation();
        specification.tags = Some(D::tags().into_iter().map(str::to_owned).collect());
        let (name, is_many_writes) = (Name::named(name), false);
        Self { path: D::path(), method, specification, schemas: D::schemas, name, is_many_writes, route }
    }

    /// The same, of many writes that each have their own event.
    pub(crate) fn of_many_writes(self) -> Self {
        Self { is_many_writes: true, ..self }
    }

    /// Whether anybody may call it.
    pub(crate) fn is_public(&self) -> bool {
        self.specification.operation_id.as_deref().is_some_and(|id| PUBLIC_OPERATIONS.contains(&id))
    }

    /// Whether it proves who somebody is, instead of asking for the proof.
    pub(crate) fn takes_credentials(&self) -> bool {
        self.is_public() && self.has_tag("accounts")
    }

    /// Whether requests are counted. Documents and probes are free.
    pub(crate) fn is_limited(&self) -> bool {
        !self.is_public() || self.takes_credentials()
    }

    /// Whether it belongs to this group.
    pub(crate) fn has_tag(&self, tag: &str) -> bool {
        self.specification.tags.iter().flatten().any(|known| known == tag)
    }

    /// Adds the operation to a path item of the document.
    pub(crate) fn item(&self, specification: Specification) -> PathItem {
        PathItem::new(self.method.clone(), specification)
    }
}

/// The operations of these handlers.
macro_rules! operations {
    ($($handler:ident),+ $(,)?) => {
        pastey::paste! {
            vec![$(
                $crate::registry::Operation::new::<[<__path_ $handler>]>(stringify!($handler), |route| route.to($handler))
            ),+]
        }
    };
}

pub(crate) use operations;

/// Registers the operations, one resource for each path: `HEAD` beside `GET`, and 405 with `Allow` for
/// every other method.
pub(crate) fn register(operations: &[Operation], metrics: &RequestMetrics, config: &mut ServiceConfig) {
    let mut paths: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        paths.entry(operation.path.trim_end_matches('/')).or_default().push(operation);
    }
    // The router takes the first path that matches: `/mappings/patient/{id}` before `/mappings/{id}/doctors`. It tries one
    // after the other, and a parameter takes longest: so the short paths of single records come before longer ones.
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.sort_by_key(|(path, _)| {
        let is_parameter: Vec<_> = path.split('/').map(|segment| segment.starts_with('{')).collect();
        (is_parameter.contains(&true), is_parameter.len(), is_parameter)
    });
    for (path, operations) in paths {
        let mut resource = web::resource(path);
        let mut allowed: Vec<&'static str> = Vec::new();
        for operation in operations {
            let methods = methods(&operation.method);
            let route = (operation.route)(web::route().guard(any_of(methods)));
            let is_write = operation.method != HttpMethod::Get;
            let audited = Audited::new(operation.name, is_write, operation.is_many_writes);
            resource = resource.route(if !operation.is_public() {
                route.wrap(from_fn(move |request, next| {
                    audit::on_record(audited, request, |request| require_sign_in(request, next))
                }))
            } else if operation.takes_credentials() {
                route.wrap(from_fn(move |request, next| {
                    audit::on_record(audited, request, |request| guard_credentials(request, next))
                }))
            } else {
                route
            });
            allowed.extend(methods);
        }
        let counters: Counters = allowed.iter().map(|method| Arc::new(metrics.of(path, method))).collect();
        config.service(complete(resource, &allowed.join(", "), counters));
    }
}

/// Gives a resource its 405 with `Allow` and its counters, and contains its panics.
pub(crate) fn complete(
    resource: Resource,
    allowed: &str,
    counters: Counters,
) -> impl HttpServiceFactory + 'static {
    let allowed = HeaderValue::from_str(allowed).ok();
    let resource = resource.default_service(web::to(move || {
        let mut problem = Problem::new(Code::MethodNotAllowed);
        if let Some(allowed) = allowed.clone() {
            problem = problem.header(ALLOW, allowed);
        }
        std::future::ready(Err::<HttpResponse, _>(problem))
    }));
    resource.wrap(from_fn(move |request, next: Next<_>| {
        metrics::note_route(&counters, &request);
        envelope::contain(request, move |request| next.call(request))
    }))
}

const fn methods(method: &HttpMethod) -> &'static [&'static str] {
    match method {
        HttpMethod::Get => &["GET", "HEAD"],
        HttpMethod::Post => &["POST"],
        HttpMethod::Put => &["PUT"],
        HttpMethod::Patch => &["PATCH"],
        HttpMethod::Delete => &["DELETE"],
        HttpMethod::Options => &["OPTIONS"],
        HttpMethod::Head => &["HEAD"],
        HttpMethod::Trace => &["TRACE"],
    }
}

fn any_of(methods: &'static [&'static str]) -> impl Guard {
    guard::fn_guard(move |context| methods.contains(&Method::as_str(&context.head().method)))
}
