-- No foreign keys: users and patients may be erased, the trail stays.
CREATE TABLE audit_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at TEXT NOT NULL,
    operation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    user_id INTEGER,
    session_id TEXT,
    address TEXT,
    request_id TEXT NOT NULL,
    record_kind TEXT,
    record_id TEXT,
    version INTEGER,
    patient_id INTEGER,
    fields TEXT NOT NULL,
    reason TEXT,
    CONSTRAINT audit_events_record_check CHECK ((record_kind IS NULL) = (record_id IS NULL))
) STRICT;

CREATE INDEX audit_events_at_idx ON audit_events (at);
CREATE INDEX audit_events_patient_id_idx ON audit_events (patient_id) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_events_user_id_idx ON audit_events (user_id) WHERE user_id IS NOT NULL;

-- One seal over each run of events; `hash` covers the columns before it and the hash of the seal before.
CREATE TABLE audit_seals (
    seq INTEGER PRIMARY KEY NOT NULL,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    count INTEGER NOT NULL,
    events INTEGER NOT NULL,
    sealed_at TEXT NOT NULL,
    digest BLOB NOT NULL,
    key_id TEXT,
    hash BLOB NOT NULL
) STRICT;

-- The id and the SHA-256 of each event under a seal, 40 bytes each, in the order of the ids: by these a broken seal
-- tells which event it is.
CREATE TABLE audit_leaves (
    seal INTEGER PRIMARY KEY NOT NULL,
    leaves BLOB NOT NULL,
    CONSTRAINT audit_leaves_seal_fkey FOREIGN KEY (seal) REFERENCES audit_seals (seq)
) STRICT;

-- The events under the seals up to `seal` may be deleted.
CREATE TABLE audit_prunings (
    seal INTEGER PRIMARY KEY NOT NULL,
    through_id INTEGER NOT NULL,
    before TEXT NOT NULL,
    pruned_at TEXT NOT NULL,
    key_id TEXT,
    hash BLOB NOT NULL,
    CONSTRAINT audit_prunings_seal_fkey FOREIGN KEY (seal) REFERENCES audit_seals (seq)
) STRICT;

CREATE TRIGGER audit_events_update BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_events'); END;

CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
WHEN OLD.id > (SELECT coalesce(max(through_id), 0) FROM audit_prunings)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no delete of audit_events'); END;

CREATE TRIGGER audit_leaves_update BEFORE UPDATE ON audit_leaves
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_leaves'); END;

CREATE TRIGGER audit_leaves_delete BEFORE DELETE ON audit_leaves
WHEN OLD.seal > (SELECT coalesce(max(seal), 0) FROM audit_prunings)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no delete of audit_leaves'); END;

CREATE TRIGGER audit_seals_update BEFORE UPDATE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_seals'); END;

CREATE TRIGGER audit_seals_delete BEFORE DELETE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no delete of audit_seals'); END;

CREATE TRIGGER audit_prunings_update BEFORE UPDATE ON audit_prunings
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_prunings'); END;

CREATE TRIGGER audit_prunings_delete BEFORE DELETE ON audit_prunings
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no delete of audit_prunings'); END;

-- `INSERT OR REPLACE` deletes what stands in its way without asking the triggers of deletion.
CREATE TRIGGER audit_events_replace BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_events'); END;

CREATE TRIGGER audit_leaves_replace BEFORE INSERT ON audit_leaves
WHEN EXISTS (SELECT 1 FROM audit_leaves WHERE seal = NEW.seal)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_leaves'); END;

CREATE TRIGGER audit_seals_replace BEFORE INSERT ON audit_seals
WHEN EXISTS (SELECT 1 FROM audit_seals WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_seals'); END;

CREATE TRIGGER audit_prunings_replace BEFORE INSERT ON audit_prunings
WHEN EXISTS (SELECT 1 FROM audit_prunings WHERE seal = NEW.seal)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_prunings'); END;
