//! The journal of a consultation: who came to which place, and who put them there. Rows are added, never changed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::{append, done_by};
use super::db::{in_transaction, micros, on, words};
use super::{Error, Store};
use crate::audit::{Deed, Record, Subject, Who};
use crate::clinical::{AppointmentId, DeviceCheck, DeviceState, Move, ParticipantId, PlaceKind};

#[derive(FromRow)]
struct MoveRow {
    id: Uuid,
    participant_id: Uuid,
    place: String,
    at: DateTime<Utc>,
    by_participant_id: Option<Uuid>,
    camera: Option<String>,
    microphone: Option<String>,
}

words!(place_to_word, place_from_word, PlaceKind {
    PlaceKind::Invited => "invited",
    PlaceKind::Testing => "testing",
    PlaceKind::Waiting => "waiting",
    PlaceKind::Admitted => "admitted",
    PlaceKind::InCall => "in_call",
    PlaceKind::Lost => "lost",
    PlaceKind::Left => "left",
    PlaceKind::Removed => "removed",
});

words!(device_to_word, device_from_word, DeviceState {
    DeviceState::Works => "works",
    DeviceState::Refused => "refused",
    DeviceState::Missing => "missing",
    DeviceState::InUse => "in_use",
    DeviceState::Off => "off",
});

/// What the trail says of it. Testing devices, and losing a connection, are no access.
fn deed_of(place: PlaceKind) -> Option<Deed> {
    match place {
        PlaceKind::Waiting => Some(Deed::Wait),
        PlaceKind::Admitted => Some(Deed::Admit),
        PlaceKind::InCall => Some(Deed::Enter),
        PlaceKind::Left => Some(Deed::Leave),
        PlaceKind::Removed => Some(Deed::Remove),
        PlaceKind::Invited | PlaceKind::Testing | PlaceKind::Lost => None,
    }
}

impl Store {
    /// Writes down that somebody came to a place. `id` is a UUID of version 7, made when it happened: the journal is in the
    /// order of these. A line that is there already is left as it is, so that whoever heard no answer may write it again.
    pub async fn add_move(&self, appointment: AppointmentId, id: Uuid, line: &Move) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO consultation_move
            (id, appointment_id, participant_id, place, at, by_participant_id, camera, microphone)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(appointment.uuid())
                .bind(line.participant.uuid())
                .bind(place_to_word(line.to))
                .bind(micros(line.at))
                .bind(line.by.map(ParticipantId::uuid))
                .bind(line.check.map(|check| device_to_word(check.camera)))
                .bind(line.check.map(|check| device_to_word(check.microphone)))
                .execute(&mut *tx)
                .await?;
            if let Some(deed) = deed_of(line.to) {
                let by = line.by.unwrap_or(line.participant);
                let record = Record {
                    subject_id: Some(line.participant.to_string()),
                    ..Record::new(id, line.at, Who::Nobody, deed, Subject::Consultation)
                };
                let record = done_by!(tx, appointment, by, record);
                append!(self, tx, &[record]);
            }
        });
        Ok(())
    }

    /// The journal of one consultation, in the order in which it was written.
    pub async fn moves_of(&self, appointment: AppointmentId) -> Result<Vec<Move>, Error> {
        // Identifiers are UUID version 7: they sort by the time of writing.
        const SQL: &str = "SELECT id, participant_id, place, at, by_participant_id, camera, microphone
            FROM consultation_move WHERE appointment_id = $1 ORDER BY id";
        let rows: Vec<MoveRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(Move::try_from).collect()
    }
}

impl TryFrom<MoveRow> for Move {
    type Error = Error;

    fn try_from(row: MoveRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "consultation_move", id: row.id, what };
        let device = |word: &str| device_from_word(word).ok_or(wrong("an unknown state of a device"));
        let check = match (&row.camera, &row.microphone) {
            (Some(camera), Some(microphone)) => {
                Some(DeviceCheck { camera: device(camera)?, microphone: device(microphone)? })
            }
            _ => None,
        };
        Ok(Self {
            participant: ParticipantId::new(row.participant_id),
            to: place_from_word(&row.place).ok_or(wrong("an unknown place"))?,
            at: row.at,
            by: row.by_participant_id.map(ParticipantId::new),
            check,
        })
    }
}
