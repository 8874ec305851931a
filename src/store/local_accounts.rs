//! Accounts of the gateway itself: how each proves itself, the addresses at which they are set up.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::logins::{THOSE_OF, note_ends};
use super::practitioners::{PUT_NAME, RECKON_ROLES, TAKE_PERSON, role_from_word, role_to_word};
use super::sealed::{INVITATION_NAME, PRACTITIONER_NAME};
use super::ways_in::keep_a_way_in;
use super::{Error, LoginDigest, Store, WayOfFile};
use crate::clinical::{LocalAccountId, LoginId, Practitioner, PractitionerId, StaffRole};
use crate::secret::{Pii, Secret};

/// An account that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalAccount {
    pub id: LocalAccountId,
    pub practitioner: PractitionerId,
    pub user_name: String,
    /// PHC string format.
    pub password_hash: Secret<String>,
    /// RFC 6238; absent: no codes by time.
    pub totp_key: Option<Secret<Vec<u8>>>,
    pub made_at: DateTime<Utc>,
    /// `None`: the first one, made by whoever started the program.
    pub made_by: Option<PractitionerId>,
}

/// A public key of an account (Web Authentication Level 3), as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPasskey {
    pub id: Uuid,
    pub credential_id: Vec<u8>,
    pub credential: String,
}

/// A one-time address at which an account is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalInvitation {
    pub id: Uuid,
    /// SHA-256 of its secret.
    pub digest: LoginDigest,
    /// Of the very first administrator: it counts only while there is none.
    pub is_first: bool,
    /// The account that is set up anew.
    pub account: Option<LocalAccountId>,
    /// Empty: whoever opens it says.
    pub name: Pii<String>,
    pub roles: Vec<StaffRole>,
    pub made_at: DateTime<Utc>,
    pub made_by: Option<PractitionerId>,
    pub expires_at: DateTime<Utc>,
}

/// What is written when an account has been set up.
#[derive(Clone, Debug)]
pub struct NewLocalAccount {
    pub account: LocalAccount,
    /// Name and roles; its identifier counts only for an account that is new.
    pub practitioner: Practitioner,
    pub passkey: Option<LocalPasskey>,
    /// SHA-256 of each.
    pub recovery_codes: Vec<[u8; 32]>,
}

/// How an invitation was taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalSetUp {
    Done,
    /// It was used, withdrawn or too old, or it was for the first administrator and there is one by now.
    Closed,
    /// Another account has the user name.
    NameTaken,
}

/// An account as the administrators' page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalAccountLine {
    pub id: LocalAccountId,
    pub practitioner: PractitionerId,
    pub user_name: String,
    pub has_totp: bool,
    pub passkeys: u32,
    pub recovery_codes: u32,
    pub made_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

/// Invitations that may be taken up, as far as people go: the first address while there is no administrator, every other one while whoever
/// made it is still an administrator, as with tokens of programs: they may have kept it.
macro_rules! vouched {
    () => {
        " AND CASE WHEN is_first
            THEN NOT EXISTS (SELECT 1 FROM practitioner_role r WHERE r.role = 'administrator')
            ELSE EXISTS (SELECT 1 FROM practitioner_role r
                WHERE r.practitioner_id = made_by AND r.role = 'administrator') END "
    };
}

/// The identity provider of local accounts: this gateway. No address of a provider looks like it.
pub const LOCAL_ISSUER: &str = "parvis:local";

#[derive(FromRow)]
struct AccountRow {
    id: Uuid,
    practitioner_id: Uuid,
    user_name: String,
    password_hash: String,
    totp_key: Option<Vec<u8>>,
    made_at: DateTime<Utc>,
    made_by: Option<Uuid>,
}

impl Store {
    /// As bytes of letters, because the column is one of bytes.
    fn sealed_totp(&self, account: Uuid, key: &Secret<Vec<u8>>) -> Vec<u8> {
        self.seal_secret("local_account", "totp_key", account, key.expose()).into_bytes()
    }

    fn opened_account(&self, row: AccountRow) -> Result<LocalAccount, Error> {
        let open = |key: Vec<u8>| match std::str::from_utf8(&key) {
            Ok(sealed) if sealed.starts_with("p1.") => {
                self.open_secret("local_account", "totp_key", row.id, sealed)
            }
            // Of a release that did not seal: it is sealed when the account is set up anew.
            _ => Ok(key),
        };
        Ok(LocalAccount {
            id: LocalAccountId::new(row.id),
            practitioner: PractitionerId::new(row.practitioner_id),
            user_name: row.user_name,
            password_hash: Secret::new(row.password_hash),
            totp_key: row.totp_key.map(open).transpose()?.map(Secret::new),
            made_at: row.made_at,
            made_by: row.made_by.map(PractitionerId::new),
        })
    }

    fn opened_invitation(&self, mut row: InvitationRow) -> Result<LocalInvitation, Error> {
        row.name = self.open_cell(INVITATION_NAME, row.id, &row.name)?;
        row.try_into()
    }
}

#[derive(FromRow)]
struct InvitationRow {
    id: Uuid,
    digest: Vec<u8>,
    is_first: bool,
    account_id: Option<Uuid>,
    name: String,
    roles: String,
    made_at: DateTime<Utc>,
    made_by: Option<Uuid>,
    expires_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct PasskeyRow {
    id: Uuid,
    credential_id: Vec<u8>,
    credential: String,
}

#[derive(FromRow)]
struct LineRow {
    id: Uuid,
    practitioner_id: Uuid,
    user_name: String,
    totp_key: Option<Vec<u8>>,
    passkeys: i64,
    recovery_codes: i64,
    made_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Whether somebody has the role of an administrator.
    pub async fn has_administrator(&self) -> Result<bool, Error> {
        const SQL: &str = "SELECT COUNT(*) FROM practitioner_role WHERE role = 'administrator'";
        let (count,): (i64,) = on!(self, pool => sqlx::query_as(SQL).fetch_one(pool).await?);
        Ok(count > 0)
    }

    /// Whether there is a local account that is open.
    pub async fn has_local_account(&self) -> Result<bool, Error> {
        const SQL: &str = "SELECT COUNT(*) FROM local_account WHERE closed_at IS NULL";
        let (count,): (i64,) = on!(self, pool => sqlx::query_as(SQL).fetch_one(pool).await?);
        Ok(count > 0)
    }

    /// Keeps an invitation. One for the first administrator takes the place of those before it, and one for an account likewise.
    pub async fn add_local_invitation(&self, invitation: &LocalInvitation) -> Result<(), Error> {
        const FORGET: &str = "DELETE FROM local_invitation WHERE ($1 AND is_first) OR (account_id IS NOT NULL AND account_id = $2)";
        const SQL: &str = "INSERT INTO local_invitation
            (id, digest, is_first, account_id, name, roles, made_at, made_by, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let roles: Vec<_> = invitation.roles.iter().map(|role| role_to_word(*role)).collect();
        let account = invitation.account.map(LocalAccountId::uuid);
        in_transaction!(self, tx => {
            sqlx::query(FORGET).bind(invitation.is_first).bind(account).execute(&mut *tx).await?;
            sqlx::query(SQL)
                .bind(invitation.id)
                .bind(invitation.digest.0.to_vec())
                .bind(invitation.is_first)
                .bind(account)
                .bind(self.seal(INVITATION_NAME, invitation.id, invitation.name.expose()))
                .bind(roles.join(","))
                .bind(micros(invitation.made_at))
                .bind(invitation.made_by.map(PractitionerId::uuid))
                .bind(micros(invitation.expires_at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The invitation of that digest, if it is good at `now` and whoever made it is still an administrator.
    pub async fn local_invitation(
        &self,
        digest: LoginDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<LocalInvitation>, Error> {
        const SQL: &str = concat!(
            "SELECT id, digest, is_first, account_id, name, roles, made_at, made_by, expires_at
            FROM local_invitation WHERE digest = $1 AND expires_at > $2",
            vouched!()
        );
        let row: Option<InvitationRow> = on!(self, pool => {
            sqlx::query_as(SQL).bind(digest.0.to_vec()).bind(micros(now)).fetch_optional(pool).await?
        });
        row.map(|row| self.opened_invitation(row)).transpose()
    }

    /// The invitations that are good at `now`, but for the first administrator's; the newest first.
    pub async fn local_invitations(&self, now: DateTime<Utc>) -> Result<Vec<LocalInvitation>, Error> {
        const SQL: &str = concat!(
            "SELECT id, digest, is_first, account_id, name, roles, made_at, made_by, expires_at
            FROM local_invitation WHERE expires_at > $1 AND NOT is_first",
            vouched!(),
            "ORDER BY made_at DESC, id DESC"
        );
        let rows: Vec<InvitationRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(micros(now)).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_invitation(row)).collect()
    }

    /// Withdraws an invitation; it is in the answer if it was there.
    pub async fn withdraw_local_invitation(&self, id: Uuid) -> Result<Option<LocalInvitation>, Error> {
        const SQL: &str = "DELETE FROM local_invitation WHERE id = $1 AND NOT is_first
            RETURNING id, digest, is_first, account_id, name, roles, made_at, made_by, expires_at";
        let row: Option<InvitationRow> =
            in_transaction!(self, tx => sqlx::query_as(SQL).bind(id).fetch_optional(&mut *tx).await?);
        row.map(|row| self.opened_invitation(row)).transpose()
    }

    /// Writes an account that was set up, and uses its invitation up: of many who try with one, one succeeds.
    pub async fn set_up_local_account(
        &self,
        new: &NewLocalAccount,
        invitation: LoginDigest,
        now: DateTime<Utc>,
    ) -> Result<LocalSetUp, Error> {
        const TAKE: &str = concat!(
            "DELETE FROM local_invitation WHERE digest = $1 AND expires_at > $2",
            vouched!(),
            "RETURNING account_id"
        );
        const TAKEN: &str = "SELECT COUNT(*) FROM local_account WHERE user_name = $1 AND id <> $2";
        const PERSON: &str = "INSERT INTO practitioner (id, issuer, subject, name) VALUES ($1, $2, $3, $4)
            ON CONFLICT (issuer, subject) DO UPDATE SET issuer = excluded.issuer RETURNING id";
        const FORGET_ROLES: &str = "DELETE FROM claimed_role WHERE practitioner_id = $1";
        const ADD_ROLE: &str = "INSERT INTO claimed_role (practitioner_id, role) VALUES ($1, $2)";
        const ACCOUNT: &str = "INSERT INTO local_account
            (id, practitioner_id, user_name, password_hash, totp_key, totp_step, made_at, made_by)
            VALUES ($1, $2, $3, $4, $5, NULL, $6, $7)
            ON CONFLICT (id) DO UPDATE SET user_name = excluded.user_name, password_hash = excluded.password_hash,
                totp_key = excluded.totp_key, totp_step = NULL";
        const FORGET: [&str; 2] = [
            "DELETE FROM local_passkey WHERE account_id = $1",
            "DELETE FROM local_recovery_code WHERE account_id = $1",
        ];
        const PASSKEY: &str = "INSERT INTO local_passkey (id, account_id, credential_id, credential, made_at)
            VALUES ($1, $2, $3, $4, $5)";
        const CODE: &str = "INSERT INTO local_recovery_code (account_id, digest) VALUES ($1, $2)";
        let account = &new.account;
        in_transaction!(self, tx => {
            let taken: Option<(Option<Uuid>,)> = sqlx::query_as(TAKE)
                .bind(invitation.0.to_vec())
                .bind(micros(now))
                .fetch_optional(&mut *tx)
                .await?;
            // Leaving here takes the transaction back.
            let Some((anew,)) = taken else { return Ok(LocalSetUp::Closed) };
            if anew.is_some_and(|anew| anew != account.id.uuid()) {
                return Ok(LocalSetUp::Closed);
            }
            let (others,): (i64,) = sqlx::query_as(TAKEN)
                .bind(text(&account.user_name))
                .bind(account.id.uuid())
                .fetch_one(&mut *tx)
                .await?;
            if others > 0 {
                return Ok(LocalSetUp::NameTaken);
            }
            let (person,): (Uuid,) = sqlx::query_as(PERSON)
                .bind(new.practitioner.id.uuid())
                .bind(LOCAL_ISSUER)
                .bind(account.id.to_string())
                .bind("")
                .fetch_one(&mut *tx)
                .await?;
            let name = self.seal(PRACTITIONER_NAME, person, new.practitioner.name.expose());
            sqlx::query(PUT_NAME).bind(person).bind(name).execute(&mut *tx).await?;
            sqlx::query(FORGET_ROLES).bind(person).execute(&mut *tx).await?;
            for role in &new.practitioner.roles {
                sqlx::query(ADD_ROLE).bind(person).bind(role_to_word(*role)).execute(&mut *tx).await?;
            }
            for sql in RECKON_ROLES {
                sqlx::query(sql).bind(person).execute(&mut *tx).await?;
            }
            sqlx::query(ACCOUNT)
                .bind(account.id.uuid())
                .bind(person)
                .bind(text(&account.user_name))
                .bind(account.password_hash.expose().as_str())
                .bind(account.totp_key.as_ref().map(|key| self.sealed_totp(account.id.uuid(), key)))
                .bind(micros(account.made_at))
                .bind(account.made_by.map(PractitionerId::uuid))
                .execute(&mut *tx)
                .await?;
            for sql in FORGET {
                sqlx::query(sql).bind(account.id.uuid()).execute(&mut *tx).await?;
            }
            if let Some(passkey) = &new.passkey {
                sqlx::query(PASSKEY)
                    .bind(passkey.id)
                    .bind(account.id.uuid())
                    .bind(passkey.credential_id.clone())
                    .bind(text(&passkey.credential))
                    .bind(micros(now))
                    .execute(&mut *tx)
                    .await?;
            }
            for code in &new.recovery_codes {
                sqlx::query(CODE).bind(account.id.uuid()).bind(code.to_vec()).execute(&mut *tx).await?;
            }
        });
        Ok(LocalSetUp::Done)
    }

    /// The open account of that user name.
    pub async fn local_account_named(&self, user_name: &str) -> Result<Option<LocalAccount>, Error> {
        const SQL: &str = "SELECT id, practitioner_id, user_name, password_hash, totp_key, made_at, made_by
            FROM local_account WHERE user_name = $1 AND closed_at IS NULL";
        let row: Option<AccountRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(text(user_name)).fetch_optional(pool).await?);
        row.map(|row| self.opened_account(row)).transpose()
    }

    /// The open account of that identifier.
    pub async fn local_account(&self, id: LocalAccountId) -> Result<Option<LocalAccount>, Error> {
        const SQL: &str = "SELECT id, practitioner_id, user_name, password_hash, totp_key, made_at, made_by
            FROM local_account WHERE id = $1 AND closed_at IS NULL";
        let row: Option<AccountRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(pool).await?);
        row.map(|row| self.opened_account(row)).transpose()
    }

    /// The open accounts, by user name.
    pub async fn local_accounts(&self) -> Result<Vec<LocalAccountLine>, Error> {
        const SQL: &str = "SELECT a.id, a.practitioner_id, a.user_name, a.totp_key, a.made_at,
            (SELECT COUNT(*) FROM local_passkey p WHERE p.account_id = a.id) AS passkeys,
            (SELECT COUNT(*) FROM local_recovery_code c WHERE c.account_id = a.id) AS recovery_codes,
            (SELECT MAX(u.at) FROM local_account_use u WHERE u.account_id = a.id
                AND u.what IN ('signed_in_passkey', 'signed_in_totp', 'signed_in_recovery_code')) AS used_at
            FROM local_account a WHERE a.closed_at IS NULL ORDER BY a.user_name";
        let rows: Vec<LineRow> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        let lines = rows.into_iter().map(|row| LocalAccountLine {
            id: LocalAccountId::new(row.id),
            practitioner: PractitionerId::new(row.practitioner_id),
            user_name: row.user_name,
            has_totp: row.totp_key.is_some(),
            passkeys: u32::try_from(row.passkeys).unwrap_or(u32::MAX),
            recovery_codes: u32::try_from(row.recovery_codes).unwrap_or(u32::MAX),
            made_at: row.made_at,
            used_at: row.used_at,
        });
        Ok(lines.collect())
    }

    /// Closes an account: its invitation goes, and those that its person made; the person has no role here any more and is signed out
    /// everywhere; tells which logins those were. `None`: it was not open. Refused with [`Error::LastWayIn`] when no administrator could sign in any more.
    pub async fn close_local_account(
        &self,
        id: LocalAccountId,
        of_file: &[WayOfFile],
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<LoginId>>, Error> {
        const CLOSE: &str = "UPDATE local_account SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL
            RETURNING practitioner_id";
        // Before the account, as whoever sets it up anew takes them.
        const INVITATION: &str = "DELETE FROM local_invitation WHERE account_id = $1";
        const ROLES: [&str; 5] = [
            TAKE_PERSON,
            "DELETE FROM practitioner_role WHERE practitioner_id = $1",
            "DELETE FROM claimed_role WHERE practitioner_id = $1",
            "DELETE FROM role_by_hand WHERE practitioner_id = $1",
            "DELETE FROM local_invitation WHERE made_by = $1",
        ];
        const ACCOUNT: [&str; 2] = [
            "DELETE FROM local_passkey WHERE account_id = $1",
            "DELETE FROM local_recovery_code WHERE account_id = $1",
        ];
        let ended: Vec<(Uuid,)> = in_transaction!(self, tx => {
            let ended: Vec<(Uuid,)>;
            keep_a_way_in!(tx, of_file, {
                sqlx::query(INVITATION).bind(id.uuid()).execute(&mut *tx).await?;
                let closed: Option<(Uuid,)> =
                    sqlx::query_as(CLOSE).bind(id.uuid()).bind(micros(now)).fetch_optional(&mut *tx).await?;
                let Some((person,)) = closed else { return Ok(None) };
                for sql in ROLES {
                    sqlx::query(sql).bind(person).execute(&mut *tx).await?;
                }
                for sql in ACCOUNT {
                    sqlx::query(sql).bind(id.uuid()).execute(&mut *tx).await?;
                }
                ended = sqlx::query_as(THOSE_OF).bind(person).fetch_all(&mut *tx).await?;
                note_ends!(tx, &ended, now);
            });
            ended
        });
        Ok(Some(ended.into_iter().map(|(id,)| LoginId::new(id)).collect()))
    }

    /// The passkeys of an account.
    pub async fn local_passkeys(&self, id: LocalAccountId) -> Result<Vec<LocalPasskey>, Error> {
        const SQL: &str =
            "SELECT id, credential_id, credential FROM local_passkey WHERE account_id = $1 ORDER BY id";
        let rows: Vec<PasskeyRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_all(pool).await?);
        let passkeys = rows.into_iter().map(|row| LocalPasskey {
            id: row.id,
            credential_id: row.credential_id,
            credential: row.credential,
        });
        Ok(passkeys.collect())
    }

    /// Keeps a passkey that was used, with its counters as they are now.
    pub async fn passkey_used(&self, passkey: &LocalPasskey, now: DateTime<Utc>) -> Result<(), Error> {
        const SQL: &str = "UPDATE local_passkey SET credential = $2, used_at = $3 WHERE id = $1";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(passkey.id)
                .bind(text(&passkey.credential))
                .bind(micros(now))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Removes steps and invitations that are past their end, and tries that are older than `tries_before`.
    pub async fn purge_local(&self, now: DateTime<Utc>, tries_before: DateTime<Utc>) -> Result<u64, Error> {
        const STEPS: &str = "DELETE FROM local_step WHERE expires_at <= $1";
        const INVITATIONS: &str = "DELETE FROM local_invitation WHERE expires_at <= $1";
        const TRIES: &str = "DELETE FROM local_try WHERE tried_at <= $1 AND locked_until <= $1";
        let mut purged = 0;
        in_transaction!(self, tx => {
            for (sql, before) in [(STEPS, now), (INVITATIONS, now), (TRIES, tries_before)] {
                purged += sqlx::query(sql).bind(micros(before)).execute(&mut *tx).await?.rows_affected();
            }
        });
        Ok(purged)
    }
}

impl TryFrom<InvitationRow> for LocalInvitation {
    type Error = Error;

    fn try_from(row: InvitationRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "local_invitation", id: row.id, what };
        let digest = <[u8; 32]>::try_from(row.digest.as_slice())
            .map_err(|_| wrong("its digest is not of 32 bytes"))?;
        let words = row.roles.split(',').filter(|word| !word.is_empty());
        let roles = words.map(|word| role_from_word(word).ok_or_else(|| wrong("an unknown role")));
        Ok(Self {
            id: row.id,
            digest: LoginDigest(digest),
            is_first: row.is_first,
            account: row.account_id.map(LocalAccountId::new),
            roles: roles.collect::<Result<_, _>>()?,
            name: row.name.into(),
            made_at: row.made_at,
            made_by: row.made_by.map(PractitionerId::new),
            expires_at: row.expires_at,
        })
    }
}
