-- Which record of which source a record was, so that none is taken in twice. `record_id` refers to nothing: what was
-- erased does not come back. `origin` tells when the record was made in its source.
CREATE TABLE imported_records (
    source TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    record_id BIGINT NOT NULL,
    origin TIMESTAMPTZ,
    imported_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT imported_records_pkey PRIMARY KEY (source, kind, external_id),
    CONSTRAINT imported_records_kind_check CHECK (kind IN ('user', 'patient', 'doctor', 'mapping'))
);
