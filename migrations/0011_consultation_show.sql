-- What a consultation looks at, to come back to after a restart. `place`: in the stack, from 0; `at`: when it was known to be
-- on show.
CREATE TABLE consultation_show (
    appointment_id UUID NOT NULL,
    series_id UUID NOT NULL,
    place BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT consultation_show_pk PRIMARY KEY (appointment_id),
    CONSTRAINT consultation_show_place CHECK (place >= 0),
    CONSTRAINT consultation_show_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id),
    CONSTRAINT consultation_show_series FOREIGN KEY (series_id) REFERENCES series (id) ON DELETE CASCADE
);

CREATE INDEX consultation_show_by_series ON consultation_show (series_id);
