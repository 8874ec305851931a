-- The second door of a guest, for all of their links: wrong tries, and the code that was sent last. The digits themselves are nowhere, only their SHA-256.
CREATE TABLE door (
    participant_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    wrong_tries BIGINT NOT NULL,
    locked_at TIMESTAMPTZ NULL,
    sends BIGINT NOT NULL,
    sends_since TIMESTAMPTZ NULL,
    last_sent_at TIMESTAMPTZ NULL,
    code_digest BYTEA NULL,
    code_channel TEXT NULL,
    code_sent_at TIMESTAMPTZ NULL,
    CONSTRAINT door_pk PRIMARY KEY (participant_id),
    CONSTRAINT door_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id),
    CONSTRAINT door_code_digest_length CHECK (length(code_digest) = 32),
    CONSTRAINT door_code_channel_known CHECK (code_channel IN ('sms', 'email')),
    CONSTRAINT door_code_whole
        CHECK ((code_digest IS NULL) = (code_channel IS NULL) AND (code_digest IS NULL) = (code_sent_at IS NULL))
);

CREATE INDEX door_by_appointment ON door (appointment_id);

-- A PIN that was told at booking, of one person for all of their links. `first_id`: whom it was told, whose digest it therefore is; not the
-- same participant once the appointment was moved.
CREATE TABLE door_pin (
    participant_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    first_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT door_pin_pk PRIMARY KEY (participant_id),
    CONSTRAINT door_pin_digest_length CHECK (length(digest) = 32),
    CONSTRAINT door_pin_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX door_pin_by_appointment ON door_pin (appointment_id);

-- What browsers hold whose people opened the door. The secret itself is nowhere, only its SHA-256.
CREATE TABLE door_pass (
    digest BYTEA NOT NULL,
    participant_id UUID NOT NULL,
    opening TEXT NOT NULL,
    given_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT door_pass_pk PRIMARY KEY (digest),
    CONSTRAINT door_pass_digest_length CHECK (length(digest) = 32),
    CONSTRAINT door_pass_opening_known CHECK (opening IN ('link', 'sms', 'email', 'pin', 'birth_date')),
    CONSTRAINT door_pass_participant FOREIGN KEY (participant_id) REFERENCES participant (id)
);

CREATE INDEX door_pass_by_participant ON door_pass (participant_id);

-- What a service asks for at its door. `label`: what the page says to whoever has only the link, instead of its name.
CREATE TABLE service_door (
    service_id UUID NOT NULL,
    accepts_birth_date BOOLEAN NOT NULL,
    label TEXT NULL,
    CONSTRAINT service_door_pk PRIMARY KEY (service_id),
    CONSTRAINT service_door_service FOREIGN KEY (service_id) REFERENCES service (id)
);
