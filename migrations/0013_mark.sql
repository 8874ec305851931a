-- What people drew over frames in a consultation, as it was last. `shape`: its points in units of the frame; `measured`: what stands beside
-- it; numbers in both are decimal strings. `deleted_at`: taken away, and not brought back since. `saved_as`: the presentation state that it is
-- written in as it is. `series_id`, `instance_id`, `saved_as` without foreign keys: what was drawn stays written when a study is withdrawn.
CREATE TABLE mark (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    series_id UUID NOT NULL,
    instance_id UUID NOT NULL,
    frame BIGINT NOT NULL,
    kind TEXT NOT NULL,
    shape JSONB NOT NULL,
    text TEXT NOT NULL,
    number BIGINT NULL,
    measured JSONB NULL,
    deleted_at TIMESTAMPTZ NULL,
    saved_as UUID NULL,
    CONSTRAINT mark_pk PRIMARY KEY (id),
    CONSTRAINT mark_frame CHECK (frame >= 1),
    CONSTRAINT mark_kind_known CHECK (
        kind IN ('arrow', 'circle', 'freehand', 'text', 'number', 'length', 'angle', 'ellipse', 'rectangle', 'probe')
    ),
    CONSTRAINT mark_participant FOREIGN KEY (appointment_id, participant_id)
        REFERENCES participant (appointment_id, id)
);

CREATE INDEX mark_by_appointment ON mark (appointment_id);
