//! What operations, outcomes and steps of a history are called by people.

use domain::{Act, Outcome};

use crate::list::Choice;

/// The names by which the trail and the log know operations, and what each of them did.
pub(crate) const NAMES: &[(&str, &str)] = &[
    // Accounts, by the interface.
    ("auth_login", "Signed in"),
    ("auth_logout", "Signed out"),
    ("auth_logout_all", "Ended all own sessions"),
    ("auth_me", "Viewed the own account"),
    ("auth_me_update", "Changed the own account"),
    ("auth_password", "Changed the own password"),
    ("auth_refresh", "Renewed a session"),
    ("auth_register", "Registered"),
    ("auth_sessions", "Listed the own sessions"),
    ("auth_sessions_delete", "Ended an own session"),
    ("auth_token_refresh", "Renewed a session"),
    // Patients.
    ("patients_list", "Listed patients"),
    ("patients_create", "Added a patient"),
    ("patients_get", "Viewed a patient"),
    ("patients_update", "Changed a patient"),
    ("patients_partial_update", "Changed a patient"),
    ("patients_delete", "Deleted a patient"),
    ("patients_restore", "Restored a patient"),
    ("patients_history", "Viewed the history of a patient"),
    ("patients_version", "Viewed a former version of a patient"),
    ("patients_audit", "Viewed who has seen a patient"),
    ("patients_doctors", "Listed the doctors of a patient"),
    ("patients_export", "Exported patients"),
    ("patients_import", "Imported patients"),
    ("patients_import_rows", "Imported patients, some at a time"),
    // Doctors.
    ("doctors_list", "Listed doctors"),
    ("doctors_create", "Added a doctor"),
    ("doctors_get", "Viewed a doctor"),
    ("doctors_update", "Changed a doctor"),
    ("doctors_partial_update", "Changed a doctor"),
    ("doctors_delete", "Retired a doctor"),
    ("doctors_restore", "Restored a doctor"),
    ("doctors_history", "Viewed the history of a doctor"),
    ("doctors_version", "Viewed a former version of a doctor"),
    // Assignments.
    ("mappings_list", "Listed assignments"),
    ("mappings_create", "Assigned a doctor"),
    ("mappings_detail", "Viewed an assignment"),
    ("mappings_patient", "Listed the doctors of a patient"),
    ("mappings_short_patient", "Listed the doctors of a patient"),
    ("mappings_doctors", "Listed the doctors of a patient"),
    ("mappings_partial_update", "Changed the notes of an assignment"),
    ("mappings_delete", "Ended an assignment"),
    ("mappings_history", "Viewed the history of an assignment"),
    ("mappings_detail_history", "Viewed the history of an assignment"),
    ("mappings_version", "Viewed a former version of an assignment"),
    ("mappings_detail_version", "Viewed a former version of an assignment"),
    // The trail, and what is asked of the server itself.
    ("audit_list", "Read the audit trail"),
    ("jwks", "Fetched the public keys"),
    ("livez", "Asked whether the server runs"),
    ("readyz", "Asked whether the server is ready"),
    ("schema", "Fetched the description of the interface"),
    ("schema_json", "Fetched the description of the interface"),
    ("unknown", "Asked for something unknown"),
    // The panel: in and out.
    ("admin_sign_in_page", "Panel: opened the sign-in"),
    ("admin_sign_in", "Panel: signed in"),
    ("admin_sign_out", "Panel: signed out"),
    ("admin_set_up_page", "Panel: opened the set-up"),
    ("admin_set_up", "Panel: made the first administrator"),
    ("admin_reset_page", "Panel: opened a link for a new password"),
    ("admin_reset", "Panel: set a new password by a link"),
    ("admin_account", "Panel: viewed the own account"),
    ("admin_password_page", "Panel: opened the form for a password"),
    ("admin_password", "Panel: changed the own password"),
    ("admin_time_zone", "Panel: chose a time zone"),
    ("admin_overview", "Panel: opened the overview"),
    // The panel: patients.
    ("admin_patients_list", "Panel: listed patients"),
    ("admin_patients_get", "Panel: viewed a patient"),
    ("admin_patients_history", "Panel: viewed the history of a patient"),
    ("admin_patients_add_page", "Panel: opened the form for a patient"),
    ("admin_patients_create", "Panel: added a patient"),
    ("admin_patients_edit_page", "Panel: opened a patient to change"),
    ("admin_patients_update", "Panel: changed a patient"),
    ("admin_patients_delete_page", "Panel: asked what deleting a patient ends"),
    ("admin_patients_delete", "Panel: deleted a patient"),
    ("admin_patients_restore", "Panel: restored a patient"),
    ("admin_patients_selected", "Panel: selected patients"),
    ("admin_patients_export", "Panel: exported patients"),
    ("admin_patients_move", "Panel: moved patients to another owner"),
    // The panel: doctors.
    ("admin_doctors_list", "Panel: listed doctors"),
    ("admin_doctors_get", "Panel: viewed a doctor"),
    ("admin_doctors_find", "Panel: looked for a doctor to assign"),
    ("admin_doctors_history", "Panel: viewed the history of a doctor"),
    ("admin_doctors_add_page", "Panel: opened the form for a doctor"),
    ("admin_doctors_create", "Panel: added a doctor"),
    ("admin_doctors_edit_page", "Panel: opened a doctor to change"),
    ("admin_doctors_update", "Panel: changed a doctor"),
    ("admin_doctors_retire_page", "Panel: asked what retiring a doctor ends"),
    ("admin_doctors_retire", "Panel: retired a doctor"),
    ("admin_doctors_restore", "Panel: restored a doctor"),
    ("admin_doctors_selected", "Panel: selected doctors"),
    ("admin_doctors_export", "Panel: exported doctors"),
    // The panel: assignments.
    ("admin_mappings_list", "Panel: listed assignments"),
    ("admin_mappings_get", "Panel: viewed an assignment"),
    ("admin_mappings_history", "Panel: viewed the history of an assignment"),
    ("admin_mappings_assign", "Panel: assigned a doctor"),
    ("admin_mappings_edit_page", "Panel: opened the notes of an assignment"),
    ("admin_mappings_update", "Panel: changed the notes of an assignment"),
    ("admin_mappings_end_page", "Panel: asked before ending an assignment"),
    ("admin_mappings_end", "Panel: ended an assignment"),
    ("admin_mappings_selected", "Panel: selected assignments"),
    ("admin_mappings_export", "Panel: exported assignments"),
    // The panel: users.
    ("admin_users_list", "Panel: listed users"),
    ("admin_users_get", "Panel: viewed a user"),
    ("admin_users_add_page", "Panel: opened the form for a user"),
    ("admin_users_create", "Panel: added a user"),
    ("admin_users_edit_page", "Panel: opened a user to change"),
    ("admin_users_update", "Panel: changed a user"),
    ("admin_users_standing", "Panel: changed the role or state of a user"),
    ("admin_users_end_session", "Panel: ended a session of a user"),
    ("admin_users_end_sessions", "Panel: ended all sessions of a user"),
    ("admin_users_reset", "Panel: made a link for a new password"),
    ("admin_users_move_page", "Panel: opened the form to move patients"),
    ("admin_users_move", "Panel: moved all patients of a user"),
    ("admin_users_selected", "Panel: selected users"),
    ("admin_users_export", "Panel: exported users"),
    // The panel: the trail.
    ("admin_audit_list", "Panel: read the audit trail"),
    ("admin_audit_verify", "Panel: checked the audit trail"),
    // Commands on the server.
    ("audit_export", "Command: exported the audit trail"),
    ("audit_prune", "Command: pruned the audit trail"),
    ("backup", "Command: made a backup"),
    ("change_password", "Command: set the password of a user"),
    ("create_admin", "Command: made an administrator"),
    ("export_doctors", "Command: exported doctors"),
    ("export_mappings", "Command: exported assignments"),
    ("export_patients", "Command: exported patients"),
    ("export_users", "Command: exported users"),
    ("import_django", "Command: took over a Django project"),
    ("import_doctors", "Command: imported doctors"),
    ("import_mappings", "Command: imported assignments"),
    ("import_patients", "Command: imported patients"),
    ("import_users", "Command: imported users"),
    ("invite", "Command: invited somebody"),
    ("invite_revoke", "Command: took an invitation back"),
    ("purge", "Command: erased a record for good"),
    ("restore", "Command: restored a backup"),
    ("seed", "Command: made sample records"),
    ("token_create", "Command: made a token"),
    ("users_set_standing", "Command: changed the role or state of a user"),
];

/// What an operation did, in words; the technical name of one that only another release knows.
pub(crate) fn name(operation: &str) -> &str {
    NAMES.iter().find(|(known, _)| *known == operation).map_or(operation, |(_, name)| name)
}

/// What came of an operation, in words.
pub(crate) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "Done",
        Outcome::Repeated => "Done before, answered again",
        Outcome::Invalid => "Not valid",
        Outcome::Unauthenticated => "Not signed in",
        Outcome::Forbidden => "Not allowed",
        Outcome::NotFound => "Not found",
        Outcome::Conflict => "Not possible",
        Outcome::Stale => "Changed meanwhile",
        Outcome::Throttled => "Too many attempts",
        Outcome::Unavailable => "Not available just then",
        Outcome::Failed => "Fault of the server",
    }
}

/// What made a version of a record, in words.
pub(crate) const fn act(act: Act) -> &'static str {
    match act {
        Act::Created => "added",
        Act::Updated => "changed",
        Act::Removed => "removed",
        Act::Restored => "restored",
    }
}

/// The operations as choices of a filter. Where several have one name, each says what the trail calls it; so does one
/// that only another release knows, if it is the one that is `chosen`.
pub(crate) fn choices(chosen: &str) -> Vec<Choice> {
    let choice =
        |value: &str, label: String| Choice { value: value.to_owned(), label, is_chosen: value == chosen };
    let known = NAMES.iter().map(|(operation, name)| {
        let is_shared = NAMES.iter().filter(|(_, other)| other == name).nth(1).is_some();
        choice(operation, if is_shared { format!("{name} ({operation})") } else { (*name).to_owned() })
    });
    let is_unknown = !chosen.is_empty() && NAMES.iter().all(|(operation, _)| *operation != chosen);
    let unknown = is_unknown.then(|| choice(chosen, chosen.to_owned()));
    std::iter::once(choice("", "All".to_owned())).chain(unknown).chain(known).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The operations of the interface, by the document that is held against its code.
    fn of_the_interface() -> Vec<String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        let document = std::fs::read_to_string(file).unwrap();
        let ids = document.split("\"operationId\":").skip(1);
        ids.map(|rest| rest.split('"').nth(1).unwrap().to_owned()).collect()
    }

    /// The operations that the commands of the program are on record as.
    fn of_the_commands() -> Vec<String> {
        fn read(folder: &Path, all: &mut String) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    read(&path, all);
                } else {
                    all.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut sources = String::new();
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src"), &mut sources);
        let told = |before: &str| {
            let rest = sources.split(before).skip(1);
            rest.map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        [told("call(\""), told("Operation::named(\""), told("=> \"export_"), told("=> \"import_")].concat()
    }

    #[test]
    fn every_operation_has_a_name() {
        let mut operations: Vec<String> = of_the_interface();
        assert!(operations.len() > 40, "{operations:?}");
        let panel: Vec<_> = crate::routes::all().collect();
        assert!(panel.len() > 60);
        operations.extend(panel.iter().map(|endpoint| endpoint.operation.to_owned()));
        let commands = of_the_commands();
        assert!(commands.len() > 10, "{commands:?}");
        let prefixes = |name: &String| {
            let kinds = ["users", "patients", "doctors", "mappings"];
            let is_kind = kinds.contains(&name.as_str());
            if is_kind {
                vec![format!("export_{name}"), format!("import_{name}")]
            } else {
                vec![name.clone()]
            }
        };
        operations.extend(commands.iter().flat_map(prefixes));
        let nameless: BTreeSet<_> = operations.iter().filter(|known| name(known) == known.as_str()).collect();
        assert!(nameless.is_empty(), "{nameless:?}");
    }

    #[test]
    fn no_operation_has_two_names() {
        let known: BTreeSet<_> = NAMES.iter().map(|(operation, _)| operation).collect();
        assert_eq!(known.len(), NAMES.len());
    }

    #[test]
    fn every_outcome_and_every_act_has_words_of_its_own() {
        let words: BTreeSet<_> = Outcome::ALL.map(outcome).into();
        assert_eq!(words.len(), Outcome::ALL.len());
        for known in Outcome::ALL {
            let words = outcome(known);
            assert!(words.starts_with(|first: char| first.is_uppercase()) && !words.contains('_'), "{words}");
        }
        let acts: BTreeSet<_> = [Act::Created, Act::Updated, Act::Removed, Act::Restored].map(act).into();
        assert_eq!(acts.len(), 4);
    }

    #[test]
    fn each_choice_of_an_operation_can_be_told_from_the_others() {
        let offered = choices("patients_update");
        let labels: BTreeSet<_> = offered.iter().map(|choice| choice.label.as_str()).collect();
        assert_eq!((labels.len(), offered.len()), (NAMES.len() + 1, NAMES.len() + 1));
        let chosen: Vec<_> = offered.iter().filter(|choice| choice.is_chosen).collect();
        assert_eq!((chosen.len(), chosen[0].label.as_str()), (1, "Changed a patient (patients_update)"));
        let unknown = choices("patients_fold");
        assert!(unknown.iter().any(|choice| choice.is_chosen && choice.label == "patients_fold"));
    }

    #[test]
    fn an_operation_of_another_release_is_called_as_it_is() {
        assert_eq!(name("patients_get"), "Viewed a patient");
        assert_eq!(name("patients_fold"), "patients_fold");
    }
}
