//! Softcopy presentation states (PS3.3 A.33, PS3.4 annex N): how somebody wants an image to be looked at.

mod graphics;
mod write;

use std::sync::Arc;

use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::appearance::stored_range;
use super::color::Color;
use super::lut::{LookupTable, Modality, PresentationLut};
use super::overlay::Overlay;
use super::read::{Object, OpenError};
use super::shutter::Shutters;
use super::window::WindowFunction;
use super::{FrameAbout, FrameNumber, ObjectKind, Reference, StoredFrame, Values, dataset, details, header};

pub use write::{StateMark, StateShape, presentation_states};

/// Why a presentation state is not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("this object is no presentation state")]
    NoState,
    #[error("a {0} presentation state is not applied here: the image is shown without it")]
    Unsupported(&'static str),
}

/// A presentation state that can be applied to the frames that it refers to.
#[derive(Clone, Debug)]
pub struct PresentationState {
    set: InMemDicomObject,
    references: Vec<Reference>,
    /// Says how stored values become grey, all of it; else only what is drawn and where to look.
    has_grays: bool,
}

impl PresentationState {
    /// Of an opened object.
    pub fn read(object: &Object<'_>) -> Result<Self, StateError> {
        let set = object.dataset();
        let class_uid = dataset::text(set, tags::SOP_CLASS_UID);
        let has_grays = match class_uid.as_str() {
            uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE => true,
            uids::COLOR_SOFTCOPY_PRESENTATION_STATE_STORAGE => false,
            uids::XAXRF_GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE => true,
            other => {
                let number = other.strip_prefix("1.2.840.10008.5.1.4.1.1.11.").ok_or(StateError::NoState)?;
                return Err(StateError::Unsupported(match number {
                    "3" => "pseudo-colour",
                    "4" | "8" => "blending",
                    "6" | "7" | "9" | "10" | "11" => "volumetric",
                    _ => "variable modality LUT or unknown",
                }));
            }
        };
        Ok(Self {
            references: details::references(set, ObjectKind::Presentation),
            set: set.clone(),
            has_grays,
        })
    }

    /// What the state says about a frame of so many columns and rows; `None` where it does not refer to it.
    pub fn for_frame(
        &self,
        sop_uid: &str,
        frame: FrameNumber,
        columns: u32,
        rows: u32,
    ) -> Option<AppliedState<'_>> {
        let number = frame.number();
        let is_named =
            |one: &&Reference| one.uid == sop_uid && (one.frames.is_empty() || one.frames.contains(&number));
        self.references.iter().find(is_named)?;
        Some(AppliedState {
            state: self,
            target: Target { sop_uid: sop_uid.to_owned(), number, columns, rows },
        })
    }

    /// The frame as the state wants it; `None` where it does not refer to it.
    pub fn on(&self, frame: &StoredFrame) -> Option<StoredFrame> {
        let FrameAbout { sop_uid, frame: number, .. } = &*frame.about;
        Some(self.for_frame(sop_uid, (*number)?, frame.columns, frame.rows)?.apply(frame))
    }

    /// What of the state is not followed, for people: one sentence; `None` when all of it is.
    pub fn notice(&self) -> Option<String> {
        let has = |tag| !dataset::items(&self.set, tag).is_empty();
        let mode = dataset::items(&self.set, tags::DISPLAYED_AREA_SELECTION_SEQUENCE)
            .first()
            .map(|item| dataset::text(item, tags::PRESENTATION_SIZE_MODE));
        let missing: Vec<&str> = [
            (has(tags::MASK_SUBTRACTION_SEQUENCE)).then_some("the subtraction of a mask"),
            (mode.as_deref() == Some("TRUE SIZE")).then_some("the true size"),
            (mode.as_deref() == Some("MAGNIFY")).then_some("the magnification"),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!missing.is_empty()).then(|| {
            format!("the presentation state asks for {}, which is not applied here", missing.join(" and "))
        })
    }
}

/// A frame that items of a state may be for.
#[derive(Clone, Debug)]
struct Target {
    sop_uid: String,
    number: u32,
    columns: u32,
    rows: u32,
}

impl Target {
    /// Whether an item is for this frame: it names it, or names none (PS3.3 C.10.4, C.10.5, C.11.8).
    fn is_of(&self, item: &InMemDicomObject) -> bool {
        let named = dataset::items(item, tags::REFERENCED_IMAGE_SEQUENCE);
        named.is_empty()
            || named.iter().filter_map(|image| details::reference(image, "")).any(|one| {
                one.uid == self.sop_uid && (one.frames.is_empty() || one.frames.contains(&self.number))
            })
    }

    fn first<'s>(&self, items: &'s [InMemDicomObject]) -> Option<&'s InMemDicomObject> {
        items.iter().find(|item| self.is_of(item))
    }
}

/// What a state says about one frame.
#[derive(Clone, Debug)]
pub struct AppliedState<'s> {
    state: &'s PresentationState,
    target: Target,
}

impl AppliedState<'_> {
    /// The same values as they are to look, and what is drawn over them. What the state does not say is not taken from the image: it replaces
    /// how the image would look by itself (PS3.4 section N.2).
    pub fn apply(&self, frame: &StoredFrame) -> StoredFrame {
        let (set, target) = (&self.state.set, &self.target);
        let mut look = frame.appearance.clone();
        let planes = Overlay::read(set, 0);
        look.shutters = Shutters::read(set, &planes);
        look.overlays = active_overlays(set, planes, std::mem::take(&mut look.overlays));
        let is_gray = matches!(look.color, Ok(Color::Monochrome1 | Color::Monochrome2));
        if self.state.has_grays && is_gray {
            let is_signed = matches!(*frame.values, Values::I8(_) | Values::I16(_) | Values::I32(_));
            let is_told = [tags::MODALITY_LUT_SEQUENCE, tags::RESCALE_SLOPE, tags::RESCALE_INTERCEPT]
                .iter()
                .any(|tag| set.get(*tag).is_some());
            look.modality = if is_told { Modality::read(set, 0, is_signed) } else { Modality::IDENTITY };
            let is_signed_after = match &look.modality {
                Modality::Rescale { intercept, .. } => is_signed || *intercept < 0.0,
                Modality::Table(_) => false,
            };
            let voi = target.first(dataset::items(set, tags::SOFTCOPY_VOILUT_SEQUENCE));
            look.windows = voi.map(header::windows).unwrap_or_default();
            look.window_function = voi.map(WindowFunction::read).unwrap_or_default();
            let table = |item| LookupTable::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, is_signed_after);
            look.voi_tables = voi
                .map(|voi| dataset::items(voi, tags::VOILUT_SEQUENCE).iter().filter_map(table).collect())
                .unwrap_or_default();
            // Without any the stage is the identity (PS3.4 N.2.1.3): all that the values can be, from black to white.
            let is_whole = !matches!(*frame.values, Values::F32(_) | Values::F64(_));
            look.default_range = is_whole.then(|| stored_range(u16::from(look.bits_stored), is_signed));
            // The state says which end is white, whatever the image does (PS3.3 C.11.6).
            look.presentation_lut = Some(PresentationLut::read(set).unwrap_or_default());
            look.color = Ok(Color::Monochrome2);
        }
        let area = target.first(dataset::items(set, tags::DISPLAYED_AREA_SELECTION_SEQUENCE));
        if let Some(aspect) = area.and_then(presented_aspect) {
            look.pixel_aspect = aspect;
        }
        let about = FrameAbout {
            graphics: graphics::read(set, target),
            state_turn: turn(set),
            state_area: area.and_then(|item| displayed_area(item, target)),
            state_notice: self.state.notice(),
            is_state_applied: true,
            // The state says itself whether a mask is subtracted.
            notice: None,
            ..(*frame.about).clone()
        };
        StoredFrame { appearance: look, about: Arc::new(about), ..frame.clone() }
    }
}

/// The planes that the state activates (PS3.3 C.11.7), its own before those of the image of the same group.
fn active_overlays(set: &InMemDicomObject, own: Vec<Overlay>, of_image: Vec<Overlay>) -> Vec<Overlay> {
    let is_active = |plane: &Overlay| {
        let layer = dicom_core::Tag(plane.group, 0x1001);
        !dataset::text(set, layer).is_empty()
    };
    let is_own = |group: u16| own.iter().any(|plane| plane.group == group);
    let others: Vec<Overlay> = of_image.into_iter().filter(|plane| !is_own(plane.group)).collect();
    own.into_iter().chain(others).filter(is_active).collect()
}

/// Quarter turns clockwise, and whether left and right are exchanged after them (PS3.3 C.10.6).
fn turn(set: &InMemDicomObject) -> (u8, bool) {
    let degrees = dataset::integer(set, tags::IMAGE_ROTATION).unwrap_or(0).rem_euclid(360);
    let is_flipped = dataset::text(set, tags::IMAGE_HORIZONTAL_FLIP) == "Y";
    (if degrees % 90 == 0 { (degrees / 90) as u8 } else { 0 }, is_flipped)
}

/// The displayed area in units of the frame: left, top, right, bottom. Its corners are whole pixels of the frame, counted from 1 before any turn
/// and both inside; after a turn the first need not be the upper left one (PS3.3 C.10.4).
fn displayed_area(item: &InMemDicomObject, target: &Target) -> Option<[f64; 4]> {
    let corner = |tag| match dataset::integers(item, tag)[..] {
        [column, row, ..] => Some((column as f64, row as f64)),
        _ => None,
    };
    let (a, b) = (
        corner(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER)?,
        corner(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER)?,
    );
    let (columns, rows) = (f64::from(target.columns.max(1)), f64::from(target.rows.max(1)));
    let area = [
        (a.0.min(b.0) - 1.0) / columns,
        (a.1.min(b.1) - 1.0) / rows,
        a.0.max(b.0) / columns,
        a.1.max(b.1) / rows,
    ];
    // Far outside of the frame nothing can be seen.
    area.iter().all(|edge| (-100.0..=100.0).contains(edge)).then_some(area)
}

/// Height of a pixel divided by its width, as the state wants it (PS3.3 C.10.4).
fn presented_aspect(item: &InMemDicomObject) -> Option<f64> {
    [tags::PRESENTATION_PIXEL_SPACING, tags::PRESENTATION_PIXEL_ASPECT_RATIO]
        .into_iter()
        .find_map(|tag| match dataset::numbers(item, tag)[..] {
            [vertical, horizontal, ..] if vertical > 0.0 && horizontal > 0.0 => Some(vertical / horizontal),
            _ => None,
        })
        .filter(|aspect| (0.01..=100.0).contains(aspect))
}

#[cfg(test)]
mod tests;
