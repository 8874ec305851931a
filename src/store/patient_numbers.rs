//! By which numbers archives know the patient of an appointment. Rows are added, never changed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::sealed::PATIENT_NUMBER;
use super::{Error, Store};
use crate::clinical::{
    AppointmentId, ParticipantId, PatientNumber, PatientNumberId, PatientNumberRecord, PractitionerId,
};

#[derive(FromRow)]
struct NumberRow {
    id: Uuid,
    participant_id: Uuid,
    practitioner_id: Uuid,
    at: DateTime<Utc>,
    value: String,
    domain: String,
}

impl Store {
    /// Keeps a number as it is known now.
    pub async fn add_patient_number(
        &self,
        appointment: AppointmentId,
        record: &PatientNumberRecord,
    ) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO patient_number (id, appointment_id, participant_id, practitioner_id, at, value, domain)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
        let id = record.id.uuid();
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(appointment.uuid())
                .bind(record.participant.uuid())
                .bind(record.by.uuid())
                .bind(micros(record.at))
                .bind(self.seal(PATIENT_NUMBER, id, record.number.expose()))
                .bind(text(&record.number.domain))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The numbers that were kept with one appointment, in the order of time: of each domain the last one counts.
    pub async fn patient_numbers_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<PatientNumberRecord>, Error> {
        const SQL: &str = "SELECT id, participant_id, practitioner_id, at, value, domain
            FROM patient_number WHERE appointment_id = $1 ORDER BY id";
        let rows: Vec<NumberRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let opened = rows.into_iter().map(|row| {
            let value = self.open_cell(PATIENT_NUMBER, row.id, &row.value)?;
            Ok(PatientNumberRecord {
                id: PatientNumberId::new(row.id),
                participant: ParticipantId::new(row.participant_id),
                by: PractitionerId::new(row.practitioner_id),
                at: row.at,
                number: PatientNumber::kept(value, row.domain),
            })
        });
        opened.collect()
    }
}
