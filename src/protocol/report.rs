//! Bodies of the HTTP interface about notes, reports, and what the patient may fetch of a visit; for staff.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{LanguageWord, OpenedBy};
use crate::secret::Pii;

/// One entry of `GET /api/appointments/{id}/notes`: what a practitioner noted, for staff only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct NoteEntry {
    pub participant: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    #[ts(type = "string")]
    pub text: Pii<String>,
    /// Grows by one with each change.
    pub version: u32,
    #[schemars(extend("format" = "date-time"))]
    pub changed_at: String,
    /// Of whoever asks.
    pub is_own: bool,
}

/// `PUT /api/appointments/{id}/note`: the own note, on top of the version that was read; 0 where there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoteRequest {
    /// At most 20000 characters.
    #[ts(type = "string")]
    pub text: Pii<String>,
    pub version: u32,
}

/// Answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct NoteSaved {
    pub version: u32,
    #[schemars(extend("format" = "date-time"))]
    pub changed_at: String,
}

/// What a practitioner writes of a visit; each at most 20000 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportWords {
    pub language: LanguageWord,
    #[ts(type = "string")]
    pub reason: Pii<String>,
    #[ts(type = "string")]
    pub findings: Pii<String>,
    #[ts(type = "string")]
    pub act: Pii<String>,
    #[ts(type = "string")]
    pub conclusions: Pii<String>,
    #[ts(type = "string")]
    pub prescriptions: Pii<String>,
    #[ts(type = "string")]
    pub follow_up: Pii<String>,
    /// Identifiers of key images, in the order of the report; at most 60.
    pub images: Vec<String>,
}

/// FHIR CompositionStatus, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatusWord {
    Draft,
    Final,
    Amended,
}

/// One version of a report. Its document is at `GET /api/reports/{report}/document.pdf`, its FHIR bundle at
/// `GET /api/reports/{report}/bundle.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ReportVersion {
    pub report: String,
    pub number: u32,
    pub status: ReportStatusWord,
    /// Of the draft: what a change and a signature name.
    pub revision: u32,
    pub words: ReportWords,
    /// Why it was amended; empty for the first.
    #[ts(type = "string")]
    pub why: Pii<String>,
    #[schemars(extend("format" = "date-time"))]
    pub changed_at: String,
    /// Who changed it last.
    #[ts(type = "string")]
    pub changed_by: Pii<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub signed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string")]
    pub signed_by: Option<Pii<String>>,
    /// What the gateway says in it: of a signed one as it was then, of a draft as it is now.
    pub facts: Vec<ReportSection>,
}

/// A part of a report in the language of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReportSection {
    pub title: String,
    #[ts(type = "string[]")]
    pub lines: Vec<Pii<String>>,
}

/// `GET /api/appointments/{id}/report`: every version, in their order; none before the first is begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReportState {
    pub versions: Vec<ReportVersion>,
    /// The visit is over: a draft may be signed.
    pub is_over: bool,
}

/// `POST /api/appointments/{id}/report`: begins the first version, or an amendment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportRequest {
    /// For the first one.
    pub language: LanguageWord,
    /// For an amendment.
    #[ts(type = "string")]
    pub why: Pii<String>,
}

/// `PUT /api/reports/{report}`: the words of a draft, on top of the revision that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportChange {
    pub revision: u32,
    pub words: ReportWords,
}

/// `POST /api/reports/{report}/sign`: signs the revision that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignRequest {
    pub revision: u32,
}

/// What kind of document a patient may fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    Summary,
    Report,
    Image,
    File,
}

/// A document by what it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentItem {
    pub kind: DocumentKind,
    /// The language of a summary, else the identifier of the report, the image or the file.
    pub item: String,
}

/// Something that can be released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct OfferedDocument {
    pub kind: DocumentKind,
    pub item: String,
    /// Its caption, its file name, or the number of its version.
    #[ts(type = "string")]
    pub name: Pii<String>,
    /// Since when the patient may fetch it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub released_at: Option<String>,
}

/// `GET /api/appointments/{id}/documents`, and answer to `PUT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct DocumentsState {
    pub documents: Vec<OfferedDocument>,
    /// Days after the end for which they are there.
    pub days: u32,
    /// When they go; absent before the visit is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub downloads: Vec<DownloadEntry>,
}

/// Somebody took a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DownloadEntry {
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    #[ts(type = "string")]
    pub who: Pii<String>,
    pub kind: DocumentKind,
    pub item: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    pub door: OpenedBy,
    /// What the provider is called where they signed in, and the class of that in brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// `PUT /api/appointments/{id}/documents`: what the patient may fetch from now on, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseRequest {
    /// At most 200.
    pub documents: Vec<DocumentItem>,
}

/// `GET /api/appointments/{id}/after`: who asked to be called back, and whether the visit may be opened again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct AfterEntry {
    /// Until then `POST /api/appointments/{id}/reopen` opens it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopens_until: Option<String>,
    pub asked_back: Vec<AskedBack>,
    pub ratings: Vec<RatingEntry>,
}

/// Somebody asked to be called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct AskedBack {
    pub participant: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// One entry of `GET /api/call-backs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct CallBackEntry {
    pub appointment: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub reopens_until: String,
}

/// What somebody thought of the visit. Without a name: who it was does not matter to those who read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct RatingEntry {
    /// From 1 to 5.
    pub score: u8,
    #[ts(type = "string")]
    pub words: Pii<String>,
}
