//! The disk of the SQLite database is full: writes are refused, reads go on, and nothing is lost.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
#[cfg(target_os = "linux")]
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::accounts::register;
use crate::program::{Program, Setup};
use crate::turns;
use crate::wire::{Answer, Request};

/// How soon writes are taken again when there is space.
const RECOVERY: Duration = Duration::from_secs(2);

/// A new patient with a long history.
fn write(token: &str) -> Request {
    let history = "Typhoid in 2011. ".repeat(500);
    Request::post("/api/patients/", &json!({"name": "Ravi Kumar", "medical_history": history})).bearing(token)
}

/// The ids of patients of which the server said that it has them.
#[derive(Default)]
struct Acknowledged(BTreeSet<i64>);

impl Acknowledged {
    /// Whether the write was taken; otherwise it must be refused properly.
    fn take(&mut self, answer: &Answer) -> bool {
        if answer.status == 201 {
            assert!(self.0.insert(answer.json()["id"].as_i64().unwrap()));
            return true;
        }
        assert!(answer.is_unavailable() || answer.status == 507, "{} {}", answer.status, answer.text());
        false
    }
}

async fn ids(server: SocketAddr, token: &str) -> BTreeSet<i64> {
    let mut ids = BTreeSet::new();
    let mut next = Some("/api/patients/?limit=50".to_owned());
    while let Some(path) = next {
        let page = Request::get(&path).bearing(token).send(server).await.is(200);
        ids.extend(page.json().as_array().unwrap().iter().map(|one: &Value| one["id"].as_i64().unwrap()));
        next = page.header("link").map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
    }
    ids
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

fn is_sound(database: &Path) {
    let mut connection = SqliteConnection::establish(&database.display().to_string()).unwrap();
    let found: Vec<Found> = sql_query("PRAGMA integrity_check").load(&mut connection).unwrap();
    let found: Vec<String> = found.into_iter().map(|row| row.integrity_check).collect();
    assert_eq!(found, ["ok"]);
    assert_eq!(sql_query("PRAGMA foreign_key_check").execute(&mut connection).unwrap(), 0);
}

/// Writes until nothing fits any more, then some more at once; reads go on meanwhile.
async fn fill(server: SocketAddr, token: &str, acknowledged: &mut Acknowledged) -> usize {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut refused = 0;
    while refused < 10 {
        assert!(Instant::now() < deadline, "the disk does not fill up");
        refused += usize::from(!acknowledged.take(&write(token).send(server).await));
    }
    let mut tasks = JoinSet::new();
    for _ in 0..40 {
        let write = write(token);
        tasks.spawn(async move { write.send(server).await });
    }
    for answer in tasks.join_all().await {
        refused += usize::from(!acknowledged.take(&answer));
    }
    let others = [
        Request::post("/api/doctors/", &json!({"name": "Asha Rao"})).bearing(token),
        Request::new("DELETE", "/api/patients/1/").bearing(token),
    ];
    for other in others {
        let answer = other.send(server).await;
        assert!(answer.is_unavailable() || answer.status < 300, "{} {}", answer.status, answer.text());
        if answer.status == 204 {
            acknowledged.0.remove(&1);
        }
    }
    assert_eq!(ids(server, token).await, acknowledged.0, "while it is full");
    refused
}

/// Fills the disk, makes space, and looks whether everything is there: in the server, and after a restart.
async fn survives(
    what: &str,
    mut server: Program,
    database: &Path,
    fill_up: impl FnOnce(),
    relieve: impl FnOnce(u32),
) {
    let address = server.address();
    let token = register(address, "ann").await.access;
    let mut acknowledged = Acknowledged::default();
    for _ in 0..5 {
        assert!(acknowledged.take(&write(&token).send(address).await));
    }
    fill_up();
    let refused = fill(address, &token, &mut acknowledged).await;
    Request::get("/livez").send(address).await.is(200);
    relieve(server.pid());
    let begun = Instant::now();
    while !acknowledged.take(&write(&token).send(address).await) {
        assert!(begun.elapsed() < RECOVERY, "{what}: it does not recover");
        sleep(Duration::from_millis(20)).await;
    }
    let took = begun.elapsed();
    for _ in 0..20 {
        assert!(acknowledged.take(&write(&token).send(address).await));
    }
    assert_eq!(ids(address, &token).await, acknowledged.0);
    server.terminate();
    assert!(server.ended().success());
    is_sound(database);
    println!(
        "{what}: {refused} writes refused, {} acknowledged and there, taken again after {took:.0?}",
        acknowledged.0.len()
    );
    server.start_again();
    assert_eq!(ids(address, &token).await, acknowledged.0, "after a restart");
}

/// A small file system of its own, for as long as this lives.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// Nothing where this user may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = ["-t", "tmpfs", "-o", "size=6m", "healthcore-test"];
        let mounted = Command::new("mount").args(options).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_loses_nothing() {
    let _turn = turns::alone().await;
    let Some(disk) = SmallDisk::mount() else {
        println!("this user may not mount: the limit of a file's size stands for the full disk");
        return;
    };
    let folder = disk.path().join("data");
    let setup = Setup::new(&[("server.data_dir", &folder.display().to_string())]);
    let server = Program::start(&setup);
    let fill_up = || {
        // As much as fits: the last write is short.
        drop(fs::write(disk.ballast(), vec![0; 8 * 1024 * 1024]));
    };
    let relieve = |_| fs::remove_file(disk.ballast()).unwrap();
    survives("a full disk", server, &folder.join("healthcore.db"), fill_up, relieve).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_refuses_writes_and_loses_nothing() {
    let _turn = turns::alone().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let setup = Setup::new(&[("server.data_dir", &data.display().to_string())]);
    // A write beyond the limit is to fail and not to kill.
    let server = Program::start(&setup.after("trap '' XFSZ; ulimit -S -f 1600"));
    let relieve = |pid: u32| {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap());
        prlimit(pid, Resource::Fsize, Rlimit { current: None, maximum: None }).unwrap();
    };
    survives("a disk that fails", server, &data.join("healthcore.db"), || {}, relieve).await;
}
