//! Bodies of the HTTP interface about what is counted, and about what is deleted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::clinical::Period;
use crate::secret::Pii;

/// How long one row of a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum PeriodWord {
    Day,
    Week,
    Month,
}

/// `GET /api/statistics/services`: of what the reader may see counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct StatisticsChoice {
    /// All visits together, those without a service among them.
    pub may_see_all: bool,
    pub services: Vec<ServiceChoice>,
}

/// A service whose counts the reader may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServiceChoice {
    pub service: String,
    pub name: String,
    pub site: String,
}

/// `GET /api/statistics?service=...&from=2026-11-01&to=2026-11-30&period=week`; `/api/statistics.csv` has the same as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct StatisticsReport {
    pub from: String,
    pub to: String,
    pub period: PeriodWord,
    /// From the earliest; those without a visit are missing.
    pub rows: Vec<StatisticsRow>,
    /// Of all rows. What is not named is 0; `null` is a number below five, which is hidden.
    pub total: BTreeMap<String, Option<f64>>,
    /// Messages are counted on this server.
    pub has_messages: bool,
    pub has_ratings: bool,
}

/// The counts of one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct StatisticsRow {
    /// Its first day.
    pub from: String,
    pub counts: BTreeMap<String, Option<f64>>,
}

/// `GET /api/retention`, for administrators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct RetentionState {
    pub classes: Vec<RetentionClass>,
    /// Newest first; `/api/retention/proofs.csv` has all of them.
    pub proofs: Vec<ProofEntry>,
    pub holds: Vec<HoldEntry>,
}

/// One class of data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct RetentionClass {
    pub class: String,
    /// After the planned end of a visit; absent where another rule says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Visits of which something is kept, is due now, and would be due but is held.
    pub kept: f64,
    pub due: f64,
    pub held: f64,
    /// When the next of it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub next_at: Option<String>,
}

/// Proof that something was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProofEntry {
    pub proof: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub class: String,
    /// `after_visit:` and days, `chat_over` or `chat_written`; or the words of an earlier release.
    pub rule: String,
    pub rows: f64,
    /// SHA-256 over the sorted identifiers of the rows.
    pub sha256: String,
}

/// An appointment of which nothing is deleted, or was not until it was lifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct HoldEntry {
    pub hold: String,
    /// Absent once nothing is left of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<HoldableEntry>,
    #[ts(type = "string")]
    pub reason: Pii<String>,
    #[schemars(extend("format" = "date-time"))]
    pub set_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub lifted_at: Option<String>,
}

/// An appointment that can be held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct HoldableEntry {
    pub appointment: String,
    #[ts(type = "string")]
    pub patient: Pii<String>,
    pub service: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
}

/// `POST /api/retention/appointments`: words of the patient's name, or the day of the visit, or both. Not in an address: addresses get into logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct HoldableRequest {
    #[ts(type = "string")]
    pub name: Pii<String>,
    /// `2026-11-30`, by the clocks of the hospital.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub day: Option<String>,
}

/// `POST /api/retention/holds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldRequest {
    pub appointment: String,
    #[ts(type = "string")]
    pub reason: Pii<String>,
}

/// Answer to `POST /api/retention/run`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PurgeRun {
    /// Rows that went.
    pub rows: f64,
}

impl From<PeriodWord> for Period {
    fn from(word: PeriodWord) -> Self {
        match word {
            PeriodWord::Day => Self::Day,
            PeriodWord::Week => Self::Week,
            PeriodWord::Month => Self::Month,
        }
    }
}
