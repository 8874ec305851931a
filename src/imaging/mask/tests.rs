use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::uids;

use super::*;
use crate::imaging::render::tests::frame;
use crate::imaging::sample::{self, floats, item, sequence, text, words};
use crate::imaging::{Window, WindowPreset, pixels};

fn number(number: u32) -> FrameNumber {
    FrameNumber::new(number).unwrap()
}

/// An angiography of so many frames with one item in its mask module.
fn run(frames: &str, mode: &str, item: InMemDicomObject) -> InMemDicomObject {
    sample::item([
        text(tags::NUMBER_OF_FRAMES, VR::IS, frames),
        text(tags::RECOMMENDED_VIEWING_MODE, VR::CS, mode),
        text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LOG"),
        sequence(tags::MASK_SUBTRACTION_SEQUENCE, [item]),
    ])
}

fn average(masks: &[u16], range: &[u16]) -> InMemDicomObject {
    item([
        text(tags::MASK_OPERATION, VR::CS, "AVG_SUB"),
        words(tags::MASK_FRAME_NUMBERS, VR::US, masks),
        words(tags::APPLICABLE_FRAME_RANGE, VR::US, range),
        floats(tags::MASK_SUB_PIXEL_SHIFT, &[1.0, 0.0]),
    ])
}

#[test]
fn frames_are_subtracted_where_the_object_recommends_it() {
    let read = |set: &InMemDicomObject, frame| Subtraction::read(set, number(frame));
    let set = run("20", "SUB", average(&[1, 2], &[3, 9, 12, 20]));
    let found = read(&set, 12).unwrap();
    assert_eq!((&found.masks[..], found.averaged), (&[number(1), number(2)][..], 1));
    assert_eq!((found.shift, found.representative), ((1.0, 0.0), number(16)));
    assert_eq!((read(&set, 2), read(&set, 10), notice(&set, number(2))), (None, None, None));
    assert_eq!(read(&run("20", "NAT", average(&[1], &[2, 20])), 3), None);
    assert_eq!(read(&run("20", "SUB", average(&[21], &[2, 20])), 3), None, "a mask that is not there");
    assert_eq!(read(&run("20", "SUB", average(&[1; 17], &[2, 20])), 3), None, "too many");

    let mut interval = item([text(tags::MASK_OPERATION, VR::CS, "TID")]);
    interval.put(DataElement::new(tags::TID_OFFSET, VR::SS, PrimitiveValue::from(2_i16)));
    let set = run("20", "SUB", interval);
    assert_eq!(read(&set, 5).unwrap().masks, [number(3)]);
    assert_eq!(read(&set, 2), None, "there is nothing two frames before");

    let set = run("20", "SUB", item([text(tags::MASK_OPERATION, VR::CS, "REV_TID")]));
    assert!(notice(&set, number(3)).unwrap().contains("not applied here"));
}

fn shown(values: &[u16], bits: u8) -> Arc<StoredFrame> {
    let mut shown = frame(2, (values.len() / 2) as u32, Values::U16(values.to_vec()));
    shown.appearance.bits_stored = bits;
    Arc::new(shown)
}

fn plain() -> Subtraction {
    Subtraction {
        masks: vec![number(1)],
        averaged: 1,
        shift: (0.0, 0.0),
        representative: number(2),
        is_linear: false,
    }
}

/// PS3.4 N.2.1.2: 0 without a difference, negative where there is less than in the mask.
#[test]
fn a_difference_has_a_sign_and_keeps_fractions() {
    let masks = [shown(&[100, 100, 100, 100], 10), shown(&[101, 100, 100, 100], 10)];
    let mask = plain().mask(&masks).unwrap();
    let difference = plain().difference(&[shown(&[100, 100, 80, 130], 10)], &mask).unwrap();
    let values: Vec<f64> =
        (0..4).map(|i| difference.appearance.modality.apply(difference.values.at(i).unwrap())).collect();
    assert_eq!(values, [-0.5, 0.0, -20.0, 30.0]);
    assert_eq!(difference.about.notice.as_deref(), Some(APPLIED));
    assert_eq!(plain().difference(&[shown(&[1, 2], 10)], &mask), None, "of another size");

    let linear = Subtraction { is_linear: true, ..plain() };
    let mask = linear.mask(&[shown(&[400, 40, 4, 0], 10)]).unwrap();
    let halved = linear.difference(&[shown(&[200, 20, 2, 0], 10)], &mask).unwrap();
    let at = |i| halved.values.at(i).unwrap();
    assert!((at(0) - at(1)).abs() <= 1.0 && (at(1) - at(2)).abs() <= 1.0 && at(0) < 0.0);
    assert_eq!(at(3), 0.0, "no logarithm of nothing");
}

#[test]
fn windows_of_the_native_frames_are_not_used_for_differences() {
    let preset =
        |center, width| WindowPreset { window: Window { center, width }, explanation: String::new() };
    let mut contrast = (*shown(&[1, 2, 3, 4], 10)).clone();
    contrast.appearance.windows = vec![preset(512.0, 1024.0), preset(-20.0, 300.0)];
    let difference = plain().difference(&[Arc::new(contrast)], &[0.0; 4]).unwrap();
    assert_eq!(difference.appearance.windows, [preset(-20.0, 300.0)]);
}

#[test]
fn a_mask_moves_by_parts_of_a_pixel() {
    let square = [0.0, 10.0, 20.0, 30.0];
    assert_eq!(shifted(&square, 2, (0.0, 0.0)), square);
    assert_eq!(shifted(&square, 2, (0.0, 1.0)), [0.0, 0.0, 20.0, 20.0]);
    assert_eq!(shifted(&square, 2, (-0.5, 0.0)), [10.0, 20.0, 20.0, 30.0]);
    assert_eq!(shifted(&square, 2, (1e30, -1e30)), [10.0, 10.0, 10.0, 10.0]);
}

#[test]
fn a_range_leaves_what_is_rare_out_and_holds_zero() {
    let mut values = vec![-40_i16; 600];
    values.extend([10; 400]);
    (values[0], values[999]) = (-9000, 9000);
    assert_eq!(frame(10, 100, Values::I16(values)).subtraction_range(), (-50.0, 12.5));
    assert_eq!(frame(1, 2, Values::I16(vec![5, 5])).subtraction_range(), (0.0, 6.25));
}

#[test]
fn a_decoded_frame_knows_what_is_to_be_subtracted() {
    let mut set = sample::image(2, 1, &[1, 2, 3, 4]);
    for element in run("2", "SUB", average(&[1], &[2, 2])) {
        set.put(element);
    }
    let bytes = sample::file(set, uids::X_RAY_ANGIOGRAPHIC_IMAGE_STORAGE, "1.2");
    let about = |frame| pixels::decode_frame(&bytes, number(frame)).unwrap().about.subtraction.clone();
    assert_eq!(about(1), None);
    assert_eq!(about(2).unwrap().masks, [number(1)]);
}
