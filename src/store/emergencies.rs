//! Access in an emergency.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::append;
use super::db::{in_transaction, micros, on};
use super::sealed::EMERGENCY_REASON;
use super::{Error, Store};
use crate::audit::Record;
use crate::clinical::{AppointmentId, EmergencyAccess, EmergencyAccessId, PractitionerId};
use crate::secret::Pii;

#[derive(FromRow)]
struct AccessRow {
    id: Uuid,
    appointment_id: Uuid,
    practitioner_id: Uuid,
    reason: String,
    began_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

macro_rules! columns {
    () => {
        "e.id, e.appointment_id, e.practitioner_id, e.reason, e.began_at, e.ends_at"
    };
}

impl Store {
    /// Keeps an access, and its record in the same transaction: there is none without.
    pub async fn add_emergency_access(&self, access: &EmergencyAccess, record: &Record) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO emergency_access
            (id, appointment_id, practitioner_id, reason, began_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(access.id.uuid())
                .bind(access.appointment.uuid())
                .bind(access.practitioner.uuid())
                .bind(self.seal(EMERGENCY_REASON, access.id.uuid(), access.reason.expose()))
                .bind(micros(access.began_at))
                .bind(micros(access.ends_at))
                .execute(&mut *tx)
                .await?;
            append!(self, tx, std::slice::from_ref(record));
        });
        Ok(())
    }

    /// Those of a person that are open at `now`, the last one first.
    pub async fn emergency_accesses_open(
        &self,
        practitioner: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Vec<EmergencyAccess>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM emergency_access e WHERE e.practitioner_id = $1 AND e.began_at <= $2 AND e.ends_at > $2
            ORDER BY e.began_at DESC, e.id"
        );
        let rows: Vec<AccessRow> = on!(self, pool => {
            sqlx::query_as(SQL).bind(practitioner.uuid()).bind(micros(now)).fetch_all(pool).await?
        });
        rows.into_iter().map(|row| self.emergency_access(row)).collect()
    }

    /// Those since then to appointments in which a person is booked, the last one first.
    pub async fn emergency_accesses_to(
        &self,
        booked: PractitionerId,
        since: DateTime<Utc>,
    ) -> Result<Vec<EmergencyAccess>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM emergency_access e WHERE e.began_at >= $2 AND EXISTS (SELECT 1 FROM participant p
            WHERE p.appointment_id = e.appointment_id AND p.practitioner_id = $1)
            ORDER BY e.began_at DESC, e.id"
        );
        let rows: Vec<AccessRow> = on!(self, pool => {
            sqlx::query_as(SQL).bind(booked.uuid()).bind(micros(since)).fetch_all(pool).await?
        });
        rows.into_iter().map(|row| self.emergency_access(row)).collect()
    }

    fn emergency_access(&self, row: AccessRow) -> Result<EmergencyAccess, Error> {
        let reason = self.open_cell(EMERGENCY_REASON, row.id, &row.reason)?;
        Ok(EmergencyAccess {
            id: EmergencyAccessId::new(row.id),
            appointment: AppointmentId::new(row.appointment_id),
            practitioner: PractitionerId::new(row.practitioner_id),
            reason: Pii::new(reason),
            began_at: row.began_at,
            ends_at: row.ends_at,
        })
    }
}
