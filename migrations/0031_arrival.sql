-- What each person showed on the way in, the last time.
CREATE TABLE arrival (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    assurance TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT arrival_pk PRIMARY KEY (appointment_id, participant_id),
    CONSTRAINT arrival_assurance_known CHECK (assurance IN ('link_only', 'telephone', 'link_and_code', 'signed_in')),
    CONSTRAINT arrival_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

-- Who took over a consultation that they were not booked in, and when. They are a participant as if they had been booked.
CREATE TABLE take_over (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT take_over_pk PRIMARY KEY (appointment_id, participant_id),
    CONSTRAINT take_over_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);
