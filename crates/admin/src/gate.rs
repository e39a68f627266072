//! The way in: who asks, where a form comes from, and that each call goes on record.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CONTENT_TYPE, USER_AGENT};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{BytesMut, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use application::{Administrator, Client, Error};
use domain::{
    AdminKey, AuditEvent, Call, Caller as _, Operation, Outcome, PatientId, RecordId, RequestId, Stamp,
    Version,
};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};

use crate::panel::{Panel, Peer};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::zone::Zone;
use crate::{cookie, token};

/// The largest form, in bytes: the longest text of a record, with each character escaped.
const FORM_LIMIT: usize = 512 * 1024;

/// How long a form may take to arrive.
const FORM_DEADLINE: Duration = Duration::from_secs(14);

/// What a handler answers.
pub(crate) type Answer = LocalBoxFuture<'static, Result<HttpResponse, Refusal>>;

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody: to sign in.
    Public,
    /// Staff who have signed in.
    Staff,
}

/// One line of the table of endpoints.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// Below `/admin`.
    pub(crate) path: &'static str,
    pub(crate) method: Method,
    /// What it is on record as.
    pub(crate) operation: &'static str,
    pub(crate) access: Access,
    /// Whether a success leaves its event by itself, as part of the change.
    pub(crate) is_write: bool,
    pub(crate) handler: fn(Visit) -> Answer,
}

impl Endpoint {
    /// A page.
    pub(crate) fn page(path: &'static str, operation: &'static str, handler: fn(Visit) -> Answer) -> Self {
        Self { path, method: Method::GET, operation, access: Access::Staff, is_write: false, handler }
    }

    /// A form that changes something.
    pub(crate) fn change(path: &'static str, operation: &'static str, handler: fn(Visit) -> Answer) -> Self {
        Self { method: Method::POST, is_write: true, ..Self::page(path, operation, handler) }
    }

    /// The same for everybody.
    pub(crate) fn public(self) -> Self {
        Self { access: Access::Public, ..self }
    }

    /// A form that only leads on to another page.
    pub(crate) fn reading(self) -> Self {
        Self { is_write: false, ..self }
    }
}

/// One call of the panel.
pub(crate) struct Visit {
    pub(crate) panel: Panel,
    pub(crate) request: HttpRequest,
    pub(crate) query: Query,
    /// What was sent with the form; empty for a page.
    pub(crate) form: Query,
    pub(crate) call: Arc<Call>,
    pub(crate) peer: Peer,
    /// In which times are shown.
    pub(crate) zone: Zone,
    who: Option<Administrator>,
    key: Option<AdminKey>,
}

impl Visit {
    /// Who has signed in.
    pub(crate) fn who(&self) -> Result<&Administrator, Refusal> {
        self.who.as_ref().ok_or_else(|| Refusal::SignIn("/admin".to_owned()))
    }

    /// The token for a form of this session.
    pub(crate) fn token(&self) -> String {
        self.key.as_ref().map(|key| token::masked(key, self.panel.random.as_ref())).unwrap_or_default()
    }

    /// A part of the path, as what it stands for.
    pub(crate) fn id<T>(&self, name: &str, parse: impl FnOnce(i64) -> Option<T>) -> Result<T, Refusal> {
        let number = self.request.match_info().get(name).and_then(|part| part.parse().ok());
        number.and_then(parse).ok_or(Refusal::NOT_FOUND)
    }

    /// The version of the record that the form was filled in from.
    pub(crate) fn version(&self) -> Result<Version, Refusal> {
        let version = self.form.get("version").parse().ok().and_then(Version::new);
        version.ok_or(Refusal::Malformed(
            StatusCode::BAD_REQUEST,
            "The form does not say what it was made from.",
        ))
    }

    /// Puts on record that this call has shown these records, each with the patient whose it is. The one that the call
    /// names is on record by the call itself.
    pub(crate) async fn note(
        &self,
        shown: impl IntoIterator<Item = (RecordId, Option<PatientId>)>,
    ) -> Result<(), Refusal> {
        let stamp = self.who()?.actor().stamp(self.panel.clock.now());
        let named = self.call.targeted();
        for (record, patient) in shown.into_iter().filter(|(record, _)| Some(*record) != named) {
            let event = AuditEvent { patient, ..AuditEvent::of(&stamp, Outcome::Done) };
            self.panel.audit.put(event.about(record)).await?;
        }
        Ok(())
    }

    /// Who is on the other end, to be kept with a session.
    pub(crate) fn client(&self) -> Client {
        let user_agent = self.request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        Client {
            call: Arc::clone(&self.call),
            address: self.peer.address.map(|address| address.to_string()),
            customer: self.peer.customer.clone(),
            user_agent: user_agent.map(|text| text.chars().take(200).collect()),
        }
    }
}

/// Serves one request and puts it on record.
pub(crate) async fn enter(
    panel: Panel,
    endpoint: Endpoint,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let peer = (panel.peer)(&request);
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::none);
    let call = Arc::new(Call::new(Operation::named(endpoint.operation), peer.address, id));
    let is_htmx = request.headers().contains_key("hx-request");
    let key = cookie::key(&request, panel.is_tls);
    let known = match &key {
        Some(key) => panel.administration.authenticate(key, Arc::clone(&call)).await,
        None => Err(Error::BadToken),
    };
    let actor = known.as_ref().ok().map(|who| who.actor().clone());
    if let Some(actor) = &actor {
        tracing::Span::current().record("user.id", actor.user.get());
    }
    let query = Query::parse(request.query_string());
    let visit = Visit {
        panel: panel.clone(),
        query,
        form: Query::default(),
        call: Arc::clone(&call),
        peer,
        zone: Zone::chosen(&request).unwrap_or(panel.zone),
        who: None,
        key,
        request,
    };
    let served = AssertUnwindSafe(serve(&endpoint, visit, known, payload)).catch_unwind().await;
    // What the panic says may hold anything; the panic hook has logged where it was.
    let served = served.unwrap_or(Err(Refusal::Broken));
    let must_sign_in = matches!(served, Err(Refusal::SignIn(_)));
    let answer = served.unwrap_or_else(|refusal| refusal.answer(&panel, is_htmx));
    let outcome = if must_sign_in { Outcome::Unauthenticated } else { outcome(answer.status()) };
    if endpoint.is_write && outcome == Outcome::Done {
        return answer;
    }
    let now = panel.clock.now();
    let stamp = actor.map_or_else(|| Stamp::anonymous(now, call), |actor| actor.stamp(now));
    match panel.audit.put(AuditEvent::of(&stamp, outcome)).await {
        Ok(()) => answer,
        // What is not on record is not answered.
        Err(error) => Refusal::Failed(error).answer(&panel, is_htmx),
    }
}

async fn serve(
    endpoint: &Endpoint,
    mut visit: Visit,
    known: Result<Administrator, Error>,
    payload: Payload,
) -> Result<HttpResponse, Refusal> {
    count(&visit, known.as_ref().ok()).await?;
    let is_form = endpoint.method == Method::POST;
    if is_form && !token::is_same_origin(&visit.request) {
        return Err(Refusal::Forged);
    }
    match (known, endpoint.access) {
        (Ok(who), _) => visit.who = Some(who),
        (Err(_), Access::Public) => visit.key = None,
        (Err(Error::BadToken), Access::Staff) => return Err(Refusal::SignIn(come_back(&visit.request))),
        (Err(error), Access::Staff) => return Err(error.into()),
    }
    if is_form {
        visit.form = receive(&visit.request, payload).await?;
        let is_own = visit.key.as_ref().is_some_and(|key| token::is_of(key, visit.form.get("token")));
        if endpoint.access == Access::Staff && !is_own {
            return Err(Refusal::Forged);
        }
    }
    (endpoint.handler)(visit).await
}

/// The same counts as those of the interface: of each user, and of each address of somebody who is not known.
async fn count(visit: &Visit, who: Option<&Administrator>) -> Result<(), Refusal> {
    let Some(limits) = &visit.panel.limits else { return Ok(()) };
    let (name, quota) = match who {
        Some(who) => (format!("user {}", who.user().id), limits.user),
        None => (format!("anonymous {}", visit.peer.customer), limits.anonymous),
    };
    Ok(limits.take(&name, quota, visit.panel.clock.now()).await?)
}

/// Where to go after signing in: the page that was asked for, never what a form was sent to.
fn come_back(request: &HttpRequest) -> String {
    let is_page = request.method() == Method::GET;
    let target = request.uri().path_and_query().map_or("/admin", |target| target.as_str());
    if is_page { target.to_owned() } else { "/admin".to_owned() }
}

async fn receive(request: &HttpRequest, payload: Payload) -> Result<Query, Refusal> {
    let declared =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !declared.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::Malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This is not a form."));
    }
    let read = tokio::time::timeout(FORM_DEADLINE, read(payload)).await;
    read.map_err(|_| Refusal::Malformed(StatusCode::REQUEST_TIMEOUT, "The form took too long to arrive."))?
}

async fn read(mut payload: Payload) -> Result<Query, Refusal> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refusal::Malformed(StatusCode::BAD_REQUEST, "The form broke off."))?;
        if body.len().saturating_add(chunk.len()) > FORM_LIMIT {
            return Err(Refusal::Malformed(StatusCode::PAYLOAD_TOO_LARGE, "The form is too large."));
        }
        body.extend_from_slice(&chunk);
    }
    let text = std::str::from_utf8(&body);
    Ok(Query::parse(text.map_err(|_| Refusal::Malformed(StatusCode::BAD_REQUEST, "The form is not UTF-8."))?))
}

fn outcome(status: StatusCode) -> Outcome {
    match status.as_u16() {
        200..400 => Outcome::Done,
        401 => Outcome::Unauthenticated,
        403 => Outcome::Forbidden,
        404 => Outcome::NotFound,
        409 => Outcome::Conflict,
        412 => Outcome::Stale,
        429 => Outcome::Throttled,
        400..500 => Outcome::Invalid,
        503 => Outcome::Unavailable,
        _ => Outcome::Failed,
    }
}
