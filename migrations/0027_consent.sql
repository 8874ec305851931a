-- What a service tells its patients before a video consultation; each change is a row of its own. Version 0 comes with the program.
CREATE TABLE consent_text (
    service_id UUID NOT NULL,
    version BIGINT NOT NULL,
    text_fr TEXT NOT NULL,
    text_en TEXT NOT NULL,
    written_by UUID NOT NULL,
    written_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT consent_text_pk PRIMARY KEY (service_id, version),
    CONSTRAINT consent_text_version CHECK (version >= 1),
    CONSTRAINT consent_text_service FOREIGN KEY (service_id) REFERENCES service (id),
    CONSTRAINT consent_text_written_by FOREIGN KEY (written_by) REFERENCES practitioner (id)
);

-- What guests answered. Rows are added, never changed.
CREATE TABLE consent (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    answer TEXT NOT NULL,
    version BIGINT NOT NULL,
    language TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT consent_pk PRIMARY KEY (id),
    CONSTRAINT consent_answer_known CHECK (answer IN ('given', 'refused')),
    CONSTRAINT consent_language_known CHECK (language IN ('fr', 'en')),
    CONSTRAINT consent_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX consent_by_appointment ON consent (appointment_id);

-- Who is with a guest, as they said. Rows are added, never changed.
CREATE TABLE company (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    is_accompanied BOOLEAN NOT NULL,
    who TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT company_pk PRIMARY KEY (id),
    CONSTRAINT company_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX company_by_appointment ON company (appointment_id);
