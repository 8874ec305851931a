use dicom_core::Tag;
use proptest::prelude::*;

use super::*;

fn format(bits_allocated: u16, bits_stored: u16, high_bit: u16, is_signed: bool) -> PixelFormat {
    PixelFormat {
        rows: 1,
        columns: 2,
        samples: 1,
        bits_allocated,
        bits_stored,
        high_bit,
        is_signed,
        is_planar: false,
        chroma: Chroma::Whole,
        photometric: "MONOCHROME2".to_owned(),
        color: Some(Color::Monochrome2),
    }
}

#[test]
fn only_stored_bits_count_and_the_sign_is_extended() {
    // 0xF801 in 12 bits: 0x801, which is -2047 with a sign.
    let bytes = [0x01, 0xF8, 0xFF, 0x07];
    assert_eq!(stored(&bytes, 2, &format(16, 12, 11, false)), Values::U16(vec![0x801, 0x7FF]));
    assert_eq!(stored(&bytes, 2, &format(16, 12, 11, true)), Values::I16(vec![-2047, 0x7FF]));
    assert_eq!(stored(&bytes, 2, &format(16, 12, 15, false)), Values::U16(vec![0xF80, 0x07F]));
    assert_eq!(stored(&[0x80], 1, &format(8, 8, 7, true)), Values::I8(vec![-128]));
}

#[test]
fn single_bits_of_a_later_frame_need_not_start_at_a_byte() {
    let frame = FrameNumber::new(3).unwrap();
    let format = format(1, 1, 0, false);
    let bytes = native_frame(&[0b0010_0000], &format, frame, Order::Little).unwrap();
    assert_eq!(native_values(bytes, &format, Order::Little, false), Ok((Values::U8(vec![0, 1]), None)));
    assert_eq!(
        native_frame(&[0], &format, FrameNumber::new(5).unwrap(), Order::Little),
        Err(DecodeError::PixelsMissing { need: 2, have: 1 })
    );
}

#[test]
fn big_endian_words_are_swapped_from_the_start_of_the_element() {
    let mut odd = format(8, 8, 7, false);
    odd.columns = 3;
    let second = FrameNumber::new(2).unwrap();
    let element = [2, 1, 4, 3, 6, 5];
    let frame = |frame, order| native_frame(&element, &odd, frame, order).unwrap().into_owned();
    assert_eq!(frame(FrameNumber::FIRST, Order::BigWords), [1, 2, 3]);
    assert_eq!(frame(second, Order::BigWords), [4, 5, 6]);
    assert_eq!(frame(second, Order::Big), [3, 6, 5]);
    let wide = format(16, 16, 15, false);
    let values = native_values(Cow::Borrowed(&[1, 2, 3, 4]), &wide, Order::Big, false);
    assert_eq!(values, Ok((Values::U16(vec![0x102, 0x304]), None)));
}

#[test]
fn extent_leaves_padding_and_nan_out() {
    assert_eq!(extent(&Values::I16(vec![-2000, 5, 9]), Some((-2000.0, -2000.0))), (5.0, 9.0));
    assert_eq!(extent(&Values::F32(vec![f32::NAN, 2.0, 1.0]), None), (1.0, 2.0));
    assert_eq!(extent(&Values::U8(vec![]), None), (0.0, 0.0));
}

/// An object with native pixel data of 16 bits, 8 x 16 pixels.
fn native(pixel_bytes: usize, changes: &[(Tag, &str)]) -> Vec<u8> {
    use dicom_core::{DataElement, PrimitiveValue, VR};
    let mut set = InMemDicomObject::new_empty();
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, 1_u16),
        (tags::ROWS, 16),
        (tags::COLUMNS, 8),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 12),
        (tags::HIGH_BIT, 11),
        (tags::PIXEL_REPRESENTATION, 1),
    ];
    for (tag, value) in numbers {
        set.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    set.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"));
    for (tag, value) in changes {
        let value = match value.parse::<u16>() {
            Ok(number) if *tag != tags::NUMBER_OF_FRAMES => {
                DataElement::new(*tag, VR::US, PrimitiveValue::from(number))
            }
            _ => DataElement::new(*tag, VR::IS, PrimitiveValue::from(*value)),
        };
        set.put(value);
    }
    let bytes: Vec<u8> = (0..pixel_bytes).map(|i| if i % 2 == 0 { (i / 2 + 5) as u8 } else { 0 }).collect();
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U8(bytes.into())));
    let mut written = Vec::new();
    let meta = dicom_object::FileMetaTableBuilder::new()
        .transfer_syntax("1.2.840.10008.1.2.1")
        .media_storage_sop_class_uid("1.2.840.10008.5.1.4.1.1.7")
        .media_storage_sop_instance_uid("2.25.1");
    set.with_meta(meta).unwrap().write_all(&mut written).unwrap();
    written
}

fn held(bytes: &[u8]) -> u64 {
    held_frames(&Object::open(bytes).unwrap())
}

#[test]
fn a_frame_that_ends_early_gives_its_rows_with_a_mark() {
    let cut = native(16 * 8 * 2 - 3 * 16 - 2, &[]);
    let frame = decode_frame(&cut, FrameNumber::FIRST).unwrap();
    assert_eq!(frame.damage, Some(Damage::MissingRows { first: 12, rows: 16 }));
    assert_eq!(
        (frame.values.at(0), frame.values.at(95), frame.values.at(96)),
        (Some(5.0), Some(100.0), Some(5.0))
    );
    assert_eq!(frame.extent, (5.0, 100.0), "what is missing is as dark as the darkest");
    let padded =
        decode_frame(&native(96 * 2, &[(tags::PIXEL_PADDING_VALUE, "63536")]), FrameNumber::FIRST).unwrap();
    assert_eq!((padded.values.at(96), padded.shown_extent), (Some(-2000.0), (5.0, 100.0)));
    assert_eq!(
        decode_frame(&native(14, &[]), FrameNumber::FIRST).unwrap_err().to_string(),
        "the pixel data ends early: 256 bytes are needed and 14 are there"
    );
}

#[test]
fn frames_are_counted_as_they_are_there() {
    let declared = [(tags::NUMBER_OF_FRAMES, "3")];
    assert_eq!(held(&native(256 * 3, &declared)), 3);
    assert_eq!(held(&native(256 * 2 + 128, &declared)), 3, "half of the last one can be shown");
    assert_eq!(held(&native(256 * 2 + 8, &declared)), 2, "too little of it");
}

#[test]
fn contradictions_of_the_header_are_settled_by_the_data_or_named() {
    let shown = |pixel_bytes, changes: &[(Tag, &str)]| {
        let frame = decode_frame(&native(pixel_bytes, changes), FrameNumber::FIRST).unwrap();
        (frame.samples, frame.appearance.color)
    };
    let rgb = (tags::PHOTOMETRIC_INTERPRETATION, "RGB");
    assert_eq!(shown(256 * 3, &[rgb]), (3, Ok(Color::Rgb)), "RGB of one sample with three");
    assert_eq!(shown(256, &[rgb]), (1, Err("RGB with 1 sample a pixel".to_owned())));
    let gray = (tags::SAMPLES_PER_PIXEL, "3");
    assert_eq!(shown(256, &[gray]), (1, Ok(Color::Monochrome2)), "three samples with one");
    let halved = [gray, (tags::PHOTOMETRIC_INTERPRETATION, "YBR_FULL_422")];
    assert_eq!(shown(256 * 2, &halved), (3, Ok(Color::Ybr)));
    assert_eq!(shown(256 * 3, &halved), (3, Ok(Color::Ybr)), "chroma of every pixel is there");
    let partial = [gray, (tags::PHOTOMETRIC_INTERPRETATION, "YBR_PARTIAL_422")];
    assert_eq!(shown(256 * 2, &partial), (3, Ok(Color::YbrPartial)), "PS3.3 C.7.6.3.1.2: 16 to 235");
    let retired = (tags::PHOTOMETRIC_INTERPRETATION, "HSV");
    assert_eq!(shown(256 * 3, &[gray, retired]), (3, Err("HSV".to_owned())));
    // More stored bits than there are, a high bit that is none.
    let odd = [(tags::BITS_STORED, "20"), (tags::HIGH_BIT, "40")];
    let frame = decode_frame(&native(256, &odd), FrameNumber::FIRST).unwrap();
    assert_eq!((frame.appearance.bits_stored, frame.values.at(3)), (16, Some(8.0)));
}

/// Overlay planes within the pixels (PS3.3-2004 C.9.2) are taken before masking takes them away, however the words are written.
#[test]
fn planes_within_the_pixels_survive_decoding() {
    type Order<'a> = &'a dyn Fn(u32, usize) -> Vec<u8>;
    let object = |syntax: &[u8], is_big: bool, pixels: &dyn Fn(Order<'_>) -> Vec<u8>| {
        let ordered = move |number: u32, bytes: usize| {
            let big = number.to_be_bytes();
            if is_big { big[4 - bytes..].to_vec() } else { number.to_le_bytes()[..bytes].to_vec() }
        };
        let element = |group: u32, tag: u32, vr: &[u8; 2], value: &[u8]| {
            [&ordered(group, 2), &ordered(tag, 2), &vr[..], &ordered(value.len() as u32, 2), value].concat()
        };
        let word = |group, tag, value| element(group, tag, b"US", &ordered(value, 2));
        let little = |tag: u8, vr: &[u8; 2], value: &[u8]| {
            [&[2, 0, tag, 0][..], vr, &(value.len() as u16).to_le_bytes(), value].concat()
        };
        let meta = little(0x10, b"UI", syntax);
        [
            vec![0; 128],
            b"DICM".to_vec(),
            [little(0, b"UL", &(meta.len() as u32).to_le_bytes()), meta].concat(),
            word(0x28, 0x02, 1),
            element(0x28, 0x04, b"CS", b"MONOCHROME2 "),
            word(0x28, 0x10, 1),
            word(0x28, 0x11, 2),
            word(0x28, 0x100, 16),
            word(0x28, 0x101, 12),
            word(0x28, 0x102, 11),
            word(0x28, 0x103, 0),
            word(0x6000, 0x10, 1),
            word(0x6000, 0x11, 2),
            word(0x6000, 0x100, 16),
            word(0x6000, 0x102, 13),
            ordered(0x7FE0, 2),
            ordered(0x10, 2),
            pixels(&ordered),
        ]
        .concat()
    };
    let long = |vr: &'static [u8; 2], value: &'static [u8]| {
        move |ordered: &dyn Fn(u32, usize) -> Vec<u8>| {
            [&vr[..], &[0, 0], &ordered(value.len() as u32, 4), value].concat()
        }
    };
    let item =
        |value: &[u8]| [&[0xFE, 0xFF, 0, 0xE0][..], &(value.len() as u32).to_le_bytes(), value].concat();
    let fragment = |_: &dyn Fn(u32, usize) -> Vec<u8>| {
        let end = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
        [&b"OB\0\0\xFF\xFF\xFF\xFF"[..], &item(&[]), &item(&[0x34, 0x12, 0x78, 0x26]), &end].concat()
    };
    for (what, object) in [
        ("little", object(b"1.2.840.10008.1.2.1\0", false, &long(b"OW", &[0x34, 0x12, 0x78, 0x26]))),
        ("big", object(b"1.2.840.10008.1.2.2\0", true, &long(b"OW", &[0x12, 0x34, 0x26, 0x78]))),
        ("big, as bytes", object(b"1.2.840.10008.1.2.2\0", true, &long(b"OB", &[0x12, 0x34, 0x26, 0x78]))),
        ("encapsulated", object(b"1.2.840.10008.1.2.1.98", false, &fragment)),
    ] {
        let frame = decode_frame(&object, FrameNumber::FIRST).unwrap();
        assert_eq!(*frame.values, Values::U16(vec![0x234, 0x678]), "{what}");
        let planes: Vec<_> =
            frame.appearance.overlays.iter().map(|plane| (plane.group, &plane.bits[..])).collect();
        assert_eq!(planes, [(0x6000, &[0b10][..])], "{what}");
    }
}

/// Rows, columns and frames that say all that they can: their product needs more than 64 bits.
#[test]
fn sizes_that_do_not_fit_a_word_are_no_overflow() {
    let frames = (tags::NUMBER_OF_FRAMES, "4294967295");
    for (rows, bits) in [("16384", "8"), ("2048", "64")] {
        let changes = [(tags::ROWS, rows), (tags::COLUMNS, "16384"), (tags::BITS_ALLOCATED, bits), frames];
        let why = decode_frame(&native(64, &changes), FrameNumber::FIRST).unwrap_err().to_string();
        assert!(why.starts_with("the pixel data ends early"), "{why}");
    }
}

#[test]
fn extent_leaves_infinity_out() {
    let values = Values::F32(vec![f32::NEG_INFINITY, 2.0, f32::NAN, 1.0, f32::INFINITY]);
    assert_eq!(extent(&values, None), (1.0, 2.0));
    assert_eq!(extent(&values, Some((2.0, 2.0))), (1.0, 1.0));
}

proptest! {
    #[test]
    fn values_survive_their_bytes(words in proptest::collection::vec(any::<i16>(), 0..50)) {
        let values = Values::I16(words);
        let bytes = values.to_le_bytes().into_owned();
        prop_assert_eq!(Values::from_le_bytes(values.kind(), bytes), Some(values));
    }

    #[test]
    fn masking_agrees_with_arithmetic(word: u16, bits in 1_u16..=16, lift in 0_u16..16, is_signed: bool) {
        let high = (bits - 1 + lift).min(15);
        let field = (u32::from(word) >> (high + 1 - bits)) & ((1 << bits) - 1);
        let expected = if is_signed && field >> (bits - 1) == 1 { f64::from(field) - f64::from(1_u32 << bits) } else { f64::from(field) };
        let values = stored(&word.to_le_bytes(), 2, &format(16, bits, high, is_signed));
        prop_assert_eq!(values.at(0), Some(expected));
    }
}
