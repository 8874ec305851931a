//! What comes after a visit: what people thought of it, who asked to be called back, and opening it again.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on};
use super::sealed::RATING_WORDS;
use super::{Error, Store};
use crate::clinical::{AppointmentId, ParticipantId, Rating, RatingWords, Score};

#[derive(FromRow)]
struct RatingRow {
    participant_id: Uuid,
    score: i64,
    words: Option<String>,
    at: DateTime<Utc>,
}

impl Store {
    /// Writes down what somebody thought of the visit. `false`: they said so before, and that stays.
    pub async fn add_rating(&self, appointment: AppointmentId, rating: &Rating) -> Result<bool, Error> {
        const SQL: &str = "INSERT INTO rating (appointment_id, participant_id, score, words, at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (participant_id) DO NOTHING";
        let written = in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(appointment.uuid())
                .bind(rating.participant.uuid())
                .bind(i64::from(rating.score.number()))
                .bind(rating.words.as_ref().map(|words| {
                    self.seal(RATING_WORDS, rating.participant.uuid(), words.expose())
                }))
                .bind(micros(rating.at))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(written == 1)
    }

    /// What people thought of one visit, in the order of saying it.
    pub async fn ratings_of(&self, appointment: AppointmentId) -> Result<Vec<Rating>, Error> {
        const SQL: &str = "SELECT participant_id, score, words, at FROM rating WHERE appointment_id = $1 ORDER BY at, participant_id";
        let rows: Vec<RatingRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let rating = |mut row: RatingRow| {
            let words = row.words.as_deref();
            row.words =
                words.map(|words| self.open_cell(RATING_WORDS, row.participant_id, words)).transpose()?;
            Rating::try_from(row)
        };
        rows.into_iter().map(rating).collect()
    }

    /// The scores that were given at `from` or later and before `to`; of one service by its name, or of all. Nobody's words and nobody's
    /// identifier: this is for counting.
    pub async fn scores_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        service: Option<&str>,
    ) -> Result<Vec<Score>, Error> {
        const SQL: &str = "SELECT r.participant_id, r.score, NULL AS words, r.at FROM rating r
            JOIN appointment a ON a.id = r.appointment_id
            WHERE r.at >= $1 AND r.at < $2 AND ($3 IS NULL OR a.service = $3) ORDER BY r.at, r.participant_id";
        let rows: Vec<RatingRow> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(micros(from)).bind(micros(to)).bind(service);
            query.fetch_all(pool).await?
        });
        rows.into_iter().map(|row| Rating::try_from(row).map(|rating| rating.score)).collect()
    }

    /// Writes down that somebody asks to be called back; the last time counts.
    pub async fn ask_back(
        &self,
        appointment: AppointmentId,
        participant: ParticipantId,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO call_back (appointment_id, participant_id, at) VALUES ($1, $2, $3)
            ON CONFLICT (participant_id) DO UPDATE SET at = excluded.at";
        in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(appointment.uuid()).bind(participant.uuid()).bind(micros(at));
            query.execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Who asked to be called back into a consultation, and when they did last.
    pub async fn asked_back_in(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(ParticipantId, DateTime<Utc>)>, Error> {
        const SQL: &str =
            "SELECT participant_id, at FROM call_back WHERE appointment_id = $1 ORDER BY at, participant_id";
        let rows: Vec<(Uuid, DateTime<Utc>)> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id, at)| (ParticipantId::new(id), at)).collect())
    }

    /// Who asked to be called back, in whatever consultation, at this time or later.
    pub async fn asked_back_since(
        &self,
        at: DateTime<Utc>,
    ) -> Result<Vec<(AppointmentId, ParticipantId, DateTime<Utc>)>, Error> {
        const SQL: &str = "SELECT appointment_id, participant_id, at FROM call_back WHERE at >= $1 ORDER BY at, participant_id";
        let rows: Vec<(Uuid, Uuid, DateTime<Utc>)> =
            on!(self, pool => sqlx::query_as(SQL).bind(micros(at)).fetch_all(pool).await?);
        let asked =
            |(appointment, person, at)| (AppointmentId::new(appointment), ParticipantId::new(person), at);
        Ok(rows.into_iter().map(asked).collect())
    }

    /// Opens a consultation again that ended at `ended_at`: the links that its end withdrew lead into it again. `false`: it is not over, or
    /// ended another time, and nothing was written.
    pub async fn reopen(
        &self,
        appointment: AppointmentId,
        ended_at: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        const STATUS: &str =
            "UPDATE appointment SET status = 'arrived', status_at = $3, outcome = NULL, status_by = NULL
            WHERE id = $1 AND status = 'fulfilled' AND status_at = $2";
        const LINKS: &str =
            "UPDATE link SET revoked_at = NULL WHERE appointment_id = $1 AND revoked_at >= $2";
        let ended_at = micros(ended_at);
        let is_open = in_transaction!(self, tx => {
            let query = sqlx::query(STATUS).bind(appointment.uuid()).bind(ended_at).bind(micros(at));
            let changed = query.execute(&mut *tx).await?.rows_affected();
            if changed == 1 {
                sqlx::query(LINKS).bind(appointment.uuid()).bind(ended_at).execute(&mut *tx).await?;
            }
            changed == 1
        });
        Ok(is_open)
    }
}

impl TryFrom<RatingRow> for Rating {
    type Error = Error;

    fn try_from(row: RatingRow) -> Result<Self, Error> {
        let score = u8::try_from(row.score).ok().and_then(Score::new).ok_or(Error::Inconsistent {
            table: "rating",
            id: row.participant_id,
            what: "its score is out of range",
        })?;
        Ok(Self {
            participant: ParticipantId::new(row.participant_id),
            score,
            words: row.words.map(RatingWords::kept),
            at: row.at,
        })
    }
}
