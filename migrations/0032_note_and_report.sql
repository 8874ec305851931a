-- What practitioners note during a consultation, for staff only: one text for each of them.
CREATE TABLE note (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    text TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT note_pk PRIMARY KEY (participant_id),
    CONSTRAINT note_version CHECK (version > 0),
    CONSTRAINT note_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX note_by_appointment ON note (appointment_id);

-- Versions of reports. A signed one is never changed: it has what the gateway knew by then, and the digest of the document that was made.
CREATE TABLE report (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    number BIGINT NOT NULL,
    body JSONB NOT NULL,
    why TEXT NOT NULL,
    revision BIGINT NOT NULL,
    begun_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    participant_id UUID NOT NULL,
    signed_at TIMESTAMPTZ NULL,
    signed_by UUID NULL,
    facts JSONB NULL,
    document BYTEA NULL,
    CONSTRAINT report_pk PRIMARY KEY (id),
    CONSTRAINT report_number UNIQUE (appointment_id, number),
    CONSTRAINT report_signature
        CHECK ((signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL) = (facts IS NULL) AND (signed_at IS NULL) = (document IS NULL)),
    CONSTRAINT report_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT report_signer FOREIGN KEY (appointment_id, signed_by) REFERENCES participant (appointment_id, id)
);
