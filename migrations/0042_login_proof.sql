-- What a login rests on: which provider, how and when the person proved themself there, and in which activity they work.
ALTER TABLE login ADD COLUMN provider TEXT NULL;
ALTER TABLE login ADD COLUMN provider_subject TEXT NULL;
ALTER TABLE login ADD COLUMN proved_at TIMESTAMPTZ NULL;
ALTER TABLE login ADD COLUMN proof_class TEXT NULL;
ALTER TABLE login ADD COLUMN activities JSONB NULL;
ALTER TABLE login ADD COLUMN activity TEXT NULL;

-- A sign-in by which somebody who is signed in proves once more who they are: nobody else may finish it.
ALTER TABLE sign_in_attempt ADD COLUMN fresh_for UUID NULL;
ALTER TABLE sign_in_attempt ADD COLUMN began_at TIMESTAMPTZ NULL;

-- Logout tokens that were taken, until they are void by themselves: none counts twice.
CREATE TABLE logout_token (
    provider TEXT NOT NULL,
    digest BYTEA NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT logout_token_pk PRIMARY KEY (provider, digest),
    CONSTRAINT logout_token_digest_length CHECK (length(digest) = 32)
);

CREATE INDEX logout_token_by_expiry ON logout_token (expires_at);
