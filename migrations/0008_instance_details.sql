-- What sorts an object, how it plays, what it refers to: an object of its own, so that it may grow without new columns.
ALTER TABLE instance ADD COLUMN details JSONB DEFAULT '{}' NOT NULL;
