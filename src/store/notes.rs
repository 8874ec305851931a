//! What practitioners note for themselves and each other during consultations.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on};
use super::sealed::NOTE_TEXT;
use super::{Error, Store};
use crate::clinical::{AppointmentId, ClinicalText, Note, ParticipantId};

#[derive(FromRow)]
struct NoteRow {
    participant_id: Uuid,
    text: String,
    version: i64,
    changed_at: DateTime<Utc>,
}

impl Store {
    /// Writes a note over the version before it. `false`: there is another one by now, and nothing was written.
    pub async fn put_note(&self, appointment: AppointmentId, note: &Note) -> Result<bool, Error> {
        const FIRST: &str = "INSERT INTO note (appointment_id, participant_id, text, version, changed_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (participant_id) DO NOTHING";
        const NEXT: &str = "UPDATE note SET text = $3, version = $4, changed_at = $5
            WHERE appointment_id = $1 AND participant_id = $2 AND version = $4 - 1";
        let sql = if note.version == 1 { FIRST } else { NEXT };
        let written = in_transaction!(self, tx => {
            sqlx::query(sql)
                .bind(appointment.uuid())
                .bind(note.by.uuid())
                .bind(self.seal(NOTE_TEXT, note.by.uuid(), note.text.expose()))
                .bind(i64::from(note.version))
                .bind(micros(note.changed_at))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(written == 1)
    }

    /// The notes of a consultation, those that were changed last at the end.
    pub async fn notes_of(&self, appointment: AppointmentId) -> Result<Vec<Note>, Error> {
        const SQL: &str = "SELECT participant_id, text, version, changed_at FROM note
            WHERE appointment_id = $1 ORDER BY changed_at, participant_id";
        let rows: Vec<NoteRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|mut row| {
                row.text = self.open_cell(NOTE_TEXT, row.participant_id, &row.text)?;
                Note::try_from(row)
            })
            .collect()
    }
}

impl TryFrom<NoteRow> for Note {
    type Error = Error;

    fn try_from(row: NoteRow) -> Result<Self, Error> {
        let wrong = |_| Error::Inconsistent {
            table: "note",
            id: row.participant_id,
            what: "its version is out of range",
        };
        Ok(Self {
            by: ParticipantId::new(row.participant_id),
            text: ClinicalText::kept(row.text),
            version: u32::try_from(row.version).map_err(wrong)?,
            changed_at: row.changed_at,
        })
    }
}
