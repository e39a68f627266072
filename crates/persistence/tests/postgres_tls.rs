//! TLS to PostgreSQL: the connection is encrypted, and nobody else is taken for the server.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::ports::RepositoryError;
use persistence::{DatabaseSettings, OpenError, Stores};
use tempfile::TempDir;
use testkit::postgres::{Authority, Options, PostgresServer};

/// A server for `localhost` that takes no open connection by TCP, and the root of its certificate in a file.
struct Secured {
    server: PostgresServer,
    folder: TempDir,
}

impl Secured {
    fn start() -> Self {
        let authority = Authority::new().unwrap();
        let options = Options::fast().with_tls(&authority.issue("localhost").unwrap());
        let secured =
            Self { server: PostgresServer::start(&options).unwrap(), folder: tempfile::tempdir().unwrap() };
        fs::write(secured.root(), authority.root()).unwrap();
        secured
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// The root of an authority that has nothing to do with the server.
    fn other_root(&self) -> PathBuf {
        let path = self.folder.path().join("other.pem");
        fs::write(&path, Authority::new().unwrap().root()).unwrap();
        path
    }

    fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://postgres:hunter2@{host}:{}/postgres?{parameters}", self.server.port())
    }

    fn verified(&self, host: &str, root: &Path) -> String {
        self.url(host, &format!("sslmode=verify-full&sslrootcert={}", root.display()))
    }
}

/// Why the database cannot be opened; the text never holds the password.
fn refusal(url: &str) -> String {
    let error = persistence::migrate(url).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, OpenError::Connection(_)), "{error:?}");
    assert!(!text.contains("hunter2"), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_to_a_verified_server_is_encrypted() {
    let secured = Secured::start();
    let url = secured.verified("localhost", &secured.root());
    persistence::migrate(&url).unwrap();
    let stores = Stores::connect(&DatabaseSettings::new(&url)).unwrap();
    stores.probe.check().await.unwrap();

    let mut admin = PgConnection::establish(&secured.server.socket_url("postgres")).unwrap();
    let of_ours = "FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name = 'healthcore'";
    let mut holds = |condition: &str| {
        let sql = format!("(SELECT {condition} {of_ours})");
        diesel::select(diesel::dsl::sql::<Bool>(&sql)).get_result::<bool>(&mut admin).unwrap()
    };
    assert!(holds("count(*) > 0"));
    assert!(holds("bool_and(ssl)"));
    assert!(holds("bool_and(version = 'TLSv1.3')"));
}

#[test]
fn another_authority_is_not_trusted() {
    let secured = Secured::start();
    let text = refusal(&secured.verified("localhost", &secured.other_root()));
    assert!(text.contains("certificate verify failed"), "{text}");
    let text = refusal(&secured.url("localhost", "sslrootcert=system"));
    assert!(text.contains("certificate verify failed"), "{text}");
    let ca = format!("sslmode=verify-ca&sslrootcert={}", secured.other_root().display());
    assert!(refusal(&secured.url("localhost", &ca)).contains("certificate verify failed"));
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let secured = Secured::start();
    let text = refusal(&secured.verified("127.0.0.1", &secured.root()));
    assert!(text.contains(r#"does not match host name "127.0.0.1""#), "{text}");
    // `verify-ca` asks for the authority alone.
    let ca = format!("sslmode=verify-ca&sslrootcert={}", secured.root().display());
    persistence::migrate(&secured.url("127.0.0.1", &ca)).unwrap();
}

#[test]
fn a_root_that_is_not_there_is_named() {
    let secured = Secured::start();
    let missing = secured.folder.path().join("missing.pem");
    let text = refusal(&secured.verified("localhost", &missing));
    assert!(text.contains("missing.pem\" does not exist"), "{text}");
}

#[test]
fn a_server_for_tls_alone_refuses_an_open_connection() {
    let secured = Secured::start();
    let text = refusal(&secured.url("localhost", "sslmode=disable"));
    assert!(text.contains("no encryption"), "{text}");
    persistence::migrate(&secured.url("localhost", "sslmode=require")).unwrap();
}

/// No step back to an open connection when a server has lost its certificate.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_gets_no_word_from_us() {
    let secured = Secured::start();
    let url = secured.verified("localhost", &secured.root());
    persistence::migrate(&url).unwrap();
    let stores = Stores::connect(&DatabaseSettings::new(&url)).unwrap();
    stores.probe.check().await.unwrap();

    let mut admin = PgConnection::establish(&secured.server.socket_url("postgres")).unwrap();
    let open_to_all =
        "COPY (SELECT 'local all all trust' UNION ALL SELECT 'host all all 127.0.0.1/32 trust') TO PROGRAM
        'cat > pg_hba.conf'";
    admin.batch_execute(open_to_all).unwrap();
    admin.batch_execute("ALTER SYSTEM SET ssl = off").unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").unwrap();
    admin
        .batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'healthcore'",
        )
        .unwrap();
    let text = refusal(&url);
    assert!(text.contains("server does not support SSL"), "{text}");
    assert!(matches!(stores.probe.check().await, Err(RepositoryError::Unavailable(_))));
    persistence::migrate(&secured.url("localhost", "sslmode=disable")).unwrap();
}
