-- How a service books: what its patients may change by themselves, and until how many hours before; and who last changed the service.
ALTER TABLE service ADD COLUMN may_patients_cancel BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE service ADD COLUMN may_patients_move BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE service ADD COLUMN notice_hours BIGINT NOT NULL DEFAULT 24;
ALTER TABLE service ADD COLUMN is_open_on_holidays BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE service ADD COLUMN changed_at TIMESTAMPTZ NULL;
ALTER TABLE service ADD COLUMN changed_by UUID NULL CONSTRAINT service_changed_by REFERENCES practitioner (id);

-- Hours that come back every week, on the wall clock of the hospital: minutes from midnight. Monday is day 0.
CREATE TABLE schedule_pattern (
    id UUID NOT NULL,
    service_id UUID NOT NULL,
    practitioner_id UUID NULL,
    site TEXT NOT NULL,
    weekday BIGINT NOT NULL,
    from_minute BIGINT NOT NULL,
    to_minute BIGINT NOT NULL,
    slot_minutes BIGINT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    changed_by UUID NOT NULL,
    CONSTRAINT schedule_pattern_pk PRIMARY KEY (id),
    CONSTRAINT schedule_pattern_weekday_known CHECK (weekday BETWEEN 0 AND 6),
    CONSTRAINT schedule_pattern_order CHECK (0 <= from_minute AND from_minute < to_minute AND to_minute < 1440),
    CONSTRAINT schedule_pattern_service FOREIGN KEY (service_id) REFERENCES service (id),
    CONSTRAINT schedule_pattern_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT schedule_pattern_changed_by FOREIGN KEY (changed_by) REFERENCES practitioner (id)
);

CREATE INDEX schedule_pattern_by_service ON schedule_pattern (service_id);

-- Days on which it is otherwise. Without a service: of the whole hospital. Without minutes: the whole of each day.
CREATE TABLE schedule_exception (
    id UUID NOT NULL,
    service_id UUID NULL,
    practitioner_id UUID NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    from_minute BIGINT NULL,
    to_minute BIGINT NULL,
    slot_minutes BIGINT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    changed_by UUID NOT NULL,
    CONSTRAINT schedule_exception_pk PRIMARY KEY (id),
    CONSTRAINT schedule_exception_kind_known CHECK (kind IN ('closed', 'open')),
    CONSTRAINT schedule_exception_facts CHECK (
        (from_minute IS NULL) = (to_minute IS NULL)
        AND (kind = 'open') = (slot_minutes IS NOT NULL)
        AND (kind = 'closed' OR from_minute IS NOT NULL)
    ),
    CONSTRAINT schedule_exception_service FOREIGN KEY (service_id) REFERENCES service (id),
    CONSTRAINT schedule_exception_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT schedule_exception_changed_by FOREIGN KEY (changed_by) REFERENCES practitioner (id)
);

CREATE INDEX schedule_exception_by_service ON schedule_exception (service_id);
