-- When a key object selection of ours was replaced by a newer one, or what it says was taken back: its series is listed no longer. It stays,
-- for what was shown of it.
ALTER TABLE series ADD COLUMN superseded_at TIMESTAMPTZ NULL;
