-- The services of the hospital (FHIR HealthcareService), where each is, and who works there.
CREATE TABLE service (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    site TEXT NOT NULL,
    telephone TEXT NOT NULL,
    is_closed BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT service_pk PRIMARY KEY (id),
    CONSTRAINT service_name UNIQUE (name, site)
);

CREATE TABLE service_member (
    service_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    CONSTRAINT service_member_pk PRIMARY KEY (service_id, practitioner_id),
    CONSTRAINT service_member_service FOREIGN KEY (service_id) REFERENCES service (id),
    CONSTRAINT service_member_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX service_member_by_practitioner ON service_member (practitioner_id);

-- `service` keeps the name that the patient was told; this one says which service it is.
ALTER TABLE appointment ADD COLUMN service_id UUID NULL CONSTRAINT appointment_of_service REFERENCES service (id);

CREATE INDEX appointment_by_service ON appointment (service_id, starts_at);

-- Where a guest can be reached, and what the telephone asks who they are. Apart from the people, because it goes before them.
CREATE TABLE contact (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    email TEXT NULL,
    telephone TEXT NULL,
    birth_date DATE NULL,
    CONSTRAINT contact_pk PRIMARY KEY (appointment_id, participant_id),
    CONSTRAINT contact_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);
