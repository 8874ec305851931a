-- Proof of what was deleted because it had been kept long enough: how many rows of a class, by which rule, and the SHA-256 over their
-- identifiers in order. Nothing in it says whose they were. Rows are added, never changed.
CREATE TABLE purge (
    id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    class TEXT NOT NULL,
    rule TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT purge_pk PRIMARY KEY (id),
    CONSTRAINT purge_row_count CHECK (row_count >= 1),
    CONSTRAINT purge_digest_length CHECK (length(digest) = 32)
);

CREATE INDEX purge_by_time ON purge (at);

-- Of several instances one has the turn to purge: whoever moves the time on.
CREATE TABLE purge_turn (
    name TEXT NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT purge_turn_pk PRIMARY KEY (name)
);

-- Appointments of which nothing is deleted, whatever the rules say, until the hold is lifted.
CREATE TABLE legal_hold (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    reason TEXT NOT NULL,
    set_at TIMESTAMPTZ NOT NULL,
    set_by UUID NOT NULL,
    lifted_at TIMESTAMPTZ NULL,
    lifted_by UUID NULL,
    CONSTRAINT legal_hold_pk PRIMARY KEY (id),
    CONSTRAINT legal_hold_lifted CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CONSTRAINT legal_hold_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id),
    CONSTRAINT legal_hold_set_by FOREIGN KEY (set_by) REFERENCES practitioner (id),
    CONSTRAINT legal_hold_lifted_by FOREIGN KEY (lifted_by) REFERENCES practitioner (id)
);

CREATE INDEX legal_hold_by_appointment ON legal_hold (appointment_id);

-- Objects are removed from the disk with the last row that names them.
CREATE INDEX instance_by_content ON instance (content);
