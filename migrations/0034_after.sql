-- What people thought of a visit, once for each.
CREATE TABLE rating (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    score BIGINT NOT NULL,
    words TEXT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT rating_pk PRIMARY KEY (participant_id),
    CONSTRAINT rating_score CHECK (score BETWEEN 1 AND 5),
    CONSTRAINT rating_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX rating_by_time ON rating (at);

-- Somebody asked to be called back into a consultation that had just ended.
CREATE TABLE call_back (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT call_back_pk PRIMARY KEY (participant_id),
    CONSTRAINT call_back_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX call_back_by_appointment ON call_back (appointment_id);

CREATE INDEX call_back_by_time ON call_back (at);

CREATE INDEX rating_by_appointment ON rating (appointment_id);

-- For how many days after the visit its documents are there; a link leads nowhere after 30.
ALTER TABLE service ADD COLUMN documents_days BIGINT NOT NULL DEFAULT 30
    CONSTRAINT service_documents_days CHECK (documents_days BETWEEN 0 AND 30);
