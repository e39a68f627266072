CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user_id INTEGER NOT NULL,
    refresh_counter INTEGER NOT NULL,
    rotated_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_used_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ended_at TEXT,
    user_agent TEXT,
    address TEXT,
    CONSTRAINT sessions_refresh_counter_check CHECK (refresh_counter >= 0),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user_id_idx ON sessions (user_id, created_at, id) WHERE ended_at IS NULL;
-- Each replica asks again and again which sessions have ended of late.
CREATE INDEX sessions_ended_at_idx ON sessions (ended_at) WHERE ended_at IS NOT NULL;
