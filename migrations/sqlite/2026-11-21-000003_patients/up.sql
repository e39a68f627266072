CREATE TABLE patients (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    date_of_birth TEXT,
    age_told INTEGER,
    age_told_on TEXT,
    gender TEXT,
    email TEXT,
    phone TEXT,
    emergency_contact TEXT,
    address TEXT,
    medical_history TEXT,
    blood_group TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    deleted_at TEXT,
    CONSTRAINT patients_age_told_check CHECK ((age_told IS NULL) = (age_told_on IS NULL)),
    CONSTRAINT patients_gender_check CHECK (gender IN ('male', 'female', 'other', 'unknown')),
    CONSTRAINT patients_blood_group_check CHECK (blood_group IN ('A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-')),
    CONSTRAINT patients_version_check CHECK (version >= 1),
    CONSTRAINT patients_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id)
) STRICT;

-- What the owned tables refer to; on PostgreSQL it is the primary key itself.
CREATE UNIQUE INDEX patients_pkey ON patients (owner_id, id);
CREATE INDEX patients_owner_id_created_at_idx ON patients (owner_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX patients_owner_id_name_key_idx ON patients (owner_id, name_key, id) WHERE deleted_at IS NULL;

-- The folded words of each name, for search by the start of a word. Deleted patients have none.
CREATE TABLE patient_words (
    owner_id INTEGER NOT NULL,
    word TEXT NOT NULL,
    patient_id INTEGER NOT NULL,
    CONSTRAINT patient_words_pkey PRIMARY KEY (owner_id, word, patient_id),
    CONSTRAINT patient_words_patient_id_fkey FOREIGN KEY (owner_id, patient_id) REFERENCES patients (owner_id, id)
) STRICT, WITHOUT ROWID;
