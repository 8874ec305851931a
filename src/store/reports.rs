//! Versions of reports: drafts that change, and signed ones that do not.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::sealed::{REPORT_BODY, REPORT_FACTS, REPORT_WHY, SealedJson};
use super::{Error, Store};
use crate::clinical::{
    AppointmentId, ClinicalText, KeyImageId, Language, ParticipantId, Report, ReportBody, ReportId, Signature,
};
use crate::report::ReportFacts;

/// A version as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReport {
    pub report: Report,
    /// What is frozen with a signature.
    pub frozen: Option<FrozenReport>,
}

/// What the gateway knew when a report was signed, and the document that was made of both.
#[derive(Clone, Debug, PartialEq)]
pub struct FrozenReport {
    pub facts: ReportFacts,
    /// SHA-256 of the document, which is among the files of the archive.
    pub document: [u8; 32],
}

words!(language_to_word, language_from_word, Language {
    Language::French => "fr",
    Language::English => "en",
});

#[derive(FromRow)]
struct ReportRow {
    id: Uuid,
    number: i64,
    body: Json<SealedJson>,
    why: String,
    revision: i64,
    begun_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    participant_id: Uuid,
    signed_at: Option<DateTime<Utc>>,
    signed_by: Option<Uuid>,
    facts: Option<Json<SealedJson>>,
    document: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct BodyColumn {
    language: String,
    reason: String,
    findings: String,
    act: String,
    conclusions: String,
    prescriptions: String,
    follow_up: String,
    images: Vec<Uuid>,
}

impl From<&ReportBody> for BodyColumn {
    fn from(body: &ReportBody) -> Self {
        let words = |words: &ClinicalText| text(words.expose()).into_owned();
        Self {
            language: language_to_word(body.language).to_owned(),
            reason: words(&body.reason),
            findings: words(&body.findings),
            act: words(&body.act),
            conclusions: words(&body.conclusions),
            prescriptions: words(&body.prescriptions),
            follow_up: words(&body.follow_up),
            images: body.images.iter().map(|image| image.uuid()).collect(),
        }
    }
}

impl Store {
    /// Begins a version. `false`: there is one of that number by now, and nothing was written.
    pub async fn add_report(&self, appointment: AppointmentId, report: &Report) -> Result<bool, Error> {
        const SQL: &str =
            "INSERT INTO report (id, appointment_id, number, body, why, revision, begun_at, changed_at,
            participant_id, signed_at, signed_by, facts, document)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL, NULL, NULL)
            ON CONFLICT (appointment_id, number) DO NOTHING";
        let body = self.seal_json(REPORT_BODY, report.id.uuid(), &BodyColumn::from(&report.body))?;
        let written = in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(report.id.uuid())
                .bind(appointment.uuid())
                .bind(i64::from(report.number))
                .bind(body)
                .bind(self.seal(REPORT_WHY, report.id.uuid(), report.why.expose()))
                .bind(i64::from(report.revision))
                .bind(micros(report.begun_at))
                .bind(micros(report.changed_at))
                .bind(report.by.uuid())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(written == 1)
    }

    /// Writes a draft over the revision before it. `false`: there is another one by now, or it is signed, and nothing was written.
    pub async fn put_report(&self, report: &Report) -> Result<bool, Error> {
        const SQL: &str = "UPDATE report SET body = $2, revision = $3, changed_at = $4, participant_id = $5
            WHERE id = $1 AND revision = $3 - 1 AND signed_at IS NULL";
        let body = self.seal_json(REPORT_BODY, report.id.uuid(), &BodyColumn::from(&report.body))?;
        let written = in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(report.id.uuid())
                .bind(body)
                .bind(i64::from(report.revision))
                .bind(micros(report.changed_at))
                .bind(report.by.uuid())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(written == 1)
    }

    /// Writes a signature under the revision that was signed, with what is frozen by it. `false`: it was changed or signed by now, and
    /// nothing was written.
    pub async fn sign_report(
        &self,
        report: &Report,
        signature: Signature,
        frozen: &FrozenReport,
    ) -> Result<bool, Error> {
        const SQL: &str = "UPDATE report SET signed_at = $3, signed_by = $4, facts = $5, document = $6
            WHERE id = $1 AND revision = $2 AND signed_at IS NULL";
        let facts = self.seal_json(REPORT_FACTS, report.id.uuid(), &frozen.facts)?;
        let written = in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(report.id.uuid())
                .bind(i64::from(report.revision))
                .bind(micros(signature.at))
                .bind(signature.by.uuid())
                .bind(facts)
                .bind(frozen.document.to_vec())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(written == 1)
    }

    /// All versions of the report of a consultation, in their order.
    pub async fn reports_of(&self, appointment: AppointmentId) -> Result<Vec<StoredReport>, Error> {
        const SQL: &str = "SELECT id, number, body, why, revision, begun_at, changed_at, participant_id, signed_at, signed_by,
            facts, document FROM report WHERE appointment_id = $1 ORDER BY number";
        let rows: Vec<ReportRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_report(row)).collect()
    }

    /// Whose report that is.
    pub async fn appointment_of_report(&self, report: ReportId) -> Result<Option<AppointmentId>, Error> {
        const SQL: &str = "SELECT appointment_id FROM report WHERE id = $1";
        let row: Option<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(report.uuid()).fetch_optional(pool).await?);
        Ok(row.map(|(id,)| AppointmentId::new(id)))
    }
}

impl Store {
    fn opened_report(&self, row: ReportRow) -> Result<StoredReport, Error> {
        let wrong = |what| Error::Inconsistent { table: "report", id: row.id, what };
        let count = |value: i64| u32::try_from(value).map_err(|_| wrong("a number is out of range"));
        let (number, revision) = (count(row.number)?, count(row.revision)?);
        let body: BodyColumn = self.open_json(REPORT_BODY, row.id, row.body)?;
        let language = language_from_word(&body.language).ok_or(wrong("an unknown language"))?;
        let (signature, frozen) = match (row.signed_at, row.signed_by, row.facts, row.document) {
            (None, None, None, None) => (None, None),
            (Some(at), Some(by), Some(facts), Some(document)) => {
                let document = document.try_into().map_err(|_| wrong("its digest is not of 32 bytes"))?;
                let signature = Signature { at, by: ParticipantId::new(by) };
                (
                    Some(signature),
                    Some(FrozenReport { facts: self.open_json(REPORT_FACTS, row.id, facts)?, document }),
                )
            }
            _ => return Err(wrong("half a signature")),
        };
        let report = Report {
            id: ReportId::new(row.id),
            number,
            body: ReportBody {
                language,
                reason: ClinicalText::kept(body.reason),
                findings: ClinicalText::kept(body.findings),
                act: ClinicalText::kept(body.act),
                conclusions: ClinicalText::kept(body.conclusions),
                prescriptions: ClinicalText::kept(body.prescriptions),
                follow_up: ClinicalText::kept(body.follow_up),
                images: body.images.into_iter().map(KeyImageId::new).collect(),
            },
            why: ClinicalText::kept(self.open_cell(REPORT_WHY, row.id, &row.why)?),
            revision,
            begun_at: row.begun_at,
            changed_at: row.changed_at,
            by: ParticipantId::new(row.participant_id),
            signature,
        };
        Ok(StoredReport { report, frozen })
    }
}
