-- Folders that people outside fill by a link and that nobody outside reads: of a guest (`participant_id`, opened by their personal link), or of
-- a centre (`digest`: SHA-256 of a secret of its own, which is nowhere). `used_*` counts what was taken or is coming in; one row is
-- changed by everybody who sends, so that no two of them pass the quota together.
CREATE TABLE upload_folder (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NULL,
    digest BYTEA NULL,
    label TEXT NOT NULL,
    made_by UUID NULL,
    made_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ NULL,
    quota_bytes BIGINT NOT NULL,
    quota_files BIGINT NOT NULL,
    used_bytes BIGINT NOT NULL,
    used_files BIGINT NOT NULL,
    CONSTRAINT upload_folder_pk PRIMARY KEY (id),
    CONSTRAINT upload_folder_digest UNIQUE (digest),
    CONSTRAINT upload_folder_participant UNIQUE (participant_id),
    CONSTRAINT upload_folder_digest_length CHECK (length(digest) = 32),
    CONSTRAINT upload_folder_whose CHECK ((participant_id IS NULL) = (digest IS NOT NULL)),
    CONSTRAINT upload_folder_quota CHECK (used_bytes >= 0 AND used_files >= 0 AND used_bytes <= quota_bytes AND used_files <= quota_files),
    CONSTRAINT upload_folder_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id),
    CONSTRAINT upload_folder_of_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT upload_folder_made_by FOREIGN KEY (made_by) REFERENCES practitioner (id)
);

CREATE INDEX upload_folder_by_appointment ON upload_folder (appointment_id);

-- What came through a folder: the receipt of its sender, and what staff read. `digest`: SHA-256 of what came, equal to what the sender's
-- device computed. `media_type`: it is kept as a file under that hash; else its DICOM objects are among the studies.
CREATE TABLE received_upload (
    id UUID NOT NULL,
    folder_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    name TEXT NOT NULL,
    byte_count BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    media_type TEXT NULL,
    object_count BIGINT NOT NULL,
    refused_count BIGINT NOT NULL,
    has_other_patient BOOLEAN NOT NULL,
    CONSTRAINT received_upload_pk PRIMARY KEY (id),
    CONSTRAINT received_upload_counts CHECK (byte_count >= 0 AND object_count >= 0 AND refused_count >= 0),
    CONSTRAINT received_upload_digest_length CHECK (length(digest) = 32),
    CONSTRAINT received_upload_folder FOREIGN KEY (folder_id) REFERENCES upload_folder (id),
    CONSTRAINT received_upload_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id)
);

CREATE INDEX received_upload_by_appointment ON received_upload (appointment_id);
CREATE INDEX received_upload_by_folder ON received_upload (folder_id, digest);
CREATE INDEX received_upload_by_digest ON received_upload (digest);
