-- What makes a session one of the admin panel: the browser shows a key, of which only the hash is kept.
CREATE TABLE admin_sessions (
    key_hash TEXT PRIMARY KEY NOT NULL,
    session_id TEXT NOT NULL,
    CONSTRAINT admin_sessions_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX admin_sessions_session_id_key ON admin_sessions (session_id);
