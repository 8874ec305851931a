-- An identity provider of patients: it opens documents after the visit and signs no staff in.
ALTER TABLE identity_provider ADD COLUMN is_for_patients BOOLEAN NOT NULL DEFAULT FALSE;

-- A sign-in by which the holder of a link proves who they are; without one it is of staff.
ALTER TABLE sign_in_attempt ADD COLUMN link_id UUID NULL;

-- By what the documents of a service are opened, besides the link.
ALTER TABLE service_door ADD COLUMN documents_need TEXT NOT NULL DEFAULT 'either'
    CONSTRAINT service_door_documents_need CHECK (documents_need IN ('either', 'provider', 'both'));

-- Patients who have proved at a provider that they are who was booked, each for one link. The cookie itself is nowhere, only its SHA-256;
-- of who they are at the provider likewise.
CREATE TABLE patient_login (
    id UUID NOT NULL,
    digest BYTEA NOT NULL,
    link_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    provider TEXT NOT NULL,
    provider_label TEXT NOT NULL,
    subject BYTEA NOT NULL,
    -- Sealed for this row.
    provider_id_token TEXT NULL,
    provider_sid TEXT NULL,
    proof_class TEXT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT patient_login_pk PRIMARY KEY (id),
    CONSTRAINT patient_login_digest UNIQUE (digest),
    CONSTRAINT patient_login_digest_length CHECK (length(digest) = 32 AND length(subject) = 32),
    CONSTRAINT patient_login_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX patient_login_by_appointment ON patient_login (appointment_id);
CREATE INDEX patient_login_by_expiry ON patient_login (expires_at);

-- Who a patient is at a provider, since they matched for the first time: nobody else matches after that.
CREATE TABLE patient_binding (
    participant_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    issuer TEXT NOT NULL,
    subject BYTEA NOT NULL,
    bound_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT patient_binding_pk PRIMARY KEY (participant_id, issuer),
    CONSTRAINT patient_binding_subject_length CHECK (length(subject) = 32),
    CONSTRAINT patient_binding_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX patient_binding_by_appointment ON patient_binding (appointment_id);

-- Logins of staff that were ended before their time, for as long as every program needs to hear of it.
CREATE TABLE ended_login (
    id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT ended_login_pk PRIMARY KEY (id)
);

CREATE INDEX ended_login_by_time ON ended_login (at);

-- One row. Whoever takes a way of signing in from administrators updates it first, so that of two the second sees what the first did.
CREATE TABLE ways_in_turn (
    id BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    CONSTRAINT ways_in_turn_pk PRIMARY KEY (id),
    CONSTRAINT ways_in_turn_one CHECK (id = 1)
);
INSERT INTO ways_in_turn (id, changes) VALUES (1, 0);
