//! TLS from PEM files.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::StartError;

const CERTIFICATE: &str = "server.tls_certificate_file";
const KEY: &str = "server.tls_key_file";

/// What the server shows and how it speaks: TLS 1.2 and 1.3 with the library's ciphers.
pub(crate) fn config(certificate: &Path, key: &Path) -> Result<ServerConfig, StartError> {
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(bad(CERTIFICATE))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(bad(KEY))?;
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(bad(CERTIFICATE))
}

fn bad<E: ToString>(setting: &'static str) -> impl Fn(E) -> StartError {
    move |error| StartError::Tls { setting, reason: error.to_string() }
}
