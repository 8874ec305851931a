//! The trail, as pages of it are told: to auditors, and to patients of their own data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::secret::Pii;

/// `GET /api/trail`: a page of it, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct TrailPage {
    pub entries: Vec<TrailEntry>,
    /// What `before` has to be for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<f64>,
    /// Records there are, and up to which one the chain is signed.
    pub records: f64,
    pub signed: f64,
    /// The public key that signs, in hexadecimal letters.
    pub key: String,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct TrailEntry {
    pub seq: f64,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// `staff`, `guest`, `sender`, `machine`, `gateway` or `nobody`.
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// Of staff, as they are called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string")]
    pub name: Option<Pii<String>>,
    /// For whom they acted, when it was not for themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string")]
    pub for_name: Option<Pii<String>>,
    pub deed: String,
    pub subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
    pub outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string")]
    pub reason: Option<Pii<String>>,
    pub digest: String,
}

/// `GET /api/trail/alerts`: what was out of the ordinary in the last days, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrailAlerts {
    pub alerts: Vec<TrailEntry>,
}

/// `POST /api/guest/after/access`: who opened one's own data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct OwnTrail {
    pub entries: Vec<OwnTrailEntry>,
}

/// What one person did, as often as they did it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct OwnTrailEntry {
    /// `you`, `staff`, `guest` (whoever came along), `sender` or `gateway`.
    pub who: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string")]
    pub name: Option<Pii<String>>,
    pub deed: String,
    pub subject: String,
    #[schemars(extend("format" = "date-time"))]
    pub first_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub last_at: String,
    pub times: u32,
}
