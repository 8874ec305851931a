-- Somebody of the staff acts for a practitioner, from then until then, or until it is taken back.
CREATE TABLE delegation (
    id UUID NOT NULL,
    for_id UUID NOT NULL,
    to_id UUID NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ NULL,
    CONSTRAINT delegation_pk PRIMARY KEY (id),
    CONSTRAINT delegation_of_two CHECK (for_id <> to_id),
    CONSTRAINT delegation_ends CHECK (ends_at > starts_at),
    CONSTRAINT delegation_for FOREIGN KEY (for_id) REFERENCES practitioner (id),
    CONSTRAINT delegation_to FOREIGN KEY (to_id) REFERENCES practitioner (id)
);

CREATE INDEX delegation_by_for ON delegation (for_id, ends_at);
CREATE INDEX delegation_by_to ON delegation (to_id, ends_at);

-- By which delegation somebody took a consultation over: when it is over they are in it no more.
ALTER TABLE take_over ADD COLUMN delegation_id UUID NULL;
