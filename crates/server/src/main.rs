//! The program `healthcore`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Events are made by one thread and written by another, answers the other way round: glibc's allocator spends a tenth
/// of the server's time on memory that is freed elsewhere.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    server::cli::main(std::env::args_os())
}
