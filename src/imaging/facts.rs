//! What a frame tells of itself beside its pixels: how it may be shown, how it lies in the patient, what its lengths are worth.
//!
//! These types cross the pipe between the gateway and the child that decodes, and so can be serialized; the protocol with
//! clients has types of its own.

use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

use super::read::Object;
use super::{
    FrameNumber, Presentation, StoredFrame, Subtraction, Window, calibration, dataset, lossy, lut, mask,
    orientation, segmentation,
};

/// Facts of one frame, under one presentation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FrameFacts {
    /// What the object offers to spread over the greys (PS3.3 C.11.2): its windows, then its tables. The first is the default.
    pub alternatives: Vec<VoiAlternative>,
    /// The window in force, or the one that comes nearest to what is in force, as centre and width; `None` for colour.
    pub window: Option<(f64, f64)>,
    /// What the frame by itself would spread over the greys, lowest and highest value after the modality stage: where the object
    /// offers nothing. For [`Presentation::range`] of the frames beside it.
    #[serde(default)]
    pub own_range: Option<(f64, f64)>,
    /// Height over width of the frame as displayed without a turn, pixel aspect ratio counted in.
    pub aspect: f64,
    /// What lies at the edges of the frame as it is stored; `None` where the object does not say.
    pub edges: Option<Edges>,
    /// Side of the body: `L`, `R`, `B`, `U` as the object writes it (PS3.3 C.7.3.1, C.7.6.1.1.1); empty when it does not say.
    pub laterality: String,
    /// View Position (0018,5101) or the meaning of the view's code, such as `MLO`; empty when the object does not say.
    pub view_position: String,
    /// What a pixel measures. Several for ultrasound with regions; none where lengths are not known.
    pub calibrations: Vec<Calibration>,
    /// What its values are, for whoever reads them off.
    #[serde(default)]
    pub value_unit: ValueUnit,
    /// There are overlay planes that can be shown or hidden.
    pub has_overlays: bool,
    /// There are shutters that can be lifted.
    pub has_shutters: bool,
    /// What is missing of the pixels: one sentence in English.
    pub damage: Option<String>,
    /// The source has been compressed with loss.
    pub lossy: Option<Lossy>,
    /// Burned In Annotation (0028,0301) is `YES`: the pixels themselves may name the patient.
    pub is_burned_in: bool,
    /// What a presentation state draws over the frame.
    pub graphics: Vec<Graphic>,
    /// Turn and flip that a presentation state asks for: quarter turns clockwise, then whether left and right are exchanged.
    pub state_turn: (u8, bool),
    /// The part of the frame that a presentation state asks for: left, top, right, bottom in units of the frame (0..1).
    pub state_area: Option<[f64; 4]>,
    /// What of a presentation state is not applied, or what is done to the frame that nobody would guess: one sentence in English.
    #[serde(default)]
    pub state_notice: Option<String>,
    /// A presentation state is applied: it refers to the frame.
    #[serde(default)]
    pub is_state_applied: bool,
}

/// What a frame says of itself beside its pixels, and what a presentation state adds to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameAbout {
    /// SOP Instance UID (0008,0018) of its object.
    pub sop_uid: String,
    /// Its number, from 1.
    pub frame: Option<FrameNumber>,
    pub edges: Option<Edges>,
    pub laterality: String,
    pub view_position: String,
    pub calibrations: Vec<Calibration>,
    pub value_unit: ValueUnit,
    pub lossy: Option<Lossy>,
    pub is_burned_in: bool,
    /// What is to be subtracted from it before it is shown.
    pub subtraction: Option<Subtraction>,
    /// What the object asks for and is not done, or is done and nobody would guess: one sentence.
    pub notice: Option<String>,
    /// What the presentation state that is applied draws; empty without one, as what follows.
    pub graphics: Vec<Graphic>,
    pub state_turn: (u8, bool),
    pub state_area: Option<[f64; 4]>,
    pub state_notice: Option<String>,
    pub is_state_applied: bool,
}

impl FrameAbout {
    /// Of a frame of an object.
    pub(super) fn read(object: &Object<'_>, frame: FrameNumber) -> Self {
        let set = object.dataset();
        Self {
            sop_uid: dataset::text(set, tags::SOP_INSTANCE_UID),
            frame: Some(frame),
            edges: orientation::edges(set, frame.index()),
            laterality: orientation::laterality(set, frame.index()),
            view_position: orientation::view_position(set),
            calibrations: calibration::calibrations(set, frame.index()),
            value_unit: lut::value_unit(set, frame.index()),
            lossy: lossy::lossy(set, object.transfer_syntax_uid()),
            is_burned_in: dataset::text(set, tags::BURNED_IN_ANNOTATION) == "YES",
            subtraction: Subtraction::read(set, frame),
            notice: segmentation::notice(set, frame).or_else(|| mask::notice(set, frame)),
            ..Self::default()
        }
    }

    /// Of a plain picture: all that is known is whether it was compressed with loss.
    pub(super) fn plain(is_lossy: bool) -> Self {
        Self { lossy: is_lossy.then(Lossy::default), ..Self::default() }
    }
}

impl StoredFrame {
    /// The same frame with a sentence about a presentation state that is not applied.
    #[must_use]
    pub fn with_notice(&self, notice: String) -> Self {
        let about = FrameAbout { state_notice: Some(notice), ..(*self.about).clone() };
        Self { about: std::sync::Arc::new(about), ..self.clone() }
    }

    /// What the frame tells of itself under a presentation.
    pub fn facts(&self, presentation: &Presentation) -> FrameFacts {
        let (look, about) = (&self.appearance, &*self.about);
        let windows = look.windows.iter().map(|preset| VoiAlternative {
            explanation: preset.explanation.clone(),
            window: Some(preset.window),
        });
        let tables = look
            .voi_tables
            .iter()
            .map(|table| VoiAlternative { explanation: table.explanation.clone(), window: None });
        let is_drawn = |overlay| !look.shutters.as_ref().is_some_and(|shutters| shutters.uses(overlay));
        FrameFacts {
            alternatives: windows.chain(tables).collect(),
            window: self.window(presentation).map(|window| (window.center, window.width)),
            own_range: self.own_range(),
            aspect: f64::from(self.rows) * look.pixel_aspect / f64::from(self.columns),
            edges: about.edges.clone(),
            laterality: about.laterality.clone(),
            view_position: about.view_position.clone(),
            calibrations: about.calibrations.clone(),
            value_unit: about.value_unit,
            lossy: about.lossy.clone(),
            is_burned_in: about.is_burned_in,
            graphics: about.graphics.clone(),
            state_turn: about.state_turn,
            state_area: about.state_area,
            state_notice: about.state_notice.clone().or_else(|| about.notice.clone()),
            is_state_applied: about.is_state_applied,
            has_overlays: look.overlays.iter().any(is_drawn),
            has_shutters: look.shutters.is_some(),
            damage: self.damage.as_ref().map(ToString::to_string),
        }
    }
}

/// One way of spreading values over the greys that the object offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoiAlternative {
    /// The object's own words; may be empty.
    pub explanation: String,
    /// `None` for a table.
    pub window: Option<Window>,
}

/// Letters for where the edges lie in the patient: `L`, `R`, `A`, `P`, `H`, `F`, two or three of them for oblique planes
/// (PS3.3 C.7.6.1.1.1), or the object's own codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edges {
    pub left: String,
    pub right: String,
    pub top: String,
    pub bottom: String,
}

impl Edges {
    /// The letters after clockwise quarter turns and then an exchange of left and right.
    #[must_use]
    pub fn turned(self, quarter_turns: u8, is_flipped: bool) -> Self {
        let mut edges = self;
        for _ in 0..quarter_turns % 4 {
            let Self { left, right, top, bottom } = edges;
            edges = Self { left: bottom, top: left, right: top, bottom: right };
        }
        if is_flipped {
            std::mem::swap(&mut edges.left, &mut edges.right);
        }
        edges
    }
}

/// What a pixel measures in a part of the frame (PS3.3 10.7, C.8.5.5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Width and height of a pixel, mm; `None` where it is known that pixels are no lengths, as in the time and speed of a Doppler.
    pub pixel_mm: Option<(f64, f64)>,
    pub source: CalibrationSource,
    /// The part in which it holds: left, top, right, bottom in pixels of the frame; `None`: everywhere. Of parts that overlap, the one on top
    /// comes first.
    pub region: Option<[f64; 4]>,
}

/// What a length rests on; told beside every number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CalibrationSource {
    /// Pixel Spacing of a tomographic image, or calibrated by geometry.
    Patient,
    /// Pixel Spacing calibrated with an object of known size.
    Fiducial,
    /// At the detector: the patient is magnified by an unknown factor.
    Detector,
    /// At the detector, corrected by the estimated magnification.
    Magnification,
    /// Of a scanned film.
    Scanned,
    /// A region of an ultrasound image.
    Ultrasound,
}

/// What values of a frame are, as they are read off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueUnit {
    /// Hounsfield units: after the modality stage (PS3.3 C.11.1.1.2).
    Hu,
    /// As they are stored: what they mean is not known.
    #[default]
    Stored,
}

/// Loss that the source has gone through (PS3.3 C.7.6.1.1.5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lossy {
    /// All ratios multiplied; `None` when the object does not say.
    pub ratio: Option<f64>,
    /// Lossy Image Compression Method (0028,2114), such as `ISO_10918_1`; empty when the object does not say.
    pub method: String,
}

/// Something that a presentation state draws (PS3.3 C.10.5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graphic {
    pub shape: GraphicShape,
    /// Along columns and rows: in units of the frame (0..1), or of the screen when `is_on_screen`.
    pub points: Vec<(f64, f64)>,
    pub is_on_screen: bool,
    pub is_filled: bool,
    /// The colour that the layer recommends, sRGB.
    pub color: Option<[u8; 3]>,
}

/// How the points of a graphic are joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum GraphicShape {
    /// Each point by itself.
    Points,
    Polyline,
    /// A smooth curve through the points.
    Curve,
    /// Centre, then a point on the circle.
    Circle,
    /// Ends of the long axis, then of the short one.
    Ellipse,
    /// Text in the box of the first two points (top left, bottom right), or beside the anchor when there is one point; a third point is an
    /// anchor to which a line leads.
    Text(String),
}

/// What splits and sorts the frames of a series beside size and place, and how they play.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceDetails {
    pub order: OrderFacts,
    pub cine: Option<Cine>,
    /// What a presentation state, a key object selection, a document or a segmentation calls itself; empty for others.
    pub label: String,
    /// The objects that this one refers to, in its order: for presentation states and key object selections.
    pub references: Vec<Reference>,
}

/// What splits a series into stacks, and what sorts a stack where places do not (PS3.3 C.7.6.2.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderFacts {
    /// Image Type (0008,0008), all values.
    pub image_type: Vec<String>,
    pub acquisition: Option<i32>,
    /// Date and time of acquisition or content as DICOM writes it, date first; empty when unknown. Sorts as text.
    pub acquired: String,
    pub temporal: Option<i32>,
    /// ms
    pub echo_time: Option<f64>,
    /// ms
    pub trigger_time: Option<f64>,
    /// s/mm2
    pub b_value: Option<f64>,
    /// Between rows and between columns, mm.
    pub spacing: Option<[f64; 2]>,
    /// Frame of Reference UID (0020,0052): objects with the same one have coordinates that can be compared (PS3.3 C.7.4.1). Empty when the
    /// object does not say.
    pub frame_of_reference: String,
    /// Of a multi-frame object: Image Position (Patient) (0020,0032) of every frame as stored, mm. Empty where no frame says it; a single frame
    /// has its place in [`super::InstanceFacts`].
    pub positions: Vec<Option<[f64; 3]>>,
    /// Across the planes of those frames: one for all of them, or as many as frames.
    pub normals: Vec<[f64; 3]>,
    /// A multi-frame object whose frames are not shown in the order in which they are stored: frame numbers, stack by stack. Empty: one stack,
    /// as stored.
    pub stacks: Vec<Vec<u32>>,
}

/// How the frames play (PS3.3 C.7.6.5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cine {
    /// From a frame to the next, ms; above 0.
    pub frame_ms: f64,
    /// Where it differs from frame to frame: from each frame to the one after it, ms. Empty otherwise.
    pub frames_ms: Vec<f64>,
    /// Forth and back instead of around.
    pub is_sweep: bool,
    /// First and last frame to play, from 1; `None`: all.
    pub trim: Option<(u32, u32)>,
}

/// An object that another one refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reference {
    /// SOP Instance UID.
    pub uid: String,
    /// Series Instance UID; empty when it is not said.
    pub series_uid: String,
    /// Frame numbers; empty: all.
    pub frames: Vec<u32>,
    /// What is said about it; may be empty.
    pub words: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PS3.3 C.10.6: rotation first, clockwise, then the flip.
    #[test]
    fn letters_turn_with_the_picture() {
        let edges = Edges { left: "R".into(), right: "L".into(), top: "A".into(), bottom: "P".into() };
        let seen = |turns, flip| {
            let Edges { left, right, top, bottom } = edges.clone().turned(turns, flip);
            format!("{left}{right}{top}{bottom}")
        };
        assert_eq!(seen(0, false), "RLAP");
        assert_eq!(seen(1, false), "PARL");
        assert_eq!(seen(2, false), "LRPA");
        assert_eq!(seen(3, false), "APLR");
        assert_eq!(seen(0, true), "LRAP");
        assert_eq!(seen(1, true), "APRL");
    }
}
