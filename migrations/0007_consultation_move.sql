-- Who came to which place of a consultation, and who put them there. Rows are added, never changed.
CREATE TABLE consultation_move (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    place TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    by_participant_id UUID NULL,
    camera TEXT NULL,
    microphone TEXT NULL,
    CONSTRAINT consultation_move_pk PRIMARY KEY (id),
    CONSTRAINT consultation_move_place_known CHECK (
        place IN ('invited', 'testing', 'waiting', 'admitted', 'in_call', 'lost', 'left', 'removed')
    ),
    CONSTRAINT consultation_move_camera_known CHECK (camera IN ('works', 'refused', 'missing', 'in_use', 'off')),
    CONSTRAINT consultation_move_microphone_known
        CHECK (microphone IN ('works', 'refused', 'missing', 'in_use', 'off')),
    CONSTRAINT consultation_move_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT consultation_move_by
        FOREIGN KEY (appointment_id, by_participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX consultation_move_by_appointment ON consultation_move (appointment_id);
