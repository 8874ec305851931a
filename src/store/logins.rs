//! Sign-ins of staff: those that have begun at the identity provider, and those in force.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::{Error, Store};
use crate::clinical::{LoginId, PractitionerId};
use crate::secret::Secret;

/// SHA-256 of the secret in a cookie: enough to find its login, useless to take it over.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoginDigest(pub [u8; 32]);

impl fmt::Debug for LoginDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginDigest(..)")
    }
}

/// A member of staff who is signed in on one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub id: LoginId,
    pub digest: LoginDigest,
    pub practitioner: PractitionerId,
    /// What the identity provider wants to see at sign-out.
    pub provider_id_token: Option<Secret<String>>,
    /// The provider's own name of the sign-in (OpenID Connect Back-Channel Logout 1.0 section 2.1, `sid`).
    pub provider_sid: Option<String>,
    pub created_at: DateTime<Utc>,
    /// The last time the browser asked for something, to about a minute.
    pub last_seen_at: DateTime<Utc>,
    /// It ends then, whatever happens.
    pub expires_at: DateTime<Utc>,
}

/// A sign-in that has begun at the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInAttempt {
    /// SHA-256 of the `state` that the provider brings back.
    pub state: LoginDigest,
    /// SHA-256 of the secret in the cookie of the browser that began it.
    pub browser: LoginDigest,
    /// Which provider it began at, so that no other's answer is taken for its.
    pub provider: String,
    pub nonce: Secret<String>,
    pub pkce_verifier: Secret<String>,
    /// Where the browser was going: a path of this site.
    pub return_to: String,
    pub expires_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct LoginRow {
    id: Uuid,
    digest: Vec<u8>,
    practitioner_id: Uuid,
    provider_id_token: Option<String>,
    provider_sid: Option<String>,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct AttemptRow {
    provider: String,
    nonce: String,
    pkce_verifier: String,
    return_to: String,
    expires_at: DateTime<Utc>,
}

impl Store {
    /// A login is written as seen at most this often.
    const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

    /// Keeps a login.
    pub async fn add_login(&self, login: &Login) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO login (id, digest, practitioner_id, provider_id_token, provider_sid,
            created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(login.id.uuid())
                .bind(login.digest.0.to_vec())
                .bind(login.practitioner.uuid())
                .bind(login.provider_id_token.as_ref().map(|token| text(token.expose())))
                .bind(login.provider_sid.as_deref().map(text))
                .bind(micros(login.created_at))
                .bind(micros(login.last_seen_at))
                .bind(micros(login.expires_at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The login of that digest if it is in force at `now`: not past its end, and seen within `idle`. It is marked as seen.
    pub async fn login(
        &self,
        digest: LoginDigest,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Option<Login>, Error> {
        const SQL: &str =
            "SELECT id, digest, practitioner_id, provider_id_token, provider_sid, created_at, last_seen_at,
            expires_at FROM login WHERE digest = $1 AND expires_at > $2 AND last_seen_at > $3";
        const SEEN: &str = "UPDATE login SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
        let (now, since) = (micros(now), micros(now - idle));
        let row: Option<LoginRow> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(digest.0.to_vec()).bind(now).bind(since);
            query.fetch_optional(pool).await?
        });
        let Some(mut login) = row.map(Login::try_from).transpose()? else { return Ok(None) };
        if now - login.last_seen_at >= Self::SEEN_EVERY.min(idle / 2) {
            in_transaction!(self, tx => {
                sqlx::query(SEEN).bind(login.id.uuid()).bind(now).execute(&mut *tx).await?;
            });
            login.last_seen_at = now;
        }
        Ok(Some(login))
    }

    /// Ends a login; it is in the answer if there was one.
    pub async fn end_login(&self, digest: LoginDigest) -> Result<Option<Login>, Error> {
        const SQL: &str = "DELETE FROM login WHERE digest = $1 RETURNING id, digest, practitioner_id,
            provider_id_token, provider_sid, created_at, last_seen_at, expires_at";
        let row: Option<LoginRow> = in_transaction!(self, tx =>
            sqlx::query_as(SQL).bind(digest.0.to_vec()).fetch_optional(&mut *tx).await?);
        row.map(Login::try_from).transpose()
    }

    /// Ends the logins of one sign-in at the provider, by the provider's name of it; tells how many there were.
    pub async fn end_logins_by_sid(&self, issuer: &str, sid: &str) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM login WHERE provider_sid = $2
            AND practitioner_id IN (SELECT id FROM practitioner WHERE issuer = $1)";
        let ended = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(text(issuer)).bind(text(sid)).execute(&mut *tx).await?.rows_affected()
        });
        Ok(ended)
    }

    /// Ends every login of a person; tells which.
    pub async fn end_logins_of(&self, practitioner: PractitionerId) -> Result<Vec<LoginId>, Error> {
        const SQL: &str = "DELETE FROM login WHERE practitioner_id = $1 RETURNING id";
        let ended: Vec<(Uuid,)> = in_transaction!(self, tx =>
            sqlx::query_as(SQL).bind(practitioner.uuid()).fetch_all(&mut *tx).await?);
        Ok(ended.into_iter().map(|(id,)| LoginId::new(id)).collect())
    }

    /// Removes logins that are past their end or have not been seen within `idle`, and attempts that are past theirs; tells how
    /// many rows went.
    pub async fn purge_logins(&self, now: DateTime<Utc>, idle: TimeDelta) -> Result<u64, Error> {
        const LOGINS: &str = "DELETE FROM login WHERE expires_at <= $1 OR last_seen_at <= $2";
        const ATTEMPTS: &str = "DELETE FROM sign_in_attempt WHERE expires_at <= $1";
        let (now, since) = (micros(now), micros(now - idle));
        let purged = in_transaction!(self, tx => {
            let logins = sqlx::query(LOGINS).bind(now).bind(since).execute(&mut *tx).await?;
            let attempts = sqlx::query(ATTEMPTS).bind(now).execute(&mut *tx).await?;
            logins.rows_affected() + attempts.rows_affected()
        });
        Ok(purged)
    }

    /// Keeps a sign-in that begins.
    pub async fn add_sign_in_attempt(&self, attempt: &SignInAttempt) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO sign_in_attempt
            (state_digest, browser_digest, provider, nonce, pkce_verifier, return_to, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(attempt.state.0.to_vec())
                .bind(attempt.browser.0.to_vec())
                .bind(text(&attempt.provider))
                .bind(text(attempt.nonce.expose()))
                .bind(text(attempt.pkce_verifier.expose()))
                .bind(text(&attempt.return_to))
                .bind(micros(attempt.expires_at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Takes a sign-in out, if that browser began it: it is there once. It may be past its end.
    pub async fn take_sign_in_attempt(
        &self,
        state: LoginDigest,
        browser: LoginDigest,
    ) -> Result<Option<SignInAttempt>, Error> {
        const SQL: &str = "DELETE FROM sign_in_attempt WHERE state_digest = $1 AND browser_digest = $2
            RETURNING provider, nonce, pkce_verifier, return_to, expires_at";
        let row: Option<AttemptRow> = in_transaction!(self, tx => {
            let query = sqlx::query_as(SQL).bind(state.0.to_vec()).bind(browser.0.to_vec());
            query.fetch_optional(&mut *tx).await?
        });
        Ok(row.map(|row| SignInAttempt {
            state,
            browser,
            provider: row.provider,
            nonce: Secret::new(row.nonce),
            pkce_verifier: Secret::new(row.pkce_verifier),
            return_to: row.return_to,
            expires_at: row.expires_at,
        }))
    }
}

impl TryFrom<LoginRow> for Login {
    type Error = Error;

    fn try_from(row: LoginRow) -> Result<Self, Error> {
        let digest = <[u8; 32]>::try_from(row.digest).map_err(|_| Error::Inconsistent {
            table: "login",
            id: row.id,
            what: "its digest is not of 32 bytes",
        })?;
        Ok(Self {
            id: LoginId::new(row.id),
            digest: LoginDigest(digest),
            practitioner: PractitionerId::new(row.practitioner_id),
            provider_id_token: row.provider_id_token.map(Secret::new),
            provider_sid: row.provider_sid,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        })
    }
}
