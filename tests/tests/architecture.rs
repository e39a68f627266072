//! The rules between the crates of ARCHITECTURE.md, and the size of files.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

/// Longest file, in lines.
const FILE_LIMIT: usize = 500;

/// One line of the table of crates.
struct Rule {
    member: &'static str,
    /// The members it may use.
    uses: &'static [&'static str],
    /// The crates it must not reach, neither itself nor by another one; `actix` stands for `actix-web` as well.
    never: &'static [&'static str],
}

const ADAPTERS: &[&str] = &["application", "domain"];

const TABLE: &[Rule] = &[
    Rule {
        member: "domain",
        uses: &[],
        never: &[
            "tokio",
            "actix",
            "diesel",
            "config",
            "bcrypt",
            "jsonwebtoken",
            "reqwest",
            "libsqlite3",
            "pq",
        ],
    },
    Rule {
        member: "application",
        uses: &["domain"],
        never: &["actix", "diesel", "r2d2", "libsqlite3", "pq", "http", "config", "bcrypt", "jsonwebtoken"],
    },
    Rule {
        member: "persistence",
        uses: &["domain"],
        never: &["actix", "http", "bcrypt", "jsonwebtoken", "config"],
    },
    Rule {
        member: "security",
        uses: &["domain"],
        never: &["actix", "diesel", "libsqlite3", "pq", "http", "config"],
    },
    Rule {
        member: "http",
        uses: ADAPTERS,
        never: &["diesel", "r2d2", "libsqlite3", "pq", "bcrypt", "jsonwebtoken"],
    },
    Rule {
        member: "admin",
        uses: ADAPTERS,
        never: &["diesel", "r2d2", "libsqlite3", "pq", "bcrypt", "jsonwebtoken"],
    },
    Rule {
        member: "transfer",
        uses: ADAPTERS,
        never: &["actix", "http", "bcrypt", "jsonwebtoken", "config", "tokio"],
    },
    Rule {
        member: "server",
        uses: &["domain", "application", "persistence", "security", "http", "admin", "transfer"],
        never: &[],
    },
    Rule {
        member: "testkit",
        uses: &["domain", "application", "persistence", "security", "http", "admin", "transfer", "server"],
        never: &[],
    },
    Rule { member: "tests", uses: &[], never: &[] },
    Rule { member: "benches", uses: &["testkit"], never: &[] },
];

/// External crates that only some members may name in their own manifest.
const OWNERS: &[(&str, &[&str])] = &[
    ("actix-web", &["http", "admin", "server"]),
    ("bcrypt", &["security"]),
    ("config", &["server"]),
    ("diesel", &["persistence", "testkit", "transfer"]),
    ("jsonwebtoken", &["security"]),
    ("r2d2", &["persistence"]),
];

/// The members that nobody who is shipped may use.
const NEVER_SHIPPED: &[&str] = &["testkit", "tests", "benches"];

/// What the shipped binary must not hold, whichever feature a test switches on elsewhere.
const NOT_SHIPPED: &[&str] = &[
    "healthcore-testkit",
    "healthcore-tests",
    "healthcore-benches",
    "bolero",
    "criterion",
    "insta",
    "mockall",
    "proptest",
    "rstest",
];

/// File names that say nothing about what is inside, and the old name of a module's file.
const EMPTY_NAMES: &[&str] = &["mod.rs", "utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs"];

/// Normal dependencies by package: the crates that are part of what is shipped, with every feature on.
struct Graph {
    names: BTreeMap<PackageId, String>,
    uses: BTreeMap<PackageId, Vec<PackageId>>,
    members: BTreeMap<String, PackageId>,
}

impl Graph {
    fn read() -> Self {
        let manifest = root().join("Cargo.toml");
        let metadata =
            MetadataCommand::new().manifest_path(manifest).features(CargoOpt::AllFeatures).exec().unwrap();
        Self {
            names: metadata
                .packages
                .iter()
                .map(|package| (package.id.clone(), package.name.to_string()))
                .collect(),
            uses: normal_dependencies(&metadata),
            members: metadata.workspace_packages().iter().map(|p| (short(&p.name), p.id.clone())).collect(),
        }
    }

    fn member(&self, name: &str) -> Option<&PackageId> {
        self.members.get(name)
    }

    fn direct(&self, package: &PackageId) -> impl Iterator<Item = &PackageId> {
        self.uses.get(package).into_iter().flatten()
    }

    /// The names of the members that a member names in its manifest.
    fn direct_members(&self, package: &PackageId) -> BTreeSet<String> {
        let is_member = |id: &&PackageId| self.members.values().any(|member| member == *id);
        self.direct(package).filter(is_member).map(|id| short(&self.names[id])).collect()
    }

    /// The shortest way to a crate that is not allowed, such as `domain -> uuid -> tokio`.
    fn way_to_any(&self, package: &PackageId, never: &[&str]) -> Option<String> {
        let mut seen = BTreeSet::new();
        let mut ways = VecDeque::from([vec![package]]);
        while let Some(way) = ways.pop_front() {
            let last = way.last().copied().unwrap();
            if way.len() > 1 && never.iter().any(|crate_| is_of(&self.names[last], crate_)) {
                let names: Vec<&str> = way.iter().map(|id| self.names[*id].as_str()).collect();
                return Some(names.join(" -> "));
            }
            if seen.insert(last.clone()) {
                ways.extend(self.direct(last).map(|next| way.iter().copied().chain([next]).collect()));
            }
        }
        None
    }
}

fn normal_dependencies(metadata: &Metadata) -> BTreeMap<PackageId, Vec<PackageId>> {
    let nodes = &metadata.resolve.as_ref().unwrap().nodes;
    let normal = |node: &cargo_metadata::Node| {
        let is_normal = |dependency: &&cargo_metadata::NodeDep| {
            dependency.dep_kinds.iter().any(|info| info.kind == DependencyKind::Normal)
        };
        node.deps.iter().filter(is_normal).map(|dependency| dependency.pkg.clone()).collect()
    };
    nodes.iter().map(|node| (node.id.clone(), normal(node))).collect()
}

/// The crate itself or one of its family: `actix-web` and `actix_rt` are of `actix`.
fn is_of(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || (family != "http" && rest.starts_with(['-', '_'])))
}

/// `healthcore-domain` is the member `domain`.
fn short(package: &str) -> String {
    package.strip_prefix("healthcore-").unwrap_or(package).to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All Rust files of the members, by their path below the root.
fn source_files() -> Vec<PathBuf> {
    let root = root();
    let mut folders = vec![root.join("crates"), root.join("tests"), root.join("benches")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > TABLE.len(), "the source files are not where this test looks");
    files.sort();
    files
}

fn relative(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn every_member_is_in_the_table() {
    let graph = Graph::read();
    let known: BTreeSet<&str> = TABLE.iter().map(|rule| rule.member).collect();
    let unknown: Vec<String> =
        graph.members.keys().filter(|name| !known.contains(name.as_str())).cloned().collect();
    assert_none("members without a line in the table of this test and of ARCHITECTURE.md", &unknown);
}

#[test]
fn members_use_only_the_members_that_they_may() {
    let graph = Graph::read();
    let mut wrong = Vec::new();
    for rule in TABLE {
        let Some(member) = graph.member(rule.member) else { continue };
        let used = graph.direct_members(member);
        let not_allowed = used.iter().filter(|name| !rule.uses.contains(&name.as_str()));
        wrong.extend(not_allowed.map(|name| format!("{} -> {name}", rule.member)));
    }
    assert_none("dependencies between members that the architecture does not allow", &wrong);
}

#[test]
fn test_crates_are_never_shipped() {
    let graph = Graph::read();
    let mut wrong = Vec::new();
    for (name, member) in graph.members.iter().filter(|(name, _)| !NEVER_SHIPPED.contains(&name.as_str())) {
        let used = graph.direct_members(member);
        wrong.extend(
            NEVER_SHIPPED.iter().filter(|test| used.contains(**test)).map(|test| format!("{name} -> {test}")),
        );
    }
    assert_none("test crates as normal dependencies", &wrong);
}

#[test]
fn the_binary_holds_nothing_made_for_tests() {
    let arguments = ["tree", "--package", "healthcore-server", "--edges", "normal", "--prefix", "none"];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--all-features")
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let shipped: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(shipped.contains("healthcore-domain"), "{}", String::from_utf8_lossy(&output.stderr));
    let wrong = NOT_SHIPPED.iter().filter(|name| shipped.contains(**name));
    assert_none(
        "crates for tests in the shipped binary",
        &wrong.map(ToString::to_string).collect::<Vec<_>>(),
    );
}

#[test]
fn members_do_not_reach_what_they_must_not() {
    let graph = Graph::read();
    let ways = TABLE.iter().filter_map(|rule| graph.way_to_any(graph.member(rule.member)?, rule.never));
    assert_none("ways to crates that the architecture forbids", &ways.collect::<Vec<_>>());
}

#[test]
fn frameworks_stay_with_their_adapters() {
    let graph = Graph::read();
    let mut wrong = Vec::new();
    for (name, member) in &graph.members {
        let direct: BTreeSet<&str> = graph.direct(member).map(|id| graph.names[id].as_str()).collect();
        let not_allowed = OWNERS
            .iter()
            .filter(|(crate_, owners)| direct.contains(crate_) && !owners.contains(&name.as_str()));
        wrong.extend(not_allowed.map(|(crate_, _)| format!("{name} -> {crate_}")));
    }
    assert_none("crates that belong to another adapter", &wrong);
}

#[test]
fn forbidden_ways_are_found() {
    let graph = Graph::read();
    let http = graph.member("http").unwrap();
    assert!(
        graph.way_to_any(http, &["actix"]).is_some_and(|way| way.starts_with("healthcore-http -> actix"))
    );
    assert_eq!(graph.way_to_any(http, &["no-such-crate"]), None);
}

#[test]
fn files_are_short() {
    let lines = |file: &Path| fs::read_to_string(file).unwrap().lines().count();
    let long =
        source_files().into_iter().map(|file| (lines(&file), file)).filter(|(lines, _)| *lines > FILE_LIMIT);
    let long: Vec<String> = long.map(|(lines, file)| format!("{}: {lines} lines", relative(&file))).collect();
    assert_none(&format!("files of more than {FILE_LIMIT} lines: split them by subject"), &long);
}

#[test]
fn files_are_named_after_their_subject() {
    let empty =
        |file: &&PathBuf| file.file_name().is_some_and(|name| EMPTY_NAMES.iter().any(|empty| name == *empty));
    let found: Vec<String> = source_files().iter().filter(empty).map(|file| relative(file)).collect();
    assert_none("files whose name says nothing", &found);
}
