//! Tries, second steps and logins of local accounts.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, words};
use super::{Error, Login, LoginDigest, RestsOn, Store};
use crate::clinical::LocalAccountId;
use crate::secret::Secret;

/// What the second step of something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalPurpose {
    SignIn,
    SetUp,
}

words!(purpose_to_word, purpose_from_word, LocalPurpose {
    LocalPurpose::SignIn => "sign_in",
    LocalPurpose::SetUp => "set_up",
});

/// A sign-in or set-up whose second step is not done yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalStep {
    /// SHA-256 of the ticket that the page holds.
    pub digest: LoginDigest,
    pub purpose: LocalPurpose,
    pub account: Option<LocalAccountId>,
    /// JSON.
    pub state: Secret<String>,
    pub expires_at: DateTime<Utc>,
}

/// By what a login of a local account was proved, beside its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalMeans {
    Passkey,
    Totp,
    RecoveryCode,
}

words!(means_to_word, means_from_word, LocalMeans {
    LocalMeans::Passkey => "passkey",
    LocalMeans::Totp => "totp",
    LocalMeans::RecoveryCode => "recovery_code",
});

#[derive(FromRow)]
struct StepRow {
    purpose: String,
    account_id: Option<Uuid>,
    state: String,
    expires_at: DateTime<Utc>,
}

/// Under what tries are counted: SHA-256 digests, of a name as it was typed, and of this name and a network where they come from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TryKey {
    pub digest: [u8; 32],
    pub name: [u8; 32],
}

impl Store {
    fn opened_state(&self, digest: LoginDigest, sealed: &str) -> Option<String> {
        let state = self.open_secret("local_step", "state", row_of(digest), sealed).ok()?;
        String::from_utf8(state).ok()
    }

    /// Takes one try under a key of a user name, known or not; every `locks_after`th locks that key for `lock`. The answer is which try since
    /// the last right one this is, or nothing while it is locked. However fast tries come, no more are given.
    pub async fn take_local_try(
        &self,
        key: TryKey,
        locks_after: u32,
        lock: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<u32>, Error> {
        const SQL: &str = "INSERT INTO local_try (digest, failed, locked_until, tried_at, name_digest)
            VALUES ($1, 1, $2, $2, $5)
            ON CONFLICT (digest) DO UPDATE SET failed = local_try.failed + 1, tried_at = $2,
                locked_until = CASE WHEN (local_try.failed + 1) % $3 = 0 THEN $4 ELSE local_try.locked_until END
            WHERE local_try.locked_until <= $2 RETURNING failed";
        let tried: Option<(i64,)> = in_transaction!(self, tx => {
            sqlx::query_as(SQL)
                .bind(key.digest.to_vec())
                .bind(micros(now))
                .bind(i64::from(locks_after.max(1)))
                .bind(micros(now + lock))
                .bind(key.name.to_vec())
                .fetch_optional(&mut *tx)
                .await?
        });
        Ok(tried.map(|(failed,)| u32::try_from(failed).unwrap_or(u32::MAX)))
    }

    /// Gives one try back, which was right, and unlocks its key if it was that try that locked it.
    pub async fn give_local_try_back(&self, key: TryKey, now: DateTime<Utc>) -> Result<(), Error> {
        const SQL: &str = "UPDATE local_try SET failed = failed - 1, locked_until = $2
            WHERE digest = $1 AND failed > 0";
        in_transaction!(self, tx => {
            sqlx::query(SQL).bind(key.digest.to_vec()).bind(micros(now)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Forgets all tries for a name, from wherever: it is unlocked. `true`: it was locked somewhere at `now`.
    pub async fn forget_local_tries(&self, name: [u8; 32], now: DateTime<Utc>) -> Result<bool, Error> {
        const SQL: &str =
            "DELETE FROM local_try WHERE digest = $1 OR name_digest = $1 RETURNING locked_until";
        let rows: Vec<(DateTime<Utc>,)> = in_transaction!(self, tx =>
            sqlx::query_as(SQL).bind(name.to_vec()).fetch_all(&mut *tx).await?);
        Ok(rows.iter().any(|(until,)| *until > now))
    }

    /// Until when a name is locked somewhere, if it is at `now`.
    pub async fn local_lock(
        &self,
        name: [u8; 32],
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        const SQL: &str = "SELECT locked_until FROM local_try
            WHERE (digest = $1 OR name_digest = $1) AND locked_until > $2 ORDER BY locked_until DESC";
        let row: Option<(DateTime<Utc>,)> = on!(self, pool => {
            sqlx::query_as(SQL).bind(name.to_vec()).bind(micros(now)).fetch_optional(pool).await?
        });
        Ok(row.map(|(until,)| until))
    }

    /// Keeps what the second step needs.
    pub async fn add_local_step(&self, step: &LocalStep) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO local_step (digest, purpose, account_id, state, expires_at)
            VALUES ($1, $2, $3, $4, $5)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(step.digest.0.to_vec())
                .bind(purpose_to_word(step.purpose))
                .bind(step.account.map(LocalAccountId::uuid))
                .bind(self.seal_secret("local_step", "state", row_of(step.digest), step.state.expose().as_bytes()))
                .bind(micros(step.expires_at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// What the second step of that ticket needs, if it is good at `now`.
    pub async fn local_step(
        &self,
        digest: LoginDigest,
        purpose: LocalPurpose,
        now: DateTime<Utc>,
    ) -> Result<Option<LocalStep>, Error> {
        const SQL: &str = "SELECT purpose, account_id, state, expires_at FROM local_step
            WHERE digest = $1 AND purpose = $2 AND expires_at > $3";
        let row: Option<StepRow> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(digest.0.to_vec()).bind(purpose_to_word(purpose));
            query.bind(micros(now)).fetch_optional(pool).await?
        });
        Ok(row.and_then(|row| {
            Some(LocalStep {
                digest,
                purpose: purpose_from_word(&row.purpose)?,
                account: row.account_id.map(LocalAccountId::new),
                // One that does not open was begun before anything was sealed: the page begins anew.
                state: Secret::new(self.opened_state(digest, &row.state)?),
                expires_at: row.expires_at,
            })
        }))
    }

    /// Uses a step up; `true` for one of those who try at once.
    pub async fn use_local_step(&self, digest: LoginDigest) -> Result<bool, Error> {
        const SQL: &str = "DELETE FROM local_step WHERE digest = $1";
        let used = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(digest.0.to_vec()).execute(&mut *tx).await?.rows_affected()
        });
        Ok(used == 1)
    }

    /// Uses a step of time up (RFC 6238 section 5.2): `false` if that one or a later one was used.
    pub async fn use_totp_step(&self, id: LocalAccountId, step: u64) -> Result<bool, Error> {
        const SQL: &str = "UPDATE local_account SET totp_step = $2
            WHERE id = $1 AND closed_at IS NULL AND (totp_step IS NULL OR totp_step < $2)";
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let used = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(id.uuid()).bind(step).execute(&mut *tx).await?.rows_affected()
        });
        Ok(used == 1)
    }

    /// Uses a recovery code up: `false` if the account has none of that digest.
    pub async fn use_recovery_code(&self, id: LocalAccountId, digest: [u8; 32]) -> Result<bool, Error> {
        const SQL: &str = "DELETE FROM local_recovery_code WHERE account_id = $1 AND digest = $2";
        let used = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(id.uuid()).bind(digest.to_vec()).execute(&mut *tx).await?.rows_affected()
        });
        Ok(used == 1)
    }

    /// Keeps a login of a local account, and by what it was proved. Refused with [`Error::NoRole`] when the person has been disabled.
    pub async fn add_local_login(
        &self,
        login: &Login,
        account: LocalAccountId,
        means: LocalMeans,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO local_login (login_id, account_id, means) VALUES ($1, $2, $3)";
        self.add_login(login, RestsOn::File).await?;
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(login.id.uuid())
                .bind(account.uuid())
                .bind(means_to_word(means))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The person of the login `by` has proved once more who they are, by `means`: it becomes `renewed`, as
    /// [`Store::renew_login`] does it. `false` if it has ended meanwhile, or is of no local account.
    pub async fn renew_local_login(
        &self,
        by: LoginDigest,
        renewed: &Login,
        means: LocalMeans,
    ) -> Result<bool, Error> {
        const SQL: &str = "UPDATE local_login SET means = $2
            WHERE login_id IN (SELECT id FROM login WHERE digest = $1 AND practitioner_id = $3)";
        let rows = in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(by.0.to_vec())
                .bind(means_to_word(means))
                .bind(renewed.practitioner.uuid())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(rows == 1 && self.renew_login(by, renewed, RestsOn::File).await?)
    }

    /// By what a login was proved, if it is one of a local account.
    pub async fn local_means(&self, login: crate::clinical::LoginId) -> Result<Option<LocalMeans>, Error> {
        const SQL: &str = "SELECT means FROM local_login WHERE login_id = $1";
        let row: Option<(String,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(login.uuid()).fetch_optional(pool).await?);
        Ok(row.and_then(|(word,)| means_from_word(&word)))
    }
}

/// What the row of a step is called where it is sealed: its key is a digest.
fn row_of(digest: LoginDigest) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.0[..16]);
    Uuid::from_bytes(bytes)
}

impl fmt::Display for LocalMeans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(means_to_word(*self))
    }
}
