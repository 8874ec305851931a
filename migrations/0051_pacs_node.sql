-- Archives of images (PACS) that administrators set on their page, asked over DICOMweb (DICOM PS3.18).
CREATE TABLE pacs_node (
    id UUID NOT NULL,
    -- What addresses and the trail call it.
    key TEXT NOT NULL,
    label TEXT NOT NULL,
    -- The root below which /studies is.
    address TEXT NOT NULL,
    sign_in TEXT NOT NULL,
    user_name TEXT NOT NULL,
    -- Sealed for this row: password or token; empty where there is none.
    secret TEXT NOT NULL,
    -- Whose numbers of patients it knows (issuer of patient ID); empty: those of the hospital itself.
    domain TEXT NOT NULL,
    -- A list: for appointments of which services it is asked; empty: of all.
    serves JSONB NOT NULL,
    is_on BOOLEAN NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pacs_node_pk PRIMARY KEY (id),
    CONSTRAINT pacs_node_key UNIQUE (key),
    CONSTRAINT pacs_node_sign_in CHECK (sign_in IN ('none', 'password', 'token'))
);
