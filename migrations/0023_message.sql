-- What goes out to people by e-mail and SMS. Neither where it goes nor what it says is here: both are found when it is sent.
CREATE TABLE message (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    -- 'planned', or the message's own identifier: an appointment brings about each of its messages once.
    occasion TEXT NOT NULL,
    queued_at TIMESTAMPTZ NOT NULL,
    queued_by UUID NULL,
    due_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    minutes BIGINT NULL,
    state TEXT NOT NULL,
    -- Since when, and why it stands there.
    state_at TIMESTAMPTZ NULL,
    reason TEXT NULL,
    attempts BIGINT NOT NULL,
    next_at TIMESTAMPTZ NOT NULL,
    -- Whoever sends it has it until then; nobody else touches it before.
    lease_by UUID NULL,
    lease_until TIMESTAMPTZ NULL,
    -- The one program that can send it, because only that one knows what it says.
    held_by UUID NULL,
    -- The link that was made for it, and whether it may have gone out with a try whose end is not known.
    link_id UUID NULL,
    CONSTRAINT message_pk PRIMARY KEY (id),
    CONSTRAINT message_once UNIQUE (participant_id, kind, channel, occasion),
    CONSTRAINT message_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT message_kind CHECK (
        kind IN ('invitation', 'change', 'cancellation', 'reminder_day', 'reminder_hour', 'late', 'code')
    ),
    CONSTRAINT message_channel CHECK (channel IN ('email', 'sms')),
    CONSTRAINT message_state CHECK (state IN ('queued', 'sent', 'failed', 'dropped', 'bounced')),
    CONSTRAINT message_lease CHECK ((lease_by IS NULL) = (lease_until IS NULL))
);

CREATE INDEX message_by_appointment ON message (appointment_id);
CREATE INDEX message_by_next ON message (state, next_at);
CREATE INDEX message_by_state_at ON message (state, state_at);
