//! Sign-ins of staff: those that have begun at the identity provider, and those in force.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::practitioners::TAKE_PERSON;
use super::sealed::LOGIN_ID_TOKEN;
use super::{Error, Store};
use crate::clinical::{LinkId, LoginId, PractitionerId};
use crate::secret::{Pii, Secret};

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
    /// The provider that it rests on, as the settings name it; `None` for one of before there were several.
    pub provider: Option<String>,
    /// Who the person is there (`sub`), which need not be what they are known by here.
    pub provider_subject: Option<Pii<String>>,
    /// When the person last proved who they are; when the login was made, where the provider does not say.
    pub proved_at: DateTime<Utc>,
    /// By which means, as the provider names them (`acr`).
    pub proof_class: Option<String>,
    /// The activities of which one is to be chosen; empty where there is nothing to choose.
    pub activities: Vec<String>,
    /// The activity in which they work.
    pub activity: Option<String>,
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

/// Where the answer that a login rests on came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestsOn<'a> {
    /// A provider of the file of settings, or an account of the gateway itself: nobody switches it off while the program runs.
    File,
    /// A provider that was set on the page, while it had this issuer: it may have been switched off, changed or removed before it
    /// answered.
    Page { issuer: &'a str },
}

/// Whom a provider signs out (OpenID Connect Back-Channel Logout 1.0 section 2.4): one sign-in of a person, or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOutThere {
    /// The provider, as the settings name it.
    pub provider: String,
    pub sid: Option<String>,
    pub subject: Option<Pii<String>>,
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
    /// Who is to prove once more who they are; anybody may finish a sign-in without one.
    pub fresh_for: Option<PractitionerId>,
    /// The link whose holder proves who they are; `None`: a sign-in of staff.
    pub link: Option<LinkId>,
    pub began_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Deserialize, Serialize)]
struct ActivitiesColumn {
    names: Vec<String>,
}

#[derive(FromRow)]
struct LoginRow {
    id: Uuid,
    digest: Vec<u8>,
    practitioner_id: Uuid,
    provider: Option<String>,
    provider_subject: Option<String>,
    proved_at: Option<DateTime<Utc>>,
    proof_class: Option<String>,
    activities: Option<Json<ActivitiesColumn>>,
    activity: Option<String>,
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
    fresh_for: Option<Uuid>,
    link_id: Option<Uuid>,
    began_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
}

/// All columns of a login.
macro_rules! columns {
    () => {
        "id, digest, practitioner_id, provider, provider_subject, proved_at, proof_class, activities, activity,
            provider_id_token, provider_sid, created_at, last_seen_at, expires_at"
    };
}

/// Logins of one person.
pub(super) const THOSE_OF: &str = "DELETE FROM login WHERE practitioner_id = $1 RETURNING id";

/// Logins of one provider that a word of it ends: `$2` its name of the sign-in, `$3` the person. A login of which the provider
/// did not say the name ends with the person's.
const THOSE_SIGNED_OUT: &str = "DELETE FROM login WHERE provider = $1 AND (
        (provider_sid = $2 AND ($3 IS NULL OR provider_subject = $3))
        OR (provider_subject = $3 AND ($2 IS NULL OR provider_sid IS NULL))
    ) RETURNING id";

/// Says in the transaction that ends logins which those are, for the other programs.
macro_rules! note_ends {
    ($tx:ident, $ended:expr, $now:expr) => {
        for (id,) in $ended {
            sqlx::query("INSERT INTO ended_login (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
                .bind(*id)
                .bind($crate::store::db::micros($now))
                .execute(&mut *$tx)
                .await?;
        }
    };
}

pub(super) use note_ends;

/// Updates the row of a provider that was set on the page, as whoever switches it off, changes or removes it does: of the two the second
/// sees what the first did. No row: it lets nobody in any more.
pub(super) const STILL_ON: &str = "UPDATE identity_provider SET is_on = is_on
    WHERE key = $1 AND issuer = $2 AND is_on AND is_for_patients = $3";
pub(super) const HAS_ROLE: &str = "SELECT COUNT(*) FROM practitioner_role WHERE practitioner_id = $1";

/// Leaves the function with [`Error::ProviderOff`] when the provider that was asked is no longer on, in the transaction `$tx`.
macro_rules! still_on {
    ($tx:ident, $provider:expr, $rests_on:expr, $is_for_patients:expr) => {
        if let $crate::store::RestsOn::Page { issuer } = $rests_on {
            let still = sqlx::query($crate::store::logins::STILL_ON)
                .bind($crate::store::db::text($provider))
                .bind($crate::store::db::text(issuer))
                .bind($is_for_patients);
            if still.execute(&mut *$tx).await?.rows_affected() == 0 {
                return Err($crate::store::Error::ProviderOff);
            }
        }
    };
}

/// Leaves the function with [`Error::ProviderOff`] or [`Error::NoRole`] when the provider is no longer on, or the person is disabled or
/// has no role, in the transaction `$tx`: whatever took that away ended the logins that were there, and this one is not among them.
macro_rules! still_let_in {
    ($tx:ident, $login:expr, $rests_on:expr) => {{
        let login: &Login = $login;
        still_on!($tx, login.provider.as_deref().unwrap_or_default(), $rests_on, false);
        let person = sqlx::query(TAKE_PERSON).bind(login.practitioner.uuid());
        let is_here = person.execute(&mut *$tx).await?.rows_affected() == 1;
        let (roles,): (i64,) =
            sqlx::query_as(HAS_ROLE).bind(login.practitioner.uuid()).fetch_one(&mut *$tx).await?;
        if !is_here || roles == 0 {
            return Err(Error::NoRole);
        }
    }};
}

pub(super) use still_on;

impl Store {
    /// A login is written as seen at most this often.
    const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);
    /// For so long every program can hear that a login has ended, also one whose clock is wrong.
    const ENDS_KEPT: TimeDelta = TimeDelta::hours(2);

    /// Keeps a login, if what it rests on still lets the person in: the provider may have taken long to answer. Refused with
    /// [`Error::ProviderOff`] or [`Error::NoRole`].
    pub async fn add_login(&self, login: &Login, rests_on: RestsOn<'_>) -> Result<(), Error> {
        const SQL: &str = concat!(
            "INSERT INTO login (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        );
        in_transaction!(self, tx => {
            still_let_in!(tx, login, rests_on);
            sqlx::query(SQL)
                .bind(login.id.uuid())
                .bind(login.digest.0.to_vec())
                .bind(login.practitioner.uuid())
                .bind(login.provider.as_deref().map(text))
                .bind(login.provider_subject.as_ref().map(|subject| text(subject.expose())))
                .bind(micros(login.proved_at))
                .bind(login.proof_class.as_deref().map(text))
                .bind(activities_column(&login.activities))
                .bind(login.activity.as_deref().map(text))
                .bind(self.sealed_token(login.id.uuid(), login.provider_id_token.as_ref()))
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
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM login WHERE digest = $1 AND expires_at > $2 AND last_seen_at > $3"
        );
        const SEEN: &str = "UPDATE login SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
        let (now, since) = (micros(now), micros(now - idle));
        let row: Option<LoginRow> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(digest.0.to_vec()).bind(now).bind(since);
            query.fetch_optional(pool).await?
        });
        let Some(mut login) = row.map(|row| self.opened_login(row)).transpose()? else { return Ok(None) };
        if now - login.last_seen_at >= Self::SEEN_EVERY.min(idle / 2) {
            in_transaction!(self, tx => {
                sqlx::query(SEEN).bind(login.id.uuid()).bind(now).execute(&mut *tx).await?;
            });
            login.last_seen_at = now;
        }
        Ok(Some(login))
    }

    /// The login of that identifier, if it has not been ended. It is not marked as seen.
    pub async fn login_of(&self, id: LoginId) -> Result<Option<Login>, Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM login WHERE id = $1");
        let row: Option<LoginRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(pool).await?);
        row.map(Login::try_from).transpose()
    }

    /// Ends a login; it is in the answer if there was one.
    pub async fn end_login(&self, digest: LoginDigest, now: DateTime<Utc>) -> Result<Option<Login>, Error> {
        const SQL: &str = concat!("DELETE FROM login WHERE digest = $1 RETURNING ", columns!());
        let row: Option<LoginRow> = in_transaction!(self, tx => {
            let row: Option<LoginRow> =
                sqlx::query_as(SQL).bind(digest.0.to_vec()).fetch_optional(&mut *tx).await?;
            note_ends!(tx, row.iter().map(|row| (row.id,)).collect::<Vec<_>>().iter(), now);
            row
        });
        row.map(|row| self.opened_login(row)).transpose()
    }

    /// Marks a login as seen, for somebody who is in a call and asks for nothing else. One that has ended stays so.
    pub async fn see_login(&self, id: LoginId, now: DateTime<Utc>) -> Result<(), Error> {
        const SQL: &str = "UPDATE login SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
        in_transaction!(self, tx => {
            sqlx::query(SQL).bind(id.uuid()).bind(micros(now)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// The person of the login `by` has proved once more who they are: it becomes `renewed`, under a new digest and with its identifier
    /// as it was. `false` if it has ended meanwhile. Refused as [`Store::add_login`] is.
    pub async fn renew_login(
        &self,
        by: LoginDigest,
        renewed: &Login,
        rests_on: RestsOn<'_>,
    ) -> Result<bool, Error> {
        const SQL: &str =
            "UPDATE login SET digest = $2, provider = $3, provider_subject = $4, proved_at = $5,
            proof_class = $6, provider_id_token = $7, provider_sid = $8, last_seen_at = $9
            WHERE digest = $1 AND practitioner_id = $10";
        const FIND: &str = "SELECT id FROM login WHERE digest = $1";
        let rows = in_transaction!(self, tx => {
            still_let_in!(tx, renewed, rests_on);
            let known = sqlx::query_as(FIND).bind(by.0.to_vec()).fetch_optional(&mut *tx).await?;
            let Some((id,)): Option<(Uuid,)> = known else { return Ok(false) };
            sqlx::query(SQL)
                .bind(by.0.to_vec())
                .bind(renewed.digest.0.to_vec())
                .bind(renewed.provider.as_deref().map(text))
                .bind(renewed.provider_subject.as_ref().map(|subject| text(subject.expose())))
                .bind(micros(renewed.proved_at))
                .bind(renewed.proof_class.as_deref().map(text))
                .bind(self.sealed_token(id, renewed.provider_id_token.as_ref()))
                .bind(renewed.provider_sid.as_deref().map(text))
                .bind(micros(renewed.last_seen_at))
                .bind(renewed.practitioner.uuid())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(rows == 1)
    }

    /// Keeps the activity that the person of this login has chosen: one of those that it offers, once.
    pub async fn choose_activity(&self, id: LoginId, activity: &str) -> Result<bool, Error> {
        const SQL: &str = "UPDATE login SET activity = $2 WHERE id = $1 AND activity IS NULL";
        let rows = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(id.uuid()).bind(text(activity)).execute(&mut *tx).await?.rows_affected()
        });
        Ok(rows == 1)
    }

    /// Ends every login of a person; tells which.
    pub async fn end_logins_of(
        &self,
        practitioner: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Vec<LoginId>, Error> {
        let ended: Vec<(Uuid,)> = in_transaction!(self, tx => {
            let ended: Vec<(Uuid,)> = sqlx::query_as(THOSE_OF).bind(practitioner.uuid()).fetch_all(&mut *tx).await?;
            note_ends!(tx, &ended, now);
            ended
        });
        Ok(ids(ended))
    }

    /// Ends the logins of whoever was signed out at a provider; tells which.
    pub async fn end_logins_there(
        &self,
        whom: &SignedOutThere,
        now: DateTime<Utc>,
    ) -> Result<Vec<LoginId>, Error> {
        let ended: Vec<(Uuid,)> = in_transaction!(self, tx => {
            let query = sqlx::query_as(THOSE_SIGNED_OUT).bind(text(&whom.provider));
            let query = query.bind(whom.sid.as_deref().map(text));
            let query = query.bind(whom.subject.as_ref().map(|subject| text(subject.expose())));
            let ended: Vec<(Uuid,)> = query.fetch_all(&mut *tx).await?;
            note_ends!(tx, &ended, now);
            ended
        });
        Ok(ids(ended))
    }

    /// The same, by a token of which `digest` tells it apart from all others; `None` if that was taken before. It is remembered until
    /// `void_at`.
    pub async fn end_logins_by_token(
        &self,
        whom: &SignedOutThere,
        digest: LoginDigest,
        void_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<LoginId>>, Error> {
        const TAKE: &str = "INSERT INTO logout_token (provider, digest, expires_at) VALUES ($1, $2, $3)
            ON CONFLICT (provider, digest) DO NOTHING";
        let ended: Vec<(Uuid,)> = in_transaction!(self, tx => {
            let taken = sqlx::query(TAKE)
                .bind(text(&whom.provider))
                .bind(digest.0.to_vec())
                .bind(micros(void_at))
                .execute(&mut *tx)
                .await?;
            if taken.rows_affected() == 0 {
                return Ok(None);
            }
            let query = sqlx::query_as(THOSE_SIGNED_OUT).bind(text(&whom.provider));
            let query = query.bind(whom.sid.as_deref().map(text));
            let query = query.bind(whom.subject.as_ref().map(|subject| text(subject.expose())));
            let ended: Vec<(Uuid,)> = query.fetch_all(&mut *tx).await?;
            note_ends!(tx, &ended, now);
            ended
        });
        Ok(Some(ids(ended)))
    }

    /// Logins that any program ended at `since` or later, as far as they are still told of; and when the last of them ended.
    pub async fn ended_logins(
        &self,
        since: DateTime<Utc>,
    ) -> Result<(Vec<LoginId>, Option<DateTime<Utc>>), Error> {
        const SQL: &str = "SELECT id, at FROM ended_login WHERE at >= $1 ORDER BY at, id";
        let rows: Vec<(Uuid, DateTime<Utc>)> =
            on!(self, pool => sqlx::query_as(SQL).bind(micros(since)).fetch_all(pool).await?);
        let last = rows.last().map(|(_, at)| *at);
        Ok((rows.into_iter().map(|(id, _)| LoginId::new(id)).collect(), last))
    }

    /// Removes logins that are past their end or have not been seen within `idle`, and attempts and logout tokens that are past
    /// theirs; tells how many rows went.
    pub async fn purge_logins(&self, now: DateTime<Utc>, idle: TimeDelta) -> Result<u64, Error> {
        const LOGINS: &str = "DELETE FROM login WHERE expires_at <= $1 OR last_seen_at <= $2";
        const ATTEMPTS: &str = "DELETE FROM sign_in_attempt WHERE expires_at <= $1";
        const TOKENS: &str = "DELETE FROM logout_token WHERE expires_at <= $1";
        const PATIENTS: &str = "DELETE FROM patient_login WHERE expires_at <= $1";
        const ENDED: &str = "DELETE FROM ended_login WHERE at <= $1";
        let (now, since) = (micros(now), micros(now - idle));
        let purged = in_transaction!(self, tx => {
            let logins = sqlx::query(LOGINS).bind(now).bind(since).execute(&mut *tx).await?;
            let attempts = sqlx::query(ATTEMPTS).bind(now).execute(&mut *tx).await?;
            let tokens = sqlx::query(TOKENS).bind(now).execute(&mut *tx).await?;
            let patients = sqlx::query(PATIENTS).bind(now).execute(&mut *tx).await?;
            sqlx::query(ENDED).bind(micros(now - Self::ENDS_KEPT)).execute(&mut *tx).await?;
            logins.rows_affected() + attempts.rows_affected() + tokens.rows_affected() + patients.rows_affected()
        });
        Ok(purged)
    }

    /// Keeps a sign-in that begins.
    pub async fn add_sign_in_attempt(&self, attempt: &SignInAttempt) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO sign_in_attempt
            (state_digest, browser_digest, provider, nonce, pkce_verifier, return_to, expires_at, fresh_for, began_at,
            link_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(attempt.state.0.to_vec())
                .bind(attempt.browser.0.to_vec())
                .bind(text(&attempt.provider))
                .bind(text(attempt.nonce.expose()))
                .bind(text(attempt.pkce_verifier.expose()))
                .bind(text(&attempt.return_to))
                .bind(micros(attempt.expires_at))
                .bind(attempt.fresh_for.map(PractitionerId::uuid))
                .bind(micros(attempt.began_at))
                .bind(attempt.link.map(LinkId::uuid))
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
            RETURNING provider, nonce, pkce_verifier, return_to, fresh_for, link_id, began_at, expires_at";
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
            fresh_for: row.fresh_for.map(PractitionerId::new),
            link: row.link_id.map(LinkId::new),
            began_at: row.began_at.unwrap_or_default(),
            expires_at: row.expires_at,
        }))
    }
}

impl Store {
    /// The provider's token names the person and more.
    fn sealed_token(&self, login: Uuid, token: Option<&Secret<String>>) -> Option<String> {
        token.map(|token| self.seal(LOGIN_ID_TOKEN, login, token.expose()))
    }

    fn opened_login(&self, mut row: LoginRow) -> Result<Login, Error> {
        let token = row.provider_id_token.as_deref();
        row.provider_id_token =
            token.map(|token| self.open_cell(LOGIN_ID_TOKEN, row.id, token)).transpose()?;
        row.try_into()
    }
}

fn ids(rows: Vec<(Uuid,)>) -> Vec<LoginId> {
    rows.into_iter().map(|(id,)| LoginId::new(id)).collect()
}

fn activities_column(names: &[String]) -> Option<Json<ActivitiesColumn>> {
    let names: Vec<_> = names.iter().map(|name| text(name).into_owned()).collect();
    (!names.is_empty()).then_some(Json(ActivitiesColumn { names }))
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
            provider: row.provider,
            provider_subject: row.provider_subject.map(Pii::new),
            proved_at: row.proved_at.unwrap_or(row.created_at),
            proof_class: row.proof_class,
            activities: row.activities.map(|column| column.0.names).unwrap_or_default(),
            activity: row.activity,
            provider_id_token: row.provider_id_token.map(Secret::new),
            provider_sid: row.provider_sid,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        })
    }
}
