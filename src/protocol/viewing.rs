//! What the consultation looks at, as clients are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{CalibrationWord, ContentWord, LayoutWord, ShapeWord, ValueUnitWord};
use crate::secret::Pii;

/// The shared view state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ViewingState {
    pub revision: u32,
    #[serde(flatten)]
    #[ts(flatten)]
    pub arrangement: ArrangementState,
    /// Who changes the view; absent while nobody presents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presenter: Option<String>,
    /// The presenter's connection is lost; the place is theirs for ten seconds.
    pub is_presenter_lost: bool,
    /// Who gets the presenter's place when its owner is lost: the first host in the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Who may take the presenter's place without asking.
    pub hosts: Vec<String>,
    /// Who asks for the presenter's place, in that order.
    pub asking: Vec<String>,
    /// Staff who look by themselves just now.
    pub own_views: Vec<String>,
    /// Guests see the patient's name.
    pub is_named: bool,
    /// Marks are shown.
    pub has_marks: bool,
    pub guests: GuestTools,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<DescriptionState>,
}

/// What is on show where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ArrangementState {
    pub layout: LayoutWord,
    /// The viewport that keys and tools act on, from 0.
    pub active: u8,
    /// Scrolling in one viewport takes the others along.
    pub is_linked: bool,
    /// As many as the layout has, row by row; null: empty.
    pub viewports: Vec<Option<Shown>>,
}

/// What a member of staff looks at by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct OwnViewState {
    /// Of the viewing: there is one count for all views.
    pub revision: u32,
    /// Absent: this person follows again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrangement: Option<ArrangementState>,
}

/// What guests may draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct GuestTools {
    pub may_mark: bool,
    pub may_measure: bool,
}

/// What is said of the images in writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DescriptionState {
    #[ts(type = "string")]
    pub text: Pii<String>,
    /// Who wrote it.
    pub participant: String,
}

/// A series on show: what stays as long as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesShown {
    pub series: String,
    pub modality: String,
    /// Study and series description; empty for plain files. No name of a person.
    pub title: String,
    /// How many places there are.
    pub count: u32,
    /// What the places are split into, in order; together they are all of them.
    pub stacks: Vec<StackState>,
    /// Presentation states that fit.
    pub states: Vec<StateChoice>,
}

/// Frames that belong together: one volume, one series over time, one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct StackState {
    /// Its first place, from 0, and how many it has.
    pub first: u32,
    pub count: u32,
    /// The usual step from slice to slice, mm; absent where places in the patient are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_mm: Option<f64>,
    /// Steps larger than that: slices are missing, or the series was planned so.
    pub gaps: u32,
    /// Slices at a place that another one has already.
    pub duplicates: u32,
}

/// What of a series is on show in a viewport, and how: what changes from step to step. The rest is told before it, once: `series_shown`,
/// `frames_failed`, `cine`, `graphics`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct Shown {
    pub series: String,
    /// Place from 0.
    pub index: u32,
    /// Revision at which what is rendered here last changed: the pictures of this viewport carry it.
    pub picture: u32,
    /// The object at this place, and the number of its frame, from 1: marks name them.
    pub instance: String,
    pub frame: u32,
    /// Name and birth date of the patient as the object has them. Guests get it only while `isNamed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub patient: Option<Pii<String>>,
    /// What is on show at this place: pictures, or the content of another object.
    pub content: ContentWord,
    /// Size of the frame in pixels of the source; 0 for what is no picture.
    pub columns: u32,
    pub rows: u32,
    /// Height over width of the frame as it must be shown, pixel aspect ratio counted in.
    pub aspect: f64,
    /// The window that is in force; absent for colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowState>,
    /// What values are in; absent for colour and where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_unit: Option<ValueUnitWord>,
    /// What the object offers to spread over the greys, the default first; tables have no window.
    pub alternatives: Vec<AlternativeState>,
    /// The alternative that the presenter chose; absent for the default and for a window of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternative: Option<u32>,
    pub is_inverted: bool,
    /// Overlay planes are drawn, if there are any; so shutters.
    pub has_overlays: bool,
    pub is_overlaid: bool,
    pub has_shutters: bool,
    pub is_shuttered: bool,
    pub zoom: f64,
    /// The point of the frame at the middle of the screen, along columns and rows of the source, whatever the turn.
    pub center_x: f64,
    pub center_y: f64,
    /// Quarter turns clockwise, 0..=3; then left and right exchanged.
    pub quarter_turns: u8,
    pub is_flipped: bool,
    /// What lies at the edges as shown now, turned and flipped; absent where the object does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edges: Option<EdgesState>,
    /// Side of the body, and view, in the object's words; may be empty.
    pub laterality: String,
    pub view_position: String,
    /// What a pixel measures; none where lengths are not known.
    pub calibrations: Vec<CalibrationState>,
    /// The object itself was compressed with loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lossy_source: Option<LossyState>,
    /// What is missing of the frame: one sentence in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
    /// What of the presentation state is not applied: one sentence in English. Nothing is missing of the frame itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_notice: Option<String>,
    /// The pixels themselves may name the patient.
    pub is_burned_in: bool,
    /// The presentation state that is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// One way of spreading values over the greys that the object offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct AlternativeState {
    /// The object's own words; may be empty.
    pub explanation: String,
    /// Absent for a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowState>,
}

/// Letters for where the edges of the picture lie in the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EdgesState {
    pub left: String,
    pub right: String,
    pub top: String,
    pub bottom: String,
}

/// What a pixel of the source measures, mm, and what that rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct CalibrationState {
    pub width_mm: f64,
    pub height_mm: f64,
    pub source: CalibrationWord,
    /// Left, top, right, bottom in pixels of the source; absent: everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<[f64; 4]>,
}

/// Loss that the source has gone through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct LossyState {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// As DICOM names it; may be empty.
    pub method: String,
}

/// A presentation state that can be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct StateChoice {
    pub state: String,
    /// Its own words; may be empty.
    pub label: String,
}

/// Something that a presentation state draws over the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct GraphicState {
    pub shape: ShapeWord,
    /// Along columns and rows: in units of the frame (0..1), or of the screen when `isOnScreen`. Circle: centre, then a point on it. Ellipse: ends of
    /// the long axis, then of the short one. Text: box (top left, bottom right) or one anchor; a third point is where a line leads.
    pub points: Vec<(f64, f64)>,
    pub is_on_screen: bool,
    pub is_filled: bool,
    /// `#rrggbb`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// For text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// How a stack plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct CineState {
    /// From a frame to the next, ms.
    pub frame_ms: f64,
    /// Where it differs from frame to frame; empty otherwise.
    pub frames_ms: Vec<f64>,
    /// Forth and back instead of around.
    pub is_sweep: bool,
    /// First and last place to play, from 0.
    pub first: u32,
    pub last: u32,
}

/// A text with headings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DocumentState {
    pub title: String,
    /// Names and values, in this order.
    pub facts: Vec<(String, String)>,
    pub sections: Vec<SectionState>,
}

/// A part of a text and what is below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SectionState {
    /// May be empty.
    pub heading: String,
    /// Paragraphs, separated by line breaks; may be empty.
    pub text: String,
    /// How many images the part refers to.
    pub images: u32,
    pub sections: Vec<SectionState>,
}

/// A window, in units after the modality LUT.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct WindowState {
    pub center: f64,
    pub width: f64,
}
