//! `healthcore doctor`.

use serde_json::json;

use super::args::DoctorArguments;
use super::failure::Failure;
use crate::doctor::{Check, Status, examine};
use crate::output;
use crate::settings::{Flags, Sources};

pub(super) fn run(flags: Flags, arguments: &DoctorArguments) -> Result<(), Failure> {
    let checks = examine(Sources::of_process(flags), arguments.deploy);
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let (failed, warnings) = (count(Status::Failed), count(Status::Warning));
    if arguments.json {
        let report = json!({
            "healthy": failed == 0,
            "version": env!("CARGO_PKG_VERSION"),
            "failed": failed,
            "warnings": warnings,
            "checks": checks,
        });
        output::data(&format!("{report:#}\n"))?;
    } else {
        output::data(&checks.iter().map(lines).collect::<String>())?;
        output::data(&format!("{} checks, {warnings} warnings, {failed} failed\n", checks.len()))?;
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Failed(format!("{failed} of {} checks have failed", checks.len()))),
    }
}

fn lines(check: &Check) -> String {
    let cure = check.cure.as_ref().map_or(String::new(), |cure| format!("         -> {cure}\n"));
    format!("{:<7}  {}: {}\n{cure}", check.status.as_str(), check.id, check.message)
}
