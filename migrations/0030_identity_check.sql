-- Looks at who somebody is, as steps: what was compared with what. Of a document its kind, and never a number. Rows are added, never changed.
CREATE TABLE identity_check (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    means TEXT NOT NULL,
    document TEXT NULL,
    is_name_right BOOLEAN NOT NULL,
    is_birth_date_right BOOLEAN NOT NULL,
    CONSTRAINT identity_check_pk PRIMARY KEY (id),
    CONSTRAINT identity_check_means_known CHECK (means IN ('document', 'known_to_me', 'recognised', 'said')),
    CONSTRAINT identity_check_document_known CHECK (document IN (
        'identity_card', 'passport', 'residence_permit', 'driving_licence', 'health_card', 'other'
    )),
    CONSTRAINT identity_check_document_shown CHECK ((means = 'document') = (document IS NOT NULL)),
    CONSTRAINT identity_check_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT identity_check_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX identity_check_by_appointment ON identity_check (appointment_id);

-- The national health identity (INS) of a patient, as it was written down. The newest row counts. `register`: which one the number is of.
CREATE TABLE ins_record (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    birth_name TEXT NOT NULL,
    given_names TEXT NOT NULL,
    birth_date DATE NOT NULL,
    sex TEXT NOT NULL,
    birth_place TEXT NOT NULL,
    number TEXT NULL,
    register TEXT NULL,
    status TEXT NOT NULL,
    CONSTRAINT ins_record_pk PRIMARY KEY (id),
    CONSTRAINT ins_record_sex_known CHECK (sex IN ('female', 'male', 'indeterminate')),
    CONSTRAINT ins_record_register_known CHECK (register IN ('nir', 'nia', 'nir_test', 'nir_demo')),
    CONSTRAINT ins_record_number_of_register CHECK ((number IS NULL) = (register IS NULL)),
    CONSTRAINT ins_record_status_known CHECK (status IN ('provisional', 'retrieved', 'validated', 'qualified')),
    CONSTRAINT ins_record_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT ins_record_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX ins_record_by_appointment ON ins_record (appointment_id);
