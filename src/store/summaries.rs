//! What patients' summaries say, by language.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::sealed::{SealedJson, summary_body};
use super::{Error, Store};
use crate::clinical::{AppointmentId, KeyImageId, Language, ParticipantId};
use crate::secret::Pii;

/// What a summary says in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSummary {
    pub language: Language,
    pub sentences: Vec<Pii<String>>,
    /// Key images, in their order. Some may be kept no longer.
    pub images: Vec<KeyImageId>,
    pub changed_at: DateTime<Utc>,
    pub by: ParticipantId,
}

words!(language_to_word, language_from_word, Language {
    Language::French => "fr",
    Language::English => "en",
});

#[derive(FromRow)]
struct SummaryRow {
    language: String,
    body: Json<SealedJson>,
    changed_at: DateTime<Utc>,
    participant_id: Uuid,
}

#[derive(Serialize, Deserialize)]
struct BodyColumn {
    sentences: Vec<String>,
    images: Vec<Uuid>,
}

impl Store {
    /// Writes a summary, in the place of what it said in this language.
    pub async fn put_summary(
        &self,
        appointment: AppointmentId,
        summary: &StoredSummary,
    ) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO visit_summary (appointment_id, language, body, changed_at, participant_id)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (appointment_id, language) DO UPDATE SET
            body = excluded.body, changed_at = excluded.changed_at, participant_id = excluded.participant_id";
        let body = BodyColumn {
            sentences: summary.sentences.iter().map(|words| text(words.expose()).into_owned()).collect(),
            images: summary.images.iter().map(|image| image.uuid()).collect(),
        };
        let cell = summary_body(language_to_word(summary.language));
        let body = self.seal_json(cell, appointment.uuid(), &body)?;
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(appointment.uuid())
                .bind(language_to_word(summary.language))
                .bind(body)
                .bind(micros(summary.changed_at))
                .bind(summary.by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// What the summary of a consultation says, in each language that it is written in.
    pub async fn summaries_of(&self, appointment: AppointmentId) -> Result<Vec<StoredSummary>, Error> {
        const SQL: &str = "SELECT language, body, changed_at, participant_id FROM visit_summary
            WHERE appointment_id = $1 ORDER BY language DESC";
        let rows: Vec<SummaryRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let wrong =
            || Error::Inconsistent { table: "visit_summary", id: appointment.uuid(), what: "its language" };
        let summary = |row: SummaryRow| {
            let language = language_from_word(&row.language).ok_or_else(wrong)?;
            let cell = summary_body(language_to_word(language));
            let body: BodyColumn = self.open_json(cell, appointment.uuid(), row.body)?;
            Ok(StoredSummary {
                language,
                sentences: body.sentences.into_iter().map(Pii::new).collect(),
                images: body.images.into_iter().map(KeyImageId::new).collect(),
                changed_at: row.changed_at,
                by: ParticipantId::new(row.participant_id),
            })
        };
        rows.into_iter().map(summary).collect()
    }
}
