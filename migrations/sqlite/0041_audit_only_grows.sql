-- Whoever goes past these by writing into the file is found by the chain.
CREATE TRIGGER audit_record_not_changed BEFORE UPDATE ON audit_record
BEGIN SELECT RAISE(ABORT, 'audit_only_grows'); END;
CREATE TRIGGER audit_record_not_deleted BEFORE DELETE ON audit_record
BEGIN SELECT RAISE(ABORT, 'audit_only_grows'); END;
CREATE TRIGGER audit_head_not_changed BEFORE UPDATE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_only_grows'); END;
CREATE TRIGGER audit_head_not_deleted BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_only_grows'); END;

-- Two more roles. SQLite changes no constraint: a new table takes the place of the old one.
CREATE TABLE practitioner_role_anew (
    practitioner_id UUID NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT practitioner_role_pk PRIMARY KEY (practitioner_id, role),
    CONSTRAINT practitioner_role_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT practitioner_role_known
        CHECK (role IN ('secretary', 'nurse', 'doctor', 'radiologist', 'administrator', 'auditor'))
);
INSERT INTO practitioner_role_anew SELECT practitioner_id, role FROM practitioner_role;
DROP TABLE practitioner_role;
ALTER TABLE practitioner_role_anew RENAME TO practitioner_role;
