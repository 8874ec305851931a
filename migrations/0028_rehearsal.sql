-- What the last device test of a guest before the visit found.
CREATE TABLE rehearsal (
    participant_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    camera TEXT NOT NULL,
    microphone TEXT NOT NULL,
    sound TEXT NOT NULL,
    network TEXT NOT NULL,
    CONSTRAINT rehearsal_pk PRIMARY KEY (participant_id),
    CONSTRAINT rehearsal_camera_known CHECK (camera IN ('works', 'refused', 'missing', 'in_use', 'off')),
    CONSTRAINT rehearsal_microphone_known CHECK (microphone IN ('works', 'refused', 'missing', 'in_use', 'off')),
    CONSTRAINT rehearsal_sound_known CHECK (sound IN ('heard', 'not_heard', 'not_tried')),
    CONSTRAINT rehearsal_network_known CHECK (network IN ('good', 'detour', 'blocked', 'not_tried')),
    CONSTRAINT rehearsal_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX rehearsal_by_appointment ON rehearsal (appointment_id);
