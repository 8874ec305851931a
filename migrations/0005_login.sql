-- Sign-ins of staff. The cookie itself is nowhere, only its SHA-256.
CREATE TABLE login (
    id UUID NOT NULL,
    digest BYTEA NOT NULL,
    practitioner_id UUID NOT NULL,
    provider_id_token TEXT NULL,
    provider_sid TEXT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT login_pk PRIMARY KEY (id),
    CONSTRAINT login_digest UNIQUE (digest),
    CONSTRAINT login_digest_length CHECK (length(digest) = 32),
    CONSTRAINT login_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX login_by_practitioner ON login (practitioner_id);
CREATE INDEX login_by_expiry ON login (expires_at);

-- Sign-ins that have begun at the identity provider. Each row is taken once.
CREATE TABLE sign_in_attempt (
    state_digest BYTEA NOT NULL,
    browser_digest BYTEA NOT NULL,
    provider TEXT NOT NULL,
    nonce TEXT NOT NULL,
    pkce_verifier TEXT NOT NULL,
    return_to TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT sign_in_attempt_pk PRIMARY KEY (state_digest),
    CONSTRAINT sign_in_attempt_digest_length CHECK (length(state_digest) = 32 AND length(browser_digest) = 32)
);

CREATE INDEX sign_in_attempt_by_expiry ON sign_in_attempt (expires_at);
