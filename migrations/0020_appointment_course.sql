-- Where the patient is during a visit, what it replaces and follows, and why it was called off. Appointments of before have no row. Of one that
-- its patient called off, `appointment.status_by` is who booked it.
CREATE TABLE appointment_course (
    appointment_id UUID NOT NULL,
    room TEXT NULL,
    site TEXT NOT NULL,
    replaces_id UUID NULL,
    follows_id UUID NULL,
    called_off TEXT NULL,
    CONSTRAINT appointment_course_pk PRIMARY KEY (appointment_id),
    CONSTRAINT appointment_course_replaces UNIQUE (replaces_id),
    CONSTRAINT appointment_course_called_off_known CHECK (called_off IN ('moved', 'by_patient', 'by_staff')),
    CONSTRAINT appointment_course_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id),
    CONSTRAINT appointment_course_replaced FOREIGN KEY (replaces_id) REFERENCES appointment (id),
    CONSTRAINT appointment_course_followed FOREIGN KEY (follows_id) REFERENCES appointment (id)
);

CREATE INDEX appointment_course_by_followed ON appointment_course (follows_id);
