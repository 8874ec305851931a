//! Marks as presentation states (PS3.3 A.33.1 for images in grey, A.33.2 for those in colour).

mod pen;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use uuid::Uuid;

use super::super::referenced::{ReferencedFrame, ReferencedImage, ReferencedModality};
use super::super::write::{
    NewSeries, WriteError, Writing, decimal, file, item, moment, object, person, put, put_items, put_longs,
    put_shorts, uid, words,
};
use super::super::{FrameNumber, Presentation, Spot, View, VoiChoice, Window, icc};
use crate::secret::Pii;
use pen::Pen;

/// The layer of all marks.
const LAYER: &str = "PARVIS";
/// A warm yellow, as PCS values (PS3.3 C.10.7.1.1).
const YELLOW: [u16; 3] = [57_000, 33_900, 52_000];
/// Black, in the same way.
const BLACK: [u16; 3] = [0, 0x8080, 0x8080];
/// Behind the series of images.
const SERIES_NUMBER: u32 = 9_901;

/// A mark on a frame, as a presentation state can draw it.
#[derive(Clone, Debug, PartialEq)]
pub struct StateMark {
    /// SOP Instance UID of the image.
    pub uid: String,
    pub frame: FrameNumber,
    pub shape: StateShape,
    /// What stands beside it, several lines perhaps; may be empty.
    pub words: Pii<String>,
}

/// What a mark draws, in units of the frame.
#[derive(Clone, Debug, PartialEq)]
pub enum StateShape {
    /// The second is the tip.
    Arrow([Spot; 2]),
    Line(Vec<Spot>),
    /// The middle, then a point on the circle.
    Circle([Spot; 2]),
    /// In the box of two corners.
    Ellipse([Spot; 2]),
    Rectangle([Spot; 2]),
    Point(Spot),
    /// Words alone.
    Words(Spot),
}

/// Writes marks on images as presentation states, which draw them and let the images look as they do under a presentation and a view: one for
/// all images of a series, or more where these differ in what a state says only once, such as the modality stage. Marks on images that
/// are not among `sources` are left out. The states lie in a series of their own. A table of the image's own for its values of interest is not
/// written: whoever looks through one gives the window that comes nearest (`FrameFacts::window`). Nor is a mask that is subtracted.
///
/// # Errors
/// If an object cannot be put into bytes.
pub fn presentation_states(
    sources: &[ReferencedImage],
    marks: &[StateMark],
    (presentation, view): (&Presentation, &View),
    writing: &Writing<'_>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Vec<Vec<u8>>, WriteError> {
    let mut states: Vec<State<'_>> = Vec::new();
    for source in sources {
        for frame in &source.frames {
            let is_on = |mark: &&StateMark| mark.uid == source.uid && mark.frame.number() == frame.number;
            let on_it: Vec<_> = marks.iter().filter(is_on).collect();
            if on_it.is_empty() {
                continue;
            }
            let page = Page { source, frame, marks: on_it };
            match states.iter_mut().find(|state| state.pages.first().is_some_and(|one| one.is_like(&page))) {
                Some(state) => state.pages.push(page),
                None => states.push(State { pages: vec![page], presentation, view, writing }),
            }
        }
    }
    let mut series: Vec<(&str, NewSeries)> = Vec::new();
    let mut written = Vec::new();
    for (place, state) in states.iter().enumerate() {
        let Some(first) = state.pages.first() else { continue };
        let study = first.source.study_uid.as_str();
        if !series.iter().any(|(of, _)| *of == study) {
            series.push((study, NewSeries { uid: uid(new_id()), modality: "PR", number: SERIES_NUMBER }));
        }
        if let Some((_, series)) = series.iter().find(|(of, _)| *of == study) {
            written.push(state.write(first, series, &uid(new_id()), place + 1)?);
        }
    }
    Ok(written)
}

/// A frame with its marks.
struct Page<'s> {
    source: &'s ReferencedImage,
    frame: &'s ReferencedFrame,
    marks: Vec<&'s StateMark>,
}

impl Page<'_> {
    /// Whether one state can be for both: what it says once is the same for them.
    fn is_like(&self, other: &Self) -> bool {
        let (one, two) = (self.frame, other.frame);
        let is_same_series = (&self.source.study_uid, &self.source.series_uid)
            == (&other.source.study_uid, &other.source.series_uid);
        let is_same_look = (one.is_gray, one.is_inverted, &one.shutter, one.shutter_value)
            == (two.is_gray, two.is_inverted, &two.shutter, two.shutter_value);
        is_same_series && is_same_look && (!one.is_gray || one.modality == two.modality)
    }

    fn reference(&self) -> InMemDicomObject {
        self.source.reference(&[self.frame.number])
    }

    /// An item that is for this frame alone.
    fn item(&self) -> InMemDicomObject {
        let mut item = InMemDicomObject::new_empty();
        put_items(&mut item, tags::REFERENCED_IMAGE_SEQUENCE, vec![self.reference()]);
        item
    }

    /// Columns, rows and the height of a pixel divided by its width.
    fn shape(&self) -> (u32, u32, f64) {
        (self.source.columns, self.source.rows, self.frame.pixel_aspect)
    }
}

/// A state that is being written.
struct State<'s> {
    pages: Vec<Page<'s>>,
    presentation: &'s Presentation,
    view: &'s View,
    writing: &'s Writing<'s>,
}

impl State<'_> {
    fn write(
        &self,
        first: &Page<'_>,
        series: &NewSeries,
        object_uid: &str,
        number: usize,
    ) -> Result<Vec<u8>, WriteError> {
        let class_uid = if first.frame.is_gray {
            uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE
        } else {
            uids::COLOR_SOFTCOPY_PRESENTATION_STATE_STORAGE
        };
        let mut set = object(first.source, class_uid, object_uid, series, self.writing);
        // Which side of a body: the images say it (C.7.3.1).
        put(&mut set, tags::LATERALITY, VR::CS, "");
        // Presentation State Identification (C.11.10).
        let (date, time) = moment(first.source, self.writing.at);
        put(&mut set, tags::PRESENTATION_CREATION_DATE, VR::DA, &date);
        put(&mut set, tags::PRESENTATION_CREATION_TIME, VR::TM, &time);
        put(&mut set, tags::INSTANCE_NUMBER, VR::IS, &number.to_string());
        put(&mut set, tags::CONTENT_LABEL, VR::CS, LAYER);
        put(&mut set, tags::CONTENT_DESCRIPTION, VR::LO, &words(self.writing.description, 64));
        put(&mut set, tags::CONTENT_CREATOR_NAME, VR::PN, &person(self.writing.author.expose()));
        self.relationship(first, &mut set);
        self.look(first, &mut set);
        put_items(&mut set, tags::DISPLAYED_AREA_SELECTION_SEQUENCE, self.areas(first));
        self.turn(&mut set);
        // Graphic Layer (C.10.7) and Graphic Annotation (C.10.5).
        let mut layer =
            item(&[(tags::GRAPHIC_LAYER, VR::CS, LAYER), (tags::GRAPHIC_LAYER_ORDER, VR::IS, "1")]);
        put_shorts(&mut layer, tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_GRAYSCALE_VALUE, VR::US, &[u16::MAX]);
        put_shorts(&mut layer, tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_CIE_LAB_VALUE, VR::US, &YELLOW);
        put_items(&mut set, tags::GRAPHIC_LAYER_SEQUENCE, vec![layer]);
        let annotations = self.pages.iter().map(annotation).collect();
        put_items(&mut set, tags::GRAPHIC_ANNOTATION_SEQUENCE, annotations);
        file(set)
    }

    /// Presentation State Relationship (C.11.11): each image once, with those of its frames that are marked.
    fn relationship(&self, first: &Page<'_>, set: &mut InMemDicomObject) {
        let mut images: Vec<(&ReferencedImage, Vec<u32>)> = Vec::new();
        for page in &self.pages {
            match images.last_mut().filter(|(source, _)| source.uid == page.source.uid) {
                Some((_, frames)) => frames.push(page.frame.number),
                None => images.push((page.source, vec![page.frame.number])),
            }
        }
        let mut series = item(&[(tags::SERIES_INSTANCE_UID, VR::UI, &first.source.series_uid)]);
        let images = images.iter().map(|(source, frames)| source.reference(frames)).collect();
        put_items(&mut series, tags::REFERENCED_IMAGE_SEQUENCE, images);
        put_items(set, tags::REFERENCED_SERIES_SEQUENCE, vec![series]);
    }

    /// Modality LUT (C.11.1), Softcopy VOI LUT (C.11.8), Softcopy Presentation LUT (C.11.6), shutters (C.7.6.11, C.11.12) and the overlays that
    /// are seen (C.11.7): all that the state takes away by not saying it.
    fn look(&self, first: &Page<'_>, set: &mut InMemDicomObject) {
        let frame = first.frame;
        if frame.is_gray {
            modality(&frame.modality, set);
            let voi: Vec<_> = self.windows(first);
            if !voi.is_empty() {
                put_items(set, tags::SOFTCOPY_VOILUT_SEQUENCE, voi);
            }
            let is_inverted = frame.is_inverted != self.presentation.is_inverted;
            let shape = if is_inverted { "INVERSE" } else { "IDENTITY" };
            put(set, tags::PRESENTATION_LUT_SHAPE, VR::CS, shape);
        } else if let Some(profile) = icc::srgb_profile() {
            // ICC Profile (C.11.15).
            set.put(DataElement::new(tags::ICC_PROFILE, VR::OB, PrimitiveValue::from(profile)));
        }
        if self.presentation.has_shutters && frame.shutter().next().is_some() {
            frame.shutter().for_each(|(tag, vr, value)| put(set, tag, vr, value));
            if frame.is_gray {
                put_shorts(set, tags::SHUTTER_PRESENTATION_VALUE, VR::US, &[frame.shutter_value]);
            } else {
                put_shorts(set, tags::SHUTTER_PRESENTATION_COLOR_CIE_LAB_VALUE, VR::US, &BLACK);
            }
        }
        // Of a group that the images have it must be said whether it is seen.
        let layer = if self.presentation.has_overlays { LAYER } else { "" };
        for group in self.pages.iter().flat_map(|page| &page.frame.overlays) {
            put(set, Tag(*group, 0x1001), VR::CS, layer);
        }
    }

    /// One window for all frames, or one for each where theirs differ.
    fn windows(&self, first: &Page<'_>) -> Vec<InMemDicomObject> {
        let of = |page: &Page<'_>| -> Option<(Window, String)> {
            let windows = &page.frame.windows;
            let chosen = match self.presentation.voi {
                VoiChoice::Window(window) => Some(window),
                VoiChoice::Object => None,
                VoiChoice::Alternative(number) => windows.get(usize::from(number)).copied(),
            };
            if let Some(window) = chosen.or_else(|| windows.first().copied()) {
                return Some((window, page.frame.function.clone()));
            }
            // What is spread over the greys where the image does not say it.
            let (low, high) = self.presentation.range.filter(|(low, high)| high > low)?;
            let window = Window { center: f64::midpoint(low, high), width: high - low };
            Some((window, "LINEAR_EXACT".to_owned()))
        };
        let put_into = |mut item: InMemDicomObject, (window, function): (Window, String)| {
            put(&mut item, tags::WINDOW_CENTER, VR::DS, &decimal(window.center));
            put(&mut item, tags::WINDOW_WIDTH, VR::DS, &decimal(window.width));
            if matches!(function.as_str(), "SIGMOID" | "LINEAR_EXACT") {
                put(&mut item, tags::VOILUT_FUNCTION, VR::CS, &function);
            }
            item
        };
        let one = of(first);
        if self.pages.iter().all(|page| of(page) == one) {
            return one.map(|window| put_into(InMemDicomObject::new_empty(), window)).into_iter().collect();
        }
        self.pages.iter().filter_map(|page| Some(put_into(page.item(), of(page)?))).collect()
    }

    /// Displayed Area (C.10.4): all of the frame.
    fn areas(&self, first: &Page<'_>) -> Vec<InMemDicomObject> {
        let is_one = self.pages.iter().all(|page| page.shape() == first.shape());
        let pages = if is_one { &self.pages[..1] } else { &self.pages[..] };
        let area = |page: &Page<'_>| {
            let mut item = if is_one { InMemDicomObject::new_empty() } else { page.item() };
            let (columns, rows, aspect) = page.shape();
            let (right, bottom) = (columns as i32, rows as i32);
            // Clockwise; what is upper left after the turn and the flip.
            let corners = [[1, 1], [right, 1], [right, bottom], [1, bottom]];
            let turns = usize::from(self.view.quarter_turns % 4);
            let after = |place: usize| corners[(place + 4 - turns) % 4];
            let (top_left, bottom_right) =
                if self.view.is_flipped { (after(1), after(3)) } else { (after(0), after(2)) };
            put_longs(&mut item, tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, &top_left);
            put_longs(&mut item, tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, &bottom_right);
            put(&mut item, tags::PRESENTATION_SIZE_MODE, VR::CS, "SCALE TO FIT");
            put(&mut item, tags::PRESENTATION_PIXEL_ASPECT_RATIO, VR::IS, &ratio(aspect));
            item
        };
        pages.iter().map(area).collect()
    }

    /// Spatial Transformation (C.10.6): the turn, then the flip.
    fn turn(&self, set: &mut InMemDicomObject) {
        let turns = self.view.quarter_turns % 4;
        if turns > 0 || self.view.is_flipped {
            put_shorts(set, tags::IMAGE_ROTATION, VR::US, &[u16::from(turns) * 90]);
            let flip = if self.view.is_flipped { "Y" } else { "N" };
            put(set, tags::IMAGE_HORIZONTAL_FLIP, VR::CS, flip);
        }
    }
}

/// An aspect ratio as two whole numbers, vertical first.
fn ratio(aspect: f64) -> String {
    const PARTS: f64 = 10_000.0;
    if (aspect - 1.0).abs() < 1e-6 { "1\\1".to_owned() } else { format!("{:.0}\\{PARTS:.0}", aspect * PARTS) }
}

fn modality(modality: &ReferencedModality, set: &mut InMemDicomObject) {
    match modality {
        ReferencedModality::Rescale { slope, intercept, unit } => {
            put(set, tags::RESCALE_INTERCEPT, VR::DS, &decimal(*intercept));
            put(set, tags::RESCALE_SLOPE, VR::DS, &decimal(*slope));
            put(set, tags::RESCALE_TYPE, VR::LO, unit);
        }
        ReferencedModality::Table { first, bits, entries, unit } => {
            let mut table = item(&[(tags::MODALITY_LUT_TYPE, VR::LO, unit)]);
            // 65536 entries are written as 0; the first value may have a sign.
            let vr = if *first < 0 { VR::SS } else { VR::US };
            let descriptor = [entries.len() as u16, *first as u16, u16::from(*bits)];
            table.put(if vr == VR::SS {
                let descriptor = descriptor.map(|number| number as i16);
                DataElement::new(tags::LUT_DESCRIPTOR, vr, PrimitiveValue::I16(descriptor.as_slice().into()))
            } else {
                DataElement::new(tags::LUT_DESCRIPTOR, vr, PrimitiveValue::U16(descriptor.as_slice().into()))
            });
            put_shorts(&mut table, tags::LUT_DATA, VR::OW, entries);
            put_items(set, tags::MODALITY_LUT_SEQUENCE, vec![table]);
        }
    }
}

/// What is drawn over a frame.
fn annotation(page: &Page<'_>) -> InMemDicomObject {
    let mut annotation = page.item();
    put(&mut annotation, tags::GRAPHIC_LAYER, VR::CS, LAYER);
    let pen = Pen { columns: page.source.columns, rows: page.source.rows, aspect: page.frame.pixel_aspect };
    let graphics: Vec<_> = page.marks.iter().flat_map(|mark| pen.graphics(&mark.shape)).collect();
    let texts: Vec<_> = page.marks.iter().filter_map(|mark| pen.text(mark)).collect();
    for (tag, items) in [(tags::GRAPHIC_OBJECT_SEQUENCE, graphics), (tags::TEXT_OBJECT_SEQUENCE, texts)] {
        if !items.is_empty() {
            put_items(&mut annotation, tag, items);
        }
    }
    annotation
}

#[cfg(test)]
mod tests;
