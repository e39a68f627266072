CREATE TABLE mappings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL,
    patient_id INTEGER NOT NULL,
    doctor_id INTEGER NOT NULL,
    notes TEXT,
    assigned_by_id INTEGER,
    assigned_at TEXT NOT NULL,
    ended_at TEXT,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT mappings_version_check CHECK (version >= 1),
    CONSTRAINT mappings_patient_id_fkey FOREIGN KEY (owner_id, patient_id) REFERENCES patients (owner_id, id),
    CONSTRAINT mappings_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctors (id),
    CONSTRAINT mappings_assigned_by_id_fkey FOREIGN KEY (assigned_by_id) REFERENCES users (id)
) STRICT;

-- What the owned tables refer to; on PostgreSQL it is the primary key itself.
CREATE UNIQUE INDEX mappings_pkey ON mappings (owner_id, id);
-- At most one active assignment of a doctor to a patient.
CREATE UNIQUE INDEX mappings_active_pair_key ON mappings (owner_id, patient_id, doctor_id) WHERE ended_at IS NULL;
CREATE INDEX mappings_doctor_id_idx ON mappings (doctor_id) WHERE ended_at IS NULL;
CREATE INDEX mappings_owner_id_assigned_at_idx ON mappings (owner_id, assigned_at, id);
