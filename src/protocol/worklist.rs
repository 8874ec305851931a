//! What radiologists look for work in, and how they come into a consultation that runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One consultation of `GET /api/worklist` that has begun, is not over and has studies, by start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorklistEntry {
    pub appointment: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    pub service: String,
    /// The patient's name, as booked.
    pub patient: String,
    /// Somebody is in the call now.
    pub is_running: bool,
    /// In the order in which they came.
    pub studies: Vec<WorklistStudy>,
}

/// One study of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct WorklistStudy {
    pub study: String,
    /// The series to begin with: the first that has pictures, else the first.
    pub series: String,
    /// Of the study; may be empty.
    pub description: String,
    /// Of that series.
    pub modality: String,
    /// `2026-11-18`, absent when the objects do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// `POST /api/appointments/{id}/drop-in`: who this person is in the consultation, which they may enter now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DroppedIn {
    pub participant: String,
}
