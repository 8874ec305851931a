//! The journal of the door: rows are added, never changed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, words};
use super::{Error, Store};
use crate::clinical::{Admission, AdmissionEvent, AppointmentId, ParticipantId};
use crate::clock::Clock;

#[derive(FromRow)]
struct AdmissionRow {
    id: Uuid,
    appointment_id: Uuid,
    participant_id: Uuid,
    event: String,
    at: DateTime<Utc>,
    by_participant_id: Option<Uuid>,
}

words!(event_to_word, event_from_word, AdmissionEvent {
    AdmissionEvent::Waiting => "waiting",
    AdmissionEvent::Admitted => "admitted",
    AdmissionEvent::Refused => "refused",
    AdmissionEvent::Left => "left",
    AdmissionEvent::Removed => "removed",
});

impl Store {
    /// Writes down what happened.
    pub async fn add_admission(&self, admission: &Admission, clock: &Clock) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO admission (id, appointment_id, participant_id, event, at, by_participant_id)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let id = clock.new_uuid();
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(admission.appointment.uuid())
                .bind(admission.participant.uuid())
                .bind(event_to_word(admission.event))
                .bind(micros(admission.at))
                .bind(admission.by.map(ParticipantId::uuid))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// What happened in one consultation, in order.
    pub async fn admissions_of(&self, appointment: AppointmentId) -> Result<Vec<Admission>, Error> {
        const SQL: &str =
            "SELECT id, appointment_id, participant_id, event, at, by_participant_id FROM admission
            WHERE appointment_id = $1 ORDER BY at, id";
        let rows: Vec<AdmissionRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(Admission::try_from).collect()
    }
}

impl TryFrom<AdmissionRow> for Admission {
    type Error = Error;

    fn try_from(row: AdmissionRow) -> Result<Self, Error> {
        let event = event_from_word(&row.event).ok_or(Error::Inconsistent {
            table: "admission",
            id: row.id,
            what: "an unknown event",
        })?;
        Ok(Self {
            appointment: AppointmentId::new(row.appointment_id),
            participant: ParticipantId::new(row.participant_id),
            event,
            at: row.at,
            by: row.by_participant_id.map(ParticipantId::new),
        })
    }
}
