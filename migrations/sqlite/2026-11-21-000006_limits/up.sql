-- Keys are hashes.
CREATE TABLE sign_in_attempts (
    key TEXT PRIMARY KEY NOT NULL,
    count INTEGER NOT NULL,
    since TEXT NOT NULL,
    blocked_until TEXT NOT NULL,
    CONSTRAINT sign_in_attempts_count_check CHECK (count >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_attempts_since_idx ON sign_in_attempts (since);
