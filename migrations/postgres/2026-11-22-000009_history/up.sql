-- The steps by which records became what they are. A row tells of the step to `version` when, by whom and how it was
-- made and which fields it changed, and keeps what the record was before: since when, and in `record` as JSON (by the
-- names of the columns). What the record is now stands in its own table, so one that was never changed has no row.
-- `by_id` refers to nothing: the past outlives accounts.
CREATE TABLE patient_versions (
    owner_id BIGINT NOT NULL,
    patient_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    by_id BIGINT,
    act TEXT NOT NULL,
    fields TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    record TEXT NOT NULL,
    CONSTRAINT patient_versions_pkey PRIMARY KEY (owner_id, patient_id, version),
    CONSTRAINT patient_versions_version_check CHECK (version >= 2),
    CONSTRAINT patient_versions_act_check CHECK (act IN ('updated', 'removed', 'restored')),
    CONSTRAINT patient_versions_patient_id_fkey
        FOREIGN KEY (owner_id, patient_id) REFERENCES patients (owner_id, id)
);

CREATE TABLE doctor_versions (
    doctor_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    by_id BIGINT,
    act TEXT NOT NULL,
    fields TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    record TEXT NOT NULL,
    CONSTRAINT doctor_versions_pkey PRIMARY KEY (doctor_id, version),
    CONSTRAINT doctor_versions_version_check CHECK (version >= 2),
    CONSTRAINT doctor_versions_act_check CHECK (act IN ('updated', 'removed', 'restored')),
    CONSTRAINT doctor_versions_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctors (id)
);

-- Of a mapping only these two columns ever change, so they stand here as they are, and many mappings can end in one
-- statement.
CREATE TABLE mapping_versions (
    owner_id BIGINT NOT NULL,
    mapping_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    by_id BIGINT,
    act TEXT NOT NULL,
    fields TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    notes TEXT,
    ended_at TIMESTAMPTZ,
    CONSTRAINT mapping_versions_pkey PRIMARY KEY (owner_id, mapping_id, version),
    CONSTRAINT mapping_versions_version_check CHECK (version >= 2),
    CONSTRAINT mapping_versions_act_check CHECK (act IN ('updated', 'removed', 'restored')),
    CONSTRAINT mapping_versions_mapping_id_fkey
        FOREIGN KEY (owner_id, mapping_id) REFERENCES mappings (owner_id, id)
);

-- Which record was made under which key of a client, for a day. Keys are hashes of user and key.
CREATE TABLE idempotency_keys (
    key TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    record_kind TEXT NOT NULL,
    record_id BIGINT,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key)
);

CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
