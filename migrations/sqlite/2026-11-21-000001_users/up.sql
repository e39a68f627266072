CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    email TEXT,
    email_key TEXT,
    password_hash TEXT,
    name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    phone TEXT,
    role TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    date_joined TEXT NOT NULL,
    last_login TEXT,
    version INTEGER NOT NULL,
    CONSTRAINT users_role_check CHECK (role IN ('patient', 'doctor', 'staff', 'admin')),
    CONSTRAINT users_is_active_check CHECK (is_active IN (0, 1)),
    CONSTRAINT users_version_check CHECK (version >= 1)
) STRICT;

-- Where two rules are broken at once, SQLite names the index that was made last and PostgreSQL the one that was made
-- first. Both are to name the same.
CREATE UNIQUE INDEX users_email_key_key ON users (email_key);
CREATE UNIQUE INDEX users_username_key_key ON users (username_key);
