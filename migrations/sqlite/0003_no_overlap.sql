-- Nobody is booked twice at one time; the end of one slot may be the start of the next.
CREATE TRIGGER practitioner_slot_no_overlap_insert BEFORE INSERT ON practitioner_slot
WHEN EXISTS (
    SELECT 1 FROM practitioner_slot AS other
    WHERE other.practitioner_id = NEW.practitioner_id
        AND other.starts_at < NEW.ends_at
        AND other.ends_at > NEW.starts_at
)
BEGIN
    SELECT RAISE(ABORT, 'appointment_no_overlap');
END;

CREATE TRIGGER practitioner_slot_no_overlap_update BEFORE UPDATE ON practitioner_slot
WHEN EXISTS (
    SELECT 1 FROM practitioner_slot AS other
    WHERE other.practitioner_id = NEW.practitioner_id
        AND other.participant_id <> OLD.participant_id
        AND other.starts_at < NEW.ends_at
        AND other.ends_at > NEW.starts_at
)
BEGIN
    SELECT RAISE(ABORT, 'appointment_no_overlap');
END;
