//! What is kept of a consultation beside its journal: the lock, when it was last going on, times by telephone.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, words};
use super::{Error, Store};
use crate::clinical::{AppointmentId, ParticipantId, Remains, Telephone, TelephoneId, TelephoneReason};
use crate::clock::Clock;

#[derive(FromRow)]
struct ConsultationRow {
    seen_at: Option<DateTime<Utc>>,
    is_locked: bool,
}

#[derive(FromRow)]
struct TelephoneRow {
    id: Uuid,
    since: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    reason: String,
    by_participant_id: Uuid,
}

/// A time during which a visit went on by telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredTelephone {
    pub id: TelephoneId,
    pub telephone: Telephone,
    /// `None` while it does.
    pub until: Option<DateTime<Utc>>,
}

words!(reason_to_word, reason_from_word, TelephoneReason {
    TelephoneReason::NoVideo => "no_video",
    TelephoneReason::NoSound => "no_sound",
    TelephoneReason::Network => "network",
    TelephoneReason::Device => "device",
    TelephoneReason::Other => "other",
});

impl Store {
    /// Writes down that somebody is in the call at this time.
    pub async fn see_consultation(&self, appointment: AppointmentId, at: DateTime<Utc>) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO consultation (appointment_id, seen_at, is_locked) VALUES ($1, $2, FALSE)
            ON CONFLICT (appointment_id) DO UPDATE SET seen_at = excluded.seen_at";
        in_transaction!(self, tx => {
            sqlx::query(SQL).bind(appointment.uuid()).bind(micros(at)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Writes down whether newcomers are kept out.
    pub async fn lock_consultation(&self, appointment: AppointmentId, is_locked: bool) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO consultation (appointment_id, seen_at, is_locked) VALUES ($1, NULL, $2)
            ON CONFLICT (appointment_id) DO UPDATE SET is_locked = excluded.is_locked";
        in_transaction!(self, tx => {
            sqlx::query(SQL).bind(appointment.uuid()).bind(is_locked).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// What is remembered of a consultation; the default for one that never began.
    pub async fn remains_of(&self, appointment: AppointmentId) -> Result<Remains, Error> {
        const SQL: &str = "SELECT seen_at, is_locked FROM consultation WHERE appointment_id = $1";
        let row: Option<ConsultationRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_optional(pool).await?);
        let telephones = self.telephones_of(appointment).await?;
        let running = telephones.into_iter().rfind(|stored| stored.until.is_none());
        Ok(Remains {
            seen_at: row.as_ref().and_then(|row| row.seen_at),
            is_locked: row.is_some_and(|row| row.is_locked),
            telephone: running.map(|stored| stored.telephone),
        })
    }

    /// The visit goes on by telephone from now on.
    pub async fn begin_telephone(
        &self,
        appointment: AppointmentId,
        telephone: &Telephone,
        clock: &Clock,
    ) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO telephone_fallback (id, appointment_id, since, until, reason, by_participant_id)
            VALUES ($1, $2, $3, NULL, $4, $5)";
        let id = clock.new_uuid();
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(appointment.uuid())
                .bind(micros(telephone.since))
                .bind(reason_to_word(telephone.reason))
                .bind(telephone.by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// It does no longer. Answers whether it did.
    pub async fn end_telephone(
        &self,
        appointment: AppointmentId,
        until: DateTime<Utc>,
    ) -> Result<bool, Error> {
        const SQL: &str = "UPDATE telephone_fallback SET until = $2 WHERE appointment_id = $1 AND until IS NULL AND since <= $2";
        let changed = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(appointment.uuid()).bind(micros(until)).execute(&mut *tx).await?.rows_affected()
        });
        Ok(changed > 0)
    }

    /// Every time that a visit went on by telephone, oldest first.
    pub async fn telephones_of(&self, appointment: AppointmentId) -> Result<Vec<StoredTelephone>, Error> {
        const SQL: &str = "SELECT id, since, until, reason, by_participant_id FROM telephone_fallback
            WHERE appointment_id = $1 ORDER BY id";
        let rows: Vec<TelephoneRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(StoredTelephone::try_from).collect()
    }
}

impl TryFrom<TelephoneRow> for StoredTelephone {
    type Error = Error;

    fn try_from(row: TelephoneRow) -> Result<Self, Error> {
        let reason = reason_from_word(&row.reason).ok_or(Error::Inconsistent {
            table: "telephone_fallback",
            id: row.id,
            what: "an unknown reason",
        })?;
        let by = ParticipantId::new(row.by_participant_id);
        Ok(Self {
            id: TelephoneId::new(row.id),
            telephone: Telephone { since: row.since, reason, by },
            until: row.until,
        })
    }
}
