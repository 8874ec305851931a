-- What is counted of days whose appointments are going or gone: no people, no appointments. `service`: the identifier of the service as
-- text, or empty. `name`: one of the words of `clinical::Count`.
CREATE TABLE daily_count (
    day DATE NOT NULL,
    service TEXT NOT NULL,
    name TEXT NOT NULL,
    amount BIGINT NOT NULL,
    CONSTRAINT daily_count_pk PRIMARY KEY (day, service, name),
    CONSTRAINT daily_count_amount CHECK (amount >= 0)
);

-- Appointments that are in there already: their rows are not counted a second time.
CREATE TABLE counted_appointment (
    appointment_id UUID NOT NULL,
    CONSTRAINT counted_appointment_pk PRIMARY KEY (appointment_id),
    CONSTRAINT counted_appointment_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id)
);
