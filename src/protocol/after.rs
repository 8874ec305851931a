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
    /// A sign-in at a provider of patients.
    Provider,
}

/// What opens the documents after a visit, besides the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum DocumentAskWord {
    Code,
    /// A code or a sign-in.
    Either,
    /// A sign-in alone.
    Provider,
    Both,
}

/// What a service asks for at its documents: as [`DocumentAskWord`], where patients have a provider and can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS, Default)]
#[serde(rename_all = "snake_case")]
pub enum DocumentNeedWord {
    #[default]
    Either,
    Provider,
    Both,
}

/// How a sign-in of a patient ended: `/join?signed_in=` this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum PatientSignInEnd {
    Done,
    /// Whoever signed in is not the patient.
    Other,
    /// The booking has nothing to compare with.
    NotBooked,
    /// The provider does not say enough.
    NotSaid,
    /// The link leads to no documents any more.
    Closed,
    Expired,
    /// The provider refused, or the person did.
    Refused,
    Weak,
    Untrusted,
    Unreachable,
    Failed,
    SignedOut,
}

/// A provider at which patients prove who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PatientProvider {
    pub provider: String,
    pub label: String,
}

/// `POST /api/guest/after/sign-in`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatientSignInRequest {
    pub provider: String,
}

/// Answer to it: where the browser goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PatientSignIn {
    pub next: String,
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
    /// What has to be shown for them.
    pub ask: DocumentAskWord,
    /// A code was shown, or what stands for one.
    pub has_shown_code: bool,
    /// Where the patient can prove who they are.
    pub providers: Vec<PatientProvider>,
    /// There is something to compare whoever signs in there with.
    pub is_comparable: bool,
    /// What the provider is called at which the patient is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_in_with: Option<String>,
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
