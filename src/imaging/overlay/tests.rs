use dicom_core::{DataElement, PrimitiveValue, VR};

use super::*;

fn number(element: u16, vr: VR, value: u16) -> DataElement<InMemDicomObject> {
    DataElement::new(Tag(0x6000, element), vr, PrimitiveValue::from(value))
}

fn set(extra: Vec<DataElement<InMemDicomObject>>, bits: &[u8]) -> InMemDicomObject {
    let mut elements = vec![
        number(ROWS, VR::US, 2),
        number(COLUMNS, VR::US, 3),
        DataElement::new(Tag(0x6000, KIND), VR::CS, PrimitiveValue::from("G")),
        DataElement::new(Tag(0x6000, LABEL), VR::LO, PrimitiveValue::from("marks")),
        DataElement::new(Tag(0x6000, OVERLAY_DATA), VR::OB, PrimitiveValue::U8(bits.into())),
    ];
    elements.extend(extra);
    InMemDicomObject::from_element_iter(elements)
}

fn points(overlay: &Overlay) -> Vec<(usize, usize)> {
    (0..9)
        .flat_map(|row| (0..9).map(move |column| (row, column)))
        .filter(|&(r, c)| overlay.is_set_at(r, c))
        .collect()
}

/// PS3.3 C.9.2 and PS3.5 section 8.1.2: first pixel in the lowest bit, rows without gaps.
#[test]
fn bits_are_read_from_the_lowest() {
    let overlays = Overlay::read(&set(vec![], &[0b0010_0001, 0]), 0);
    assert_eq!(overlays.len(), 1);
    assert_eq!((overlays[0].group, overlays[0].label.as_str()), (0x6000, "marks"));
    assert_eq!(points(&overlays[0]), [(0, 0), (1, 2)]);
}

/// PS3.3 C.9.2: the origin counts from 1; less lies above and to the left of the frame.
#[test]
fn an_origin_may_lie_outside_the_frame() {
    let origin = |row: i16, column: i16| {
        let value = PrimitiveValue::I16([row, column].as_slice().into());
        let element = DataElement::new(Tag(0x6000, ORIGIN), VR::SS, value);
        points(&Overlay::read(&set(vec![element], &[0b0011_1111, 0]), 0)[0])
    };
    assert_eq!(origin(3, 5), [(2, 4), (2, 5), (2, 6), (3, 4), (3, 5), (3, 6)]);
    assert_eq!(origin(0, -1), [(0, 0)]);
}

/// PS3.3 C.9.3.1.
#[test]
fn frames_of_a_plane_belong_to_frames_of_the_image() {
    let frames = |value: &str| DataElement::new(Tag(0x6000, FRAMES), VR::IS, PrimitiveValue::from(value));
    let two = set(vec![frames("2"), number(FRAME_ORIGIN, VR::US, 3)], &[0b0100_0001, 0b0000_1000]);
    assert!(Overlay::read(&two, 1).is_empty());
    assert_eq!(points(&Overlay::read(&two, 2)[0]), [(0, 0)]);
    assert_eq!(points(&Overlay::read(&two, 3)[0]), [(0, 0), (1, 2)]);
    assert!(Overlay::read(&two, 4).is_empty());
    let only = set(vec![number(FRAME_ORIGIN, VR::US, 2)], &[1, 0]);
    assert_eq!([0, 1, 2].map(|frame| Overlay::read(&only, frame).len()), [0, 1, 0]);
    let every = set(vec![], &[1, 0]);
    assert_eq!([0, 7].map(|frame| Overlay::read(&every, frame).len()), [1, 1]);
}

#[test]
fn planes_that_end_early_or_have_no_size_do_no_harm() {
    let short = Overlay::read(&set(vec![number(ROWS, VR::US, 9)], &[0xFF, 0xFF]), 0);
    assert_eq!(points(&short[0]).len(), 16);
    assert!(Overlay::read(&set(vec![number(ROWS, VR::US, 0)], &[0xFF]), 0).is_empty());
    let far = DataElement::new(Tag(0x6000, FRAMES), VR::IS, PrimitiveValue::from("2000000000"));
    assert!(Overlay::read(&set(vec![far], &[0xFF]), 1_999_999_999).is_empty());
}

/// PS3.3-2004 C.9.2: Overlay Bit Position names the bit of every pixel.
#[test]
fn bits_within_pixels_are_planes_too() {
    let set = InMemDicomObject::from_element_iter([
        DataElement::new(tags::ROWS, VR::US, PrimitiveValue::from(1_u16)),
        DataElement::new(tags::COLUMNS, VR::US, PrimitiveValue::from(3_u16)),
        DataElement::new(tags::BITS_STORED, VR::US, PrimitiveValue::from(12_u16)),
        number(BITS_ALLOCATED, VR::US, 16),
        number(BIT_POSITION, VR::US, 12),
    ]);
    let overlays = Overlay::read_embedded(&set, &[0xFF, 0x0F, 0x00, 0x10, 0x00, 0xF0], 2);
    assert_eq!(overlays.iter().map(points).collect::<Vec<_>>(), [[(0, 1), (0, 2)]]);
    assert!(Overlay::read_embedded(&set, &[0xFF, 0x0F], 2).is_empty());
    assert!(Overlay::read(&set, 0).is_empty());
}
