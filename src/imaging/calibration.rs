//! What a pixel measures, and what that rests on (PS3.3 section 10.7, C.8.5.5).

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{Calibration, CalibrationSource, dataset};

/// The most regions of an ultrasound image that are read.
const MAX_REGIONS: usize = 64;
/// Centimetres, in Physical Units X Direction (0018,6024) and Y Direction (0018,6026).
const CENTIMETRES: i64 = 3;
/// Region Spatial Format (0018,6012): a two-dimensional picture, neither M-mode nor Doppler.
const TWO_DIMENSIONAL: i64 = 1;

/// What pixels of a frame measure, index from 0; empty where nothing is known.
pub(super) fn calibrations(set: &InMemDicomObject, frame_index: usize) -> Vec<Calibration> {
    let regions = dataset::items(set, tags::SEQUENCE_OF_ULTRASOUND_REGIONS);
    if !regions.is_empty() {
        // Outside of the regions, and in those with other axes, lengths are not known.
        return regions.iter().take(MAX_REGIONS).filter_map(region).collect();
    }
    spacing(set, frame_index)
        .map(|(pixel_mm, source)| Calibration { pixel_mm, source, region: None })
        .into_iter()
        .collect()
}

fn region(item: &InMemDicomObject) -> Option<Calibration> {
    let whole = |tag| dataset::integer(item, tag);
    let is_flat = whole(tags::REGION_SPATIAL_FORMAT) == Some(TWO_DIMENSIONAL);
    let is_length = [tags::PHYSICAL_UNITS_X_DIRECTION, tags::PHYSICAL_UNITS_Y_DIRECTION]
        .iter()
        .all(|tag| whole(*tag) == Some(CENTIMETRES));
    if !is_flat || !is_length {
        return None;
    }
    // Deltas may be negative: the axis points the other way.
    let mm =
        |tag| dataset::number(item, tag).map(|cm| cm.abs() * 10.0).filter(|mm| mm.is_finite() && *mm > 0.0);
    let edge = |tag| dataset::number(item, tag).filter(|edge| edge.is_finite());
    let left = edge(tags::REGION_LOCATION_MIN_X0)?;
    let top = edge(tags::REGION_LOCATION_MIN_Y0)?;
    // The last pixel belongs to the region (PS3.3 C.8.5.5.1.1).
    let right = edge(tags::REGION_LOCATION_MAX_X1)? + 1.0;
    let bottom = edge(tags::REGION_LOCATION_MAX_Y1)? + 1.0;
    if right <= left || bottom <= top {
        return None;
    }
    Some(Calibration {
        pixel_mm: (mm(tags::PHYSICAL_DELTA_X)?, mm(tags::PHYSICAL_DELTA_Y)?),
        source: CalibrationSource::Ultrasound,
        region: Some([left, top, right, bottom]),
    })
}

/// Width and height of a pixel, mm, and where they come from.
fn spacing(set: &InMemDicomObject, frame_index: usize) -> Option<((f64, f64), CalibrationSource)> {
    let measures = dataset::functional_group(set, frame_index, tags::PIXEL_MEASURES_SEQUENCE).unwrap_or(set);
    let properties = dataset::functional_group(set, frame_index, tags::FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE)
        .unwrap_or(set);
    let beam = dataset::functional_group(set, frame_index, tags::PROJECTION_PIXEL_CALIBRATION_SEQUENCE)
        .unwrap_or(set);
    let detector =
        pair(properties, tags::IMAGER_PIXEL_SPACING).or_else(|| pair(set, tags::IMAGER_PIXEL_SPACING));
    let calibration = dataset::text(set, tags::PIXEL_SPACING_CALIBRATION_TYPE);
    let is_projection = matches!(
        dataset::text(set, tags::MODALITY).as_str(),
        "CR" | "DX" | "MG" | "XA" | "RF" | "IO" | "PX" | "DR" | "RG" | "XC"
    ) || detector.is_some();
    if let Some(mm) = pair(measures, tags::PIXEL_SPACING) {
        let is_like_detector = detector.is_none_or(|detector| is_near(detector, mm));
        let source = match calibration.as_str() {
            "FIDUCIAL" => CalibrationSource::Fiducial,
            "GEOMETRY" => CalibrationSource::Patient,
            // Not calibrated unless it differs from the spacing at the detector (PS3.3 section 10.7.1.3).
            _ if is_projection && is_like_detector => {
                return Some(at_detector(set, mm));
            }
            _ => CalibrationSource::Patient,
        };
        return Some((mm, source));
    }
    if let Some(mm) = pair(beam, tags::OBJECT_PIXEL_SPACING_IN_CENTER_OF_BEAM) {
        return Some((mm, CalibrationSource::Magnification));
    }
    if let Some(mm) = detector {
        return Some(at_detector(set, mm));
    }
    pair(set, tags::NOMINAL_SCANNED_PIXEL_SPACING).map(|mm| (mm, CalibrationSource::Scanned))
}

/// The spacing at the detector, brought to the patient where the magnification is estimated.
fn at_detector(set: &InMemDicomObject, mm: (f64, f64)) -> ((f64, f64), CalibrationSource) {
    let factor = dataset::number(set, tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR)
        .filter(|factor| (0.1..=100.0).contains(factor));
    match factor {
        Some(factor) => ((mm.0 / factor, mm.1 / factor), CalibrationSource::Magnification),
        None => (mm, CalibrationSource::Detector),
    }
}

fn is_near(a: (f64, f64), b: (f64, f64)) -> bool {
    let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-3 * a.max(b);
    is_near(a.0, b.0) && is_near(a.1, b.1)
}

/// A spacing as DICOM writes it, between rows and then between columns (PS3.3 section 10.7.1.1), as width and height of a pixel.
fn pair(set: &InMemDicomObject, tag: Tag) -> Option<(f64, f64)> {
    match dataset::numbers(set, tag)[..] {
        [rows, columns, ..]
            if [rows, columns].iter().all(|mm| mm.is_finite() && (1e-6..1e5).contains(mm)) =>
        {
            Some((columns, rows))
        }
        _ => None,
    }
}

/// The length between two points, in pixels of the frame, and what it rests on. `None` where they do not lie in one calibrated part.
pub fn length_mm(
    calibrations: &[Calibration],
    from: (f64, f64),
    to: (f64, f64),
) -> Option<(f64, CalibrationSource)> {
    let area = |region: &Option<[f64; 4]>| {
        region.map_or(f64::INFINITY, |[left, top, right, bottom]| (right - left) * (bottom - top))
    };
    let is_inside = |region: &Option<[f64; 4]>, (x, y): (f64, f64)| {
        region.is_none_or(|[left, top, right, bottom]| {
            (left..=right).contains(&x) && (top..=bottom).contains(&y)
        })
    };
    let of_both =
        calibrations.iter().filter(|one| is_inside(&one.region, from) && is_inside(&one.region, to));
    // Where regions overlap, the smallest lies on top.
    let one = of_both.min_by(|a, b| area(&a.region).total_cmp(&area(&b.region)))?;
    let (width, height) = one.pixel_mm;
    Some((((to.0 - from.0) * width).hypot((to.1 - from.1) * height), one.source))
}

#[cfg(test)]
mod tests {
    use CalibrationSource::*;
    use dicom_core::VR;
    use dicom_object::mem::InMemElement;

    use super::*;
    use crate::imaging::sample::{doubles, groups, item, sequence, text, words};

    fn ds(tag: Tag, value: &str) -> InMemElement {
        text(tag, VR::DS, value)
    }

    /// PS3.3 section 10.7.1.3, and C.8.7.10 for the magnification.
    #[test]
    fn the_source_of_a_spacing_is_told() {
        let spacing = |value| ds(tags::PIXEL_SPACING, value);
        let imager = ds(tags::IMAGER_PIXEL_SPACING, "0.2\\0.1");
        let kind = |kind| text(tags::PIXEL_SPACING_CALIBRATION_TYPE, VR::CS, kind);
        let cr = || text(tags::MODALITY, VR::CS, "CR");
        let factor = ds(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, "2");
        for (elements, expected) in [
            (vec![spacing("0.5\\0.4")], Some(((0.4, 0.5), Patient))),
            (vec![cr(), spacing("0.2\\0.1")], Some(((0.1, 0.2), Detector))),
            (vec![cr(), spacing("0.2\\0.1"), imager.clone()], Some(((0.1, 0.2), Detector))),
            (vec![cr(), spacing("0.16\\0.08"), imager.clone()], Some(((0.08, 0.16), Patient))),
            (vec![cr(), spacing("0.2\\0.1"), imager.clone(), kind("GEOMETRY")], Some(((0.1, 0.2), Patient))),
            (vec![cr(), spacing("0.16\\0.08"), kind("FIDUCIAL")], Some(((0.08, 0.16), Fiducial))),
            (vec![imager.clone()], Some(((0.1, 0.2), Detector))),
            (vec![imager.clone(), factor.clone()], Some(((0.05, 0.1), Magnification))),
            (vec![ds(tags::NOMINAL_SCANNED_PIXEL_SPACING, "0.3\\0.3")], Some(((0.3, 0.3), Scanned))),
            // Zero, one value and words say nothing.
            (vec![spacing("0\\0")], None),
            (vec![spacing("0.5")], None),
            (vec![spacing("unknown")], None),
            (vec![ds(tags::PIXEL_ASPECT_RATIO, "1\\2")], None),
        ] {
            let found = calibrations(&item(elements.clone()), 0);
            let found = found.first().map(|one| (one.pixel_mm, one.source));
            assert_eq!(found, expected, "{elements:?}");
        }
    }

    fn region(format: u32, units: (u16, u16), bounds: [u32; 4], delta: f64) -> InMemDicomObject {
        let long = |tag, value: u32| {
            dicom_core::DataElement::new(tag, VR::UL, dicom_core::PrimitiveValue::from(value))
        };
        item([
            words(tags::REGION_SPATIAL_FORMAT, VR::US, &[format as u16]),
            words(tags::PHYSICAL_UNITS_X_DIRECTION, VR::US, &[units.0]),
            words(tags::PHYSICAL_UNITS_Y_DIRECTION, VR::US, &[units.1]),
            doubles(tags::PHYSICAL_DELTA_X, &[delta]),
            doubles(tags::PHYSICAL_DELTA_Y, &[-delta * 2.0]),
            long(tags::REGION_LOCATION_MIN_X0, bounds[0]),
            long(tags::REGION_LOCATION_MIN_Y0, bounds[1]),
            long(tags::REGION_LOCATION_MAX_X1, bounds[2]),
            long(tags::REGION_LOCATION_MAX_Y1, bounds[3]),
        ])
    }

    /// PS3.3 C.8.5.5.
    #[test]
    fn only_flat_regions_in_centimetres_have_lengths_and_both_points_must_lie_in_one() {
        let set = item([
            sequence(
                tags::SEQUENCE_OF_ULTRASOUND_REGIONS,
                [
                    region(1, (3, 3), [10, 10, 109, 59], 0.01),
                    region(1, (3, 3), [200, 10, 299, 59], 0.02),
                    // M-mode: seconds across. Doppler: cm/s upwards.
                    region(2, (4, 3), [10, 100, 109, 159], 0.01),
                    region(3, (4, 7), [200, 100, 299, 159], 0.01),
                ],
            ),
            ds(tags::PIXEL_SPACING, "1\\1"),
        ]);
        let found = calibrations(&set, 0);
        assert_eq!(found.len(), 2);
        let length =
            |from, to| length_mm(&found, from, to).map(|(mm, source)| ((mm * 1e6).round() / 1e6, source));
        assert_eq!(length((20.0, 20.0), (50.0, 20.0)), Some((3.0, Ultrasound)));
        assert_eq!(length((20.0, 20.0), (50.0, 40.0)), Some((5.0, Ultrasound)));
        assert_eq!(length((210.0, 20.0), (220.0, 20.0)), Some((2.0, Ultrasound)));
        assert_eq!(length((20.0, 20.0), (210.0, 20.0)), None);
        assert_eq!(length((20.0, 110.0), (50.0, 110.0)), None);
        assert_eq!(length((0.0, 0.0), (1.0, 1.0)), None);
    }

    /// PS3.3 C.7.6.16.2.1.
    #[test]
    fn every_frame_has_its_own_measures() {
        let measures = |mm| item([groups(tags::PIXEL_MEASURES_SEQUENCE, [ds(tags::PIXEL_SPACING, mm)])]);
        let frames = [measures("0.5\\0.5"), measures("0.25\\0.5")];
        let set = item([sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames)]);
        assert_eq!(calibrations(&set, 0)[0].pixel_mm, (0.5, 0.5));
        let second = calibrations(&set, 1);
        assert_eq!(length_mm(&second, (0.0, 0.0), (6.0, 16.0)), Some((5.0, Patient)));
        assert_eq!(calibrations(&set, 2), Vec::new());
        assert_eq!(length_mm(&[], (0.0, 0.0), (1.0, 1.0)), None);
    }
}
