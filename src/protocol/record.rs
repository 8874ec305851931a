//! What was shown in a consultation, and who saw it, as it is read afterwards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{LayoutWord, StepCauseWord};

/// `GET /api/appointments/{id}/viewing`: what was shown in a consultation, and who had it on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ViewingRecord {
    /// Oldest first.
    pub steps: Vec<StepEntry>,
}

/// A state of the viewing that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct StepEntry {
    pub step: String,
    /// Since when it was shown.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// How long, until the next step, ms; absent for the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u32>,
    pub cause: StepCauseWord,
    /// It was kept on the way: the view went on. Not everybody draws all that is on the way.
    pub is_moving: bool,
    /// Revision of the viewing; after a restart of the gateway they begin anew.
    pub revision: u32,
    /// Absent: nobody presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presenter: Option<String>,
    pub layout: LayoutWord,
    /// Those that showed something.
    pub viewports: Vec<StepViewport>,
    /// Who had all its pictures on the screen.
    pub seen_by: Vec<StepSight>,
    /// Who was in the call when it began, and did not.
    pub missed_by: Vec<String>,
}

/// What a viewport showed. Its picture: `GET /api/steps/{step}/picture?viewport=N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct StepViewport {
    pub viewport: u8,
    pub series: String,
    /// Place from 0.
    pub index: u32,
    /// Else a text, pages or a sound: it is not known who saw that.
    pub is_picture: bool,
}

/// Somebody who had a step on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct StepSight {
    pub participant: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// Exact pictures, at least in the end.
    pub is_lossless: bool,
}
