-- The address at which a practitioner's own calendar reads their appointments: the SHA-256 of its secret, one for each.
CREATE TABLE calendar_feed (
    practitioner_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT calendar_feed_pk PRIMARY KEY (practitioner_id),
    CONSTRAINT calendar_feed_digest UNIQUE (digest),
    CONSTRAINT calendar_feed_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);
