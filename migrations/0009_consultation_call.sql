-- What is remembered of a consultation beside its journal. `seen_at`: when somebody was last known to be in the call.
CREATE TABLE consultation (
    appointment_id UUID NOT NULL,
    seen_at TIMESTAMPTZ NULL,
    is_locked BOOLEAN NOT NULL,
    CONSTRAINT consultation_pk PRIMARY KEY (appointment_id),
    CONSTRAINT consultation_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id)
);

-- Times during which a visit went on by telephone, who said so, and why.
CREATE TABLE telephone_fallback (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    until TIMESTAMPTZ NULL,
    reason TEXT NOT NULL,
    by_participant_id UUID NOT NULL,
    CONSTRAINT telephone_fallback_pk PRIMARY KEY (id),
    CONSTRAINT telephone_fallback_order CHECK (since <= until),
    CONSTRAINT telephone_fallback_reason_known CHECK (reason IN ('no_video', 'no_sound', 'network', 'device', 'other')),
    CONSTRAINT telephone_fallback_by
        FOREIGN KEY (appointment_id, by_participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX telephone_fallback_by_appointment ON telephone_fallback (appointment_id);

-- How the media of a person fared: all measurements of one direction over one path in one row.
CREATE TABLE call_quality (
    appointment_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    direction TEXT NOT NULL,
    path TEXT NOT NULL,
    report_count BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    loss_pct_mean DOUBLE PRECISION NOT NULL,
    loss_pct_max DOUBLE PRECISION NOT NULL,
    rtt_ms_mean DOUBLE PRECISION NOT NULL,
    rtt_ms_max DOUBLE PRECISION NOT NULL,
    jitter_ms_mean DOUBLE PRECISION NOT NULL,
    jitter_ms_max DOUBLE PRECISION NOT NULL,
    concealed_pct_mean DOUBLE PRECISION NOT NULL,
    concealed_pct_max DOUBLE PRECISION NOT NULL,
    bitrate_kbps_mean DOUBLE PRECISION NOT NULL,
    bitrate_kbps_max DOUBLE PRECISION NOT NULL,
    freezes_ms BIGINT NOT NULL,
    longest_freezes_ms BIGINT NOT NULL,
    reconnection_count BIGINT NOT NULL,
    CONSTRAINT call_quality_pk PRIMARY KEY (participant_id, direction, path),
    CONSTRAINT call_quality_direction_known CHECK (direction IN ('publish', 'subscribe')),
    CONSTRAINT call_quality_path_known CHECK (path IN ('udp', 'tcp', 'relay_udp', 'relay_tcp', 'relay_tls')),
    CONSTRAINT call_quality_participant
        FOREIGN KEY (appointment_id, participant_id) REFERENCES participant (appointment_id, id)
);

CREATE INDEX call_quality_by_appointment ON call_quality (appointment_id);
