-- The trail of what is done with patients' data, in one chain: each record holds the digest of the one before, and its own. Identifiers
-- without foreign keys: what was done stays written when the rest is gone. Rows are added, never changed; 0042 holds that. Times are in
-- microseconds since 1970, as numbers, so that one time has one text.
CREATE TABLE audit_record (
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    actor_id UUID NULL,
    deed TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id TEXT NULL,
    appointment UUID NULL,
    patient UUID NULL,
    outcome TEXT NOT NULL,
    origin TEXT NULL,
    detail TEXT NULL,
    reason TEXT NULL,
    previous BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT audit_record_pk PRIMARY KEY (seq),
    CONSTRAINT audit_record_id UNIQUE (id),
    CONSTRAINT audit_record_seq CHECK (seq >= 1),
    CONSTRAINT audit_record_lengths CHECK (length(previous) = 32 AND length(digest) = 32)
);

CREATE INDEX audit_record_by_time ON audit_record (at_us);
CREATE INDEX audit_record_by_actor ON audit_record (actor_id, at_us);
CREATE INDEX audit_record_by_appointment ON audit_record (appointment, at_us);

-- Signatures over the chain up to a record.
CREATE TABLE audit_head (
    seq BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT audit_head_pk PRIMARY KEY (seq),
    CONSTRAINT audit_head_lengths
        CHECK (length(digest) = 32 AND length(public_key) = 32 AND length(signature) = 64)
);

-- Whoever adds to the chain takes this row first: one at a time. `last_seq` is the number of the last record.
CREATE TABLE audit_turn (
    name TEXT NOT NULL,
    last_seq BIGINT NOT NULL,
    CONSTRAINT audit_turn_pk PRIMARY KEY (name)
);

INSERT INTO audit_turn (name, last_seq) VALUES ('trail', 0);

-- How far the trail was told to others.
CREATE TABLE audit_told (
    name TEXT NOT NULL,
    seq BIGINT NOT NULL,
    CONSTRAINT audit_told_pk PRIMARY KEY (name)
);
