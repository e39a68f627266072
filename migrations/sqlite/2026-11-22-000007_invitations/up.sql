-- Of a code only its SHA-256 is kept.
CREATE TABLE invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    used_by_id INTEGER,
    CONSTRAINT invitations_role_check CHECK (role IN ('patient', 'doctor', 'staff', 'admin')),
    CONSTRAINT invitations_used_check CHECK ((used_at IS NULL) = (used_by_id IS NULL)),
    CONSTRAINT invitations_used_by_id_fkey FOREIGN KEY (used_by_id) REFERENCES users (id)
) STRICT;

CREATE UNIQUE INDEX invitations_code_hash_key ON invitations (code_hash);
-- For the foreign key: whoever removes a user asks for it.
CREATE INDEX invitations_used_by_id_idx ON invitations (used_by_id) WHERE used_by_id IS NOT NULL;
