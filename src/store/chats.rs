//! What people wrote and shared in consultations, until it is deleted.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::{append, done_by};
use super::db::{in_transaction, micros, on};
use super::retention::{add_proof, take_unheld, unnamed};
use super::sealed::{CHAT_TEXT, FILE_NAME};
use super::{Error, Purged, Store};
use crate::audit::{Deed, Record, Subject, Who};
use crate::clinical::{
    AppointmentId, ChatExpiry, ChatLine, ChatLineId, ChatText, DataClass, FileKind, FileName, ParticipantId,
    PurgeProof, PurgeRule, SharedFile, SharedFileId,
};

#[derive(FromRow)]
struct LineRow {
    id: Uuid,
    participant_id: Uuid,
    at: DateTime<Utc>,
    text: String,
}

#[derive(FromRow)]
struct FileRow {
    id: Uuid,
    participant_id: Uuid,
    at: DateTime<Utc>,
    name: String,
    media_type: String,
    byte_count: i64,
    content: Vec<u8>,
}

/// Appointments that are over, or whose planned end was before `$1`.
macro_rules! over {
    () => {
        "appointment_id IN (SELECT id FROM appointment
            WHERE status IN ('fulfilled', 'cancelled', 'noshow') OR ends_at < $1)"
    };
}

/// Files that nobody released to the patient.
macro_rules! unreleased {
    () => {
        " AND id NOT IN (SELECT subject FROM patient_document WHERE kind = 'file' AND withdrawn_at IS NULL)"
    };
}

/// Appointments of which nothing is deleted.
macro_rules! not_held {
    () => {
        " AND appointment_id NOT IN (SELECT appointment_id FROM legal_hold WHERE lifted_at IS NULL) "
    };
}

/// Which appointments have lines or files for which `$when` holds, by their identifiers in order; and what deletes both kinds of one of them.
macro_rules! due_chats {
    ($when:expr) => {
        [
            concat!(
                "SELECT appointment_id FROM chat_line WHERE ",
                $when,
                not_held!(),
                "UNION SELECT appointment_id FROM shared_file WHERE ",
                $when,
                not_held!(),
                unreleased!(),
                " ORDER BY appointment_id"
            ),
            concat!("DELETE FROM chat_line WHERE appointment_id = $2 AND ", $when, " RETURNING id"),
            concat!(
                "DELETE FROM shared_file WHERE appointment_id = $2 AND ",
                $when,
                unreleased!(),
                " RETURNING id, content"
            ),
        ]
    };
}

/// How many rows name a file. An image that is kept no longer has a row, and no picture.
pub(super) const USES: &str = "SELECT (SELECT COUNT(*) FROM shared_file WHERE content = $1)
    + (SELECT COUNT(*) FROM key_image WHERE content = $1 AND removed_at IS NULL)
    + (SELECT COUNT(*) FROM report WHERE document = $1)
    + (SELECT COUNT(*) FROM received_upload WHERE digest = $1 AND media_type IS NOT NULL)";
/// All files that are used so, each once.
pub(super) const ALL_USED: &str = "SELECT content FROM shared_file
    UNION SELECT content FROM key_image WHERE removed_at IS NULL
    UNION SELECT document FROM report WHERE document IS NOT NULL
    UNION SELECT digest FROM received_upload WHERE media_type IS NOT NULL ORDER BY 1";

impl Store {
    /// The longest history that is told, in lines.
    pub const MAX_HISTORY: i64 = 500;

    /// Keeps a line. One that is kept already is left as it is, so that whoever heard no answer may write it again.
    pub async fn add_chat_line(&self, appointment: AppointmentId, line: &ChatLine) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO chat_line (id, appointment_id, participant_id, at, text)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(line.id.uuid())
                .bind(appointment.uuid())
                .bind(line.participant.uuid())
                .bind(micros(line.at))
                .bind(self.seal(CHAT_TEXT, line.id.uuid(), line.text.expose()))
                .execute(&mut *tx)
                .await?;
            let record = Record {
                subject_id: Some(line.id.to_string()),
                ..Record::new(line.id.uuid(), line.at, Who::Nobody, Deed::Write, Subject::ChatLine)
            };
            let record = done_by!(tx, appointment, line.participant, record);
            append!(self, tx, &[record]);
        });
        Ok(())
    }

    /// The last lines of a consultation, at most [`Store::MAX_HISTORY`], in the order of writing.
    pub async fn chat_lines_of(&self, appointment: AppointmentId) -> Result<Vec<ChatLine>, Error> {
        const SQL: &str = "SELECT id, participant_id, at, text FROM chat_line
            WHERE appointment_id = $1 ORDER BY id DESC LIMIT $2";
        let rows: Vec<LineRow> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(appointment.uuid()).bind(Self::MAX_HISTORY);
            query.fetch_all(pool).await?
        });
        let line = |mut row: LineRow| {
            row.text = self.open_cell(CHAT_TEXT, row.id, &row.text)?;
            Ok(ChatLine::from(row))
        };
        rows.into_iter().rev().map(line).collect()
    }

    /// Keeps what is known of a file whose bytes are in the archive.
    pub async fn add_shared_file(&self, appointment: AppointmentId, file: &SharedFile) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO shared_file
            (id, appointment_id, participant_id, at, name, media_type, byte_count, content)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(file.id.uuid())
                .bind(appointment.uuid())
                .bind(file.participant.uuid())
                .bind(micros(file.at))
                .bind(self.seal(FILE_NAME, file.id.uuid(), file.name.expose()))
                .bind(file.kind.media_type())
                .bind(i64::from(file.bytes))
                .bind(file.content.to_vec())
                .execute(&mut *tx)
                .await?;
            let record = Record {
                subject_id: Some(file.id.to_string()),
                ..Record::new(file.id.uuid(), file.at, Who::Nobody, Deed::Create, Subject::File)
            };
            let record = done_by!(tx, appointment, file.participant, record);
            append!(self, tx, &[record]);
        });
        Ok(())
    }

    /// The files of a consultation, in the order of sharing.
    pub async fn shared_files_of(&self, appointment: AppointmentId) -> Result<Vec<SharedFile>, Error> {
        const SQL: &str =
            "SELECT id, participant_id, at, name, media_type, byte_count, content FROM shared_file
            WHERE appointment_id = $1 ORDER BY id";
        let rows: Vec<FileRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let file = |mut row: FileRow| {
            row.name = self.open_cell(FILE_NAME, row.id, &row.name)?;
            SharedFile::try_from(row)
        };
        rows.into_iter().map(file).collect()
    }

    /// Whether a file with these bytes is shared in any consultation, or an image that was kept there, or a report.
    pub async fn is_file_shared(&self, content: [u8; 32]) -> Result<bool, Error> {
        let (uses,): (i64,) =
            on!(self, pool => sqlx::query_as(USES).bind(content.to_vec()).fetch_one(pool).await?);
        Ok(uses > 0)
    }

    /// Deletes what has been kept long enough and is not held, with the proof of it, both or nothing.
    pub async fn purge_chats(
        &self,
        expiry: ChatExpiry,
        (id, at): (Uuid, DateTime<Utc>),
    ) -> Result<Purged, Error> {
        match expiry {
            ChatExpiry::OverOrEndedBefore(before) => {
                const SQL: [&str; 3] = due_chats!(over!());
                self.delete_chats(SQL, before, (id, at, PurgeRule::ChatOver)).await
            }
            ChatExpiry::WrittenBefore(before) => {
                const SQL: [&str; 3] = due_chats!(" at < $1 ");
                self.delete_chats(SQL, before, (id, at, PurgeRule::ChatWritten)).await
            }
        }
    }

    async fn delete_chats(
        &self,
        [due, lines, files]: [&'static str; 3],
        before: DateTime<Utc>,
        (id, at, rule): (Uuid, DateTime<Utc>, PurgeRule),
    ) -> Result<Purged, Error> {
        let before = micros(before);
        let purged = in_transaction!(self, tx => {
            let due: Vec<(Uuid,)> = sqlx::query_as(due).bind(before).fetch_all(&mut *tx).await?;
            let (mut gone, mut contents) = (Vec::new(), Vec::new());
            for (appointment,) in due {
                // A hold may have come since they were looked for.
                if !take_unheld!(tx, appointment) {
                    continue;
                }
                let lines: Vec<(Uuid,)> =
                    sqlx::query_as(lines).bind(before).bind(appointment).fetch_all(&mut *tx).await?;
                let files: Vec<(Uuid, Vec<u8>)> =
                    sqlx::query_as(files).bind(before).bind(appointment).fetch_all(&mut *tx).await?;
                gone.extend(lines.into_iter().map(|(id,)| id));
                for (id, content) in files {
                    gone.push(id);
                    contents.push(content);
                }
            }
            let proof = PurgeProof::of(id, micros(at), DataClass::Chats, rule, &gone);
            if let Some(proof) = &proof {
                add_proof!(tx, proof);
            }
            Purged { proof, files: unnamed!(tx, USES, contents), objects: Vec::new() }
        });
        Ok(purged)
    }
}

impl From<LineRow> for ChatLine {
    fn from(row: LineRow) -> Self {
        Self {
            id: ChatLineId::new(row.id),
            participant: ParticipantId::new(row.participant_id),
            at: row.at,
            text: ChatText::kept(row.text),
        }
    }
}

impl TryFrom<FileRow> for SharedFile {
    type Error = Error;

    fn try_from(row: FileRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "shared_file", id: row.id, what };
        Ok(Self {
            id: SharedFileId::new(row.id),
            participant: ParticipantId::new(row.participant_id),
            at: row.at,
            kind: FileKind::of_media_type(&row.media_type).ok_or(wrong("an unknown media type"))?,
            bytes: u32::try_from(row.byte_count).map_err(|_| wrong("its size is out of range"))?,
            content: row.content.try_into().map_err(|_| wrong("its hash is not of 32 bytes"))?,
            name: FileName::kept(row.name),
        })
    }
}
