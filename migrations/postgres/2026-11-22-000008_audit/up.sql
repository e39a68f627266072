CREATE SEQUENCE audit_events_id_seq;

-- No foreign keys: users and patients may be erased, the trail stays.
--
-- Ids may be committed in another order than they were drawn in. The condition in front of the id gives the
-- transaction its number before it draws one, so whoever seals can tell by the numbers which transactions may still
-- bring a lower id.
CREATE TABLE audit_events (
    id BIGINT NOT NULL DEFAULT CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval('audit_events_id_seq') END,
    at TIMESTAMPTZ NOT NULL,
    operation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    user_id BIGINT,
    session_id UUID,
    address TEXT,
    request_id TEXT NOT NULL,
    record_kind TEXT,
    record_id TEXT,
    version INTEGER,
    patient_id BIGINT,
    fields TEXT NOT NULL,
    reason TEXT,
    CONSTRAINT audit_events_pkey PRIMARY KEY (id),
    CONSTRAINT audit_events_record_check CHECK ((record_kind IS NULL) = (record_id IS NULL))
);

ALTER SEQUENCE audit_events_id_seq OWNED BY audit_events.id;

CREATE INDEX audit_events_at_idx ON audit_events (at, id);
CREATE INDEX audit_events_patient_id_idx ON audit_events (patient_id, id) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_events_user_id_idx ON audit_events (user_id, id) WHERE user_id IS NOT NULL;

-- One seal over each run of events; `hash` covers the columns before it and the hash of the seal before.
CREATE TABLE audit_seals (
    seq BIGINT NOT NULL,
    first_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    count BIGINT NOT NULL,
    events BIGINT NOT NULL,
    sealed_at TIMESTAMPTZ NOT NULL,
    digest BYTEA NOT NULL,
    key_id TEXT,
    hash BYTEA NOT NULL,
    CONSTRAINT audit_seals_pkey PRIMARY KEY (seq)
);

-- The id and the SHA-256 of each event under a seal, 40 bytes each, in the order of the ids: by these a broken seal
-- tells which event it is.
CREATE TABLE audit_leaves (
    seal BIGINT NOT NULL,
    leaves BYTEA NOT NULL,
    CONSTRAINT audit_leaves_pkey PRIMARY KEY (seal),
    CONSTRAINT audit_leaves_seal_fkey FOREIGN KEY (seal) REFERENCES audit_seals (seq)
);

-- Hashes cannot be compressed.
ALTER TABLE audit_leaves ALTER COLUMN leaves SET STORAGE EXTERNAL;

-- The events under the seals up to `seal` may be deleted.
CREATE TABLE audit_prunings (
    seal BIGINT NOT NULL,
    through_id BIGINT NOT NULL,
    before TIMESTAMPTZ NOT NULL,
    pruned_at TIMESTAMPTZ NOT NULL,
    key_id TEXT,
    hash BYTEA NOT NULL,
    CONSTRAINT audit_prunings_pkey PRIMARY KEY (seal),
    CONSTRAINT audit_prunings_seal_fkey FOREIGN KEY (seal) REFERENCES audit_seals (seq)
);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only added to: no % of %', lower(TG_OP), TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Table names are given in full: a temporary table of the same name must not be asked.
CREATE FUNCTION audit_refuse_unless_pruned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pruned BIGINT;
    highest BIGINT;
BEGIN
    IF TG_TABLE_NAME = 'audit_events' THEN
        SELECT max(id) INTO highest FROM gone;
        EXECUTE format('SELECT max(through_id) FROM %I.audit_prunings', TG_TABLE_SCHEMA) INTO pruned;
    ELSE
        SELECT max(seal) INTO highest FROM gone;
        EXECUTE format('SELECT max(seal) FROM %I.audit_prunings', TG_TABLE_SCHEMA) INTO pruned;
    END IF;
    IF highest > coalesce(pruned, 0) THEN
        RAISE EXCEPTION 'the audit trail is only added to: no delete of %', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER audit_events_update BEFORE UPDATE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_events_delete AFTER DELETE ON audit_events REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_unless_pruned();
CREATE TRIGGER audit_leaves_update BEFORE UPDATE OR TRUNCATE ON audit_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_leaves_delete AFTER DELETE ON audit_leaves REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_unless_pruned();
CREATE TRIGGER audit_seals_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_prunings_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_prunings
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- Also where replication applies changes or `session_replication_role` switches other triggers off.
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_update;
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_delete;
ALTER TABLE audit_leaves ENABLE ALWAYS TRIGGER audit_leaves_update;
ALTER TABLE audit_leaves ENABLE ALWAYS TRIGGER audit_leaves_delete;
ALTER TABLE audit_seals ENABLE ALWAYS TRIGGER audit_seals_update;
ALTER TABLE audit_prunings ENABLE ALWAYS TRIGGER audit_prunings_update;
