use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use serde_json::Value;

use super::*;
use crate::imaging::sample::{self, item, sequence, text, words};
use crate::imaging::{Calibration, FrameNumber, decode_frame};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/measure");

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn source(word: &Value) -> CalibrationSource {
    match word.as_str() {
        Some("patient") => CalibrationSource::Patient,
        Some("fiducial") => CalibrationSource::Fiducial,
        Some("detector") => CalibrationSource::Detector,
        Some("magnification") => CalibrationSource::Magnification,
        Some("scanned") => CalibrationSource::Scanned,
        Some("ultrasound") => CalibrationSource::Ultrasound,
        _ => panic!("no source is called {word}"),
    }
}

fn calibration(told: &Value) -> Calibration {
    let size = (number(&told["widthMm"]), number(&told["heightMm"]));
    let region = told.get("region").map(|region| std::array::from_fn(|edge| number(&region[edge])));
    Calibration { pixel_mm: (size.0 > 0.0).then_some(size), source: source(&told["source"]), region }
}

fn shape(case: &Value) -> MeasureShape {
    let points = case["points"].as_array().unwrap();
    let spots: Vec<Spot> = points.iter().map(|point| (number(&point[0]), number(&point[1]))).collect();
    match (case["shape"].as_str().unwrap(), &spots[..]) {
        ("length", [a, b]) => MeasureShape::Length([*a, *b]),
        ("angle", [a, b, c]) => MeasureShape::Angle([*a, *b, *c]),
        ("ellipse", [a, b]) => MeasureShape::Ellipse([*a, *b]),
        ("rectangle", [a, b]) => MeasureShape::Rectangle([*a, *b]),
        (other, _) => panic!("no shape is {other}"),
    }
}

fn refusal(word: &Value) -> MeasureRefusal {
    match word.as_str() {
        Some("different_regions") => MeasureRefusal::DifferentRegions,
        Some("no_length_here") => MeasureRefusal::NoLengthHere,
        Some("outside_frame") => MeasureRefusal::OutsideFrame,
        _ => panic!("no refusal is called {word}"),
    }
}

fn is_like(found: Option<Quantity>, told: Option<&Value>) -> bool {
    match (found, told) {
        (None, None) => true,
        (Some(found), Some(told)) => {
            let unit = if told["unit"] == "mm" { LengthUnit::Mm } else { LengthUnit::Pixels };
            let value = number(&told["value"]);
            (found.value - value).abs() <= 1e-9 * value.max(1.0)
                && (found.unit, found.source) == (unit, told.get("source").map(source))
        }
        _ => false,
    }
}

/// PS3.3 section 10.7 and C.8.5.5: the same files are read by the tests of the web client, whose hand must be told what the mark will say.
#[test]
fn lengths_angles_and_areas_are_what_the_fixtures_say() {
    let mut cases = 0;
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let told: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let calibrations: Vec<_> = told["calibrations"].as_array().unwrap().iter().map(calibration).collect();
        let (columns, rows) = (number(&told["columns"]), number(&told["rows"]));
        let plane = Plane {
            columns: columns as u32,
            rows: rows as u32,
            pixel_aspect: number(&told["aspect"]) * columns / rows,
            calibrations: &calibrations,
        };
        for case in told["cases"].as_array().unwrap() {
            let found = plane.measure(&shape(case));
            let expected = &case["expected"];
            let is_right_angle = match (found.angle_degrees, expected.get("angleDegrees")) {
                (None, None) => true,
                (Some(found), Some(told)) => (found - number(told)).abs() < 1e-9,
                _ => false,
            };
            let is_right = is_right_angle
                && is_like(found.length, expected.get("length"))
                && is_like(found.area, expected.get("area"))
                && found.refused == expected.get("refused").map(refusal);
            assert!(is_right, "{}: {} {case}\n{found:?}", path.display(), case["why"]);
            cases += 1;
        }
    }
    assert!(cases > 40, "{cases}");
}

fn decoded(set: InMemDicomObject, class_uid: &str) -> StoredFrame {
    decode_frame(&sample::file(set, class_uid, "1.2.3"), FrameNumber::FIRST).unwrap()
}

/// 4 x 4 pixels of 16 bits: 1 to 16, row by row.
fn counting() -> InMemDicomObject {
    sample::image(4, 4, &std::array::from_fn::<u16, 16, _>(|place| place as u16 + 1))
}

fn plain(set: InMemDicomObject) -> StoredFrame {
    decoded(set, uids::MR_IMAGE_STORAGE)
}

/// The upper left quarter, or all of it.
const QUARTER: MeasureShape = MeasureShape::Rectangle([(0.0, 0.0), (0.5, 0.5)]);
const WHOLE: MeasureShape = MeasureShape::Rectangle([(0.0, 0.0), (1.0, 1.0)]);

/// Mean, deviation to three digits, lowest, highest, how many.
fn values_of(frame: &StoredFrame, shape: &MeasureShape) -> Option<(f64, f64, f64, f64, u64)> {
    let RegionValues { mean, sd, min, max, pixels, .. } = measure(frame, shape).values?;
    Some((mean, (sd * 1e3).round() / 1e3, min, max, pixels))
}

#[test]
fn values_of_a_region_are_those_that_a_hand_works_out() {
    let frame = plain(counting());
    // 1, 2, 5, 6: deviations 2.5, 1.5, 1.5, 2.5; 17 / 3 is the variance of a sample.
    assert_eq!(values_of(&frame, &QUARTER), Some((3.5, 2.38, 1.0, 6.0, 4)));
    // 340 / 15.
    assert_eq!(values_of(&frame, &WHOLE), Some((8.5, 4.761, 1.0, 16.0, 16)));
    // Half a pixel away from everywhere: the middles lie on the edge, and count.
    let middles = MeasureShape::Rectangle([(0.125, 0.125), (0.625, 0.375)]);
    assert_eq!(values_of(&frame, &middles), Some((4.0, 2.366, 1.0, 7.0, 6)));
    // The corners lie 2.12 pixels from the middle of a circle of 2.
    let circle = MeasureShape::Ellipse([(1.0, 1.0), (0.0, 0.0)]);
    assert_eq!(values_of(&frame, &circle).map(|(mean, .., pixels)| (mean, pixels)), Some((8.5, 12)));
    let one = MeasureShape::Ellipse([(0.3, 0.3), (0.45, 0.45)]);
    assert_eq!(values_of(&frame, &one), Some((6.0, 0.0, 6.0, 6.0, 1)));
    assert_eq!(measure(&frame, &QUARTER).values.unwrap().unit, ValueUnit::Stored);
}

#[test]
fn a_region_that_holds_no_pixel_has_no_values() {
    let frame = plain(counting());
    let between = measure(&frame, &MeasureShape::Rectangle([(0.2, 0.2), (0.3, 0.3)]));
    assert_eq!((between.values, between.refused), (None, None), "too small for a middle");
    let outside = measure(&frame, &MeasureShape::Rectangle([(1.1, 0.0), (1.4, 0.5)]));
    assert_eq!((outside.values, outside.refused), (None, Some(MeasureRefusal::OutsideFrame)));
    let half = measure(&frame, &MeasureShape::Rectangle([(-0.5, 0.0), (0.25, 0.25)]));
    assert_eq!((half.values.unwrap().pixels, half.refused), (1, Some(MeasureRefusal::OutsideFrame)));
    for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for shape in [
            MeasureShape::Ellipse([(broken, 0.0), (0.5, 0.5)]),
            MeasureShape::Rectangle([(0.0, 0.0), (0.5, broken)]),
            MeasureShape::Length([(0.0, 0.0), (broken, 0.5)]),
            MeasureShape::Probe((0.5, broken)),
        ] {
            let measured = measure(&frame, &shape);
            assert_eq!(measured.refused, Some(MeasureRefusal::OutsideFrame), "{shape:?}");
            assert_eq!((measured.length, measured.probe), (None, None));
        }
    }
}

#[test]
fn stored_values_are_read_whatever_their_width_and_sign() {
    let mut signed = counting();
    signed.put(words(tags::PIXEL_REPRESENTATION, VR::US, &[1]));
    signed.put(words(
        tags::PIXEL_DATA,
        VR::OW,
        &std::array::from_fn::<u16, 16, _>(|place| place as u16).map(|v| v.wrapping_sub(8)),
    ));
    assert_eq!(values_of(&plain(signed), &WHOLE), Some((-0.5, 4.761, -8.0, 7.0, 16)));

    let bytes = |representation: u16| {
        let mut set = counting();
        for (tag, bits) in [(tags::BITS_ALLOCATED, 8), (tags::BITS_STORED, 8), (tags::HIGH_BIT, 7)] {
            set.put(words(tag, VR::US, &[bits]));
        }
        set.put(words(tags::PIXEL_REPRESENTATION, VR::US, &[representation]));
        let pixels: [u8; 16] = std::array::from_fn(|place| 250 - 7 * place as u8);
        set.put(dicom_core::DataElement::new(
            tags::PIXEL_DATA,
            VR::OB,
            dicom_core::PrimitiveValue::from(pixels.as_slice()),
        ));
        plain(set)
    };
    let corner = MeasureShape::Rectangle([(0.0, 0.0), (0.5, 0.25)]);
    assert_eq!(values_of(&bytes(0), &corner), Some((246.5, 4.95, 243.0, 250.0, 2)));
    assert_eq!(values_of(&bytes(1), &corner), Some((-9.5, 4.95, -13.0, -6.0, 2)));

    // What is white does not change what is stored (PS3.3 C.7.6.3.1.2).
    let mut white = counting();
    white.put(text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1"));
    assert_eq!(values_of(&plain(white), &QUARTER), Some((3.5, 2.38, 1.0, 6.0, 4)));

    // Far from nought the deviations are as they are.
    let far = sample::image(2, 1, &[65_534, 65_535]);
    assert_eq!(values_of(&plain(far), &WHOLE), Some((65_534.5, 0.707, 65_534.0, 65_535.0, 2)));
}

/// PS3.3 C.11.1.1.2.
#[test]
fn values_of_a_ct_are_hounsfield_units() {
    let mut set = counting();
    set.put(text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"));
    set.put(text(tags::RESCALE_SLOPE, VR::DS, "-2"));
    let ct = decoded(set.clone(), uids::CT_IMAGE_STORAGE);
    assert_eq!(values_of(&ct, &QUARTER), Some((-1031.0, 4.761, -1036.0, -1026.0, 4)));
    let probe = measure(&ct, &MeasureShape::Probe((0.3, 0.3))).probe.unwrap();
    assert_eq!((probe.values, probe.unit), (vec![-1036.0], ValueUnit::Hu));
    // Slope and intercept of an MR are in no unit: what is stored is told.
    let mr = plain(set);
    assert_eq!(values_of(&mr, &QUARTER), Some((3.5, 2.38, 1.0, 6.0, 4)));
    assert_eq!(measure(&mr, &QUARTER).values.unwrap().unit, ValueUnit::Stored);
}

/// PS3.3 C.11.1.1.1.
#[test]
fn a_modality_table_gives_hounsfield_units_where_it_says_so() {
    let with_table = |unit| {
        let mut set = counting();
        let table = item([
            words(tags::LUT_DESCRIPTOR, VR::US, &[4, 1, 16]),
            text(tags::MODALITY_LUT_TYPE, VR::LO, unit),
            words(tags::LUT_DATA, VR::OW, &[100, 200, 300, 400]),
        ]);
        set.put(sequence(tags::MODALITY_LUT_SEQUENCE, [table]));
        plain(set)
    };
    // 1, 2, 5, 6 become 100, 200, 400, 400: what is beyond the table is its last entry.
    assert_eq!(values_of(&with_table("HU"), &QUARTER), Some((275.0, 150.0, 100.0, 400.0, 4)));
    assert_eq!(values_of(&with_table("OD"), &QUARTER), Some((3.5, 2.38, 1.0, 6.0, 4)));
}

/// PS3.3 C.7.5.1.1.2.
#[test]
fn padding_never_counts() {
    let mut set = counting();
    set.put(words(tags::PIXEL_PADDING_VALUE, VR::US, &[2]));
    set.put(words(tags::PIXEL_PADDING_RANGE_LIMIT, VR::US, &[1]));
    let frame = plain(set);
    assert_eq!(values_of(&frame, &QUARTER), Some((5.5, 0.707, 5.0, 6.0, 2)));
    let padding = MeasureShape::Rectangle([(0.0, 0.0), (0.5, 0.25)]);
    assert_eq!(measure(&frame, &padding).refused, Some(MeasureRefusal::OutsideFrame));
    let probe = |x| measure(&frame, &MeasureShape::Probe((x, 0.1)));
    assert_eq!(probe(0.1), Measured::refused(MeasureRefusal::OutsideFrame));
    assert_eq!(probe(0.6).probe.unwrap().values, [3.0]);
}

#[test]
fn a_probe_tells_the_pixel_that_it_lies_in() {
    let frame = plain(counting());
    let at = |x, y| measure(&frame, &MeasureShape::Probe((x, y))).probe.map(|probe| probe.values);
    for (x, y, value) in
        [(0.0, 0.0, 1.0), (0.249, 0.0, 1.0), (0.25, 0.0, 2.0), (1.0, 1.0, 16.0), (0.1, 0.9, 13.0)]
    {
        assert_eq!(at(x, y), Some(vec![value]), "{x} {y}");
    }
    assert_eq!((at(1.01, 0.5), at(0.5, -0.01)), (None, None));
}

#[test]
fn a_probe_tells_the_samples_of_a_colour_and_a_region_of_colours_is_refused() {
    let mut set = sample::image(2, 2, &[]);
    set.put(words(tags::SAMPLES_PER_PIXEL, VR::US, &[3]));
    for (tag, bits) in [(tags::BITS_ALLOCATED, 8), (tags::BITS_STORED, 8), (tags::HIGH_BIT, 7)] {
        set.put(words(tag, VR::US, &[bits]));
    }
    set.put(text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB"));
    let pixels: [u8; 12] = std::array::from_fn(|place| place as u8);
    let pixels = dicom_core::PrimitiveValue::from(pixels.as_slice());
    set.put(dicom_core::DataElement::new(tags::PIXEL_DATA, VR::OB, pixels));
    let frame = plain(set);
    let probe = measure(&frame, &MeasureShape::Probe((0.75, 0.75))).probe.unwrap();
    assert_eq!((probe.values, probe.unit), (vec![9.0, 10.0, 11.0], ValueUnit::Stored));
    let region = measure(&frame, &WHOLE);
    assert_eq!((region.values, region.refused), (None, Some(MeasureRefusal::Colour)));
    assert_eq!(region.area.unwrap().value, 4.0);
}

/// Rows that are missing are filled up for the eye, and are no values.
#[test]
fn what_is_missing_of_a_frame_is_not_measured() {
    let set = sample::image(4, 4, &[1, 2, 3, 4, 5, 6, 7, 8]);
    let frame = plain(set);
    assert!(frame.damage.is_some());
    assert_eq!(values_of(&frame, &WHOLE).map(|(mean, .., pixels)| (mean, pixels)), Some((4.5, 8)));
    let missing = MeasureShape::Rectangle([(0.0, 0.5), (0.5, 1.0)]);
    assert_eq!(measure(&frame, &missing).refused, Some(MeasureRefusal::FrameFailed));
    let probe = |y| measure(&frame, &MeasureShape::Probe((0.1, y)));
    assert_eq!(probe(0.6), Measured::refused(MeasureRefusal::FrameFailed));
    assert_eq!(probe(0.4).probe.unwrap().values, [5.0]);
    let stopped = StoredFrame { damage: Some(Damage::CodecStopped("x".into())), ..plain(counting()) };
    assert_eq!(measure(&stopped, &QUARTER).refused, Some(MeasureRefusal::FrameFailed));
    assert!(measure(&stopped, &QUARTER).area.is_some());
}

/// PS3.3 section 10.7.1.3 and C.7.6.16.2.1: what a length rests on is told beside it.
#[test]
fn a_length_rests_on_the_spacing_of_its_frame() {
    let mut set = counting();
    set.put(text(tags::MODALITY, VR::CS, "DX"));
    set.put(text(tags::IMAGER_PIXEL_SPACING, VR::DS, "0.2\\0.1"));
    let frame = plain(set);
    let across = measure(&frame, &MeasureShape::Length([(0.0, 0.0), (1.0, 0.0)])).length.unwrap();
    let down = measure(&frame, &MeasureShape::Length([(0.0, 0.0), (0.0, 1.0)])).length.unwrap();
    assert_eq!((across.source, across.unit), (Some(CalibrationSource::Detector), LengthUnit::Mm));
    assert!((across.value - 0.4).abs() < 1e-12 && (down.value - 0.8).abs() < 1e-12, "{across:?} {down:?}");
}
