//! The address of a client: its own, or what a proxy that the operator trusts says.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// Each proxy adds the address that it was asked from; the last one is what the nearest proxy has seen.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word about their clients counts.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client behind a request, as far as it can be believed.
    pub fn client_of(&self, request: &HttpRequest) -> Option<IpAddr> {
        self.client(request.peer_addr().map(|peer| peer.ip()), request.headers())
    }

    /// The client's address: the peer's, unless that is a trusted proxy; then the last address of
    /// `X-Forwarded-For` that is none. What stands before it the client itself may have written.
    fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer.map(canonical)?;
        if !self.contains(peer) {
            return Some(peer);
        }
        let values = headers.get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok());
        let hops: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut nearest = peer;
        for hop in hops.into_iter().rev() {
            let Some(address) = address(hop) else { break };
            nearest = address;
            if !self.contains(address) {
                break;
            }
        }
        Some(nearest)
    }
}

/// What limits are counted by: an IPv4 address, or the 64 bits of an IPv6 address that belong to one customer.
pub fn customer(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
    }
}

/// The address of one hop. Some proxies write the port of the client behind it, and IPv6 addresses in brackets.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = || hop.parse::<IpAddr>().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    bare().or_else(with_port).or_else(in_brackets).map(canonical)
}

/// An IPv4 address that came in IPv6 clothes is an IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted = TrustedProxies::new(trusted.iter().map(|network| network.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
        }
        trusted.client(Some(peer.parse().unwrap()), &headers).unwrap().to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(client(&[], "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_is_believed_for_the_last_address_that_is_no_proxy() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(client(&proxies, "10.0.0.1", &["203.0.113.9, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&proxies, "10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(client(&proxies, "10.0.0.1", &["203.0.113.9", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&proxies, "::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn ports_and_brackets_are_no_part_of_an_address() {
        let proxies = ["10.0.0.0/8", "2001:db8:1::/48"];
        let told = |forwarded| client(&proxies, "10.0.0.1", &[forwarded]);
        assert_eq!(told("198.51.100.7:5678"), "198.51.100.7");
        assert_eq!(told("[2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(told("[2001:db8::1]"), "2001:db8::1");
        assert_eq!(told("[::ffff:198.51.100.7]:443"), "198.51.100.7");
        assert_eq!(told("198.51.100.7:5678, 10.0.0.2:80, [2001:db8:1::9]:80"), "198.51.100.7");
        for nonsense in
            ["198.51.100.7:", "198.51.100.7:x", "198.51.100.7:65536", "[198.51.100.7]:1", "[::1", "::1]"]
        {
            assert_eq!(told(nonsense), "10.0.0.1", "{nonsense}");
        }
    }

    #[test]
    fn what_is_no_address_ends_the_belief() {
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn one_customer_has_64_bits_of_ipv6() {
        assert_eq!(customer("2001:db8:1:2:3:4:5:6".parse().unwrap()), "2001:db8:1:2::");
        assert_eq!(customer("192.0.2.1".parse().unwrap()), "192.0.2.1");
    }
}
