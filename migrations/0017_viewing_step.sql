-- What was shown in a consultation, step by step, enough of it to be rendered again: `viewports` names for each viewport the frame with
-- presentation and view. Rows are added, never changed. Series and objects without foreign keys: what was shown stays written when a
-- study is withdrawn.
CREATE TABLE viewing_step (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    cause TEXT NOT NULL,
    is_moving BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    presenter_id UUID NULL,
    layout TEXT NOT NULL,
    viewports JSONB NOT NULL,
    CONSTRAINT viewing_step_pk PRIMARY KEY (id),
    CONSTRAINT viewing_step_cause_known CHECK (cause IN ('show', 'clear', 'layout', 'hand_over', 'describe', 'mark', 'scroll', 'window',
        'view', 'stop', 'unwatched')),
    CONSTRAINT viewing_step_layout_known CHECK (layout IN ('one', 'side_by_side', 'stacked', 'four')),
    CONSTRAINT viewing_step_revision CHECK (revision >= 0),
    CONSTRAINT viewing_step_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id),
    CONSTRAINT viewing_step_presenter
        FOREIGN KEY (appointment_id, presenter_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX viewing_step_by_appointment ON viewing_step (appointment_id);

-- Who had all pictures of a step on the screen, since when, and whether they were exact.
CREATE TABLE viewing_sight (
    step_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    is_lossless BOOLEAN NOT NULL,
    CONSTRAINT viewing_sight_pk PRIMARY KEY (step_id, participant_id),
    CONSTRAINT viewing_sight_step FOREIGN KEY (step_id) REFERENCES viewing_step (id),
    CONSTRAINT viewing_sight_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX viewing_sight_by_appointment ON viewing_sight (appointment_id);
