-- With which family of browsers a guest came, and nothing finer.
CREATE TABLE browser_seen (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    family TEXT NOT NULL,
    CONSTRAINT browser_seen_pk PRIMARY KEY (participant_id, family),
    CONSTRAINT browser_seen_family_known CHECK (
        family IN ('chrome', 'chrome_android', 'edge', 'firefox', 'safari', 'safari_ios', 'samsung', 'in_app', 'other')
    ),
    CONSTRAINT browser_seen_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX browser_seen_by_appointment ON browser_seen (appointment_id);
