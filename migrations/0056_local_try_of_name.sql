-- Tries for a user name from one network have a row of their own; it says here of which name.
ALTER TABLE local_try ADD COLUMN name_digest BYTEA NULL;

CREATE INDEX local_try_by_name ON local_try (name_digest);
