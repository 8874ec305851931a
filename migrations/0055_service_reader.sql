-- Services whose radiologists come into the consultations of another: those of `reader_id` see what runs in `service_id`.
CREATE TABLE service_reader (
    service_id UUID NOT NULL,
    reader_id UUID NOT NULL,
    CONSTRAINT service_reader_pk PRIMARY KEY (service_id, reader_id),
    CONSTRAINT service_reader_service FOREIGN KEY (service_id) REFERENCES service (id),
    CONSTRAINT service_reader_reader FOREIGN KEY (reader_id) REFERENCES service (id)
);

CREATE INDEX service_reader_by_reader ON service_reader (reader_id);
