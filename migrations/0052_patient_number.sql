-- By which number an archive of the hospital knows the patient of an appointment, as it was written down. Of one domain the newest row counts.
CREATE TABLE patient_number (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    -- Sealed.
    value TEXT NOT NULL,
    -- Whose number it is (issuer of patient ID); empty: the hospital's own.
    domain TEXT NOT NULL,
    CONSTRAINT patient_number_pk PRIMARY KEY (id),
    CONSTRAINT patient_number_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT patient_number_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX patient_number_by_appointment ON patient_number (appointment_id);
