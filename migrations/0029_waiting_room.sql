-- What a service has decided about its waiting room.
ALTER TABLE service ADD COLUMN shows_position BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE service ADD COLUMN may_take_over BOOLEAN NOT NULL DEFAULT FALSE;

-- Where staff put somebody in the order of those who wait: as if they waited since `counts_since`. Good while they wait since `since`.
CREATE TABLE waiting_rank (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    counts_since TIMESTAMPTZ NOT NULL,
    CONSTRAINT waiting_rank_pk PRIMARY KEY (appointment_id, participant_id),
    CONSTRAINT waiting_rank_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

-- What staff told somebody who waits: a sentence that is ready in every language, or words of their own.
CREATE TABLE waiting_message (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    sentence TEXT NULL,
    words TEXT NULL,
    CONSTRAINT waiting_message_pk PRIMARY KEY (id),
    CONSTRAINT waiting_message_one CHECK ((sentence IS NULL) <> (words IS NULL)),
    CONSTRAINT waiting_message_sentence_known CHECK (sentence IN (
        'soon_your_turn', 'thank_you_for_waiting', 'have_papers_ready', 'check_microphone', 'check_camera',
        'go_to_quiet_place', 'we_will_call_you'
    )),
    CONSTRAINT waiting_message_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT waiting_message_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX waiting_message_by_appointment ON waiting_message (appointment_id);

-- How late a member of staff was last said to be; 0: not any more.
CREATE TABLE practitioner_delay (
    practitioner_id UUID NOT NULL,
    minutes BIGINT NOT NULL,
    told_at TIMESTAMPTZ NOT NULL,
    told_by UUID NOT NULL,
    CONSTRAINT practitioner_delay_pk PRIMARY KEY (practitioner_id),
    CONSTRAINT practitioner_delay_minutes CHECK (minutes BETWEEN 0 AND 180),
    CONSTRAINT practitioner_delay_of FOREIGN KEY (practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT practitioner_delay_by FOREIGN KEY (told_by) REFERENCES practitioner (id)
);
