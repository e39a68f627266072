//! `X-Forwarded-For`, with any content.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{HeaderMap, HeaderValue};
use testkit::fuzz::Parts;

use super::{FORWARDED_FOR, TrustedProxies, canonical, customer};

/// Whatever a client writes, it is told apart by an address that a trusted proxy has seen.
fn forwarded_for(bytes: &[u8]) {
    let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    let [proxy, stranger, seen]: [IpAddr; 3] =
        ["10.0.0.1", "192.0.2.1", "2001:db8::7"].map(|address| address.parse().unwrap());
    let mut headers = HeaderMap::new();
    for line in Parts::of(bytes).rest().split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(FORWARDED_FOR, value);
        }
    }

    assert_eq!(proxies.client(Some(stranger), &headers), Some(stranger));
    assert_eq!(proxies.client(None, &headers), None);
    let believed = proxies.client(Some(proxy), &headers).unwrap();
    let is_named = headers.get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').filter_map(|hop| named(hop.trim())).any(|hop| canonical(hop) == believed)
    });
    assert!(believed == proxy || is_named, "{believed} is nobody's word");
    let key = customer(believed);
    assert_eq!(customer(key.parse().unwrap()), key);

    headers.append(FORWARDED_FOR, HeaderValue::from_static("2001:db8::7"));
    assert_eq!(proxies.client(Some(proxy), &headers), Some(seen));
    headers.append(FORWARDED_FOR, HeaderValue::from_static(" 10.1.2.3 , fd00::1"));
    assert_eq!(proxies.client(Some(proxy), &headers), Some(seen));
}

/// The address that a hop names, with or without a port.
fn named(hop: &str) -> Option<IpAddr> {
    let without_brackets = hop.trim_start_matches('[').trim_end_matches(']');
    let with_port = || hop.parse().ok().map(|address: SocketAddr| address.ip());
    without_brackets.parse().ok().or_else(with_port)
}

mod target {
    testkit::fuzz_target!(forwarded_for, 20_000);
}
