-- What practitioners released to a patient, and withdrew. `subject`: a report, an image or a file; a summary has a language instead.
CREATE TABLE patient_document (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    kind TEXT NOT NULL,
    subject UUID NULL,
    language TEXT NULL,
    released_at TIMESTAMPTZ NOT NULL,
    released_by UUID NOT NULL,
    withdrawn_at TIMESTAMPTZ NULL,
    CONSTRAINT patient_document_pk PRIMARY KEY (id),
    CONSTRAINT patient_document_kind_known CHECK (kind IN ('summary', 'report', 'image', 'file')),
    CONSTRAINT patient_document_language_known CHECK (language IN ('fr', 'en')),
    CONSTRAINT patient_document_subject
        CHECK ((kind = 'summary') = (subject IS NULL) AND (kind = 'summary') = (language IS NOT NULL)),
    CONSTRAINT patient_document_releaser
        FOREIGN KEY (appointment_id, released_by) REFERENCES participant (appointment_id, id)
);

CREATE INDEX patient_document_by_appointment ON patient_document (appointment_id);

-- Who took which document, when, and what they had shown besides their link. Rows are added, never changed.
CREATE TABLE document_download (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    document_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    door TEXT NOT NULL,
    CONSTRAINT document_download_pk PRIMARY KEY (id),
    CONSTRAINT document_download_door_known CHECK (door IN ('sms', 'email', 'pin', 'birth_date')),
    CONSTRAINT document_download_document FOREIGN KEY (document_id) REFERENCES patient_document (id),
    CONSTRAINT document_download_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX document_download_by_appointment ON document_download (appointment_id);
