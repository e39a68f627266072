//! A client that takes its time over TLS.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::program::{PATIENCE, Program, Setup};
use crate::turns;

/// A head must have come by then.
const HEAD: Duration = Duration::from_secs(10);

fn connect(
    server: SocketAddr,
    certificate: CertificateDer<'static>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let session = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    StreamOwned::new(session, stream)
}

/// Sends a whole request and the beginning of another one; how long the server then waits for the rest.
fn begin_a_second_head(server: SocketAddr, certificate: CertificateDer<'static>) -> Duration {
    let mut stream = connect(server, certificate);
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: test\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let begun = Instant::now();
    stream.write_all(b"GET /livez HTTP/1.1\r\nx-slow: ").unwrap();
    // An end without a farewell of TLS is an error of the kind `UnexpectedEof`, and an end all the same.
    drop(stream.read_to_end(&mut Vec::new()));
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_head_that_never_ends_is_closed_in_time_over_tls() {
    let _turn = turns::together().await;
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    fs::write(&chain, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let settings = [
        ("server.tls_certificate_file", chain.to_str().unwrap()),
        ("server.tls_key_file", key.to_str().unwrap()),
    ];
    let server = Program::start(&Setup::new(&settings));
    let (address, certificate) = (server.address(), CertificateDer::from(made.cert.der().to_vec()));
    let waited = tokio::task::spawn_blocking(move || begin_a_second_head(address, certificate));
    let waited = waited.await.unwrap();
    println!("a second head that stops, over TLS: closed after {waited:.1?}");
    assert!(waited <= HEAD, "{waited:?}");
}
