//! What the header of an object says about how a frame is to look.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::color::{Color, Palette};
use super::icc::IccTransform;
use super::lut::{LookupTable, Modality, PresentationLut};
use super::overlay::Overlay;
use super::pixels::PixelFormat;
use super::shutter::Shutters;
use super::window::WindowFunction;
use super::{WindowPreset, dataset, header, segmentation};

/// What the header says about how a frame is to look.
#[derive(Clone, Debug, PartialEq)]
pub struct Appearance {
    /// `Err` names an interpretation that cannot be shown, while its values can still be read.
    pub color: Result<Color, String>,
    pub bits_stored: u8,
    pub modality: Modality,
    /// Alternatives for the whole image, the first is the default.
    pub windows: Vec<WindowPreset>,
    pub window_function: WindowFunction,
    /// VOI LUT Sequence: alternatives.
    pub voi_tables: Vec<LookupTable>,
    /// Stored values that are no image, lowest and highest (PS3.3 C.7.5.1.1.2).
    pub padding: Option<(f64, f64)>,
    /// After the values of interest; `None` where the object does not say.
    pub presentation_lut: Option<PresentationLut>,
    pub overlays: Vec<Overlay>,
    pub shutters: Option<Shutters>,
    /// Of a palette image; of a monochrome image a supplement, which colours some of its values.
    pub palette: Option<Palette>,
    /// From the colours of the device to sRGB.
    pub icc: Option<IccTransform>,
    /// Stored values that are black and white where the object has no values of interest, because it is to be seen as it is
    /// stored; `None`: those that occur in the frame, or in its stack.
    pub default_range: Option<(f64, f64)>,
    /// Height of a pixel divided by its width, from spacing or aspect ratio (PS3.3 C.7.6.3.1.7).
    pub pixel_aspect: f64,
    pub is_lossy: bool,
}

/// Reads it for a frame, index from 0. `embedded`: overlay planes that were found in the pixels.
pub(super) fn appearance(
    set: &InMemDicomObject,
    syntax_uid: &str,
    format: &PixelFormat,
    frame_index: usize,
    color: Result<Color, String>,
    embedded: Vec<Overlay>,
) -> Appearance {
    let voi = dataset::functional_group(set, frame_index, tags::FRAME_VOILUT_SEQUENCE).unwrap_or(set);
    let modality = Modality::read(set, frame_index, format.is_signed);
    // The input of a VOI table may be negative only when the output of the modality stage may.
    let is_signed = match &modality {
        Modality::Rescale { intercept, .. } => format.is_signed || *intercept < 0.0,
        Modality::Table(_) => false,
    };
    let mut overlays = Overlay::read(set, frame_index);
    overlays.extend(embedded);
    let is_gray = matches!(color, Ok(Color::Monochrome1 | Color::Monochrome2));
    let has_palette = color == Ok(Color::Palette) || is_gray && is_supplemented(set, frame_index);
    // The shape repeats what the photometric interpretation says, or contradicts it: then the older of the two is right, unless the shape
    // turns the image (PS3.3 C.8.11.3).
    let presentation_lut = PresentationLut::read(set)
        .filter(|lut| !(color == Ok(Color::Monochrome1) && *lut == PresentationLut::Identity));
    Appearance {
        presentation_lut,
        shutters: Shutters::of_frame(set, frame_index, &overlays),
        overlays,
        bits_stored: format.bits_stored as u8,
        windows: header::windows(voi),
        window_function: WindowFunction::read(voi),
        voi_tables: dataset::items(voi, tags::VOILUT_SEQUENCE)
            .iter()
            .filter_map(|item| LookupTable::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, is_signed))
            .collect(),
        modality,
        padding: padding(set, format),
        palette: if has_palette { Palette::read(set, format.is_signed) } else { None },
        icc: if is_gray { None } else { IccTransform::read(set) },
        default_range: segmentation::range(set).or_else(|| {
            is_as_stored(set, format).then(|| stored_range(format.bits_stored, format.is_signed))
        }),
        pixel_aspect: pixel_aspect(set, frame_index),
        is_lossy: header::is_lossy(set, syntax_uid),
        color,
    }
}

/// Whether a palette colours the upper values of a grey frame: Pixel Presentation (0008,9205) of the object, and where it is MIXED that of the
/// frame (PS3.3 C.8.16.2.1.1).
fn is_supplemented(set: &InMemDicomObject, frame_index: usize) -> bool {
    let of_frame = || {
        [
            tags::MR_IMAGE_FRAME_TYPE_SEQUENCE,
            tags::CT_IMAGE_FRAME_TYPE_SEQUENCE,
            tags::PET_FRAME_TYPE_SEQUENCE,
        ]
        .iter()
        .find_map(|group| dataset::functional_group(set, frame_index, *group))
        .map(|item| dataset::text(item, tags::PIXEL_PRESENTATION))
    };
    match dataset::text(set, tags::PIXEL_PRESENTATION).as_str() {
        "COLOR" => true,
        "MIXED" => of_frame().as_deref() == Some("COLOR"),
        _ => false,
    }
}

/// Ultrasound and captured screens of 8 bits are grey as they are stored: no window is said because none is needed. If they were
/// spread by their own values, a dark one would be as light as any other, and a clip would flicker.
fn is_as_stored(set: &InMemDicomObject, format: &PixelFormat) -> bool {
    matches!(dataset::text(set, tags::MODALITY).as_str(), "US" | "IVUS" | "OT")
        && format.bits_stored == 8
        && !format.is_signed
}

/// The lowest and the highest value that so many bits can hold.
pub(super) fn stored_range(bits_stored: u16, is_signed: bool) -> (f64, f64) {
    let half = 2.0_f64.powi(i32::from(bits_stored) - 1);
    if is_signed { (-half, half - 1.0) } else { (0.0, 2.0 * half - 1.0) }
}

fn padding(set: &InMemDicomObject, format: &PixelFormat) -> Option<(f64, f64)> {
    let range = |one: f64, limit: Option<f64>| {
        let other = limit.unwrap_or(one);
        Some((one.min(other), one.max(other)))
    };
    for (value, limit) in [
        (tags::FLOAT_PIXEL_PADDING_VALUE, tags::FLOAT_PIXEL_PADDING_RANGE_LIMIT),
        (tags::DOUBLE_FLOAT_PIXEL_PADDING_VALUE, tags::DOUBLE_FLOAT_PIXEL_PADDING_RANGE_LIMIT),
    ] {
        if let Some(one) = dataset::number(set, value) {
            return range(one, dataset::number(set, limit));
        }
    }
    // The sign follows PixelRepresentation whatever the VR says.
    let value = |tag| {
        let value = dataset::integer(set, tag)?;
        Some(f64::from(if format.is_signed {
            i32::from(value as u16 as i16)
        } else {
            i32::from(value as u16)
        }))
    };
    range(value(tags::PIXEL_PADDING_VALUE)?, value(tags::PIXEL_PADDING_RANGE_LIMIT))
}

/// Height of a pixel by its width. Lengths say it before the ratio does (PS3.3 C.7.6.3.1.7).
fn pixel_aspect(set: &InMemDicomObject, frame_index: usize) -> f64 {
    let measures = dataset::functional_group(set, frame_index, tags::PIXEL_MEASURES_SEQUENCE).unwrap_or(set);
    let spacings = [
        dataset::numbers(measures, tags::PIXEL_SPACING),
        dataset::numbers(set, tags::IMAGER_PIXEL_SPACING),
        dataset::numbers(set, tags::NOMINAL_SCANNED_PIXEL_SPACING),
        region_spacing(set),
        // Vertical, horizontal.
        dataset::numbers(set, tags::PIXEL_ASPECT_RATIO),
    ];
    spacings
        .iter()
        .find_map(|spacing| match spacing[..] {
            [vertical, horizontal, ..] if vertical > 0.0 && horizontal > 0.0 => Some(vertical / horizontal),
            _ => None,
        })
        .filter(|aspect| (0.01..=100.0).contains(aspect))
        // Rounding in the header is no reason to scale.
        .map_or(1.0, |aspect| if (aspect - 1.0).abs() < 1e-3 { 1.0 } else { aspect })
}

/// Vertical and horizontal spacing in the largest part of an ultrasound frame that is a picture of space (PS3.3 C.8.5.5).
fn region_spacing(set: &InMemDicomObject) -> Vec<f64> {
    let spacing = |region: &InMemDicomObject| {
        let number = |tag| dataset::number(region, tag);
        let is_centimetres = |tag| dataset::integer(region, tag) == Some(3);
        // Spatial format 1: a two-dimensional picture. Other formats have time or speed along an axis.
        if dataset::integer(region, tags::REGION_SPATIAL_FORMAT) != Some(1)
            || !is_centimetres(tags::PHYSICAL_UNITS_X_DIRECTION)
            || !is_centimetres(tags::PHYSICAL_UNITS_Y_DIRECTION)
        {
            return None;
        }
        let side = |from, to| Some(number(to)? - number(from)?).filter(|side| *side > 0.0);
        let area = side(tags::REGION_LOCATION_MIN_X0, tags::REGION_LOCATION_MAX_X1)?
            * side(tags::REGION_LOCATION_MIN_Y0, tags::REGION_LOCATION_MAX_Y1)?;
        let delta = |tag| number(tag).map(f64::abs).filter(|delta| delta.is_finite() && *delta > 0.0);
        Some((area, [delta(tags::PHYSICAL_DELTA_Y)?, delta(tags::PHYSICAL_DELTA_X)?]))
    };
    dataset::items(set, tags::SEQUENCE_OF_ULTRASOUND_REGIONS)
        .iter()
        .filter_map(spacing)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map_or(Vec::new(), |(_, spacing)| spacing.to_vec())
}

#[cfg(test)]
mod tests;
