//! What a radiologist has left with the CT: a presentation state that points at the aorta, and a selection of two slices.

use chrono::{DateTime, FixedOffset};
use dicom_dictionary_std::uids;
use uuid::Uuid;

use super::{CT_SIDE, ct_header};
use crate::imaging::{
    FrameNumber, KeyImage, Presentation, ReferencedImage, Spot, StateMark, StateShape, View, VoiChoice,
    Window, Writing, key_objects, presentation_states,
};
use crate::secret::Pii;

/// The slice that is pointed into, and the other one that is selected; from 0.
const MARKED: usize = 30;
const SELECTED: usize = 40;

/// An arrow and a word over one slice, in a window for the mediastinum.
pub(super) fn arrow(seed: u64) -> Vec<u8> {
    let Some(source) = slice(seed, MARKED) else { return Vec::new() };
    let spot = |x: f64, y: f64| -> Spot { (x / CT_SIDE as f64, y / CT_SIDE as f64) };
    let mark = StateMark {
        uid: source.uid.clone(),
        frame: FrameNumber::FIRST,
        shape: StateShape::Arrow([spot(346.0, 242.0), spot(294.0, 294.0)]),
        words: "Aorte".into(),
    };
    let window = VoiChoice::Window(Window { center: 100.0, width: 500.0 });
    let look = (&Presentation { voi: window, ..Presentation::default() }, &View::default());
    let written =
        |writing: &Writing<'_>| presentation_states(&[source], &[mark], look, writing, &mut ids(seed, 2));
    by_radiologist("Aorte", written)
}

/// Two slices for the doctor who asked.
pub(super) fn selection(seed: u64) -> Vec<u8> {
    let sources: Vec<ReferencedImage> =
        [MARKED, SELECTED].iter().filter_map(|place| slice(seed, *place)).collect();
    let image = |source: &ReferencedImage| KeyImage {
        uid: source.uid.clone(),
        frame: FrameNumber::FIRST,
        caption: Pii::default(),
    };
    let images: Vec<KeyImage> = sources.iter().map(image).collect();
    let written = |writing: &Writing<'_>| key_objects(&sources, &images, writing, &mut ids(seed, 3));
    by_radiologist("Images clés", written)
}

/// The one object that is written, an hour after the study.
fn by_radiologist<E>(
    description: &str,
    write: impl FnOnce(&Writing<'_>) -> Result<Vec<Vec<u8>>, E>,
) -> Vec<u8> {
    let at: Option<DateTime<FixedOffset>> = DateTime::parse_from_rfc3339("2026-11-20T11:15:00+01:00").ok();
    let author = Pii::from("Dr Sofia Lindqvist");
    let write = |at| write(&Writing { author: &author, at, description }).ok()?.pop();
    // An object that cannot be written is left out.
    at.and_then(write).unwrap_or_default()
}

fn slice(seed: u64, place: usize) -> Option<ReferencedImage> {
    ReferencedImage::of(&ct_header(seed, place), uids::EXPLICIT_VR_LITTLE_ENDIAN, &[FrameNumber::FIRST]).ok()
}

/// Identifiers for a series and its objects: the same for the same seed.
fn ids(seed: u64, series: u128) -> impl FnMut() -> Uuid {
    let mut next = (0x5AFE_u128 << 100) | (u128::from(seed) << 32) | (1 << 24) | (series << 8);
    move || {
        next += 1;
        Uuid::from_u128(next)
    }
}
