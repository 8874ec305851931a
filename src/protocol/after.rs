//! Bodies of the HTTP interface for guests after the visit, `/api/guest/after/...`; each shows its link (`Authorization: Link ...`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DocumentKind, OutcomeWord};
use crate::secret::Pii;

/// What somebody had shown besides the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum OpenedBy {
    Sms,
    Email,
    Pin,
    BirthDate,
}

/// Answer to `POST /api/guest/after`, which changes nothing. Without a pass it says nothing of what was said or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct AfterState {
    /// UTC now.
    pub now: String,
    #[schemars(extend("format" = "date-time"))]
    pub ended_at: String,
    pub outcome: OutcomeWord,
    /// Until then they may ask to be called back in.
    pub reopens_until: String,
    /// When they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub asked_back_at: Option<String>,
    /// They have said what they think of the visit.
    pub has_rated: bool,
    /// There are documents for this person, or may be.
    pub may_have_documents: bool,
    pub documents_until: String,
    /// Absent where a second factor has to be shown first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<AfterDocument>>,
}

/// A document that may be fetched: `POST /api/guest/after/documents/{document}` answers with its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct AfterDocument {
    pub document: String,
    pub kind: DocumentKind,
    /// Its caption or file name, the language of a summary, the number of a version.
    #[ts(type = "string")]
    pub name: Pii<String>,
    #[schemars(extend("format" = "date-time"))]
    pub released_at: String,
}

/// `POST /api/guest/after/rating`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RatingRequest {
    /// From 1 to 5.
    pub score: u8,
    /// At most 500 characters; may be empty.
    #[ts(type = "string")]
    pub words: Pii<String>,
}
