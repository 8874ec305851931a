-- When somebody came into a consultation that ran without being booked: they take no slot.
ALTER TABLE participant ADD COLUMN joined_at TIMESTAMPTZ NULL;
