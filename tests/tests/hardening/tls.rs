//! TLS over real sockets: what is spoken, what is refused, and that every answer forbids a browser to go back.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::api::{Database, TestApi, login};
use crate::client::Answer;
use crate::operations::{self, Operation};
use crate::seal;
use crate::wire::{self, Wire};

/// Longest wait for an end.
const SOON: Duration = Duration::from_secs(10);

/// A server with a certificate of its own, and the certificate.
struct Tls {
    api: TestApi,
    certificate: CertificateDer<'static>,
    _folder: tempfile::TempDir,
}

impl Tls {
    async fn start(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        fs::write(&chain, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let settings = [
            ("server.tls_certificate_file", chain.to_str().unwrap()),
            ("server.tls_key_file", key.to_str().unwrap()),
        ];
        let api = TestApi::with(database, &settings).await;
        Self { api, certificate: made.cert.der().clone(), _folder: folder }
    }

    /// A connection that speaks one version only, for as many requests as the caller likes.
    fn connect(
        &self,
        version: &'static SupportedProtocolVersion,
    ) -> Wire<StreamOwned<ClientConnection, TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = wire::connect(self.api.address()).unwrap();
        session.complete_io(&mut stream).unwrap();
        assert_eq!(session.protocol_version(), Some(version.version));
        Wire::new(StreamOwned::new(session, stream))
    }
}

#[tokio::test]
async fn both_versions_are_spoken_and_every_answer_has_its_headers() {
    let tls = Tls::start(Database::Sqlite).await;
    let operations = operations().await;
    let asked = tokio::task::spawn_blocking(move || {
        let mut asked = 0;
        for (name, version) in [("ann", &rustls::version::TLS12), ("eve", &rustls::version::TLS13)] {
            let mut wire = tls.connect(version);
            let json = ("content-type", "application/json");
            let account = login(name).to_string();
            let registered =
                wire.ask(&wire::request("POST /api/auth/register/", &[json], account.as_bytes())).unwrap();
            check(&registered, &Method::POST);
            let token = format!("Bearer {}", registered.json()["tokens"]["access"].as_str().unwrap());
            for operation in &operations {
                for method in [operation.method.clone(), Method::HEAD, Method::TRACE] {
                    for headers in [&[json][..], &[json, ("authorization", &token)]] {
                        let line = format!("{method} {}", operation.path_of(1));
                        let answer = wire.ask(&wire::request(&line, headers, b"")).unwrap();
                        check(&answer, &method);
                        asked += 1;
                    }
                }
            }
            for path in ["/", "/swagger/", "/redoc/", "/nothing", "/static/nothing"] {
                check(&wire.ask(&wire::request(&format!("GET {path}"), &[], b"")).unwrap(), &Method::GET);
            }
        }
        asked
    });
    println!("{} answers over TLS, each with all headers", asked.await.unwrap());
}

/// What every answer must have, and over TLS besides.
fn check(answer: &Answer, method: &Method) {
    seal::check(answer, method);
    let told = answer.header("strict-transport-security").unwrap_or_else(|| panic!("{}", answer.request));
    let seconds: u64 = told.split(['=', ';']).nth(1).unwrap().trim().parse().unwrap();
    assert!(told.starts_with("max-age=") && seconds >= 31_536_000, "{told}");
}

/// The operations but those that end the session: what comes after them would be refused.
async fn operations() -> Vec<Operation> {
    let api = TestApi::start(Database::Sqlite).await;
    let mut operations = operations::all(&api).await;
    operations.retain(|operation| !operation.ends_sessions());
    operations
}

#[tokio::test]
async fn without_tls_no_answer_promises_it() {
    let api = TestApi::start(Database::Sqlite).await;
    for path in ["/livez", "/api/patients/", "/nothing", "/"] {
        assert_eq!(api.anonymous().get(path).await.header("strict-transport-security"), None, "{path}");
    }
}

#[tokio::test]
async fn plain_http_on_the_port_of_tls_ends_at_once() {
    let tls = Tls::start(Database::Sqlite).await;
    let address = tls.api.address();
    let got = tokio::task::spawn_blocking(move || {
        ["GET /livez HTTP/1.1\r\nhost: test\r\n\r\n", "\r\n", "HELLO", "\u{16}\u{3}\u{1}"]
            .map(|text| (text, until_end(address, text.as_bytes())))
    });
    for (sent, (received, took)) in got.await.unwrap() {
        assert!(!received.starts_with(b"HTTP/"), "{sent:?} was answered");
        assert!(took < SOON, "{sent:?} hung for {took:?}");
    }
    // And nobody else is disturbed.
    tokio::task::spawn_blocking(move || {
        let mut wire = tls.connect(&rustls::version::TLS13);
        assert_eq!(wire.ask(&wire::request("GET /livez", &[], b"")).unwrap().status, 200);
    })
    .await
    .unwrap();
}

/// Everything that comes back until the server closes, and how long that took. Nothing more is sent, and the
/// sending side is closed: a server that waits for the rest of a record sees that none comes.
fn until_end(address: SocketAddr, sent: &[u8]) -> (Vec<u8>, Duration) {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(sent).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut received = Vec::new();
    // A reset is an end, too.
    drop(stream.read_to_end(&mut received));
    (received, begun.elapsed())
}

#[tokio::test]
async fn older_versions_are_refused() {
    let tls = Tls::start(Database::Sqlite).await;
    let address = tls.api.address();
    let first = move |version: ProtocolVersion| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.write_all(&client_hello(version.into())).unwrap();
        let mut record = [0; 7];
        stream.read_exact(&mut record).unwrap();
        record
    };
    let records = tokio::task::spawn_blocking(move || {
        use ProtocolVersion::{SSLv3, TLSv1_0, TLSv1_1, TLSv1_2};
        [SSLv3, TLSv1_0, TLSv1_1, TLSv1_2].map(|version| (version, first(version)))
    });
    for (version, record) in records.await.unwrap() {
        if version == ProtocolVersion::TLSv1_2 {
            assert_eq!(record[0], HANDSHAKE, "the same hello of TLS 1.2 is taken");
        } else {
            // Fatal, protocol_version (RFC 5246, section 7.2).
            assert_eq!((record[0], record[5], record[6]), (ALERT, 2, 70), "{version:?}: {record:?}");
        }
    }
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// The first record of a client that knows nothing later than `version` (RFC 5246, section 7.4.1.2).
fn client_hello(version: u16) -> Vec<u8> {
    let suites = [0xc02b_u16, 0xc02c, 0xc02f, 0xc009, 0xc00a, 0xc013, 0x002f].map(u16::to_be_bytes).concat();
    // supported_groups: x25519, secp256r1. ec_point_formats: uncompressed. signature_algorithms: ecdsa and rsa.
    let extensions = [
        &[0, 10, 0, 6, 0, 4, 0, 29, 0, 23][..],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 8, 0, 6, 4, 3, 5, 3, 4, 1],
        &[0, 23, 0, 0],
    ]
    .concat();
    let two = |length: usize| u16::try_from(length).unwrap().to_be_bytes();
    let body = [
        &version.to_be_bytes()[..],
        &[7; 32],
        &[0],
        &two(suites.len()),
        &suites,
        &[1, 0],
        &two(extensions.len()),
        &extensions,
    ]
    .concat();
    let message = [&[1, 0][..], &two(body.len()), &body].concat();
    [&[HANDSHAKE, 3, 1][..], &two(message.len()), &message].concat()
}
