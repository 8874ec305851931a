-- When a study was taken back: from then on it is listed nowhere and nothing of it is rendered. Its rows stay, for what was shown.
ALTER TABLE study ADD COLUMN withdrawn_at TIMESTAMPTZ NULL;
