-- Accounts of the gateway itself, for when the identity provider cannot be used. The person is a practitioner whose issuer is this gateway
-- and whose subject is the account.
CREATE TABLE local_account (
    id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    user_name TEXT NOT NULL,
    -- argon2id in the PHC string format, with its salt and costs.
    password_hash TEXT NOT NULL,
    -- RFC 6238: the shared key, and the last step that was used, so that no code counts twice.
    totp_key BYTEA NULL,
    totp_step BIGINT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    made_by UUID NULL,
    -- The account opens nothing from then on. Its row stays, because its uses do.
    closed_at TIMESTAMPTZ NULL,
    CONSTRAINT local_account_pk PRIMARY KEY (id),
    CONSTRAINT local_account_user_name UNIQUE (user_name),
    CONSTRAINT local_account_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id)
);

CREATE TABLE local_passkey (
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    credential_id BYTEA NOT NULL,
    -- The public key and its counters, as JSON.
    credential TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ NULL,
    CONSTRAINT local_passkey_pk PRIMARY KEY (id),
    CONSTRAINT local_passkey_credential UNIQUE (credential_id),
    CONSTRAINT local_passkey_account FOREIGN KEY (account_id) REFERENCES local_account (id)
);

CREATE INDEX local_passkey_by_account ON local_passkey (account_id);

-- Each is taken out when it is used.
CREATE TABLE local_recovery_code (
    account_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT local_recovery_code_pk PRIMARY KEY (account_id, digest),
    CONSTRAINT local_recovery_code_digest CHECK (length(digest) = 32),
    CONSTRAINT local_recovery_code_account FOREIGN KEY (account_id) REFERENCES local_account (id)
);

-- A one-time address at which an account is set up, or set up anew. The address itself is nowhere, only the SHA-256 of its secret.
CREATE TABLE local_invitation (
    id UUID NOT NULL,
    digest BYTEA NOT NULL,
    -- Of the very first administrator: it counts only while there is none.
    is_first BOOLEAN NOT NULL,
    -- The account that is set up anew.
    account_id UUID NULL,
    name TEXT NOT NULL,
    -- Words of roles, with a comma in between.
    roles TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    made_by UUID NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT local_invitation_pk PRIMARY KEY (id),
    CONSTRAINT local_invitation_digest UNIQUE (digest),
    CONSTRAINT local_invitation_digest_length CHECK (length(digest) = 32),
    CONSTRAINT local_invitation_account FOREIGN KEY (account_id) REFERENCES local_account (id)
);

-- A sign-in or a set-up of which the second step is not done yet. `state` is JSON.
CREATE TABLE local_step (
    digest BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    account_id UUID NULL,
    state TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT local_step_pk PRIMARY KEY (digest),
    CONSTRAINT local_step_digest CHECK (length(digest) = 32),
    CONSTRAINT local_step_purpose CHECK (purpose IN ('sign_in', 'set_up'))
);

-- Wrong tries by user name, whether there is such an account or not: SHA-256 of the name, because people type passwords there.
CREATE TABLE local_try (
    digest BYTEA NOT NULL,
    failed BIGINT NOT NULL,
    locked_until TIMESTAMPTZ NOT NULL,
    tried_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT local_try_pk PRIMARY KEY (digest),
    CONSTRAINT local_try_digest CHECK (length(digest) = 32)
);

-- Which logins are of a local account, and by what they were proved: how sure it is who that is.
CREATE TABLE local_login (
    login_id UUID NOT NULL,
    account_id UUID NOT NULL,
    means TEXT NOT NULL,
    CONSTRAINT local_login_pk PRIMARY KEY (login_id),
    CONSTRAINT local_login_login FOREIGN KEY (login_id) REFERENCES login (id) ON DELETE CASCADE,
    CONSTRAINT local_login_account FOREIGN KEY (account_id) REFERENCES local_account (id),
    CONSTRAINT local_login_means CHECK (means IN ('passkey', 'totp', 'recovery_code'))
);

-- Everything that was done with local accounts. Rows are added and never changed, but for who was told.
CREATE TABLE local_account_use (
    id UUID NOT NULL,
    account_id UUID NULL,
    -- Whose account it is: the user name.
    user_name TEXT NOT NULL,
    what TEXT NOT NULL,
    -- Who did it, where that is somebody else.
    by_id UUID NULL,
    address TEXT NULL,
    at TIMESTAMPTZ NOT NULL,
    -- Whoever is to be told by mail is told then, or again; null when that is done, or not needed.
    alert_at TIMESTAMPTZ NULL,
    seen_at TIMESTAMPTZ NULL,
    seen_by UUID NULL,
    CONSTRAINT local_account_use_pk PRIMARY KEY (id),
    CONSTRAINT local_account_use_account FOREIGN KEY (account_id) REFERENCES local_account (id),
    CONSTRAINT local_account_use_what CHECK (
        what IN (
            'invited', 'invitation_withdrawn', 'set_up', 'set_up_anew', 'signed_in_passkey', 'signed_in_totp',
            'signed_in_recovery_code', 'wrong_password', 'wrong_second_factor', 'locked', 'unlocked', 'closed'
        )
    ),
    CONSTRAINT local_account_use_seen CHECK ((seen_at IS NULL) = (seen_by IS NULL))
);

CREATE INDEX local_account_use_by_time ON local_account_use (at);
CREATE INDEX local_account_use_by_alert ON local_account_use (alert_at);
