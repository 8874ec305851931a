//! Small objects whose pixels are known because they are made here: what `fixtures/dicom` holds.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

/// An object, and the truth about it.
pub struct Fixture {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// Stored values, frame by frame.
    pub frames: Vec<Vec<i64>>,
    /// The first frame as it is to be shown: gray, or red, green, blue.
    pub shown: Vec<u8>,
}

const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const COLUMNS: u16 = 6;
const ROWS: u16 = 4;
const PIXELS: i64 = COLUMNS as i64 * ROWS as i64;

/// All of them.
pub fn fixtures() -> Vec<Fixture> {
    vec![
        ct("ct_explicit.dcm", Wrapping::Meta(uids::EXPLICIT_VR_LITTLE_ENDIAN)),
        ct("ct_big_endian.dcm", Wrapping::Meta(BIG_ENDIAN)),
        ct("ct_implicit_bare.dcm", Wrapping::Bare),
        radiograph(),
        ultrasound(),
        palette(),
        masks(),
        rle(),
    ]
}

enum Wrapping {
    Meta(&'static str),
    /// Implicit VR, neither preamble nor meta group.
    Bare,
}

/// 12 bits with a sign, something else in the bits above, rescaled to HU, two windows.
fn ct(name: &'static str, wrapping: Wrapping) -> Fixture {
    let stored: Vec<i64> = (0..PIXELS).map(|i| i * 170 - 2040).collect();
    let words = stored.iter().map(|value| (*value as u16 & 0x0FFF) | 0x5000).collect();
    let mut set = object(uids::CT_IMAGE_STORAGE, "CT", 1);
    text(&mut set, tags::RESCALE_SLOPE, VR::DS, "2");
    text(&mut set, tags::RESCALE_INTERCEPT, VR::DS, "-1024");
    text(&mut set, tags::WINDOW_CENTER, VR::DS, "40\\-600");
    text(&mut set, tags::WINDOW_WIDTH, VR::DS, "400\\1500");
    image(&mut set, "MONOCHROME2", 1, 16, 12, true);
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(words)));
    let shown = stored.iter().map(|value| {
        let hu = *value as f64 * 2.0 - 1024.0;
        // PS3.3 C.11.2.1.2.1 with a center of 40 and a width of 400.
        (((hu - 39.5) / 399.0 + 0.5).clamp(0.0, 1.0) * 255.0 + 0.5) as u8
    });
    let shown = shown.collect();
    Fixture { name, bytes: wrapped(set, wrapping), frames: vec![stored], shown }
}

/// The lowest value white, through a table of 10 bits.
fn radiograph() -> Fixture {
    let stored: Vec<i64> = (0..PIXELS).map(|i| i * 2).collect();
    let table: Vec<u16> = (0..16).map(|i| i * i * 4).collect();
    let mut item = InMemDicomObject::new_empty();
    item.put(DataElement::new(
        tags::LUT_DESCRIPTOR,
        VR::US,
        PrimitiveValue::U16([16, 8, 10].as_slice().into()),
    ));
    item.put(DataElement::new(tags::LUT_DATA, VR::OW, PrimitiveValue::U16(table.clone().into())));
    let mut set = object(uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE, "CR", 2);
    set.put(DataElement::new(
        tags::VOILUT_SEQUENCE,
        VR::SQ,
        dicom_core::value::DataSetSequence::from(vec![item]),
    ));
    image(&mut set, "MONOCHROME1", 1, 16, 12, false);
    let words = stored.iter().map(|value| *value as u16).collect();
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(words)));
    let shown = stored.iter().map(|value| {
        let entry = f64::from(table[(value - 8).clamp(0, 15) as usize]);
        ((1.0 - entry / 1023.0) * 255.0 + 0.5) as u8
    });
    let shown = shown.collect();
    Fixture {
        name: "cr_monochrome1_table.dcm",
        bytes: wrapped(set, Wrapping::Meta(uids::EXPLICIT_VR_LITTLE_ENDIAN)),
        frames: vec![stored],
        shown,
    }
}

/// Two pixels share their colour.
fn ultrasound() -> Fixture {
    let pairs = (0..PIXELS / 2).map(|i| [i * 20 % 256, i * 20 % 256 + 7, 128 - i, 128 + i * 2]);
    let (mut bytes, mut stored, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for [first, second, blue, red] in pairs {
        bytes.extend([first, second, blue, red].map(|value| value as u8));
        for luma in [first, second] {
            stored.extend([luma, blue, red]);
            let (y, b, r) = (luma as f64, blue as f64 - 128.0, red as f64 - 128.0);
            let rgb = [y + 1.402 * r, y - 0.344_136 * b - 0.714_136 * r, y + 1.772 * b];
            shown.extend(rgb.map(|level| (level + 0.5).clamp(0.0, 255.0) as u8));
        }
    }
    let mut set = object(uids::ULTRASOUND_IMAGE_STORAGE, "US", 3);
    image(&mut set, "YBR_FULL_422", 3, 8, 8, false);
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bytes.into())));
    Fixture {
        name: "us_ybr_full_422.dcm",
        bytes: wrapped(set, Wrapping::Meta(uids::EXPLICIT_VR_LITTLE_ENDIAN)),
        frames: vec![stored],
        shown,
    }
}

/// Four colours of 16 bits, for the values from 10 on.
fn palette() -> Fixture {
    let colors =
        [[0xFF00_u16, 0x0100, 0x0200], [0x0300, 0xFE00, 0x0400], [0x0500, 0x0600, 0xFD00], [0x7000; 3]];
    let mut set = object(uids::ULTRASOUND_IMAGE_STORAGE, "US", 4);
    let channels = [
        (tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        (tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        (tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA),
    ];
    for (channel, (descriptor, data)) in channels.into_iter().enumerate() {
        set.put(DataElement::new(descriptor, VR::US, PrimitiveValue::U16([4, 10, 16].as_slice().into())));
        let entries = colors.iter().map(|color| color[channel]).collect();
        set.put(DataElement::new(data, VR::OW, PrimitiveValue::U16(entries)));
    }
    image(&mut set, "PALETTE COLOR", 1, 8, 8, false);
    // Below the first and above the last value that is mapped too.
    let stored: Vec<i64> = (0..PIXELS).map(|i| 8 + i % 8).collect();
    let bytes: Vec<u8> = stored.iter().map(|value| *value as u8).collect();
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bytes.into())));
    let shown = stored
        .iter()
        .flat_map(|value| colors[(value - 10).clamp(0, 3) as usize].map(|level| (level >> 8) as u8));
    Fixture {
        name: "us_palette.dcm",
        shown: shown.collect(),
        bytes: wrapped(set, Wrapping::Meta(uids::EXPLICIT_VR_LITTLE_ENDIAN)),
        frames: vec![stored],
    }
}

/// Three frames of single bits; the second and the third begin inside of a byte.
fn masks() -> Fixture {
    let frames: Vec<Vec<i64>> =
        (0..3).map(|frame| (0..15).map(|i| i64::from((i + frame) % (3 + frame) == 0)).collect()).collect();
    let mut bytes = vec![0_u8; 6];
    for (place, bit) in frames.concat().into_iter().enumerate() {
        bytes[place / 8] |= (bit as u8) << (place % 8);
    }
    let mut set = object(uids::SEGMENTATION_STORAGE, "SEG", 5);
    text(&mut set, tags::NUMBER_OF_FRAMES, VR::IS, "3");
    image(&mut set, "MONOCHROME2", 1, 1, 1, false);
    number(&mut set, tags::ROWS, 3);
    number(&mut set, tags::COLUMNS, 5);
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bytes.into())));
    Fixture {
        name: "seg_bits.dcm",
        bytes: wrapped(set, Wrapping::Meta(uids::EXPLICIT_VR_LITTLE_ENDIAN)),
        shown: frames[0].iter().map(|bit| *bit as u8 * 255).collect(),
        frames,
    }
}

/// Two frames of 16 bits in RLE, the first in two fragments, found by the offset table.
fn rle() -> Fixture {
    let frames: Vec<Vec<i64>> = (0..2).map(|frame| (0..PIXELS).map(|i| i * 300 + frame).collect()).collect();
    let packed: Vec<Vec<u8>> = frames.iter().map(|frame| packed(frame)).collect();
    let (head, tail) = packed[0].split_at(70);
    let fragments = vec![head.to_vec(), tail.to_vec(), packed[1].clone()];
    let second = (8 + head.len() + 8 + tail.len()) as u32;
    let mut set = object(uids::SECONDARY_CAPTURE_IMAGE_STORAGE, "OT", 6);
    text(&mut set, tags::NUMBER_OF_FRAMES, VR::IS, "2");
    image(&mut set, "MONOCHROME2", 1, 16, 16, false);
    let sequence = dicom_core::value::PixelFragmentSequence::new(vec![0, second], fragments);
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, sequence));
    let highest = frames[0].iter().copied().max().unwrap() as f64;
    Fixture {
        name: "ot_rle_fragments.dcm",
        bytes: wrapped(set, Wrapping::Meta(uids::RLE_LOSSLESS)),
        shown: frames[0].iter().map(|value| (*value as f64 / highest * 255.0 + 0.5) as u8).collect(),
        frames,
    }
}

/// PS3.5 annex G, with literal runs only.
fn packed(values: &[i64]) -> Vec<u8> {
    let mut frame = vec![0; 64];
    frame[0] = 2;
    for (segment, shift) in [8, 0].into_iter().enumerate() {
        let start = frame.len() as u32;
        frame[4 + 4 * segment..8 + 4 * segment].copy_from_slice(&start.to_le_bytes());
        frame.push(values.len() as u8 - 1);
        frame.extend(values.iter().map(|value| (value >> shift) as u8));
        if frame.len() % 2 == 1 {
            frame.push(0);
        }
    }
    frame
}

fn object(class_uid: &str, modality: &str, number: u32) -> InMemDicomObject {
    let mut set = InMemDicomObject::new_empty();
    text(&mut set, tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
    text(&mut set, tags::SOP_CLASS_UID, VR::UI, class_uid);
    text(&mut set, tags::SOP_INSTANCE_UID, VR::UI, &format!("2.25.7770{number}"));
    text(&mut set, tags::STUDY_INSTANCE_UID, VR::UI, "2.25.777");
    text(&mut set, tags::SERIES_INSTANCE_UID, VR::UI, &format!("2.25.777{number}"));
    text(&mut set, tags::MODALITY, VR::CS, modality);
    text(&mut set, tags::PATIENT_NAME, VR::PN, "SYNTHETIC^EXAMPLE");
    text(&mut set, tags::PATIENT_ID, VR::LO, "SYN-1");
    text(&mut set, tags::INSTANCE_NUMBER, VR::IS, &number.to_string());
    set
}

fn image(
    set: &mut InMemDicomObject,
    photometric: &str,
    samples: u16,
    allocated: u16,
    stored: u16,
    is_signed: bool,
) {
    text(set, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, photometric);
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, samples),
        (tags::ROWS, ROWS),
        (tags::COLUMNS, COLUMNS),
        (tags::BITS_ALLOCATED, allocated),
        (tags::BITS_STORED, stored),
        (tags::HIGH_BIT, stored - 1),
        (tags::PIXEL_REPRESENTATION, u16::from(is_signed)),
    ];
    for (tag, value) in numbers {
        number(set, tag, value);
    }
    if samples > 1 {
        number(set, tags::PLANAR_CONFIGURATION, 0);
    }
}

fn number(set: &mut InMemDicomObject, tag: Tag, value: u16) {
    set.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

fn text(set: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    set.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

fn wrapped(set: InMemDicomObject, wrapping: Wrapping) -> Vec<u8> {
    let mut bytes = Vec::new();
    match wrapping {
        Wrapping::Meta(syntax) => {
            let meta = FileMetaTableBuilder::new()
                .transfer_syntax(syntax)
                // Not that of a library, so that a new version of it changes nothing.
                .implementation_class_uid("2.25.778")
                .implementation_version_name("PARVIS");
            set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
        }
        Wrapping::Bare => {
            use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
            let registry = dicom_transfer_syntax_registry::TransferSyntaxRegistry;
            let syntax = registry.get(uids::IMPLICIT_VR_LITTLE_ENDIAN).unwrap();
            set.write_dataset_with_ts(&mut bytes, syntax).unwrap();
        }
    }
    bytes
}
