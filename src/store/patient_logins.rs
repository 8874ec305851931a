//! Patients who have proved at an identity provider that they are who was booked: each for one link, and for a short time.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::logins::still_on;
use super::sealed::PATIENT_ID_TOKEN;
use super::{Error, LoginDigest, RestsOn, Store};
use crate::clinical::{AppointmentId, LinkId, ParticipantId};
use crate::secret::Secret;

/// A patient who is signed in on one browser, for the documents of one visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientLogin {
    pub id: Uuid,
    pub digest: LoginDigest,
    /// It counts together with this link alone.
    pub link: LinkId,
    pub appointment: AppointmentId,
    pub participant: ParticipantId,
    /// The provider, as the settings name it.
    pub provider: String,
    /// What the page called it.
    pub provider_label: String,
    /// SHA-256 of the issuer and of who they are there.
    pub subject: LoginDigest,
    /// What the provider wants to see at sign-out.
    pub provider_id_token: Option<Secret<String>>,
    /// The provider's own name of the sign-in.
    pub provider_sid: Option<String>,
    /// By which means they proved it (`acr`).
    pub proof_class: Option<String>,
    pub created_at: DateTime<Utc>,
    /// To about a minute.
    pub last_seen_at: DateTime<Utc>,
    /// It ends then, whatever happens.
    pub expires_at: DateTime<Utc>,
}

/// Whom a provider signs out: one sign-in, or all of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientSignedOutThere {
    pub provider: String,
    pub sid: Option<String>,
    /// As in [`PatientLogin::subject`].
    pub subject: Option<LoginDigest>,
}

#[derive(FromRow)]
struct PatientLoginRow {
    id: Uuid,
    digest: Vec<u8>,
    link_id: Uuid,
    appointment_id: Uuid,
    participant_id: Uuid,
    provider: String,
    provider_label: String,
    subject: Vec<u8>,
    provider_id_token: Option<String>,
    provider_sid: Option<String>,
    proof_class: Option<String>,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

macro_rules! columns {
    () => {
        "id, digest, link_id, appointment_id, participant_id, provider, provider_label, subject, provider_id_token,
            provider_sid, proof_class, created_at, last_seen_at, expires_at"
    };
}

impl Store {
    /// A patient's login is written as seen at most this often.
    const PATIENT_SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

    /// Keeps a login, and who the patient is at that issuer from now on. `false`, and nothing is kept: they are bound to somebody else there.
    /// Refused with [`Error::ProviderOff`] when the provider has been switched off since it was asked.
    pub async fn add_patient_login(
        &self,
        login: &PatientLogin,
        issuer: &str,
        rests_on: RestsOn<'_>,
    ) -> Result<bool, Error> {
        const BIND: &str =
            "INSERT INTO patient_binding (participant_id, appointment_id, issuer, subject, bound_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (participant_id, issuer) DO NOTHING";
        const BOUND: &str = "SELECT subject FROM patient_binding WHERE participant_id = $1 AND issuer = $2";
        const SQL: &str = concat!(
            "INSERT INTO patient_login (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        );
        let token = login.provider_id_token.as_ref();
        let token = token.map(|token| self.seal(PATIENT_ID_TOKEN, login.id, token.expose()));
        in_transaction!(self, tx => {
            still_on!(tx, &login.provider, rests_on, true);
            sqlx::query(BIND)
                .bind(login.participant.uuid())
                .bind(login.appointment.uuid())
                .bind(text(issuer))
                .bind(login.subject.0.to_vec())
                .bind(micros(login.created_at))
                .execute(&mut *tx)
                .await?;
            let (bound,): (Vec<u8>,) = sqlx::query_as(BOUND)
                .bind(login.participant.uuid())
                .bind(text(issuer))
                .fetch_one(&mut *tx)
                .await?;
            if bound != login.subject.0 {
                return Ok(false);
            }
            sqlx::query(SQL)
                .bind(login.id)
                .bind(login.digest.0.to_vec())
                .bind(login.link.uuid())
                .bind(login.appointment.uuid())
                .bind(login.participant.uuid())
                .bind(text(&login.provider))
                .bind(text(&login.provider_label))
                .bind(login.subject.0.to_vec())
                .bind(token)
                .bind(login.provider_sid.as_deref().map(text))
                .bind(login.proof_class.as_deref().map(text))
                .bind(micros(login.created_at))
                .bind(micros(login.last_seen_at))
                .bind(micros(login.expires_at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(true)
    }

    /// Who a patient is at each issuer where they matched; see [`PatientLogin::subject`].
    pub async fn patient_bindings(
        &self,
        participant: ParticipantId,
    ) -> Result<Vec<(String, LoginDigest)>, Error> {
        const SQL: &str =
            "SELECT issuer, subject FROM patient_binding WHERE participant_id = $1 ORDER BY issuer";
        let rows: Vec<(String, Vec<u8>)> =
            on!(self, pool => sqlx::query_as(SQL).bind(participant.uuid()).fetch_all(pool).await?);
        let binding = |(issuer, subject): (String, Vec<u8>)| {
            let subject = digest_of("patient_binding", participant.uuid(), subject)?;
            Ok((issuer, subject))
        };
        rows.into_iter().map(binding).collect()
    }

    /// The login of that digest and that link if it is in force at `now`: not past its end, and seen within `idle`. It is marked as seen.
    pub async fn patient_login(
        &self,
        digest: LoginDigest,
        link: LinkId,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Option<PatientLogin>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM patient_login WHERE digest = $1 AND link_id = $2 AND expires_at > $3 AND last_seen_at > $4"
        );
        const SEEN: &str = "UPDATE patient_login SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
        let (now, since) = (micros(now), micros(now - idle));
        let row: Option<PatientLoginRow> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(digest.0.to_vec()).bind(link.uuid()).bind(now).bind(since);
            query.fetch_optional(pool).await?
        });
        let Some(mut login) = row.map(|row| self.opened_patient_login(row)).transpose()? else {
            return Ok(None);
        };
        if now - login.last_seen_at >= Self::PATIENT_SEEN_EVERY.min(idle / 2) {
            in_transaction!(self, tx => {
                sqlx::query(SEEN).bind(login.id).bind(now).execute(&mut *tx).await?;
            });
            login.last_seen_at = now;
        }
        Ok(Some(login))
    }

    /// Ends a patient's login; it is in the answer if there was one.
    pub async fn end_patient_login(&self, digest: LoginDigest) -> Result<Option<PatientLogin>, Error> {
        const SQL: &str = concat!("DELETE FROM patient_login WHERE digest = $1 RETURNING ", columns!());
        let row: Option<PatientLoginRow> = in_transaction!(self, tx =>
            sqlx::query_as(SQL).bind(digest.0.to_vec()).fetch_optional(&mut *tx).await?);
        row.map(|row| self.opened_patient_login(row)).transpose()
    }

    /// Ends every patient's login of one provider; tells how many there were.
    pub async fn end_patient_logins_by(&self, provider: &str) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM patient_login WHERE provider = $1";
        let ended = in_transaction!(self, tx =>
            sqlx::query(SQL).bind(text(provider)).execute(&mut *tx).await?.rows_affected());
        Ok(ended)
    }

    /// Ends the logins of a patient whom a provider signs out by a token, which `digest` tells apart from all others; `None` if that was
    /// taken before. It is remembered until `void_at`.
    pub async fn end_patient_logins_by_token(
        &self,
        whom: &PatientSignedOutThere,
        digest: LoginDigest,
        void_at: DateTime<Utc>,
    ) -> Result<Option<u64>, Error> {
        const TAKE: &str = "INSERT INTO logout_token (provider, digest, expires_at) VALUES ($1, $2, $3)
            ON CONFLICT (provider, digest) DO NOTHING";
        const END: &str = "DELETE FROM patient_login WHERE provider = $1 AND (
            (provider_sid = $2 AND ($3 IS NULL OR subject = $3))
            OR (subject = $3 AND ($2 IS NULL OR provider_sid IS NULL)))";
        let ended = in_transaction!(self, tx => {
            let taken = sqlx::query(TAKE)
                .bind(text(&whom.provider))
                .bind(digest.0.to_vec())
                .bind(micros(void_at))
                .execute(&mut *tx)
                .await?;
            if taken.rows_affected() == 0 {
                return Ok(None);
            }
            sqlx::query(END)
                .bind(text(&whom.provider))
                .bind(whom.sid.as_deref().map(text))
                .bind(whom.subject.map(|subject| subject.0.to_vec()))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(Some(ended))
    }

    fn opened_patient_login(&self, row: PatientLoginRow) -> Result<PatientLogin, Error> {
        let token = row.provider_id_token.as_deref();
        let token = token.map(|token| self.open_cell(PATIENT_ID_TOKEN, row.id, token)).transpose()?;
        Ok(PatientLogin {
            id: row.id,
            digest: digest_of("patient_login", row.id, row.digest)?,
            link: LinkId::new(row.link_id),
            appointment: AppointmentId::new(row.appointment_id),
            participant: ParticipantId::new(row.participant_id),
            provider: row.provider,
            provider_label: row.provider_label,
            subject: digest_of("patient_login", row.id, row.subject)?,
            provider_id_token: token.map(Secret::new),
            provider_sid: row.provider_sid,
            proof_class: row.proof_class,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        })
    }
}

fn digest_of(table: &'static str, id: Uuid, bytes: Vec<u8>) -> Result<LoginDigest, Error> {
    let digest = <[u8; 32]>::try_from(bytes);
    digest.map(LoginDigest).map_err(|_| Error::Inconsistent {
        table,
        id,
        what: "a digest is not of 32 bytes",
    })
}
