-- Members of staff, as the identity provider last described them.
CREATE TABLE practitioner (
    id UUID NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT practitioner_pk PRIMARY KEY (id),
    CONSTRAINT practitioner_subject UNIQUE (issuer, subject)
);

CREATE TABLE practitioner_role (
    practitioner_id UUID NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT practitioner_role_pk PRIMARY KEY (practitioner_id, role),
    CONSTRAINT practitioner_role_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT practitioner_role_known CHECK (role IN ('secretary', 'doctor', 'radiologist', 'administrator'))
);
