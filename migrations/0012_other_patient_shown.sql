-- A series that names another patient than the one of the appointment was put on show, by somebody who was asked and said yes. Rows
-- are added, never changed. `series_id` without a foreign key: what was shown stays written when a study is withdrawn.
CREATE TABLE other_patient_shown (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    series_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT other_patient_shown_pk PRIMARY KEY (id),
    CONSTRAINT other_patient_shown_participant FOREIGN KEY (appointment_id, participant_id)
        REFERENCES participant (appointment_id, id)
);

CREATE INDEX other_patient_shown_by_appointment ON other_patient_shown (appointment_id);
