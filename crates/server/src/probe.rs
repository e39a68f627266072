//! Asks a server that runs how it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs::default_provider;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use crate::settings::Settings;

/// Where the server of these settings answers on this machine.
pub(crate) fn own(settings: &Settings) -> String {
    let scheme = if settings.server.tls_files().is_some() { "https" } else { "http" };
    format!("{scheme}://{}", reachable(settings.server.bind))
}

/// An address by which this machine reaches a server that listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The status that `url` answers with, or why it does not. No proxy is asked: the server is here, or where the caller
/// says. The certificate of the own server is not verified: it is for the name that others know it by.
pub(crate) fn status(url: &str, is_own: bool, timeout: Duration) -> Result<u16, String> {
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .disable_verification(is_own)
        .build();
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .tls_config(tls)
        .build();
    let response = Agent::new_with_config(config).get(url).call().map_err(|error| error.to_string())?;
    Ok(response.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_here() {
        for (bind, want) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.7:80", "10.0.0.7:80")]
        {
            assert_eq!(reachable(bind.parse().unwrap()).to_string(), want);
        }
    }
}
