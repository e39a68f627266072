//! How the program is linked.

use std::process::Command;

/// The first glibc that reads packed addresses.
const PACKED: (u32, u32) = (2, 36);

/// The addresses that the loader has to put in are 70,000. Packed they are 100 KB to read at each start, otherwise
/// 1.7 MB, which stay in memory.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if is_for_this_machine() && glibc().is_some_and(|version| version >= PACKED) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Nobody knows the libraries of another one.
#[expect(clippy::disallowed_methods, reason = "this is how Cargo speaks to a build script")]
fn is_for_this_machine() -> bool {
    let target = std::env::var("TARGET").unwrap_or_default();
    target.ends_with("-linux-gnu") && std::env::var("HOST").is_ok_and(|host| host == target)
}

/// Its version: `getconf` says `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
