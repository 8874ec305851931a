//! Folders that people outside fill by a link, and what came through them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on};
use super::sealed::{FOLDER_LABEL, UPLOAD_NAME};
use super::{Error, Store};
use crate::clinical::{
    AppointmentId, FileName, FolderSender, LinkDigest, ParticipantId, PractitionerId, Quota, ReceivedAs,
    ReceivedKind, ReceivedUpload, ReceivedUploadId, UploadFolder, UploadFolderId,
};

#[derive(FromRow)]
struct FolderRow {
    id: Uuid,
    appointment_id: Uuid,
    participant_id: Option<Uuid>,
    digest: Option<Vec<u8>>,
    label: String,
    made_by: Option<Uuid>,
    made_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    quota_bytes: i64,
    quota_files: i64,
    used_bytes: i64,
    used_files: i64,
}

#[derive(FromRow)]
struct UploadRow {
    id: Uuid,
    folder_id: Uuid,
    appointment_id: Uuid,
    at: DateTime<Utc>,
    name: String,
    byte_count: i64,
    digest: Vec<u8>,
    media_type: Option<String>,
    object_count: i64,
    refused_count: i64,
    has_other_patient: bool,
}

macro_rules! folder {
    ($where:literal) => {
        concat!(
            "SELECT id, appointment_id, participant_id, digest, label, made_by, made_at, expires_at, revoked_at,
            quota_bytes, quota_files, used_bytes, used_files FROM upload_folder WHERE ",
            $where
        )
    };
}

macro_rules! upload {
    ($where:literal) => {
        concat!(
            "SELECT id, folder_id, appointment_id, at, name, byte_count, digest, media_type, object_count,
            refused_count, has_other_patient FROM received_upload WHERE ",
            $where
        )
    };
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Store {
    /// Keeps a folder. A guest has one: if there is one already, it stays as it is.
    pub async fn add_upload_folder(&self, folder: &UploadFolder) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO upload_folder
            (id, appointment_id, participant_id, digest, label, made_by, made_at, expires_at, revoked_at,
            quota_bytes, quota_files, used_bytes, used_files)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (participant_id) DO NOTHING";
        let (participant, digest) = match folder.sender {
            FolderSender::Guest(participant) => (Some(participant.uuid()), None),
            FolderSender::Centre(digest) => (None, Some(digest.0.to_vec())),
        };
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(folder.id.uuid())
                .bind(folder.appointment.uuid())
                .bind(participant)
                .bind(digest.clone())
                .bind(self.seal(FOLDER_LABEL, folder.id.uuid(), folder.label.expose()))
                .bind(folder.made_by.map(PractitionerId::uuid))
                .bind(micros(folder.made_at))
                .bind(micros(folder.expires_at))
                .bind(folder.revoked_at.map(micros))
                .bind(signed(folder.quota.bytes))
                .bind(i64::from(folder.quota.files))
                .bind(signed(folder.used.bytes))
                .bind(i64::from(folder.used.files))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The folder of this identifier.
    pub async fn upload_folder(&self, id: UploadFolderId) -> Result<Option<UploadFolder>, Error> {
        const SQL: &str = folder!("id = $1");
        let row: Option<FolderRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(pool).await?);
        row.map(|row| self.opened_folder(row)).transpose()
    }

    /// The folder of a centre whose secret has this digest, open or not.
    pub async fn upload_folder_by_digest(&self, digest: LinkDigest) -> Result<Option<UploadFolder>, Error> {
        const SQL: &str = folder!("digest = $1");
        let row: Option<FolderRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(digest.0.to_vec()).fetch_optional(pool).await?);
        row.map(|row| self.opened_folder(row)).transpose()
    }

    /// The folder of a guest, if they have sent something.
    pub async fn upload_folder_of_guest(
        &self,
        participant: ParticipantId,
    ) -> Result<Option<UploadFolder>, Error> {
        const SQL: &str = folder!("participant_id = $1");
        let row: Option<FolderRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(participant.uuid()).fetch_optional(pool).await?);
        row.map(|row| self.opened_folder(row)).transpose()
    }

    /// All folders of an appointment, open or not, by time of making.
    pub async fn upload_folders_of(&self, appointment: AppointmentId) -> Result<Vec<UploadFolder>, Error> {
        const SQL: &str = folder!("appointment_id = $1 ORDER BY made_at, id");
        let rows: Vec<FolderRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_folder(row)).collect()
    }

    /// Nothing more goes into a folder; tells whether it was not so before.
    pub async fn revoke_upload_folder(&self, id: UploadFolderId, at: DateTime<Utc>) -> Result<bool, Error> {
        const SQL: &str = "UPDATE upload_folder SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        let revoked = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(id.uuid()).bind(micros(at)).execute(&mut *tx).await?.rows_affected()
        });
        Ok(revoked > 0)
    }

    /// Takes room for one file before it comes; tells whether there was as much. Of many that come at once no more fit than one by one.
    pub async fn reserve_upload(&self, folder: UploadFolderId, bytes: u64) -> Result<bool, Error> {
        const SQL: &str = "UPDATE upload_folder SET used_bytes = used_bytes + $2, used_files = used_files + 1
            WHERE id = $1 AND used_files < quota_files AND used_bytes <= quota_bytes - $2";
        let taken = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(folder.uuid()).bind(signed(bytes)).execute(&mut *tx).await?.rows_affected()
        });
        Ok(taken > 0)
    }

    /// Gives the room of a file back that did not come.
    pub async fn release_upload(&self, folder: UploadFolderId, bytes: u64) -> Result<(), Error> {
        const SQL: &str = "UPDATE upload_folder SET used_bytes = used_bytes - $2, used_files = used_files - 1
            WHERE id = $1 AND used_files > 0 AND used_bytes >= $2";
        in_transaction!(self, tx => {
            sqlx::query(SQL).bind(folder.uuid()).bind(signed(bytes)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Keeps what is known of a file that came.
    pub async fn add_received_upload(&self, upload: &ReceivedUpload) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO received_upload (id, folder_id, appointment_id, at, name, byte_count, digest,
            media_type, object_count, refused_count, has_other_patient)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let (kind, objects, refused, has_other_patient) = match upload.what {
            ReceivedAs::File(kind) => (Some(kind), 0, 0, false),
            ReceivedAs::Objects { objects, refused, has_other_patient } => {
                (None, objects, refused, has_other_patient)
            }
        };
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(upload.id.uuid())
                .bind(upload.folder.uuid())
                .bind(upload.appointment.uuid())
                .bind(micros(upload.at))
                .bind(self.seal(UPLOAD_NAME, upload.id.uuid(), upload.name.expose()))
                .bind(signed(upload.bytes))
                .bind(upload.digest.to_vec())
                .bind(kind.map(ReceivedKind::media_type))
                .bind(i64::from(objects))
                .bind(i64::from(refused))
                .bind(has_other_patient)
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The file of this identifier.
    pub async fn received_upload(&self, id: ReceivedUploadId) -> Result<Option<ReceivedUpload>, Error> {
        const SQL: &str = upload!("id = $1");
        let row: Option<UploadRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(pool).await?);
        row.map(|row| self.opened_upload(row)).transpose()
    }

    /// The receipt for bytes that came through this folder before.
    pub async fn received_upload_with(
        &self,
        folder: UploadFolderId,
        digest: [u8; 32],
    ) -> Result<Option<ReceivedUpload>, Error> {
        const SQL: &str = upload!("folder_id = $1 AND digest = $2 ORDER BY id LIMIT 1");
        let row: Option<UploadRow> = on!(self, pool => {
            sqlx::query_as(SQL).bind(folder.uuid()).bind(digest.to_vec()).fetch_optional(pool).await?
        });
        row.map(|row| self.opened_upload(row)).transpose()
    }

    /// Everything that came for an appointment, in the order of coming.
    pub async fn received_uploads_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<ReceivedUpload>, Error> {
        const SQL: &str = upload!("appointment_id = $1 ORDER BY id");
        let rows: Vec<UploadRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_upload(row)).collect()
    }

    /// Keeps that an upload was put among the images of its visit.
    pub async fn put_upload_among_images(
        &self,
        upload: ReceivedUploadId,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        const SQL: &str =
            "UPDATE received_upload SET put_among_at = $2 WHERE id = $1 AND put_among_at IS NULL";
        in_transaction!(self, tx => {
            sqlx::query(SQL).bind(upload.uuid()).bind(micros(at)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Which uploads of an appointment are among its images.
    pub async fn uploads_among_images(
        &self,
        appointment: AppointmentId,
    ) -> Result<HashSet<ReceivedUploadId>, Error> {
        const SQL: &str =
            "SELECT id FROM received_upload WHERE appointment_id = $1 AND put_among_at IS NOT NULL";
        let rows: Vec<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id,)| ReceivedUploadId::new(id)).collect())
    }
}

impl Store {
    fn opened_folder(&self, mut row: FolderRow) -> Result<UploadFolder, Error> {
        row.label = self.open_cell(FOLDER_LABEL, row.id, &row.label)?;
        row.try_into()
    }

    fn opened_upload(&self, mut row: UploadRow) -> Result<ReceivedUpload, Error> {
        row.name = self.open_cell(UPLOAD_NAME, row.id, &row.name)?;
        row.try_into()
    }
}

impl TryFrom<FolderRow> for UploadFolder {
    type Error = Error;

    fn try_from(row: FolderRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "upload_folder", id: row.id, what };
        let quota = |bytes: i64, files: i64| -> Result<Quota, Error> {
            let bytes = u64::try_from(bytes).map_err(|_| wrong("a size is out of range"))?;
            let files = u32::try_from(files).map_err(|_| wrong("a count is out of range"))?;
            Ok(Quota { bytes, files })
        };
        let sender = match (row.participant_id, row.digest) {
            (Some(participant), None) => FolderSender::Guest(ParticipantId::new(participant)),
            (None, Some(digest)) => FolderSender::Centre(LinkDigest(
                digest.try_into().map_err(|_| wrong("its digest is not of 32 bytes"))?,
            )),
            _ => return Err(wrong("it is opened by two links or by none")),
        };
        Ok(Self {
            id: UploadFolderId::new(row.id),
            appointment: AppointmentId::new(row.appointment_id),
            sender,
            label: row.label.into(),
            made_by: row.made_by.map(PractitionerId::new),
            made_at: row.made_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            quota: quota(row.quota_bytes, row.quota_files)?,
            used: quota(row.used_bytes, row.used_files)?,
        })
    }
}

impl TryFrom<UploadRow> for ReceivedUpload {
    type Error = Error;

    fn try_from(row: UploadRow) -> Result<Self, Error> {
        let wrong = |what| Error::Inconsistent { table: "received_upload", id: row.id, what };
        let count = |number: i64| u32::try_from(number).map_err(|_| wrong("a count is out of range"));
        let what = match &row.media_type {
            Some(kind) => ReceivedAs::File(
                ReceivedKind::of_media_type(kind).ok_or_else(|| wrong("an unknown media type"))?,
            ),
            None => ReceivedAs::Objects {
                objects: count(row.object_count)?,
                refused: count(row.refused_count)?,
                has_other_patient: row.has_other_patient,
            },
        };
        Ok(Self {
            id: ReceivedUploadId::new(row.id),
            folder: UploadFolderId::new(row.folder_id),
            appointment: AppointmentId::new(row.appointment_id),
            at: row.at,
            name: FileName::kept(row.name),
            bytes: u64::try_from(row.byte_count).map_err(|_| wrong("its size is out of range"))?,
            digest: row.digest.try_into().map_err(|_| wrong("its digest is not of 32 bytes"))?,
            what,
        })
    }
}
