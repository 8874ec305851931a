//! What the consultation looks at, as clients are told.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{CalibrationWord, ContentWord, ShapeWord};

/// The shared view state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ViewingState {
    pub revision: u32,
    /// Who changes the view; absent while nobody presents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presenter: Option<String>,
    /// Absent while nothing is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
}

/// A series on show, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct Shown {
    pub series: String,
    pub modality: String,
    /// Study and series description; empty for plain files. No name of a person.
    pub title: String,
    /// Place in the stack from 0, and its length.
    pub index: u32,
    pub count: u32,
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
    /// The pixels themselves may name the patient.
    pub is_burned_in: bool,
    /// Presentation states that fit, and the one that is applied.
    pub states: Vec<StateChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What the presentation state draws.
    pub graphics: Vec<GraphicState>,
    /// How the stack plays; absent where nothing is said and there is one frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cine: Option<CineState>,
}

/// One way of spreading values over the greys that the object offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EdgesState {
    pub left: String,
    pub right: String,
    pub top: String,
    pub bottom: String,
}

/// What a pixel of the source measures, mm, and what that rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct LossyState {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// As DICOM names it; may be empty.
    pub method: String,
}

/// A presentation state that can be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StateChoice {
    pub state: String,
    /// Its own words; may be empty.
    pub label: String,
}

/// Something that a presentation state draws over the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DocumentState {
    pub title: String,
    /// Names and values, in this order.
    pub facts: Vec<(String, String)>,
    pub sections: Vec<SectionState>,
}

/// A part of a text and what is below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WindowState {
    pub center: f64,
    pub width: f64,
}
