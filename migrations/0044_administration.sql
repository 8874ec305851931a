-- What claims say of somebody's roles. `practitioner_role` is what the person has: this, what was given by hand, less what was taken by hand.
CREATE TABLE claimed_role (
    practitioner_id UUID NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT claimed_role_pk PRIMARY KEY (practitioner_id, role),
    CONSTRAINT claimed_role_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

INSERT INTO claimed_role (practitioner_id, role) SELECT practitioner_id, role FROM practitioner_role;

-- What an administrator said of it, until an administrator says something else.
CREATE TABLE role_by_hand (
    practitioner_id UUID NOT NULL,
    role TEXT NOT NULL,
    is_given BOOLEAN NOT NULL,
    CONSTRAINT role_by_hand_pk PRIMARY KEY (practitioner_id, role),
    CONSTRAINT role_by_hand_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

-- Somebody who is disabled has no role and cannot sign in, whatever claims say.
ALTER TABLE practitioner ADD COLUMN disabled_at TIMESTAMPTZ NULL;

-- Programs that act without a person. The token itself is nowhere, only its SHA-256.
CREATE TABLE api_token (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    -- Words of scopes, with a comma in between.
    scopes TEXT NOT NULL,
    -- The services of which it may see something, as identifiers with a comma in between.
    services TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    made_by UUID NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ NULL,
    revoked_at TIMESTAMPTZ NULL,
    CONSTRAINT api_token_pk PRIMARY KEY (id),
    CONSTRAINT api_token_digest UNIQUE (digest),
    CONSTRAINT api_token_digest_length CHECK (length(digest) = 32),
    CONSTRAINT api_token_practitioner FOREIGN KEY (made_by) REFERENCES practitioner (id)
);

-- What the hospital looks like, beside the file of settings: one row of a kind.
CREATE TABLE branding (
    id BIGINT NOT NULL,
    name TEXT NULL,
    telephone TEXT NULL,
    -- `#rrggbb`
    color TEXT NULL,
    logo BYTEA NULL,
    logo_type TEXT NULL,
    CONSTRAINT branding_pk PRIMARY KEY (id),
    CONSTRAINT branding_one CHECK (id = 1),
    CONSTRAINT branding_logo CHECK ((logo IS NULL) = (logo_type IS NULL))
);

-- Every change that was made on the pages of the administration, with what was there before. Rows are only added.
CREATE TABLE setting_change (
    id UUID NOT NULL,
    what TEXT NOT NULL,
    -- Whom or what it is about, in words.
    subject TEXT NOT NULL,
    value_before TEXT NOT NULL,
    value_after TEXT NOT NULL,
    by_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT setting_change_pk PRIMARY KEY (id),
    CONSTRAINT setting_change_practitioner FOREIGN KEY (by_id) REFERENCES practitioner (id)
);

CREATE INDEX setting_change_by_time ON setting_change (at);
