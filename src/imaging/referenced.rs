//! What an image says that objects about it say again: whose it is, how it is filed, and how it looks where a presentation state must repeat that.

use chrono::FixedOffset;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use serde::{Deserialize, Serialize};

use super::appearance::appearance;
use super::color::Color;
use super::lut::{Modality, PresentationLut};
use super::pixels::{DecodeError, PixelFormat};
use super::read::Object;
use super::{FrameNumber, ValueUnit, Window, dataset, header, lut, plain};
use crate::secret::Pii;

/// The elements of patient and study that file an object beside its images. All but the last three are in every object, empty where the image
/// does not have them; the last is the zone of all times.
const FILED: [(Tag, VR); 13] = [
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_ID, VR::LO),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::PATIENT_SEX, VR::CS),
    (tags::STUDY_INSTANCE_UID, VR::UI),
    (tags::STUDY_DATE, VR::DA),
    (tags::STUDY_TIME, VR::TM),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::STUDY_ID, VR::SH),
    (tags::ACCESSION_NUMBER, VR::SH),
    (tags::ISSUER_OF_PATIENT_ID, VR::LO),
    (tags::STUDY_DESCRIPTION, VR::LO),
    (tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH),
];
/// How many of them every object has.
const ALWAYS: usize = 10;
/// The longest value that is said again, in characters.
const MAX_VALUE: usize = 256;
/// Shutters (PS3.3 C.7.6.11) as text.
const SHUTTER: [(Tag, VR); 8] = [
    (tags::SHUTTER_SHAPE, VR::CS),
    (tags::SHUTTER_LEFT_VERTICAL_EDGE, VR::IS),
    (tags::SHUTTER_RIGHT_VERTICAL_EDGE, VR::IS),
    (tags::SHUTTER_UPPER_HORIZONTAL_EDGE, VR::IS),
    (tags::SHUTTER_LOWER_HORIZONTAL_EDGE, VR::IS),
    (tags::CENTER_OF_CIRCULAR_SHUTTER, VR::IS),
    (tags::RADIUS_OF_CIRCULAR_SHUTTER, VR::IS),
    (tags::VERTICES_OF_THE_POLYGONAL_SHUTTER, VR::IS),
];

/// An image, for objects about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferencedImage {
    pub study_uid: String,
    pub series_uid: String,
    pub class_uid: String,
    /// SOP Instance UID (0008,0018).
    pub uid: String,
    pub columns: u32,
    pub rows: u32,
    /// It has a number of frames, and references name them.
    pub is_multi_frame: bool,
    /// Those that something is to be said about.
    pub frames: Vec<ReferencedFrame>,
    /// Values of [`FILED`], in its order.
    filed: Vec<Pii<String>>,
}

/// How a frame looks by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferencedFrame {
    /// From 1.
    pub number: u32,
    /// Height of a pixel divided by its width.
    pub pixel_aspect: f64,
    pub is_gray: bool,
    /// The lowest values are white.
    pub is_inverted: bool,
    pub modality: ReferencedModality,
    /// The alternatives that are windows.
    pub windows: Vec<Window>,
    /// VOI LUT Function (0028,1056); empty when the image does not say.
    pub function: String,
    /// What hides parts of it, as elements; empty without a shutter, and where a bitmap is one.
    pub(super) shutter: Vec<(u32, String)>,
    /// The tone of what is hidden: a P-Value.
    pub(super) shutter_value: u16,
    /// Groups of overlay planes.
    pub overlays: Vec<u16>,
}

/// The modality stage of a frame, as it is written (PS3.3 C.11.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReferencedModality {
    /// With the name of the unit.
    Rescale {
        slope: f64,
        intercept: f64,
        unit: String,
    },
    Table {
        first: i32,
        bits: u8,
        entries: Vec<u16>,
        unit: String,
    },
}

impl ReferencedImage {
    /// Of the bytes of an object and the frames that something is to be said about.
    ///
    /// # Errors
    /// If it is no image, has no name of its own, or not these frames.
    pub fn read(bytes: &[u8], frames: &[FrameNumber]) -> Result<Self, DecodeError> {
        if plain::recognise(bytes).is_some() {
            return Err(DecodeError::Elsewhere(
                "a file that is no DICOM object cannot be referred to by one",
            ));
        }
        let object = Object::open(bytes)?;
        Self::of(object.dataset(), object.transfer_syntax_uid(), frames)
    }

    /// Of a data set.
    pub fn of(set: &InMemDicomObject, syntax_uid: &str, frames: &[FrameNumber]) -> Result<Self, DecodeError> {
        let name = |tag, name| {
            let uid = dataset::text(set, tag);
            if uid.is_empty() { Err(DecodeError::Missing { name }) } else { Ok(uid) }
        };
        let format = PixelFormat::read(set)?;
        let declared = header::declared_frames(set);
        let of_frame = |frame: &FrameNumber| {
            if frame.number() > declared {
                return Err(DecodeError::NoSuchFrame { frame: frame.number(), frames: declared });
            }
            Ok(ReferencedFrame::of(set, syntax_uid, &format, *frame))
        };
        Ok(Self {
            study_uid: name(tags::STUDY_INSTANCE_UID, "StudyInstanceUID")?,
            series_uid: name(tags::SERIES_INSTANCE_UID, "SeriesInstanceUID")?,
            class_uid: header::class_uid(set),
            uid: name(tags::SOP_INSTANCE_UID, "SOPInstanceUID")?,
            columns: format.columns,
            rows: format.rows,
            is_multi_frame: set.get(tags::NUMBER_OF_FRAMES).is_some(),
            frames: frames.iter().map(of_frame).collect::<Result<_, _>>()?,
            filed: FILED.iter().map(|(tag, _)| Pii::new(said(set, *tag))).collect(),
        })
    }

    /// The elements that file an object about it beside it.
    pub(super) fn filed(&self) -> impl Iterator<Item = (Tag, VR, &Pii<String>)> {
        let all = FILED.iter().zip(&self.filed).enumerate();
        all.filter(|(place, (_, value))| *place < ALWAYS || !value.expose().is_empty())
            .map(|(_, ((tag, vr), value))| (*tag, *vr, value))
    }

    /// Timezone Offset From UTC (0008,0201), in which all its times are.
    pub(super) fn zone(&self) -> Option<FixedOffset> {
        self.filed.last().and_then(|zone| zone.expose().parse().ok())
    }

    /// A reference to it and to some of its frames (PS3.3 table 10-3).
    pub(super) fn reference(&self, frames: &[u32]) -> InMemDicomObject {
        let mut item = super::write::item(&[
            (tags::REFERENCED_SOP_CLASS_UID, VR::UI, &self.class_uid),
            (tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, &self.uid),
        ]);
        if self.is_multi_frame && !frames.is_empty() {
            let frames: Vec<String> = frames.iter().map(u32::to_string).collect();
            super::write::put(&mut item, tags::REFERENCED_FRAME_NUMBER, VR::IS, &frames.join("\\"));
        }
        item
    }
}

/// What an element says, fit to be said again.
fn said(set: &InMemDicomObject, tag: Tag) -> String {
    dataset::text(set, tag).chars().filter(|c| !c.is_control()).take(MAX_VALUE).collect()
}

impl ReferencedFrame {
    fn of(set: &InMemDicomObject, syntax_uid: &str, format: &PixelFormat, frame: FrameNumber) -> Self {
        let color = format.color.ok_or_else(String::new);
        let look = appearance(set, syntax_uid, format, frame.index(), color, Vec::new());
        let voi = dataset::functional_group(set, frame.index(), tags::FRAME_VOILUT_SEQUENCE).unwrap_or(set);
        let holder = dataset::functional_group(set, frame.index(), tags::FRAME_DISPLAY_SHUTTER_SEQUENCE)
            .filter(|own| own.get(tags::SHUTTER_SHAPE).is_some())
            .unwrap_or(set);
        let is_shutter = look.shutters.is_some() && !said(holder, tags::SHUTTER_SHAPE).contains("BITMAP");
        let shutter =
            SHUTTER.iter().filter(|_| is_shutter).map(|(tag, _)| (number(*tag), text(holder, *tag)));
        let has_plane = |group: &u16| set.get(Tag(*group, 0x0010)).is_some();
        Self {
            number: frame.number(),
            pixel_aspect: look.pixel_aspect,
            is_gray: matches!(look.color, Ok(Color::Monochrome1 | Color::Monochrome2))
                && look.palette.is_none(),
            is_inverted: match look.presentation_lut {
                None => look.color == Ok(Color::Monochrome1),
                Some(PresentationLut::Inverse) => true,
                Some(PresentationLut::Identity | PresentationLut::Table(_)) => false,
            },
            modality: ReferencedModality::of(look.modality, lut::value_unit(set, frame.index())),
            windows: look.windows.iter().map(|preset| preset.window).collect(),
            function: said(voi, tags::VOILUT_FUNCTION),
            shutter: shutter.filter(|(_, value)| !value.is_empty()).collect(),
            shutter_value: dataset::integer(holder, tags::SHUTTER_PRESENTATION_VALUE).unwrap_or(0) as u16,
            overlays: (0x6000..=0x601E).step_by(2).filter(has_plane).collect(),
        }
    }

    /// Its shutter, as elements.
    pub(super) fn shutter(&self) -> impl Iterator<Item = (Tag, VR, &str)> {
        self.shutter.iter().filter_map(|(tag, value)| {
            let (tag, vr) = SHUTTER.iter().find(|(known, _)| number(*known) == *tag)?;
            Some((*tag, *vr, value.as_str()))
        })
    }
}

fn number(Tag(group, element): Tag) -> u32 {
    u32::from(group) << 16 | u32::from(element)
}

/// All values of an element of whole numbers or words.
fn text(set: &InMemDicomObject, tag: Tag) -> String {
    if tag == tags::SHUTTER_SHAPE {
        return said(set, tag);
    }
    let numbers = dataset::integers(set, tag);
    let numbers: Vec<String> = numbers.iter().take(8_000).map(i64::to_string).collect();
    numbers.join("\\")
}

impl ReferencedModality {
    fn of(modality: Modality, unit: ValueUnit) -> Self {
        let unit = match unit {
            ValueUnit::Hu => "HU",
            // Unspecified (PS3.3 C.11.1.1.2).
            ValueUnit::Stored => "US",
        };
        let unit = unit.to_owned();
        match modality {
            Modality::Rescale { slope, intercept } => Self::Rescale { slope, intercept, unit },
            Modality::Table(table) => {
                Self::Table { first: table.first, bits: table.bits, entries: table.entries, unit }
            }
        }
    }
}
