-- Who came to the door of a consultation, who let them in, who left. Rows are added, never changed.
CREATE TABLE admission (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    event TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    by_participant_id UUID NULL,
    CONSTRAINT admission_pk PRIMARY KEY (id),
    CONSTRAINT admission_event_known CHECK (event IN ('waiting', 'admitted', 'refused', 'left', 'removed')),
    CONSTRAINT admission_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT admission_by
        FOREIGN KEY (appointment_id, by_participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX admission_by_appointment ON admission (appointment_id, at);
