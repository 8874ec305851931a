-- The queue of a service, for people without an appointment: its public address, the code that leads into it, and how long an
-- appointment from it lasts at most.
ALTER TABLE service ADD COLUMN queue_slug TEXT NULL;
ALTER TABLE service ADD COLUMN queue_code TEXT NULL;
ALTER TABLE service ADD COLUMN queue_minutes BIGINT NOT NULL DEFAULT 15;

CREATE UNIQUE INDEX service_queue_slug ON service (queue_slug);

-- Who waits in it, and what became of them. The secret of their page is nowhere, only its SHA-256.
CREATE TABLE queue_entry (
    id UUID NOT NULL,
    service_id UUID NOT NULL,
    name TEXT NOT NULL,
    telephone TEXT NOT NULL,
    language TEXT NOT NULL,
    digest BYTEA NOT NULL,
    joined_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL,
    status_at TIMESTAMPTZ NULL,
    status_by UUID NULL,
    appointment_id UUID NULL,
    CONSTRAINT queue_entry_pk PRIMARY KEY (id),
    CONSTRAINT queue_entry_digest UNIQUE (digest),
    CONSTRAINT queue_entry_digest_length CHECK (length(digest) = 32),
    CONSTRAINT queue_entry_language_known CHECK (language IN ('fr', 'en')),
    CONSTRAINT queue_entry_status_known CHECK (status IN ('waiting', 'taken', 'refused', 'left')),
    CONSTRAINT queue_entry_status_facts CHECK (
        (status = 'waiting') = (status_at IS NULL)
        AND (status IN ('taken', 'refused')) = (status_by IS NOT NULL)
        AND (status = 'taken') = (appointment_id IS NOT NULL)
    ),
    CONSTRAINT queue_entry_service FOREIGN KEY (service_id) REFERENCES service (id),
    CONSTRAINT queue_entry_status_by FOREIGN KEY (status_by) REFERENCES practitioner (id),
    CONSTRAINT queue_entry_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id)
);

CREATE INDEX queue_entry_by_service ON queue_entry (service_id, status, joined_at);

-- Wrong codes of late, so that nobody tries them all.
CREATE TABLE queue_try (
    id UUID NOT NULL,
    service_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT queue_try_pk PRIMARY KEY (id),
    CONSTRAINT queue_try_service FOREIGN KEY (service_id) REFERENCES service (id)
);

CREATE INDEX queue_try_by_service ON queue_try (service_id, at);
