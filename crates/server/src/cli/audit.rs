//! `healthcore audit`.

mod export;

use std::path::PathBuf;

use domain::ports::{AuditTrail, Clock as _};
use domain::{AuditCheck, AuditHead, Broken, Fault, Stamp, Verification};
use security::SystemClock;

use super::args::{AuditCommand, PruneArguments, VerifyArguments};
use super::failure::Failure;
use crate::audit::{Noted, anchor_file, hex, line, noted};
use crate::output;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify(arguments) => {
            let noted = anchors(settings, arguments)?;
            let (stores, runtime) = super::stores(settings)?;
            runtime.block_on(verify(&*stores.audit, &noted))
        }
        AuditCommand::Export(arguments) => {
            let (stores, runtime) = super::stores(settings)?;
            runtime.block_on(export::run(&stores, arguments))
        }
        AuditCommand::Prune(arguments) => prune(settings, arguments),
        AuditCommand::Head => {
            let (stores, runtime) = super::stores(settings)?;
            runtime.block_on(head(&*stores.audit))
        }
    }
}

/// The heads that were noted. A file that is named must be there.
fn anchors(settings: &Settings, arguments: &VerifyArguments) -> Result<Noted, Failure> {
    let file: Option<PathBuf> = match &arguments.anchors {
        Some(file) => Some(file.clone()),
        None => anchor_file(settings).filter(|file| file.exists()),
    };
    let noted = file.as_deref().map(noted).transpose();
    let noted = noted.map_err(|error| {
        let shown = file.as_deref().map(|file| file.display().to_string()).unwrap_or_default();
        Failure::Usage(format!("the noted heads in {shown} cannot be read: {error}"))
    })?;
    let noted = noted.unwrap_or_default();
    if noted.unreadable > 0 {
        output::say(&format!("{} lines of the file of noted heads are none", noted.unreadable));
    }
    if noted.heads.is_empty() {
        output::say("no head was noted: whether the end of the trail was cut off, nobody can tell");
    }
    Ok(noted)
}

async fn verify(trail: &dyn AuditTrail, noted: &Noted) -> Result<(), Failure> {
    let found = trail.verify(&noted.heads).await.map_err(|error| Failure::failed(&error))?;
    // For administrators to see in the panel. The answer does not depend on it.
    if let Err(error) = trail.note(&AuditCheck::of(&found, None, SystemClock.now())).await {
        tracing::warn!(%error, "the result of the check could not be kept");
    }
    match found.broken {
        None => Ok(output::data(&summary(&found))?),
        Some(broken) => Err(Failure::Failed(told(broken))),
    }
}

fn summary(found: &Verification) -> String {
    let Verification { events, seals, pruned, unsealed, head, .. } = found;
    let head =
        head.as_ref().map_or_else(|| "-".to_owned(), |head| format!("{}:{}", head.seal, hex(&head.hash)));
    format!("events={events} seals={seals} pruned={pruned} unsealed={unsealed} head={head}\n")
}

fn told(broken: Broken) -> String {
    let place = broken.event.map_or_else(String::new, |event| format!(" at event {event}"));
    let (seal, fault) = (broken.seal, broken.fault.as_str());
    let meaning = match broken.fault {
        Fault::Changed => "it is not what was sealed",
        Fault::Deleted => "it was sealed, and is gone",
        Fault::Swapped => "it stands in the place of another one",
        Fault::Inserted => "it was never sealed, but stands among those that were",
        Fault::CutOff => "a head with this seal was noted, and the trail does not lead there any more",
        Fault::Unsealed => "the seal does not follow from the one before: nothing from here on is proven",
    };
    format!("the audit trail is broken{place} under seal {seal}: {fault} ({meaning})")
}

fn prune(settings: &Settings, arguments: &PruneArguments) -> Result<(), Failure> {
    let now = SystemClock.now();
    let latest = now.minus(settings.audit.retention());
    let before = arguments.before.unwrap_or(latest);
    if before > latest {
        let days = settings.audit.retention_days;
        return Err(Failure::Usage(format!(
            "--before {before}: events stay for {days} days (setting `audit.retention_days`), so nothing after {latest} \
             can go"
        )));
    }
    let (stores, runtime) = super::stores(settings)?;
    let stamp = Stamp::anonymous(now, super::call("audit_prune"));
    let pruned = runtime.block_on(stores.audit.prune(before, &stamp));
    let pruned = pruned.map_err(|error| Failure::failed(&error))?;
    Ok(output::data(&format!("{pruned} events from before {before} were pruned\n"))?)
}

async fn head(trail: &dyn AuditTrail) -> Result<(), Failure> {
    let head: Option<AuditHead> =
        trail.seal(SystemClock.now()).await.map_err(|error| Failure::failed(&error))?;
    let Some(head) = head else {
        output::say("there is nothing to seal yet");
        return Ok(());
    };
    Ok(output::data(&line(&head)?)?)
}
