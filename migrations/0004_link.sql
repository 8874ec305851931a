-- Personal links. The secret itself is nowhere, only its SHA-256.
CREATE TABLE link (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ NULL,
    CONSTRAINT link_pk PRIMARY KEY (id),
    CONSTRAINT link_digest UNIQUE (digest),
    CONSTRAINT link_digest_length CHECK (length(digest) = 32),
    CONSTRAINT link_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX link_by_participant ON link (appointment_id, participant_id);
