CREATE TABLE doctors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    specialization TEXT,
    specialization_key TEXT,
    email TEXT,
    email_key TEXT,
    phone TEXT,
    address TEXT,
    availability TEXT,
    license_number TEXT,
    experience_years INTEGER,
    consultation_fee_minor INTEGER,
    created_by_id INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    retired_at TEXT,
    CONSTRAINT doctors_experience_years_check CHECK (experience_years >= 0),
    CONSTRAINT doctors_consultation_fee_minor_check CHECK (consultation_fee_minor >= 0),
    CONSTRAINT doctors_version_check CHECK (version >= 1),
    CONSTRAINT doctors_created_by_id_fkey FOREIGN KEY (created_by_id) REFERENCES users (id)
) STRICT;

-- A retired doctor frees its address and its licence. The address key is set only where addresses are unique.
-- In the order in which SQLite looks at them last: see users.
CREATE UNIQUE INDEX doctors_license_number_key ON doctors (license_number) WHERE retired_at IS NULL;
CREATE UNIQUE INDEX doctors_email_key_key ON doctors (email_key) WHERE retired_at IS NULL;
CREATE INDEX doctors_created_at_idx ON doctors (created_at, id) WHERE retired_at IS NULL;
CREATE INDEX doctors_name_key_idx ON doctors (name_key, id) WHERE retired_at IS NULL;

-- The folded words of each name, for search by the start of a word. Retired doctors have none.
CREATE TABLE doctor_words (
    word TEXT NOT NULL,
    doctor_id INTEGER NOT NULL,
    CONSTRAINT doctor_words_pkey PRIMARY KEY (word, doctor_id),
    CONSTRAINT doctor_words_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctors (id)
) STRICT, WITHOUT ROWID;
