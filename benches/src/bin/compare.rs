//! Measures the product; see `compare --help`.

use benches::command::{Arguments, run};
use clap::Parser as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> benches::Result<()> {
    run(Arguments::parse()).await
}
