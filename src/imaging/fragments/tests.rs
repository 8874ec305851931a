use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::uids;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use super::*;
use crate::imaging::FrameNumber;
use crate::imaging::pixels::{decode_frame, held_frames};

#[test]
fn offsets_choose_fragments() {
    // Items at 0, 18 and 30 behind the table: contents start eight bytes later.
    let fragments = [108..118, 126..130, 138..140];
    let of = |offsets: &[u64]| groups(offsets, &fragments, 2);
    assert_eq!(of(&[0, 30]), Some(vec![0..2, 2..3]));
    assert_eq!(of(&[0, 18, 30]), Some(vec![0..1, 1..2]), "an entry more ends the last frame");
    assert_eq!(of(&[0, 30, 7]), Some(vec![0..2, 2..3]), "an entry more that says nothing");
    assert_eq!(of(&[8, 38]), Some(vec![0..2, 2..3]), "counted from elsewhere");
    assert_eq!(of(&[0]), None, "a table that is too short");
    assert_eq!(of(&[0, 31]), None, "a table that points between items");
    assert_eq!(of(&[30, 0]), None, "a table that goes back");
}

/// A gray JPEG of 16 x 16 pixels of one level.
fn jpeg(level: u8) -> Vec<u8> {
    let pixels = [level; 256];
    let image = turbojpeg::Image {
        pixels: &pixels[..],
        width: 16,
        pitch: 16,
        height: 16,
        format: turbojpeg::PixelFormat::GRAY,
    };
    turbojpeg::compress(image, 90, turbojpeg::Subsamp::Gray).unwrap().to_vec()
}

/// A frame of 16 x 16 pixels of one level in RLE, whose length depends on the level.
fn rle(level: u8) -> Vec<u8> {
    let mut frame = vec![0; 64];
    (frame[0], frame[4]) = (1, 64);
    let mut left = 256;
    while left > 0 {
        let run = left.min(2 + usize::from(level / 2));
        frame.extend([(257 - run) as u8, level]);
        left -= run;
    }
    frame
}

fn object(syntax: &str, frames: usize, table: Vec<u32>, fragments: Vec<Vec<u8>>) -> Vec<u8> {
    let mut set = InMemDicomObject::new_empty();
    set.put(DataElement::new(tags::SOP_CLASS_UID, VR::UI, uids::SECONDARY_CAPTURE_IMAGE_STORAGE));
    set.put(DataElement::new(tags::SOP_INSTANCE_UID, VR::UI, "2.25.1"));
    set.put(DataElement::new(tags::NUMBER_OF_FRAMES, VR::IS, frames.to_string()));
    set.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"));
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, 1_u16),
        (tags::ROWS, 16),
        (tags::COLUMNS, 16),
        (tags::BITS_ALLOCATED, 8),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
    ];
    for (tag, value) in numbers {
        set.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new(table, fragments)));
    let mut bytes = Vec::new();
    let meta = FileMetaTableBuilder::new().transfer_syntax(syntax);
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

/// The level of each frame that is held.
fn levels(bytes: &[u8]) -> Vec<u8> {
    let frames = held_frames(&Object::open(bytes).unwrap()) as u32;
    let level = |number| {
        decode_frame(bytes, FrameNumber::new(number).unwrap()).unwrap().values.at(100).unwrap() as u8
    };
    (1..=frames).map(level).collect()
}

const LEVELS: [u8; 3] = [40, 90, 200];

fn check(syntax: &str, frame: fn(u8) -> Vec<u8>) {
    let frames = LEVELS.map(frame);
    let even = |bytes: &[u8]| [bytes, if bytes.len() % 2 == 1 { &[0][..] } else { &[] }].concat();
    let whole: Vec<Vec<u8>> = frames.iter().map(|frame| even(frame)).collect();
    let joined = whole.concat();
    let of = |table: Vec<u32>, fragments: Vec<Vec<u8>>| levels(&object(syntax, 3, table, fragments));
    assert_eq!(of(vec![], whole.clone()), LEVELS, "a fragment each");
    assert_eq!(of(vec![0, 4, 2], whole.clone()), LEVELS, "a wrong table");
    let with_empty = vec![whole[0].clone(), vec![], whole[1].clone(), whole[2].clone()];
    assert_eq!(of(vec![], with_empty), LEVELS, "an empty fragment");
    assert_eq!(of(vec![], vec![joined.clone()]), LEVELS, "all in one fragment");
    // The first frame ends inside of the second fragment, and a start mark may be cut in two.
    for cut in [2, whole[0].len() - 10, whole[0].len() + 2, whole[0].len() + 70] {
        let halves = vec![joined[..cut & !1].to_vec(), joined[cut & !1..].to_vec()];
        assert_eq!(of(vec![], halves), LEVELS, "cut at {cut}");
    }
    let thirds: Vec<Vec<u8>> =
        joined.chunks(joined.len().div_ceil(3).next_multiple_of(2)).map(<[u8]>::to_vec).collect();
    assert_eq!(of(vec![], thirds), LEVELS, "as many fragments as frames, cut elsewhere");
    let mut uneven = vec![whole[0][..66].to_vec(), whole[0][66..].to_vec()];
    uneven.extend([whole[1].clone(), whole[2].clone()]);
    assert_eq!(of(vec![], uneven.clone()), LEVELS, "one frame in two fragments");
    let second = (uneven[0].len() + uneven[1].len() + 16) as u32;
    let third = second + uneven[2].len() as u32 + 8;
    assert_eq!(of(vec![0, second, third], uneven.clone()), LEVELS, "found by a table");
    uneven.push(vec![1, 2, 3, 4]);
    assert_eq!(of(vec![], uneven), LEVELS, "something behind the last frame");
    let two = object(syntax, 3, vec![], whole[..2].to_vec());
    assert_eq!(levels(&two), LEVELS[..2], "fewer than are declared");
    assert_eq!(
        decode_frame(&two, FrameNumber::new(3).unwrap()).unwrap_err().to_string(),
        "frame 3 is missing: 3 frames are declared and 2 are in the pixel data"
    );
}

#[test]
fn frames_of_jpeg_are_found_however_they_are_cut() {
    check(uids::JPEG_BASELINE8_BIT, jpeg);
}

#[test]
fn frames_of_rle_are_found_however_they_are_cut() {
    check(uids::RLE_LOSSLESS, rle);
}

#[test]
fn jpeg_in_a_syntax_that_is_not_compressed_is_decoded() {
    let fragments = LEVELS.map(jpeg).map(|frame| [frame, vec![0]].concat()).to_vec();
    assert_eq!(levels(&object(uids::JPEG2000, 3, vec![], fragments)), LEVELS);
}

/// Two bytes that start a JPEG XL within a JPEG began a new frame.
#[test]
fn a_fragment_that_starts_like_another_coding_is_no_frame() {
    let with_comment = |level| {
        let frame = jpeg(level);
        let comment = [0xFF, 0xFE, 0, 6, 0xFF, 0x0A, 0, 0];
        [&frame[..2], &comment, &frame[2..], if frame.len() % 2 == 1 { &[0][..] } else { &[] }].concat()
    };
    let [first, second] = [40, 90].map(with_comment);
    let fragments = vec![first[..6].to_vec(), first[6..].to_vec(), second];
    assert!(fragments[1].starts_with(&[0xFF, 0x0A]));
    assert_eq!(levels(&object(uids::JPEG_BASELINE8_BIT, 2, vec![], fragments)), [40, 90]);
}

/// Every frame of a long clip searched all fragments anew.
#[test]
fn where_the_frames_are_is_found_once_for_an_object() {
    let bytes = object(uids::JPEG_BASELINE8_BIT, 3, vec![], LEVELS.map(jpeg).to_vec());
    let object = Object::open(&bytes[..]).unwrap();
    assert_eq!(held_frames(&object), 3);
    let plan = object.fragment_plan(|| panic!("it was made before"));
    assert_eq!(plan, Some(&Plan::Groups(vec![0..1, 1..2, 2..3])));
}
