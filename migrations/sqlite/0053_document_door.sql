-- A document is opened by a provider of patients, too. SQLite changes no constraint: a new table takes the place of the old one.
CREATE TABLE document_download_anew (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    document_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    door TEXT NOT NULL,
    -- What the provider was called, where one opened it.
    provider TEXT NULL,
    CONSTRAINT document_download_pk PRIMARY KEY (id),
    CONSTRAINT document_download_door_known CHECK (door IN ('sms', 'email', 'pin', 'birth_date', 'provider')),
    CONSTRAINT document_download_document FOREIGN KEY (document_id) REFERENCES patient_document (id),
    CONSTRAINT document_download_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);
INSERT INTO document_download_anew
    SELECT id, appointment_id, document_id, participant_id, at, door, NULL FROM document_download;
DROP TABLE document_download;
ALTER TABLE document_download_anew RENAME TO document_download;

CREATE INDEX document_download_by_appointment ON document_download (appointment_id);
