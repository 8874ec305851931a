-- Access in an emergency to one appointment that is not one's own, with the reason that was written, until its end. Rows are added, never changed.
CREATE TABLE emergency_access (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    reason TEXT NOT NULL,
    began_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT emergency_access_pk PRIMARY KEY (id),
    CONSTRAINT emergency_access_ends CHECK (ends_at > began_at),
    CONSTRAINT emergency_access_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id),
    CONSTRAINT emergency_access_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE INDEX emergency_access_by_practitioner ON emergency_access (practitioner_id, ends_at);
CREATE INDEX emergency_access_by_appointment ON emergency_access (appointment_id);
