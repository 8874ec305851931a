-- What people wrote to everybody in a consultation. Deleted as `[chat] keep` says.
CREATE TABLE chat_line (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT chat_line_pk PRIMARY KEY (id),
    CONSTRAINT chat_line_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX chat_line_by_appointment ON chat_line (appointment_id);
CREATE INDEX chat_line_by_time ON chat_line (at);

-- Files that people shared there. The bytes are in the archive, under their SHA-256. Deleted like the lines.
CREATE TABLE shared_file (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    byte_count BIGINT NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT shared_file_pk PRIMARY KEY (id),
    CONSTRAINT shared_file_size CHECK (byte_count >= 0),
    CONSTRAINT shared_file_content_length CHECK (length(content) = 32),
    CONSTRAINT shared_file_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX shared_file_by_appointment ON shared_file (appointment_id);
CREATE INDEX shared_file_by_time ON shared_file (at);
CREATE INDEX shared_file_by_content ON shared_file (content);
