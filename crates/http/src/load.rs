//! A bound on the requests that are under way: beyond it, an honest 503 beats a long wait for everybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::problem::{Code, Problem};
use crate::state::AppState;

/// Counts the requests that are under way, over all workers.
#[derive(Clone, Debug)]
pub struct Load {
    most: usize,
    /// How long a 503 is held back.
    hold: Duration,
    under_way: Arc<AtomicUsize>,
    refused: Arc<AtomicU64>,
}

impl Load {
    /// At most so many at once. What is answered by 503, for whatever reason, is held back a quarter of a second: many
    /// clients come again at once whatever `Retry-After` says, and refusing them as fast as they come took nine tenths
    /// of the time from those who could be served.
    pub fn new(most: usize) -> Self {
        Self { most, hold: Duration::from_millis(250), under_way: Arc::default(), refused: Arc::default() }
    }

    /// How many requests are under way.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// How many requests were refused, since the start, because too many were under way.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// A place for one more request, unless all are taken.
    fn enter(&self) -> Option<Place<'_>> {
        let place = Place(&self.under_way);
        let before = self.under_way.fetch_add(1, Ordering::Relaxed);
        // A place that is not given is left again as it is dropped.
        let is_given = before < self.most;
        if !is_given {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        is_given.then_some(place)
    }
}

impl Default for Load {
    /// Without a bound, and nothing is held back.
    fn default() -> Self {
        Self { hold: Duration::ZERO, ..Self::new(usize::MAX) }
    }
}

/// The place of one request; free again when it is dropped, however the request ends.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Probes pass in any case: whether the process lives is no matter of load.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// Refuses what is too much.
pub(crate) async fn bound(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<Data<AppState>>().cloned();
    let is_probe = PROBES.contains(&request.path());
    let Some(load) = state.as_ref().map(|state| &state.load).filter(|_| !is_probe) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let answer = match load.enter() {
        Some(_place) => next.call(request).await?.map_into_boxed_body(),
        None => request.error_response(Problem::new(Code::Unavailable)),
    };
    if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
        tokio::time::sleep(load.hold).await;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_request_has_ended() {
        let load = Load::new(1);
        let first = load.enter();
        assert!(first.is_some());
        assert!(load.enter().is_none());
        drop(first);
        assert!(load.enter().is_some());
    }
}
