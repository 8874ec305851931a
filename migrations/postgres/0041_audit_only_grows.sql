-- A role that owns these tables could take the triggers away: docs/operations.md has the one that cannot.
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_only_grows';
END;
$$;

CREATE TRIGGER audit_record_not_changed BEFORE UPDATE OR DELETE ON audit_record
FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_record_not_emptied BEFORE TRUNCATE ON audit_record
FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_head_not_changed BEFORE UPDATE OR DELETE ON audit_head
FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_head_not_emptied BEFORE TRUNCATE ON audit_head
FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();

-- Two more roles.
ALTER TABLE practitioner_role DROP CONSTRAINT practitioner_role_known;
ALTER TABLE practitioner_role ADD CONSTRAINT practitioner_role_known
    CHECK (role IN ('secretary', 'nurse', 'doctor', 'radiologist', 'administrator', 'auditor'));
