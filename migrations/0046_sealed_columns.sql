-- Dates that are sealed are texts: a column of dates holds none. The old ones are empty from here on, or 1900-01-01 where they may not be.
ALTER TABLE contact ADD COLUMN birth_date_sealed TEXT NULL;
ALTER TABLE study ADD COLUMN patient_birth_date_sealed TEXT NULL;
ALTER TABLE ins_record ADD COLUMN birth_date_sealed TEXT NULL;

-- How far rows from before were sealed: the last row of each column, in the order of identifiers.
CREATE TABLE sealing_step (
    name TEXT NOT NULL,
    last_id UUID NOT NULL,
    is_done BOOLEAN NOT NULL,
    CONSTRAINT sealing_step_pk PRIMARY KEY (name)
);
