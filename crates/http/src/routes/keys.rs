//! The public keys, for whoever verifies access tokens without knowing a secret.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::problem::{Code, Problem, ProblemResponse};
use crate::registry::{Operation, operations};

/// Where the public keys come from: asked at each request, because keys change while the server runs.
#[derive(Clone)]
pub struct PublicKeys(Arc<dyn Fn() -> Option<String> + Send + Sync>);

impl PublicKeys {
    /// Keys that `read` tells as a JSON Web Key Set (RFC 7517); `None` where tokens are signed with a secret.
    pub fn new(read: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl Default for PublicKeys {
    /// None.
    fn default() -> Self {
        Self::new(|| None)
    }
}

impl fmt::Debug for PublicKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKeys(…)")
    }
}

pub(super) fn operations() -> Vec<Operation> {
    operations![jwks]
}

/// The public keys of access tokens.
///
/// A JSON Web Key Set (RFC 7517) where tokens are signed with EdDSA; 404 where they are signed with a secret.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "documents",
    responses((status = 200, description = "The keys", content_type = "application/jwk-set+json", body = Object),
        (status = 404, body = ProblemResponse, content_type = "application/problem+json",
            description = "Tokens are signed with a secret")))]
pub(crate) async fn jwks(keys: Data<PublicKeys>) -> Result<HttpResponse, Problem> {
    let set = (keys.0)().ok_or_else(|| {
        Problem::new(Code::NotFound)
            .detail("Access tokens are signed with a secret: there are no public keys.")
    })?;
    Ok(HttpResponse::Ok().content_type("application/jwk-set+json").body(set))
}
