//! The first lines of output.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::Running;
use crate::settings::DatabaseUrl;

/// Where to find what, for people; `more` comes before how to stop.
pub(crate) fn banner(server: &Running, database: &DatabaseUrl, more: &str) -> String {
    let addr = server.addr;
    let base = base(addr, if server.is_tls { "https" } else { "http" });
    let mut lines = vec![
        format!("healthcore {} listens on {addr}", env!("CARGO_PKG_VERSION")),
        format!("  API       {base}/api/"),
        format!("  Docs      {base}/api/docs/"),
        format!("  Admin     {base}/admin"),
        format!("  Health    {base}/readyz"),
    ];
    lines.extend(server.metrics_addr.map(|addr| format!("  Metrics   http://{addr}/metrics")));
    lines.push(format!("  Database  {}", database.describe()));
    match (server.set_up.as_deref(), local(addr, if server.is_tls { "https" } else { "http" })) {
        (Some(path), Some(base)) => {
            let what = "There is no administrator yet: `healthcore create-admin` makes one, or this link, once and on \
                        this machine only:";
            lines.extend([what.to_owned(), format!("  {base}{path}")]);
        }
        (Some(_), None) => {
            lines.push("There is no administrator yet: `healthcore create-admin` makes one.".to_owned());
        }
        (None, _) => {}
    }
    lines.extend((!more.is_empty()).then(|| more.to_owned()));
    lines.push("Stop with Ctrl-C.".to_owned());
    lines.join("\n")
}

/// An address that a browser on this machine can open.
fn base(addr: SocketAddr, scheme: &str) -> String {
    let host = if addr.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { addr.ip() };
    format!("{scheme}://{}", SocketAddr::new(host, addr.port()))
}

/// The same by the loopback, where the server can be reached by it.
fn local(addr: SocketAddr, scheme: &str) -> Option<String> {
    let host = match addr.ip() {
        ip if ip.is_loopback() => ip,
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        _ => return None,
    };
    Some(format!("{scheme}://{}", SocketAddr::new(host, addr.port())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_opened_as_they_are() {
        assert_eq!(base("127.0.0.1:8000".parse().unwrap(), "http"), "http://127.0.0.1:8000");
        assert_eq!(base("0.0.0.0:80".parse().unwrap(), "http"), "http://127.0.0.1:80");
        assert_eq!(base("[::1]:8000".parse().unwrap(), "https"), "https://[::1]:8000");
    }

    #[test]
    fn a_link_for_this_machine_leads_over_the_loopback() {
        let local = |addr: &str| local(addr.parse().unwrap(), "http");
        assert_eq!(local("0.0.0.0:80").as_deref(), Some("http://127.0.0.1:80"));
        assert_eq!(local("[::]:80").as_deref(), Some("http://[::1]:80"));
        assert_eq!(local("127.0.0.1:8000").as_deref(), Some("http://127.0.0.1:8000"));
        assert_eq!(local("10.0.0.5:8000"), None);
    }
}
