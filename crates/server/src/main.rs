//! The program `healthcore`.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// Much memory is freed by another thread than the one that asked for it, as events and answers go from thread to
/// thread. jemalloc does that as fast as any, and keeps little of what is free: `.cargo/config.toml` has its settings.
/// Where the system lets it, it is the allocator of the C libraries too.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    server::cli::main(std::env::args_os())
}
