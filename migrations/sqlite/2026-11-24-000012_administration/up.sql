-- A link by which somebody who cannot sign in sets a new password, once. Of its key only a hash is kept. It counts
-- while the account is what it was when the link was made, so any change to the account ends it.
CREATE TABLE password_resets (
    key_hash TEXT PRIMARY KEY NOT NULL,
    user_id INTEGER NOT NULL,
    user_version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    CONSTRAINT password_resets_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT, WITHOUT ROWID;

-- A new link takes the place of the one before.
CREATE UNIQUE INDEX password_resets_user_id_key ON password_resets (user_id);

-- What checks of the audit trail found. For people to see; the proof is the trail itself.
CREATE TABLE audit_checks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    user_id INTEGER,
    seals INTEGER NOT NULL,
    events INTEGER NOT NULL,
    broken_seal INTEGER,
    broken_event INTEGER,
    fault TEXT,
    CONSTRAINT audit_checks_fault_check CHECK ((broken_seal IS NULL) = (fault IS NULL))
) STRICT;

-- Lists over all owners, a page at a time.
CREATE INDEX patients_name_key_idx ON patients (name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX patients_deleted_idx ON patients (id) WHERE deleted_at IS NOT NULL;
CREATE INDEX patient_words_word_idx ON patient_words (word, patient_id);
CREATE INDEX doctors_retired_idx ON doctors (id) WHERE retired_at IS NOT NULL;
CREATE INDEX mappings_active_idx ON mappings (id) WHERE ended_at IS NULL;
CREATE INDEX mappings_ended_idx ON mappings (id) WHERE ended_at IS NOT NULL;
CREATE INDEX mappings_ended_doctor_id_idx ON mappings (doctor_id, id) WHERE ended_at IS NOT NULL;
CREATE INDEX mappings_patient_id_idx ON mappings (patient_id);
