-- Counters that may be lost in a crash; without a log they cost a fraction. Keys are hashes.
CREATE UNLOGGED TABLE sign_in_attempts (
    key TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    blocked_until TIMESTAMPTZ NOT NULL,
    CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (key),
    CONSTRAINT sign_in_attempts_count_check CHECK (count >= 0)
);

CREATE INDEX sign_in_attempts_since_idx ON sign_in_attempts (since);

-- On PostgreSQL only: a single process counts in memory. Space is left in each page for the next version of its
-- rows, and there is no index that a change of `arrives_at` would have to enter.
CREATE UNLOGGED TABLE rate_limits (
    key TEXT COLLATE "C" NOT NULL,
    arrives_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT rate_limits_pkey PRIMARY KEY (key)
) WITH (fillfactor = 50);
