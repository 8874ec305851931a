use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::*;
use crate::imaging::read::Object;
use crate::imaging::referenced::ReferencedImage;
use crate::imaging::{ContentHash, FrameNumber, ObjectKind, dataset, decode_frame, read_header};

/// An element of a VR with the long form in explicit VR little endian; `None`: of undefined length.
fn long_form(tag: Tag, vr: VR, length: Option<usize>) -> Vec<u8> {
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    bytes.extend(vr.to_bytes());
    bytes.extend([0, 0]);
    bytes.extend(length.map_or(UNDEFINED, |length| length as u32).to_le_bytes());
    bytes
}

fn long(tag: Tag, vr: VR, value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(b' ');
    }
    [long_form(tag, vr, Some(value.len())), value].concat()
}

fn unknown(tag: Tag, value: &[u8]) -> Vec<u8> {
    long(tag, VR::UN, value)
}

/// In implicit VR little endian.
fn implicit(tag: Tag, value: &[u8]) -> Vec<u8> {
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    bytes.extend((value.len() as u32).to_le_bytes());
    [bytes, value.to_vec()].concat()
}

fn text(tag: Tag, value: &[u8]) -> Vec<u8> {
    let padding = if value.len() % 2 == 1 { &b" "[..] } else { b"" };
    implicit(tag, &[value, padding].concat())
}

fn word(tag: Tag, value: u16) -> Vec<u8> {
    unknown(tag, &value.to_le_bytes())
}

fn set(bytes: &[u8]) -> InMemDicomObject {
    let object = Object::open(bytes).unwrap();
    assert_eq!(object.cut(), None);
    object.dataset().clone()
}

/// An image of 2 x 1 pixels of which nothing has a VR.
fn image() -> Vec<u8> {
    let elements = [
        unknown(tags::SPECIFIC_CHARACTER_SET, b"ISO_IR 144"),
        unknown(tags::SOP_CLASS_UID, uids::CT_IMAGE_STORAGE.as_bytes()),
        unknown(tags::SOP_INSTANCE_UID, b"2.25.7"),
        unknown(tags::STUDY_DATE, b"20260203"),
        unknown(tags::MODALITY, b"CT"),
        // "Иванов" in ISO 8859-5.
        unknown(tags::PATIENT_NAME, b"\xB8\xD2\xD0\xDD\xDE\xD2^Ivan"),
        unknown(tags::PATIENT_ID, b"4711"),
        unknown(tags::PATIENT_BIRTH_DATE, b"19700102"),
        unknown(tags::STUDY_INSTANCE_UID, b"1.2.3"),
        unknown(tags::SERIES_INSTANCE_UID, b"1.2.3.4"),
        unknown(tags::INSTANCE_NUMBER, b"12"),
        word(tags::SAMPLES_PER_PIXEL, 1),
        unknown(tags::PHOTOMETRIC_INTERPRETATION, b"MONOCHROME1"),
        word(tags::ROWS, 1),
        word(tags::COLUMNS, 2),
        word(tags::BITS_ALLOCATED, 16),
        word(tags::BITS_STORED, 16),
        word(tags::HIGH_BIT, 15),
        word(tags::PIXEL_REPRESENTATION, 0),
        unknown(tags::VOILUT_FUNCTION, b"SIGMOID"),
        unknown(tags::PIXEL_DATA, &[1, 0, 2, 1]),
    ];
    elements.concat()
}

/// PS3.5 section 6.2.2. The patient was a row of numbers, and so were the identifiers and the kind of the object.
#[test]
fn what_was_written_without_a_vr_is_what_the_dictionary_says() {
    let received = read_header(&image(), ContentHash([0; 32])).unwrap();
    assert_eq!(received.patient.name.expose(), "ИВАНОВ Ivan");
    assert_eq!(received.patient.id.expose(), "4711");
    assert_eq!(
        received.patient.birth_date.map(|date| date.expose().to_string()).as_deref(),
        Some("1970-01-02")
    );
    assert_eq!((received.study.uid.as_str(), received.series.modality.as_str()), ("1.2.3", "CT"));
    let instance = received.instance;
    assert_eq!((instance.uid.as_str(), instance.class_uid.as_str()), ("2.25.7", uids::CT_IMAGE_STORAGE));
    assert_eq!((instance.kind, instance.rows, instance.number), (ObjectKind::Image, 1, Some(12)));
    let frame = decode_frame(&image(), FrameNumber::FIRST).unwrap();
    assert_eq!(frame.appearance.color, Ok(crate::imaging::color::Color::Monochrome1));
    assert_eq!((frame.values.at(0), frame.values.at(1)), (Some(1.0), Some(258.0)));
    assert_eq!(dataset::text(&set(&image()), tags::VOILUT_FUNCTION), "SIGMOID");
    // What is written about it again is filed under the same patient.
    let referenced = ReferencedImage::read(&image(), &[FrameNumber::FIRST]).unwrap();
    let filed = |wanted| {
        referenced.filed().find(|(tag, ..)| *tag == wanted).map(|(.., value)| value.expose().clone())
    };
    assert_eq!(filed(tags::PATIENT_NAME).as_deref(), Some("Иванов^Ivan"));
    assert_eq!((filed(tags::PATIENT_ID).as_deref(), referenced.uid.as_str()), (Some("4711"), "2.25.7"));
}

/// PS3.5 section 6.2.2: a sequence without a VR is in implicit VR, and so is all that is in it. It was lost.
#[test]
fn a_sequence_without_a_vr_is_read_whether_its_length_is_told_or_not() {
    let slope = text(tags::RESCALE_SLOPE, b"2.5");
    let transformation = implicit(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, &implicit(ITEM, &slope));
    let words =
        [text(tags::SPECIFIC_CHARACTER_SET, b"ISO_IR 192"), text(tags::FRAME_COMMENTS, "Früh".as_bytes())];
    let items = [implicit(ITEM, &[words.concat(), transformation].concat()), implicit(ITEM, &[])].concat();
    let tag = tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE;
    let after = unknown(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, &[]);
    let told = [unknown(tag, &items), after.clone()].concat();
    let delimited =
        [unknown(tag, &[&items[..], &implicit(SEQUENCE_END, &[])].concat()), after.clone()].concat();
    let open = [long_form(tag, VR::UN, None), items, implicit(SEQUENCE_END, &[]), after].concat();
    for bytes in [told, delimited, open] {
        let set = set(&[unknown(tags::MODALITY, b"MR"), bytes].concat());
        assert_eq!(dataset::items(&set, tag).len(), 2);
        let group = dataset::functional_group(&set, 0, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE).unwrap();
        assert_eq!(dataset::number(group, tags::RESCALE_SLOPE), Some(2.5));
        assert_eq!(dataset::text(&dataset::items(&set, tag)[0], tags::FRAME_COMMENTS), "Früh");
        assert!(set.get(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).is_some());
    }
}

/// A value of a sequence's tag that holds no items stays as it is, and so does what surrounds it.
#[test]
fn what_should_be_a_sequence_and_is_none_is_kept_as_it_is() {
    let tag = tags::REFERENCED_IMAGE_SEQUENCE;
    let uid = text(tags::REFERENCED_SOP_INSTANCE_UID, b"1.2");
    let short = [&implicit(ITEM, &uid)[..], b"xyz!"].concat();
    // Its end lies beyond that of the sequence.
    let long = [&implicit(ITEM, &[])[..4], &[9, 9, 0, 0]].concat();
    let ends_early = [implicit(SEQUENCE_END, &[]), implicit(ITEM, &[])].concat();
    for value in [&b"no items"[..], &short, &long, &ends_early] {
        let bytes = [unknown(tag, value), unknown(tags::MODALITY, b"CT")].concat();
        let bytes = [unknown(tags::IMAGE_TYPE, b"A"), bytes].concat();
        let set = set(&bytes);
        assert_eq!(dataset::bytes(&set, tag).as_deref(), Some(value));
        assert_eq!(dataset::items(&set, tag).len(), 0);
        assert_eq!(["A", "CT"], [tags::IMAGE_TYPE, tags::MODALITY].map(|tag| dataset::text(&set, tag)));
    }
    // Inside of one that is a sequence only the inner one is kept. Some writers keep explicit VR in the unknown.
    let inner = [unknown(tag, b"no items"), unknown(tags::FRAME_COMMENTS, b"x")].concat();
    let set = set(&unknown(tags::REFERENCED_SERIES_SEQUENCE, &implicit(ITEM, &inner)));
    let [item] = dataset::items(&set, tags::REFERENCED_SERIES_SEQUENCE) else { panic!("one item") };
    assert_eq!(dataset::bytes(item, tag).as_deref(), Some(&b"no items"[..]));
    assert_eq!(dataset::text(item, tags::FRAME_COMMENTS), "x");
}

/// PS3.5 section 6.2.2: a value without a VR is in little endian, whatever the transfer syntax is.
#[test]
fn numbers_without_a_vr_are_turned_round_in_a_file_in_big_endian() {
    fn big(tag: Tag, value: &[u8]) -> Vec<u8> {
        let mut bytes = [tag.0.to_be_bytes(), tag.1.to_be_bytes()].concat();
        bytes.extend(b"UN\0\0");
        bytes.extend((value.len() as u32).to_be_bytes());
        [bytes, value.to_vec()].concat()
    }
    let slope = [implicit(tags::ROWS, &[4, 1]), text(tags::RESCALE_SLOPE, b"2.5")].concat();
    let bytes = [
        [&[0, 8, 0, 0x60][..], b"CS\0\x02CT"].concat(),
        big(tags::FRAME_INCREMENT_POINTER, &[0x18, 0, 0x63, 0x10]),
        big(tags::COLUMNS, &[2, 1]),
        big(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA, &[1, 0, 2, 0]),
        big(tags::SLAB_THICKNESS, &1.5_f64.to_le_bytes()),
        big(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, &implicit(ITEM, &slope)),
    ];
    let set = set(&bytes.concat());
    assert_eq!(dataset::integer(&set, tags::COLUMNS), Some(258));
    assert_eq!(dataset::bytes(&set, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA), Some(vec![1, 0, 2, 0]));
    assert_eq!(dataset::number(&set, tags::SLAB_THICKNESS), Some(1.5));
    let pointer = set.get(tags::FRAME_INCREMENT_POINTER).and_then(|element| element.value().to_tag().ok());
    assert_eq!(pointer, Some(tags::FRAME_TIME));
    let item = &dataset::items(&set, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE)[0];
    assert_eq!(dataset::integer(item, tags::ROWS), Some(260));
    assert_eq!(dataset::number(item, tags::RESCALE_SLOPE), Some(2.5));
}

/// PS3.5 section 6.2.2: a value that is too long for the length of its VR is written as UN.
#[test]
fn values_too_long_for_their_vr_are_read() {
    let words = "0.25\\".repeat(20_000);
    let table: Vec<u8> = (0..70_000_u32).map(|i| i as u8).collect();
    let bytes = [
        unknown(tags::MODALITY, b"CT"),
        unknown(tags::LUT_DATA, &table),
        unknown(tags::TABLE_TOP_VERTICAL_SETUP_DISPLACEMENT, words.as_bytes()),
    ];
    let set = set(&bytes.concat());
    let numbers = dataset::numbers(&set, tags::TABLE_TOP_VERTICAL_SETUP_DISPLACEMENT);
    assert_eq!((numbers.len(), numbers[19_999]), (20_000, 0.25));
    assert_eq!(dataset::bytes(&set, tags::LUT_DATA), Some(table));
}

/// Words that the writer called bytes (PS3.6: PatientName is PN) were a row of numbers.
#[test]
fn words_that_are_called_bytes_are_words() {
    let bytes = [
        long(tags::SPECIFIC_CHARACTER_SET, VR::OB, b"ISO_IR 100"),
        long(tags::PATIENT_NAME, VR::OB, b"M\xFCller^J\xF6rg"),
        long(tags::ENCAPSULATED_DOCUMENT, VR::OB, b"%PDF"),
    ];
    let set = set(&bytes.concat());
    assert_eq!(dataset::text(&set, tags::PATIENT_NAME), "Müller^Jörg");
    assert_eq!(dataset::bytes(&set, tags::ENCAPSULATED_DOCUMENT).as_deref(), Some(&b"%PDF"[..]));
}
