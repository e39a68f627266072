CREATE TABLE sessions (
    id UUID NOT NULL,
    user_id BIGINT NOT NULL,
    refresh_counter BIGINT NOT NULL,
    rotated_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    user_agent TEXT,
    address TEXT,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_refresh_counter_check CHECK (refresh_counter >= 0),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE INDEX sessions_user_id_idx ON sessions (user_id, created_at, id) WHERE ended_at IS NULL;
-- Each replica asks again and again which sessions have ended of late.
CREATE INDEX sessions_ended_at_idx ON sessions (ended_at) WHERE ended_at IS NOT NULL;
