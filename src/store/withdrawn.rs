//! Studies that were taken back. Their rows stay, for what was shown.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::db::{in_transaction, micros, on};
use super::sealed::STUDY_PATIENT_ID;
use super::{Error, Store};
use crate::clinical::{AppointmentId, InstanceId, SeriesId, StudyId};
use crate::secret::Pii;

/// What of a study is named nowhere any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawnStudy {
    pub series: Vec<SeriesId>,
    pub instances: Vec<InstanceId>,
}

impl Store {
    /// For which appointment a study came, if it was not withdrawn: whoever takes it back must be in that one.
    pub async fn appointment_of_study(&self, study: StudyId) -> Result<Option<AppointmentId>, Error> {
        const SQL: &str = "SELECT appointment_id FROM study WHERE id = $1 AND withdrawn_at IS NULL";
        let row: Option<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(study.uuid()).fetch_optional(pool).await?);
        Ok(row.map(|(id,)| AppointmentId::new(id)))
    }

    /// UID and Patient ID (0010,0020) of every study of an appointment, those that were withdrawn among them.
    pub async fn known_studies_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(String, Pii<String>)>, Error> {
        const SQL: &str = "SELECT id, uid, patient_id FROM study WHERE appointment_id = $1 ORDER BY id";
        let rows: Vec<(Uuid, String, String)> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let known = |(id, uid, patient): (Uuid, String, String)| {
            Ok((uid, self.open_cell(STUDY_PATIENT_ID, id, &patient)?.into()))
        };
        rows.into_iter().map(known).collect()
    }

    /// Takes a study of this appointment back. Its rows stay, and nothing else here names it any more. `None` when there is no such
    /// study, or it was withdrawn before.
    pub async fn withdraw_study(
        &self,
        appointment: AppointmentId,
        study: StudyId,
        at: DateTime<Utc>,
    ) -> Result<Option<WithdrawnStudy>, Error> {
        const WITHDRAW: &str = "UPDATE study SET withdrawn_at = $3
            WHERE appointment_id = $1 AND id = $2 AND withdrawn_at IS NULL";
        const SERIES: &str = "SELECT id FROM series WHERE study_id = $1 ORDER BY id";
        const INSTANCES: &str = "SELECT i.id FROM instance i JOIN series e ON e.id = i.series_id
            WHERE e.study_id = $1 ORDER BY i.id";
        let withdrawn = in_transaction!(self, tx => {
            let query = sqlx::query(WITHDRAW).bind(appointment.uuid()).bind(study.uuid()).bind(micros(at));
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(None);
            }
            let series: Vec<(Uuid,)> = sqlx::query_as(SERIES).bind(study.uuid()).fetch_all(&mut *tx).await?;
            let instances: Vec<(Uuid,)> =
                sqlx::query_as(INSTANCES).bind(study.uuid()).fetch_all(&mut *tx).await?;
            WithdrawnStudy {
                series: series.into_iter().map(|(id,)| SeriesId::new(id)).collect(),
                instances: instances.into_iter().map(|(id,)| InstanceId::new(id)).collect(),
            }
        });
        Ok(Some(withdrawn))
    }
}
