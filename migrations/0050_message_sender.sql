-- By what messages go out, as administrators set it on their page where the file of settings says nothing: one row a channel.
CREATE TABLE message_sender (
    channel TEXT NOT NULL,
    -- For which row its secrets are sealed: each time it is set, another.
    id UUID NOT NULL,
    -- Everything but passwords and the values of headers.
    settings JSONB NOT NULL,
    -- Sealed for this row: password, or values of headers.
    secrets TEXT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT message_sender_pk PRIMARY KEY (channel),
    CONSTRAINT message_sender_channel CHECK (channel IN ('email', 'sms'))
);
