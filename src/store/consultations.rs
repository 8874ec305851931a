//! What is kept of a consultation beside its journal: the lock, when it was last going on, times by telephone.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, words};
use super::{Error, Store};
use crate::clinical::{
    AppointmentId, ParticipantId, Remains, SeriesId, Telephone, TelephoneId, TelephoneReason,
};

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

#[derive(FromRow)]
struct OtherPatientRow {
    id: Uuid,
    participant_id: Uuid,
    series_id: Uuid,
    at: DateTime<Utc>,
}

#[derive(FromRow)]
struct ShowRow {
    series_id: Uuid,
    place: i64,
    at: DateTime<Utc>,
}

/// What a consultation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredShow {
    pub series: SeriesId,
    /// Place in the stack, from 0.
    pub index: u32,
    /// When it was known to be on show.
    pub at: DateTime<Utc>,
}

/// Somebody put a series of another patient on show, and had said that they want to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredOtherPatient {
    pub id: Uuid,
    pub by: ParticipantId,
    pub series: SeriesId,
    pub at: DateTime<Utc>,
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

    /// Writes down what is on show, or that nothing is.
    pub async fn put_on_show(
        &self,
        appointment: AppointmentId,
        on_show: Option<&StoredShow>,
    ) -> Result<(), Error> {
        const PUT: &str =
            "INSERT INTO consultation_show (appointment_id, series_id, place, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (appointment_id) DO UPDATE SET series_id = excluded.series_id, place = excluded.place, at = excluded.at";
        const DROP: &str = "DELETE FROM consultation_show WHERE appointment_id = $1";
        in_transaction!(self, tx => {
            match on_show {
                Some(show) => {
                    let query = sqlx::query(PUT).bind(appointment.uuid()).bind(show.series.uuid());
                    query.bind(i64::from(show.index)).bind(micros(show.at)).execute(&mut *tx).await?;
                }
                None => {
                    sqlx::query(DROP).bind(appointment.uuid()).execute(&mut *tx).await?;
                }
            }
        });
        Ok(())
    }

    /// What was last on show, if something was.
    pub async fn on_show_in(&self, appointment: AppointmentId) -> Result<Option<StoredShow>, Error> {
        const SQL: &str = "SELECT series_id, place, at FROM consultation_show WHERE appointment_id = $1";
        let row: Option<ShowRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_optional(pool).await?);
        row.map(StoredShow::try_from).transpose()
    }

    /// Writes down that a series of another patient was shown. Written again with the same identifier it is the same act.
    pub async fn add_other_patient_shown(
        &self,
        appointment: AppointmentId,
        shown: &StoredOtherPatient,
    ) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO other_patient_shown (id, appointment_id, participant_id, series_id, at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
        in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(shown.id).bind(appointment.uuid()).bind(shown.by.uuid());
            query.bind(shown.series.uuid()).bind(micros(shown.at)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Every time that a series of another patient was shown, oldest first.
    pub async fn other_patients_shown_in(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<StoredOtherPatient>, Error> {
        const SQL: &str = "SELECT id, participant_id, series_id, at FROM other_patient_shown
            WHERE appointment_id = $1 ORDER BY at, id";
        let rows: Vec<OtherPatientRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(StoredOtherPatient::from).collect())
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

    /// The visit goes on by telephone from now on. Written again with the same identifier it is the same time.
    pub async fn begin_telephone(
        &self,
        appointment: AppointmentId,
        id: TelephoneId,
        telephone: &Telephone,
    ) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO telephone_fallback (id, appointment_id, since, until, reason, by_participant_id)
            VALUES ($1, $2, $3, NULL, $4, $5) ON CONFLICT (id) DO NOTHING";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id.uuid())
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

impl From<OtherPatientRow> for StoredOtherPatient {
    fn from(row: OtherPatientRow) -> Self {
        let by = ParticipantId::new(row.participant_id);
        Self { id: row.id, by, series: SeriesId::new(row.series_id), at: row.at }
    }
}

impl TryFrom<ShowRow> for StoredShow {
    type Error = Error;

    fn try_from(row: ShowRow) -> Result<Self, Error> {
        let index = u32::try_from(row.place).map_err(|_| Error::Inconsistent {
            table: "consultation_show",
            id: row.series_id,
            what: "a place in the stack is out of range",
        })?;
        Ok(Self { series: SeriesId::new(row.series_id), index, at: row.at })
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
