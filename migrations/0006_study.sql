-- Images received for an appointment. The objects themselves are in the archive, under their SHA-256.
CREATE TABLE study (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    uid TEXT NOT NULL,
    study_date DATE NULL,
    description TEXT NOT NULL,
    patient_name TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    patient_birth_date DATE NULL,
    CONSTRAINT study_pk PRIMARY KEY (id),
    CONSTRAINT study_uid UNIQUE (appointment_id, uid),
    CONSTRAINT study_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id)
);

CREATE TABLE series (
    id UUID NOT NULL,
    study_id UUID NOT NULL,
    uid TEXT NOT NULL,
    modality TEXT NOT NULL,
    number INTEGER NULL,
    description TEXT NOT NULL,
    CONSTRAINT series_pk PRIMARY KEY (id),
    CONSTRAINT series_uid UNIQUE (study_id, uid),
    CONSTRAINT series_study FOREIGN KEY (study_id) REFERENCES study (id)
);

-- `geometry` holds what is kept as DICOM writes it, in decimal strings: windows, position, orientation.
CREATE TABLE instance (
    id UUID NOT NULL,
    series_id UUID NOT NULL,
    uid TEXT NOT NULL,
    class_uid TEXT NOT NULL,
    transfer_syntax_uid TEXT NOT NULL,
    kind TEXT NOT NULL,
    frame_count BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    column_count BIGINT NOT NULL,
    number INTEGER NULL,
    geometry JSONB NOT NULL,
    is_lossy BOOLEAN NOT NULL,
    byte_count BIGINT NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT instance_pk PRIMARY KEY (id),
    CONSTRAINT instance_uid UNIQUE (series_id, uid),
    CONSTRAINT instance_kind_known CHECK (
        kind IN ('image', 'video', 'report', 'document', 'presentation', 'key_objects', 'waveform', 'other')
    ),
    CONSTRAINT instance_counts CHECK (frame_count >= 0 AND row_count >= 0 AND column_count >= 0 AND byte_count >= 0),
    CONSTRAINT instance_content_length CHECK (length(content) = 32),
    CONSTRAINT instance_series FOREIGN KEY (series_id) REFERENCES series (id)
);
