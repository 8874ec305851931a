-- Appointments and their people. `status_at`, `outcome` and `status_by` are the facts of the status.
CREATE TABLE appointment (
    id UUID NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    service TEXT NOT NULL,
    status TEXT NOT NULL,
    status_at TIMESTAMPTZ NULL,
    outcome TEXT NULL,
    status_by UUID NULL,
    booked_by UUID NOT NULL,
    booked_at TIMESTAMPTZ NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT appointment_pk PRIMARY KEY (id),
    CONSTRAINT appointment_order CHECK (starts_at < ends_at),
    CONSTRAINT appointment_status_known CHECK (status IN ('booked', 'arrived', 'fulfilled', 'cancelled', 'noshow')),
    CONSTRAINT appointment_outcome_known
        CHECK (outcome IN ('completed', 'follow_up', 'by_telephone', 'in_person', 'not_held')),
    CONSTRAINT appointment_status_facts CHECK (
        (status = 'booked') = (status_at IS NULL)
        AND (status = 'fulfilled') = (outcome IS NOT NULL)
        AND (status IN ('cancelled', 'noshow')) = (status_by IS NOT NULL)
    ),
    CONSTRAINT appointment_booked_by FOREIGN KEY (booked_by) REFERENCES practitioner (id),
    CONSTRAINT appointment_status_by FOREIGN KEY (status_by) REFERENCES practitioner (id)
);

CREATE INDEX appointment_by_start ON appointment (starts_at);

-- `place` keeps the order in which the people were booked.
CREATE TABLE participant (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    place BIGINT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    practitioner_id UUID NULL,
    language TEXT NOT NULL,
    CONSTRAINT participant_pk PRIMARY KEY (id),
    CONSTRAINT participant_appointment UNIQUE (appointment_id, id),
    CONSTRAINT participant_role_known CHECK (role IN ('patient', 'relative', 'interpreter', 'practitioner')),
    CONSTRAINT participant_practitioner_known CHECK ((role = 'practitioner') = (practitioner_id IS NOT NULL)),
    CONSTRAINT participant_language_known CHECK (language IN ('fr', 'en')),
    CONSTRAINT participant_of_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id),
    CONSTRAINT participant_is_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX participant_by_practitioner ON participant (practitioner_id);

-- The time that a member of staff is taken. Gone once the appointment is cancelled or missed.
CREATE TABLE practitioner_slot (
    participant_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT practitioner_slot_pk PRIMARY KEY (participant_id),
    CONSTRAINT practitioner_slot_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT practitioner_slot_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX practitioner_slot_by_appointment ON practitioner_slot (appointment_id);
CREATE INDEX practitioner_slot_by_practitioner ON practitioner_slot (practitioner_id, starts_at);
