-- Texts of messages that an administrator has written in place of the program's own.
CREATE TABLE message_template (
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    changed_by UUID NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT message_template_pk PRIMARY KEY (kind, channel, language),
    CONSTRAINT message_template_by FOREIGN KEY (changed_by) REFERENCES practitioner (id),
    CONSTRAINT message_template_channel CHECK (channel IN ('email', 'sms')),
    CONSTRAINT message_template_language CHECK (language IN ('fr', 'en'))
);

-- When people of a service are reminded: so many days before at the same time of day, so many minutes before; 0: not at all.
ALTER TABLE service ADD COLUMN reminder_days BIGINT NOT NULL DEFAULT 1;
ALTER TABLE service ADD COLUMN reminder_minutes BIGINT NOT NULL DEFAULT 60;
