use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};

use super::*;

type Element = DataElement<InMemDicomObject>;

fn number(tag: Tag, value: f64) -> Element {
    DataElement::new(tag, VR::DS, PrimitiveValue::from(value.to_string()))
}

fn text(tag: Tag, value: &str) -> Element {
    DataElement::new(tag, VR::LO, PrimitiveValue::from(value))
}

fn word(tag: Tag, value: u16) -> Element {
    DataElement::new(tag, VR::US, PrimitiveValue::from(value))
}

fn sequence(tag: Tag, items: Vec<Vec<Element>>) -> Element {
    let items: Vec<_> = items.into_iter().map(InMemDicomObject::from_element_iter).collect();
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
}

fn look(frame_index: usize, elements: Vec<Element>) -> Appearance {
    let mut set = InMemDicomObject::from_element_iter([
        word(tags::ROWS, 4),
        word(tags::COLUMNS, 4),
        word(tags::BITS_ALLOCATED, 16),
        word(tags::PIXEL_REPRESENTATION, 1),
        text(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2"),
    ]);
    elements.into_iter().for_each(|element| {
        set.put(element);
    });
    let format = PixelFormat::read(&set).unwrap();
    let color = format.color.ok_or(String::new());
    appearance(&set, "1.2.840.10008.1.2.1", &format, frame_index, color, Vec::new())
}

/// PS3.3 C.7.6.16.2.9 and C.7.6.16.2.10: a frame's own values, then the shared ones.
#[test]
fn frames_have_values_and_windows_of_their_own() {
    let groups = |slope: f64, center: f64| {
        let window = vec![number(tags::WINDOW_CENTER, center), number(tags::WINDOW_WIDTH, 10.0)];
        vec![
            sequence(
                tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE,
                vec![vec![number(tags::RESCALE_SLOPE, slope), number(tags::RESCALE_INTERCEPT, 1.0)]],
            ),
            sequence(tags::FRAME_VOILUT_SEQUENCE, vec![window]),
        ]
    };
    let elements = || {
        vec![
            sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![groups(5.0, 50.0)]),
            sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, vec![vec![], groups(2.0, 20.0)]),
            number(tags::RESCALE_SLOPE, 99.0),
        ]
    };
    let seen = |frame| {
        let look = look(frame, elements());
        (look.modality.apply(10.0), look.windows[0].window.center)
    };
    assert_eq!([seen(0), seen(1)], [(51.0, 50.0), (21.0, 20.0)]);
}

/// PS3.3 C.11.1: a slope of nothing is no slope.
#[test]
fn a_slope_that_is_no_number_is_one() {
    for slope in ["0", "NaN", "-inf", "much"] {
        let look = look(0, vec![text(tags::RESCALE_SLOPE, slope), number(tags::RESCALE_INTERCEPT, -5.0)]);
        assert_eq!(look.modality.apply(7.0), 2.0, "{slope}");
    }
}

/// PS3.3 C.7.5.1.1.2: stored values, with the sign of the pixels whatever the VR says; the limit may be below the value.
#[test]
fn padding_has_the_sign_of_the_pixels() {
    let padded =
        look(0, vec![word(tags::PIXEL_PADDING_VALUE, 63_536), word(tags::PIXEL_PADDING_RANGE_LIMIT, 63_530)]);
    assert_eq!(padded.padding, Some((-2006.0, -2000.0)));
    let float = DataElement::new(tags::FLOAT_PIXEL_PADDING_VALUE, VR::FL, PrimitiveValue::from(-0.5_f32));
    assert_eq!(look(0, vec![float]).padding, Some((-0.5, -0.5)));
}

/// PS3.3 C.7.6.3.1.7: lengths before the ratio, which is vertical to horizontal.
#[test]
fn pixels_are_as_high_and_wide_as_the_header_says() {
    let aspect = |elements| look(0, elements).pixel_aspect;
    let ratio = || text(tags::PIXEL_ASPECT_RATIO, "2\\1");
    assert_eq!(aspect(vec![]), 1.0);
    assert_eq!(aspect(vec![ratio()]), 2.0);
    assert_eq!(aspect(vec![ratio(), text(tags::NOMINAL_SCANNED_PIXEL_SPACING, "0.3\\0.1")]), 0.3 / 0.1);
    assert_eq!(aspect(vec![text(tags::IMAGER_PIXEL_SPACING, "0.4\\0.1"), ratio()]), 4.0);
    assert_eq!(aspect(vec![text(tags::PIXEL_SPACING, "0.14\\0.140001"), ratio()]), 1.0);
    assert_eq!(aspect(vec![text(tags::PIXEL_SPACING, "0\\0"), ratio()]), 2.0);
    let measures =
        vec![sequence(tags::PIXEL_MEASURES_SEQUENCE, vec![vec![text(tags::PIXEL_SPACING, "3\\1")]])];
    assert_eq!(aspect(vec![sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![measures]), ratio()]), 3.0);
}

/// PS3.3 C.8.5.5: only regions of space count, and of these the largest.
#[test]
fn ultrasound_is_as_high_and_wide_as_its_largest_region() {
    let region = |format: u16, side: u16, delta_y: f64| {
        vec![
            word(tags::REGION_SPATIAL_FORMAT, format),
            word(tags::PHYSICAL_UNITS_X_DIRECTION, 3),
            word(tags::PHYSICAL_UNITS_Y_DIRECTION, 3),
            word(tags::REGION_LOCATION_MIN_X0, 0),
            word(tags::REGION_LOCATION_MIN_Y0, 0),
            word(tags::REGION_LOCATION_MAX_X1, side),
            word(tags::REGION_LOCATION_MAX_Y1, side),
            number(tags::PHYSICAL_DELTA_X, -0.1),
            number(tags::PHYSICAL_DELTA_Y, delta_y),
        ]
    };
    let regions = vec![region(1, 10, 0.1), region(1, 300, 0.2), region(3, 900, 0.7)];
    assert_eq!(look(0, vec![sequence(tags::SEQUENCE_OF_ULTRASOUND_REGIONS, regions)]).pixel_aspect, 2.0);
    let flow = vec![region(3, 900, 0.7)];
    assert_eq!(look(0, vec![sequence(tags::SEQUENCE_OF_ULTRASOUND_REGIONS, flow)]).pixel_aspect, 1.0);
}

/// PS3.3 C.8.11.3: INVERSE goes with MONOCHROME1. A MONOCHROME1 image that says IDENTITY is still one.
#[test]
fn a_shape_that_contradicts_monochrome1_is_not_believed() {
    let shape = |interpretation, shape| {
        let elements = vec![
            text(tags::PHOTOMETRIC_INTERPRETATION, interpretation),
            text(tags::PRESENTATION_LUT_SHAPE, shape),
        ];
        look(0, elements).presentation_lut
    };
    assert_eq!(shape("MONOCHROME1", "IDENTITY"), None);
    assert_eq!(shape("MONOCHROME1", "INVERSE"), Some(PresentationLut::Inverse));
    assert_eq!(shape("MONOCHROME2", "IDENTITY"), Some(PresentationLut::Identity));
}

/// PS3.3 C.8.16.2.1.1.
#[test]
fn a_supplemental_palette_is_read_where_the_frame_is_in_colour() {
    let with = |presentation: &str, of_frame: &str| {
        let mut elements = vec![text(tags::PIXEL_PRESENTATION, presentation)];
        let frame_type = vec![text(tags::PIXEL_PRESENTATION, of_frame)];
        let groups = vec![sequence(tags::MR_IMAGE_FRAME_TYPE_SEQUENCE, vec![frame_type])];
        elements.push(sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, vec![groups]));
        for (descriptor, data) in [
            (tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA),
            (tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA),
            (tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        ] {
            let words = |words: &[u16]| PrimitiveValue::U16(words.into());
            elements.push(DataElement::new(descriptor, VR::US, words(&[2, 1000, 16])));
            elements.push(DataElement::new(data, VR::OW, words(&[0x1000, 0xFF00])));
        }
        look(0, elements).palette.map(|palette| (palette.first, palette.at(1001.0)))
    };
    assert_eq!(with("COLOR", ""), Some((1000, [255; 3])));
    assert_eq!(with("MIXED", "COLOR"), Some((1000, [255; 3])));
    assert_eq!(with("MIXED", "MONOCHROME"), None);
    assert_eq!(with("MONOCHROME", "COLOR"), None);
}

#[test]
fn ultrasound_of_eight_bits_is_as_it_is_stored_and_does_not_flicker() {
    let of_bits = |bits, frames: &str, modality| {
        look(
            0,
            vec![
                word(tags::BITS_ALLOCATED, bits),
                word(tags::PIXEL_REPRESENTATION, 0),
                text(tags::MODALITY, modality),
                DataElement::new(tags::NUMBER_OF_FRAMES, VR::IS, PrimitiveValue::from(frames)),
            ],
        )
    };
    for (frames, modality) in [("30", "US"), ("1", "US"), ("1", "IVUS"), ("1", "OT")] {
        assert_eq!(of_bits(8, frames, modality).default_range, Some((0.0, 255.0)), "{modality}");
    }
    assert_eq!(of_bits(8, "30", "XA").default_range, None);
    assert_eq!(of_bits(16, "1", "OT").default_range, None);
}
