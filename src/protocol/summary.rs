//! Bodies of the HTTP interface about images that were kept, and about what the patient takes home.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::LanguageWord;
use crate::secret::Pii;

/// One entry of `GET /api/appointments/{id}/key-images`, oldest first. Its picture is at `GET /api/key-images/{image}/picture`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeyImageEntry {
    pub image: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// Who kept it.
    pub participant: String,
    pub series: String,
    /// Of its series, as `title` of `series_shown`.
    pub title: String,
    pub modality: String,
    /// The place in its series that it was kept from.
    pub index: u32,
    #[ts(type = "string")]
    pub caption: Pii<String>,
    /// Of its picture, pixels.
    pub width: u32,
    pub height: u32,
    /// It stands in the patient's summary.
    pub is_shown_to_patient: bool,
    /// A key object selection beside the studies names it, with the caption that it has.
    pub is_saved: bool,
}

/// `PUT /api/key-images/{image}/caption`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaptionRequest {
    /// At most 200 characters, without line breaks.
    #[ts(type = "string")]
    pub caption: Pii<String>,
}

/// Answer to `POST /api/appointments/{id}/key-images/save`: key object selections are written beside the studies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SavedImages {
    /// Images that these selections name.
    pub images: u32,
    /// Selections: one for each study.
    pub selections: u32,
}

/// `PUT /api/appointments/{id}/summary`: what the patient's summary says in one language, in the place of what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SummaryRequest {
    pub language: LanguageWord,
    /// At most 60 paragraphs of at most 2000 characters.
    #[ts(type = "string[]")]
    pub sentences: Vec<Pii<String>>,
    /// Identifiers of key images of this appointment, in the order of the summary; at most 60.
    pub images: Vec<String>,
}

/// `GET /api/appointments/{id}/summary`, and answer to `PUT`: at most one text in each language. The document is at
/// `GET /api/appointments/{id}/summary.pdf?language=fr`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SummaryState {
    pub texts: Vec<SummaryText>,
}

/// What the summary says in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SummaryText {
    pub language: LanguageWord,
    #[ts(type = "string[]")]
    pub sentences: Vec<Pii<String>>,
    /// Those that are kept still.
    pub images: Vec<String>,
    #[schemars(extend("format" = "date-time"))]
    pub changed_at: String,
    /// Who changed it last.
    pub participant: String,
}
