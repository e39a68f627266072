//! The server is killed under parallel writes, again and again: what it has acknowledged is there afterwards.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use serde_json::Value;

const ROUNDS: usize = 10;
const WRITERS: usize = 16;
/// Acknowledged writes of each round before the server may be killed; the moment after that is left to chance.
const ENOUGH: usize = 500;
/// A start after a kill.
const RESTART: Duration = Duration::from_secs(2);
/// Longest wait for anything, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(30);

/// The kinds of record that are written, each with its list.
const LISTS: [&str; 3] = ["/api/patients/", "/api/doctors/", "/api/mappings/"];

/// The ids of acknowledged records, by the position of their list in [`LISTS`].
#[derive(Default)]
struct Acknowledged([HashSet<i64>; 3]);

impl Acknowledged {
    fn len(&self) -> usize {
        self.0.iter().map(HashSet::len).sum()
    }

    fn add(&mut self, other: Self) {
        for (own, others) in self.0.iter_mut().zip(other.0) {
            own.extend(others);
        }
    }
}

/// The program; it is killed when this goes.
struct Serving {
    child: Child,
    addr: SocketAddr,
}

impl Serving {
    /// Starts the program on the folder and waits until it is ready.
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_healthcore"));
        command.args(["serve", "--bind", "127.0.0.1:0", "--data-dir"]).arg(folder);
        command.current_dir(folder).env_clear().env("HEALTHCORE__AUTH__PASSWORD_COST", "4");
        command.env("HEALTHCORE__LOG__LEVEL", "warn").stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let banner = lines.by_ref().find(|line| line.contains(" listens on ")).unwrap();
        // Or the server would block once the pipe is full.
        thread::spawn(move || lines.for_each(drop));
        let serving = Self { child, addr: banner.rsplit(' ').next().unwrap().parse().unwrap() };
        let ready = serving.connect("").unwrap().ask("GET", "/readyz", "").unwrap();
        assert_eq!(ready.status, 200);
        serving
    }

    fn connect(&self, token: &str) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.addr)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream: BufReader::new(stream), token: token.to_owned() })
    }

    /// Ends it as a power cut would, as far as a program can tell.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection of one client, kept open.
struct Connection {
    stream: BufReader<TcpStream>,
    token: String,
}

struct Answer {
    status: u16,
    next: Option<String>,
    body: Value,
}

impl Connection {
    /// Asks and reads the answer; an error when the server is gone.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let (token, length) = (&self.token, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut status = None;
        let (mut length, mut next) = (0, None);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            match line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value)) {
                _ if line.is_empty() => break,
                Some((name, value)) if name == "content-length" => length = value.parse().unwrap(),
                Some((name, value)) if name == "link" => {
                    next = value.split(['<', '>']).nth(1).map(str::to_owned);
                }
                _ if status.is_none() => {
                    status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status: status.unwrap(), next, body: serde_json::from_slice(&body).unwrap() })
    }

    /// Makes a record; its id when the server says that it was made.
    fn make(&mut self, list: &str, body: &str) -> io::Result<i64> {
        let answer = self.ask("POST", list, body)?;
        assert_eq!(answer.status, 201, "{list}: {}", answer.body);
        Ok(answer.body["id"].as_i64().unwrap())
    }

    /// The ids of all records of a list.
    fn ids(&mut self, list: &str) -> HashSet<i64> {
        let mut ids = HashSet::new();
        let mut next = Some(format!("{list}?limit=1000&ordering=created_at"));
        while let Some(path) = next {
            let page = self.ask("GET", &path, "").unwrap();
            assert_eq!(page.status, 200, "{}", page.body);
            ids.extend(page.body.as_array().unwrap().iter().map(|record| record["id"].as_i64().unwrap()));
            next = page.next;
        }
        ids
    }
}

/// Makes patients, doctors and mappings until the server is gone.
fn write(serving: SocketAddr, token: &str, count: &AtomicUsize) -> Acknowledged {
    let mut acknowledged = Acknowledged::default();
    let stream = TcpStream::connect(serving).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut connection = Connection { stream: BufReader::new(stream), token: token.to_owned() };
    // The server ends in the middle of something, so any request may be the one without an answer.
    let _gone: io::Result<()> = (|| {
        loop {
            let mut last = [0; 3];
            for (position, list) in LISTS.iter().enumerate() {
                let body = match position {
                    0 => r#"{"name": "Ravi Kumar", "address": "12 MG Road", "age": 42}"#.to_owned(),
                    1 => r#"{"name": "Dr. Vikram Nair", "specialization": "Cardiology"}"#.to_owned(),
                    _ => format!(r#"{{"patient": {}, "doctor": {}}}"#, last[0], last[1]),
                };
                let id = connection.make(list, &body)?;
                last[position] = id;
                acknowledged.0[position].insert(id);
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    })();
    acknowledged
}

/// Writes from many sides and kills the server in the middle of it.
fn round(serving: Serving, token: &str) -> Acknowledged {
    let (count, addr) = (AtomicUsize::new(0), serving.addr);
    let chance = RandomState::new().hash_one(0);
    let target = ENOUGH + usize::try_from(chance % 200).unwrap();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(|| write(addr, token, &count))).collect();
        let deadline = Instant::now() + PATIENCE;
        while count.load(Ordering::Relaxed) < target && Instant::now() < deadline {
            thread::sleep(Duration::from_micros(200));
        }
        thread::sleep(Duration::from_micros(chance % 5_000));
        serving.kill();
        let mut acknowledged = Acknowledged::default();
        for writer in writers {
            acknowledged.add(writer.join().unwrap_or_else(|_| panic!("a writer was refused")));
        }
        acknowledged
    })
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

fn assert_sound(database: &Path) {
    let mut connection = SqliteConnection::establish(&database.display().to_string()).unwrap();
    let found: Vec<Found> = sql_query("PRAGMA integrity_check").load(&mut connection).unwrap();
    let found: Vec<String> = found.into_iter().map(|row| row.integrity_check).collect();
    assert_eq!(found, ["ok"]);
    assert_eq!(sql_query("PRAGMA foreign_key_check").execute(&mut connection).unwrap(), 0);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut serving = Serving::start(folder.path());
    let account = r#"{"username": "ann", "password": "violet otter 4711 bridge"}"#;
    let registered = serving.connect("").unwrap().ask("POST", "/api/auth/register/", account).unwrap();
    let token = registered.body["tokens"]["access"].as_str().unwrap().to_owned();
    let mut acknowledged = Acknowledged::default();
    let (mut slowest, begun) = (Duration::ZERO, Instant::now());
    for number in 1..=ROUNDS {
        acknowledged.add(round(serving, &token));
        let killed = Instant::now();
        serving = Serving::start(folder.path());
        slowest = slowest.max(killed.elapsed());
        let mut reader = serving.connect(&token).unwrap();
        for (list, ids) in LISTS.iter().zip(&acknowledged.0) {
            let found = reader.ids(list);
            let lost: Vec<_> = ids.difference(&found).collect();
            assert!(
                lost.is_empty(),
                "round {number}: {} of {} are lost from {list}: {lost:?}",
                lost.len(),
                ids.len()
            );
        }
        assert_sound(&folder.path().join("healthcore.db"));
    }
    println!(
        "{} acknowledged writes in {ROUNDS} rounds, none lost, in {:.1?}; slowest restart {slowest:.0?}",
        acknowledged.len(),
        begun.elapsed()
    );
    assert!(acknowledged.len() >= ROUNDS * ENOUGH, "only {} writes were acknowledged", acknowledged.len());
    assert!(slowest <= RESTART, "a restart took {slowest:?}");
}
