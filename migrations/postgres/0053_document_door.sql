-- A document is opened by a provider of patients, too. `provider`: what that was called, where one opened it.
ALTER TABLE document_download DROP CONSTRAINT document_download_door_known;
ALTER TABLE document_download ADD CONSTRAINT document_download_door_known
    CHECK (door IN ('sms', 'email', 'pin', 'birth_date', 'provider'));
ALTER TABLE document_download ADD COLUMN provider TEXT NULL;
