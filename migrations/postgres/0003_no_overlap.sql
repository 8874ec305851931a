-- Nobody is booked twice at one time; the end of one slot may be the start of the next.
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE practitioner_slot ADD CONSTRAINT appointment_no_overlap
    EXCLUDE USING gist (practitioner_id WITH =, tstzrange(starts_at, ends_at) WITH &&);
