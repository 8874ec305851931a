-- Identity providers that administrators set on their page, beside those of the file of settings (OpenID Connect Discovery 1.0).
CREATE TABLE identity_provider (
    id UUID NOT NULL,
    -- What addresses and logins call it.
    key TEXT NOT NULL,
    label TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_authentication TEXT NOT NULL,
    -- Sealed for this row.
    client_secret TEXT NOT NULL,
    discovery_url TEXT NULL,
    -- Lists: what is asked for, and which claims give which role.
    asked JSONB NOT NULL,
    name_claim TEXT NOT NULL,
    subject_claim TEXT NOT NULL,
    is_on BOOLEAN NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT identity_provider_pk PRIMARY KEY (id),
    CONSTRAINT identity_provider_key UNIQUE (key),
    CONSTRAINT identity_provider_issuer UNIQUE (issuer),
    CONSTRAINT identity_provider_authentication CHECK (client_authentication IN ('client_secret_basic', 'client_secret_post'))
);
