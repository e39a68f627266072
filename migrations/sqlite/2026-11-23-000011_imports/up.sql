-- Which record of which source a record was, so that none is taken in twice. `record_id` refers to nothing: what was
-- erased does not come back. `origin` tells when the record was made in its source.
CREATE TABLE imported_records (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    origin TEXT,
    imported_at TEXT NOT NULL,
    CONSTRAINT imported_records_pkey PRIMARY KEY (source, kind, external_id),
    CONSTRAINT imported_records_kind_check CHECK (kind IN ('user', 'patient', 'doctor', 'mapping'))
) STRICT, WITHOUT ROWID;
