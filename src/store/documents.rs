//! What was released to patients, and who took it.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::{append, done_by};
use super::db::{in_transaction, micros, on, text, words};
use super::{Error, Store};
use crate::audit::{Deed, Record, Subject, Who};
use crate::clinical::{
    AppointmentId, DocumentDoor, DocumentId, DocumentPolicy, DocumentSubject, Download, KeyImageId, Language,
    ParticipantId, PatientDocument, ReportId, SharedFileId,
};

#[derive(FromRow)]
struct DocumentRow {
    id: Uuid,
    kind: String,
    subject: Option<Uuid>,
    language: Option<String>,
    released_at: DateTime<Utc>,
    released_by: Uuid,
}

#[derive(FromRow)]
struct DownloadRow {
    id: Uuid,
    document_id: Uuid,
    participant_id: Uuid,
    at: DateTime<Utc>,
    door: String,
    provider: Option<String>,
}

words!(language_to_word, language_from_word, Language {
    Language::French => "fr",
    Language::English => "en",
});

words!(door_to_word, door_from_word, DocumentDoor {
    DocumentDoor::Sms => "sms",
    DocumentDoor::Email => "email",
    DocumentDoor::Pin => "pin",
    DocumentDoor::BirthDate => "birth_date",
    DocumentDoor::Provider => "provider",
});

/// Kind, subject and language, as the columns hold them.
fn columns(subject: DocumentSubject) -> (&'static str, Option<Uuid>, Option<&'static str>) {
    match subject {
        DocumentSubject::Summary(language) => ("summary", None, Some(language_to_word(language))),
        DocumentSubject::Report(report) => ("report", Some(report.uuid()), None),
        DocumentSubject::Image(image) => ("image", Some(image.uuid()), None),
        DocumentSubject::File(file) => ("file", Some(file.uuid()), None),
    }
}

impl Store {
    /// Makes these the documents that are released: what is not among them is withdrawn, and one whose subject is released already stays
    /// as it is, with its identifier and who released it.
    pub async fn release_documents(
        &self,
        appointment: AppointmentId,
        documents: &[PatientDocument],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        /// Changes nothing, but makes whoever releases next wait for this transaction.
        const HOLD: &str = "UPDATE appointment SET service = service WHERE id = $1";
        const READ: &str =
            "SELECT id, kind, subject, language, released_at, released_by FROM patient_document
            WHERE appointment_id = $1 AND withdrawn_at IS NULL";
        const ADD: &str = "INSERT INTO patient_document
            (id, appointment_id, kind, subject, language, released_at, released_by, withdrawn_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)";
        const WITHDRAW: &str = "UPDATE patient_document SET withdrawn_at = $2 WHERE id = $1";
        in_transaction!(self, tx => {
            sqlx::query(HOLD).bind(appointment.uuid()).execute(&mut *tx).await?;
            let rows: Vec<DocumentRow> =
                sqlx::query_as(READ).bind(appointment.uuid()).fetch_all(&mut *tx).await?;
            let mut released = Vec::with_capacity(rows.len());
            for row in rows {
                released.push(PatientDocument::try_from(row)?);
            }
            for old in &released {
                if !documents.iter().any(|new| new.subject == old.subject) {
                    sqlx::query(WITHDRAW).bind(old.id.uuid()).bind(micros(at)).execute(&mut *tx).await?;
                }
            }
            for new in documents {
                if released.iter().any(|old| old.subject == new.subject) {
                    continue;
                }
                let (kind, subject, language) = columns(new.subject);
                sqlx::query(ADD)
                    .bind(new.id.uuid())
                    .bind(appointment.uuid())
                    .bind(kind)
                    .bind(subject)
                    .bind(language)
                    .bind(micros(new.released_at))
                    .bind(new.by.uuid())
                    .execute(&mut *tx)
                    .await?;
            }
        });
        Ok(())
    }

    /// What is released of a visit, in the order of releasing.
    pub async fn documents_of(&self, appointment: AppointmentId) -> Result<Vec<PatientDocument>, Error> {
        const SQL: &str = "SELECT id, kind, subject, language, released_at, released_by FROM patient_document
            WHERE appointment_id = $1 AND withdrawn_at IS NULL ORDER BY released_at, id";
        let rows: Vec<DocumentRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(PatientDocument::try_from).collect()
    }

    /// Writes down that somebody took a document.
    pub async fn add_download(
        &self,
        id: Uuid,
        appointment: AppointmentId,
        download: &Download,
    ) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO document_download (id, appointment_id, document_id, participant_id, at, door,
            provider) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(appointment.uuid())
                .bind(download.document.uuid())
                .bind(download.participant.uuid())
                .bind(micros(download.at))
                .bind(door_to_word(download.door))
                .bind(download.provider.as_deref().map(text))
                .execute(&mut *tx)
                .await?;
            let record = Record {
                subject_id: Some(download.document.to_string()),
                detail: Some(format!("by {}", door_to_word(download.door))),
                ..Record::new(id, download.at, Who::Nobody, Deed::Download, Subject::Document)
            };
            let record = done_by!(tx, appointment, download.participant, record);
            append!(self, tx, &[record]);
        });
        Ok(())
    }

    /// Who took which document of a visit, oldest first; with what that was, also where it is withdrawn by now.
    pub async fn downloads_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(Download, DocumentSubject)>, Error> {
        const SQL: &str = "SELECT id, document_id, participant_id, at, door, provider FROM document_download
            WHERE appointment_id = $1 ORDER BY at, id";
        const DOCUMENTS: &str =
            "SELECT id, kind, subject, language, released_at, released_by FROM patient_document
            WHERE appointment_id = $1";
        let (rows, documents): (Vec<DownloadRow>, Vec<DocumentRow>) = on!(self, pool => (
            sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?,
            sqlx::query_as(DOCUMENTS).bind(appointment.uuid()).fetch_all(pool).await?,
        ));
        let documents: Vec<PatientDocument> =
            documents.into_iter().map(PatientDocument::try_from).collect::<Result<_, _>>()?;
        let download = |row: DownloadRow| {
            let wrong = |what| Error::Inconsistent { table: "document_download", id: row.id, what };
            let document = DocumentId::new(row.document_id);
            let subject = documents.iter().find(|other| other.id == document).map(|other| other.subject);
            let download = Download {
                document,
                participant: ParticipantId::new(row.participant_id),
                at: row.at,
                door: door_from_word(&row.door).ok_or(wrong("an unknown door"))?,
                provider: row.provider,
            };
            Ok((download, subject.ok_or(wrong("there is no such document"))?))
        };
        rows.into_iter().map(download).collect()
    }

    /// For how long the documents of a visit are there, as its service has it.
    pub async fn document_policy_of(&self, appointment: AppointmentId) -> Result<DocumentPolicy, Error> {
        const SQL: &str = "SELECT s.documents_days FROM service s JOIN appointment a ON a.service_id = s.id WHERE a.id = $1";
        let row: Option<(i64,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_optional(pool).await?);
        Ok(row.map_or_else(DocumentPolicy::default, |(days,)| DocumentPolicy {
            days: u16::try_from(days.max(0)).unwrap_or(u16::MAX),
        }))
    }
}

impl TryFrom<DocumentRow> for PatientDocument {
    type Error = Error;

    fn try_from(row: DocumentRow) -> Result<Self, Error> {
        let subject = match (row.kind.as_str(), row.subject, row.language.as_deref()) {
            ("summary", None, Some(word)) => language_from_word(word).map(DocumentSubject::Summary),
            ("report", Some(id), None) => Some(DocumentSubject::Report(ReportId::new(id))),
            ("image", Some(id), None) => Some(DocumentSubject::Image(KeyImageId::new(id))),
            ("file", Some(id), None) => Some(DocumentSubject::File(SharedFileId::new(id))),
            _ => None,
        };
        let subject = subject.ok_or(Error::Inconsistent {
            table: "patient_document",
            id: row.id,
            what: "its kind and its subject do not fit",
        })?;
        Ok(Self {
            id: DocumentId::new(row.id),
            subject,
            released_at: row.released_at,
            by: ParticipantId::new(row.released_by),
        })
    }
}
