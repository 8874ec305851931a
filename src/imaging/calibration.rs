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

/// What pixels of a frame measure, index from 0; empty where nothing is known. Of regions that overlap, the one that lies on top comes first.
pub(super) fn calibrations(set: &InMemDicomObject, frame_index: usize) -> Vec<Calibration> {
    let regions = dataset::items(set, tags::SEQUENCE_OF_ULTRASOUND_REGIONS);
    if !regions.is_empty() {
        return regions_of(set, regions);
    }
    spacing(set, frame_index)
        .map(|(pixel_mm, source)| Calibration { pixel_mm: Some(pixel_mm), source, region: None })
        .into_iter()
        .collect()
}

/// The regions of an ultrasound image: those in which lengths are known, and those that have another axis, or none (PS3.3 C.8.5.5.1.1 and
/// C.8.5.5.1.15). Outside of all of them no length is known.
fn regions_of(set: &InMemDicomObject, items: &[InMemDicomObject]) -> Vec<Calibration> {
    let mut found: Vec<(bool, Calibration)> = items
        .iter()
        .take(MAX_REGIONS)
        .filter_map(|item| Some((is_low(item), Calibration { region: Some(bounds(item)?), ..region(item) })))
        .collect();
    // A high priority region overwrites a low priority one (PS3.3 C.8.5.5.1.3); else an inset is smaller than what it lies on.
    let area = |one: &Calibration| {
        one.region.map_or(f64::INFINITY, |[left, top, right, bottom]| (right - left) * (bottom - top))
    };
    found.sort_by(|(is_low, one), (is_other_low, other)| {
        is_low.cmp(is_other_low).then(area(one).total_cmp(&area(other)))
    });
    let mut found: Vec<Calibration> = found.into_iter().map(|(_, region)| region).collect();
    // Regions that reach out of the frame were written for one of another size: what a pixel measured there is not true here. The last pixel
    // is one too far in what some devices write.
    let side = |tag| dataset::number(set, tag).unwrap_or(f64::INFINITY) + 1.0;
    let (width, height) = (side(tags::COLUMNS), side(tags::ROWS));
    let is_out =
        |one: &Calibration| one.region.is_some_and(|[_, _, right, bottom]| right > width || bottom > height);
    if found.iter().any(is_out) {
        found.iter_mut().for_each(|one| one.pixel_mm = None);
    }
    found
}

/// Region Flags (0018,6016), bit 0.
fn is_low(item: &InMemDicomObject) -> bool {
    dataset::integer(item, tags::REGION_FLAGS).is_none_or(|flags| flags & 1 == 1)
}

/// Left, top, right, bottom in pixels of the frame.
fn bounds(item: &InMemDicomObject) -> Option<[f64; 4]> {
    let edge = |tag| dataset::number(item, tag).filter(|edge| edge.is_finite());
    let left = edge(tags::REGION_LOCATION_MIN_X0)?;
    let top = edge(tags::REGION_LOCATION_MIN_Y0)?;
    // The last pixel belongs to the region (PS3.3 C.8.5.5.1.14).
    let right = edge(tags::REGION_LOCATION_MAX_X1)? + 1.0;
    let bottom = edge(tags::REGION_LOCATION_MAX_Y1)? + 1.0;
    (right > left && bottom > top).then_some([left, top, right, bottom])
}

/// What a pixel measures in a region, wherever it lies.
fn region(item: &InMemDicomObject) -> Calibration {
    let whole = |tag| dataset::integer(item, tag);
    let is_flat = whole(tags::REGION_SPATIAL_FORMAT) == Some(TWO_DIMENSIONAL);
    let is_length = [tags::PHYSICAL_UNITS_X_DIRECTION, tags::PHYSICAL_UNITS_Y_DIRECTION]
        .iter()
        .all(|tag| whole(*tag) == Some(CENTIMETRES));
    // Deltas may be negative: the axis points the other way.
    let mm = |tag| dataset::number(item, tag).map(|cm| cm.abs() * 10.0).filter(|mm| (1e-6..1e5).contains(mm));
    let pixel_mm = mm(tags::PHYSICAL_DELTA_X).zip(mm(tags::PHYSICAL_DELTA_Y));
    Calibration {
        pixel_mm: pixel_mm.filter(|_| is_flat && is_length),
        source: CalibrationSource::Ultrasound,
        region: None,
    }
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
            let found = found.first().map(|one| (one.pixel_mm.unwrap(), one.source));
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

    fn ultrasound(regions: impl IntoIterator<Item = InMemDicomObject>) -> InMemDicomObject {
        let mut set =
            item([sequence(tags::SEQUENCE_OF_ULTRASOUND_REGIONS, regions), ds(tags::PIXEL_SPACING, "1\\1")]);
        set.put(words(tags::COLUMNS, VR::US, &[400]));
        set.put(words(tags::ROWS, VR::US, &[300]));
        set
    }

    /// PS3.3 C.8.5.5.
    #[test]
    fn only_flat_regions_in_centimetres_have_lengths_and_the_others_are_known_too() {
        let found = calibrations(
            &ultrasound([
                region(1, (3, 3), [10, 10, 109, 59], 0.01),
                region(1, (3, 3), [200, 10, 299, 99], 0.02),
                // M-mode: seconds across. Doppler: cm/s upwards. Nothing at all.
                region(2, (4, 3), [10, 100, 109, 169], 0.01),
                region(3, (4, 7), [200, 100, 299, 179], 0.01),
                region(0, (0, 0), [0, 0, 399, 299], 1.0),
                // No rectangle.
                region(1, (3, 3), [20, 20, 10, 10], 0.01),
            ]),
            0,
        );
        let seen: Vec<_> = found.iter().map(|one| (one.region.unwrap()[0], one.pixel_mm)).collect();
        let (small, large) = (Some((0.1, 0.2)), Some((0.2, 0.4)));
        assert_eq!(seen, [(10.0, small), (10.0, None), (200.0, None), (200.0, large), (0.0, None)]);
        assert!(found.iter().all(|one| one.source == Ultrasound));
    }

    /// PS3.3 C.8.5.5.1.3: the one that overwrites others lies on top, whatever its size.
    #[test]
    fn a_region_of_high_priority_comes_before_a_smaller_one_of_low() {
        let flagged = |mut region: InMemDicomObject, flags: u32| {
            let flags = dicom_core::PrimitiveValue::from(flags);
            region.put(dicom_core::DataElement::new(tags::REGION_FLAGS, VR::UL, flags));
            region
        };
        let found = calibrations(
            &ultrasound([
                flagged(region(1, (3, 3), [10, 10, 20, 20], 0.01), 3),
                flagged(region(1, (3, 3), [5, 5, 99, 99], 0.02), 2),
            ]),
            0,
        );
        assert_eq!(found.iter().map(|one| one.region.unwrap()[0]).collect::<Vec<_>>(), [5.0, 10.0]);
    }

    #[test]
    fn regions_of_a_frame_of_another_size_have_no_lengths_here() {
        let with = |right, bottom| {
            let far = region(1, (3, 3), [210, 10, right, bottom], 0.01);
            let found = calibrations(&ultrasound([region(1, (3, 3), [0, 0, 99, 99], 0.01), far]), 0);
            found.iter().filter(|one| one.pixel_mm.is_some()).count()
        };
        // The last pixel and the one behind it.
        assert_eq!((with(399, 299), with(400, 300)), (2, 2));
        assert_eq!((with(401, 299), with(399, 301), with(799, 599)), (0, 0, 0));
    }

    /// PS3.3 C.7.6.16.2.1.
    #[test]
    fn every_frame_has_its_own_measures() {
        let measures = |mm| item([groups(tags::PIXEL_MEASURES_SEQUENCE, [ds(tags::PIXEL_SPACING, mm)])]);
        let frames = [measures("0.5\\0.5"), measures("0.25\\0.5")];
        let set = item([sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames)]);
        assert_eq!(calibrations(&set, 0)[0].pixel_mm, Some((0.5, 0.5)));
        assert_eq!(calibrations(&set, 1)[0].pixel_mm, Some((0.5, 0.25)));
        assert_eq!(calibrations(&set, 2), Vec::new());
    }
}
