-- Images that were kept from what was shown. The picture is among the shared files, under its SHA-256 (`content`). `place`: in the series,
-- from 0. `look`: how it was shown; `marks`: what was drawn over it, in units of the picture; numbers in both are decimal strings.
-- `saved_as`: the key object selection that names it with the caption that it has. `removed_at`: it is kept no longer; its row stays.
-- `series_id`, `instance_id`, `saved_as` without foreign keys: what was kept stays when a study is withdrawn.
CREATE TABLE key_image (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    series_id UUID NOT NULL,
    instance_id UUID NOT NULL,
    frame BIGINT NOT NULL,
    place BIGINT NOT NULL,
    title TEXT NOT NULL,
    modality TEXT NOT NULL,
    look JSONB NOT NULL,
    marks JSONB NOT NULL,
    caption TEXT NOT NULL,
    content BYTEA NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    removed_at TIMESTAMPTZ NULL,
    saved_as UUID NULL,
    CONSTRAINT key_image_pk PRIMARY KEY (id),
    CONSTRAINT key_image_frame CHECK (frame >= 1),
    CONSTRAINT key_image_place CHECK (place >= 0),
    CONSTRAINT key_image_size CHECK (width >= 1 AND height >= 1),
    CONSTRAINT key_image_content_length CHECK (length(content) = 32),
    CONSTRAINT key_image_participant FOREIGN KEY (appointment_id, participant_id)
        REFERENCES participant (appointment_id, id)
);

CREATE INDEX key_image_by_appointment ON key_image (appointment_id);
CREATE INDEX key_image_by_content ON key_image (content);

-- What the patient takes home says, in each language. `body`: sentences, and identifiers of key images in their order.
CREATE TABLE visit_summary (
    appointment_id UUID NOT NULL,
    language TEXT NOT NULL,
    body JSONB NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    participant_id UUID NOT NULL,
    CONSTRAINT visit_summary_pk PRIMARY KEY (appointment_id, language),
    CONSTRAINT visit_summary_language_known CHECK (language IN ('fr', 'en')),
    CONSTRAINT visit_summary_participant FOREIGN KEY (appointment_id, participant_id)
        REFERENCES participant (appointment_id, id)
);
