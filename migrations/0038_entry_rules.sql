-- What a service asks for before a guest is let in: a look at everybody, also at those who showed more than the link; and whether the
-- agreement to what it tells is taken in another way than by the patient's page.
ALTER TABLE service_door ADD COLUMN asks_who_of_all BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE service_door ADD COLUMN waives_consent BOOLEAN NOT NULL DEFAULT FALSE;

-- When staff put a picture that came by a link among the images of the visit.
ALTER TABLE received_upload ADD COLUMN put_among_at TIMESTAMPTZ NULL;
