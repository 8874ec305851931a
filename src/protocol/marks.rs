//! What people draw over frames, what it measures, and the images that they keep.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{CalibrationWord, LengthUnitWord, MarkShapeWord, MeasureRefusalWord, ValueUnitWord};
use crate::secret::Pii;

/// Something that somebody drew over a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct MarkState {
    pub mark: String,
    /// Who drew it, and when.
    pub participant: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The frame that it belongs to, wherever that is on show: `instance` and `frame` of what a viewport shows.
    pub series: String,
    pub instance: String,
    pub frame: u32,
    /// Its place in the stack of `series`, from 0, where that is on show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    pub shape: MarkShapeWord,
    /// As in `add_mark`.
    pub points: Vec<(f64, f64)>,
    #[ts(type = "string")]
    pub text: Pii<String>,
    /// Counts the numbers of one viewing, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// What it measures, once that is known; computed by the gateway, the same for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<MeasuredState>,
}

/// What a mark measures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct MeasuredState {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<LengthState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub angle_degrees: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionState>,
    /// Of a shape without `region`, such as one in colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<LengthState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueState>,
    /// Why something of it is not there, or only in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<MeasureRefusalWord>,
}

/// A length, or an area in squares of the unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct LengthState {
    pub value: f64,
    pub unit: LengthUnitWord,
    /// What millimetres rest on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<CalibrationWord>,
}

/// The values inside a shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct RegionState {
    pub mean: f64,
    /// Of a sample (n - 1).
    pub sd: f64,
    pub min: f64,
    pub max: f64,
    pub unit: ValueUnitWord,
    /// How many pixels have their centre inside and hold a value.
    pub pixels: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<LengthState>,
}

/// The value of one pixel: three in colour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ValueState {
    pub values: Vec<f64>,
    pub unit: ValueUnitWord,
}

/// An image that was kept from the viewing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeyImageState {
    pub image: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// Who kept it.
    pub participant: String,
    /// Of its series, as `title` of `series_shown`, and the place in it.
    pub title: String,
    pub index: u32,
    #[ts(type = "string")]
    pub caption: Pii<String>,
    /// It stands in the patient's summary.
    pub is_shown_to_patient: bool,
}
