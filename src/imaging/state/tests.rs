use dicom_core::{DataElement, PrimitiveValue, Tag, VR};

use super::*;
use crate::imaging::sample::{self, floats, item, longs, sequence, text, words};
use crate::imaging::{GraphicShape, Presentation, Window, pixels};

const FRAMES: [&str; 2] = ["1.2.3", "1.2.4"];

/// A 4 x 2 image of this identifier, decoded.
fn shown(uid: &str, interpretation: &str) -> StoredFrame {
    let mut set = sample::image(4, 2, &[0, 1, 2, 3, 4, 5, 6, 7]);
    set.put(text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, interpretation));
    set.put(text(tags::RESCALE_INTERCEPT, VR::DS, "-1000"));
    set.put(text(tags::RESCALE_SLOPE, VR::DS, "1"));
    set.put(text(tags::WINDOW_CENTER, VR::DS, "50"));
    set.put(text(tags::WINDOW_WIDTH, VR::DS, "350"));
    let bytes = sample::file(set, uids::CT_IMAGE_STORAGE, uid);
    pixels::decode_frame(&bytes, FrameNumber::FIRST).unwrap()
}

fn image(uid: &str, frames: &str) -> InMemDicomObject {
    item([
        text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, uid),
        text(tags::REFERENCED_FRAME_NUMBER, VR::IS, frames),
    ])
}

fn only(uid: &str) -> dicom_object::mem::InMemElement {
    sequence(tags::REFERENCED_IMAGE_SEQUENCE, [image(uid, "")])
}

/// A state that refers to both frames and says this beside.
fn state_of(class_uid: &str, mut set: InMemDicomObject) -> Result<PresentationState, StateError> {
    let series = item([sequence(tags::REFERENCED_IMAGE_SEQUENCE, FRAMES.map(|uid| image(uid, "")))]);
    if set.get(tags::REFERENCED_SERIES_SEQUENCE).is_none() {
        set.put(sequence(tags::REFERENCED_SERIES_SEQUENCE, [series]));
    }
    let bytes = sample::file(set, class_uid, "1.9");
    PresentationState::read(&Object::open(&bytes[..]).unwrap())
}

fn state(elements: Vec<dicom_object::mem::InMemElement>) -> PresentationState {
    state_of(uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, item(elements)).unwrap()
}

/// PS3.4 section N.2: the transformations of the state replace those of the image.
#[test]
fn the_grays_of_a_state_replace_those_of_the_image() {
    let rescale = [text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"), text(tags::RESCALE_SLOPE, VR::DS, "2")];
    let window = |only_for: Option<&str>, center: &str| {
        let mut voi = item([
            text(tags::WINDOW_CENTER, VR::DS, center),
            text(tags::WINDOW_WIDTH, VR::DS, "100"),
            text(tags::VOILUT_FUNCTION, VR::CS, "SIGMOID"),
        ]);
        if let Some(uid) = only_for {
            voi.put(only(uid));
        }
        voi
    };
    let voi = sequence(tags::SOFTCOPY_VOILUT_SEQUENCE, [window(Some("1.2.4"), "10"), window(None, "20")]);
    let inverse = text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "INVERSE");
    let state = state([&rescale[..], &[voi, inverse]].concat());
    let frame = shown("1.2.3", "MONOCHROME1");
    let applied = state.on(&frame).unwrap();
    let look = &applied.appearance;
    assert!(Arc::ptr_eq(&applied.values, &frame.values), "values are shared");
    assert_eq!(look.modality, Modality::Rescale { slope: 2.0, intercept: -1024.0 });
    assert_eq!(look.windows[0].window, Window { center: 20.0, width: 100.0 });
    assert_eq!(look.window_function, WindowFunction::Sigmoid);
    assert_eq!(
        (look.color.clone(), &look.presentation_lut),
        (Ok(Color::Monochrome2), &Some(PresentationLut::Inverse))
    );
    // PS3.3 C.11.8: an item may be for some of the images.
    let other = state.on(&shown("1.2.4", "MONOCHROME2")).unwrap();
    assert_eq!(other.appearance.windows[0].window.center, 10.0);
    assert_eq!(applied.facts(&Presentation::default()).window, Some((20.0, 100.0)));
    // A state without any of it is identity.
    let plain = self::state(vec![]).on(&frame).unwrap().appearance;
    assert_eq!((plain.modality, plain.windows.len()), (Modality::IDENTITY, 0));
    assert_eq!(plain.presentation_lut, Some(PresentationLut::Identity));
}

/// PS3.4 N.2.1.3: without values of interest the stage is the identity, and not what the frame happens to hold.
#[test]
fn a_state_without_a_window_shows_all_that_the_values_can_be() {
    let state = state(vec![]);
    let mut frame = shown("1.2.3", "MONOCHROME2");
    frame.appearance.bits_stored = 12;
    let look = state.on(&frame).unwrap().appearance;
    assert_eq!((look.default_range, look.windows.len()), (Some((0.0, 4095.0)), 0));
}

#[test]
fn tables_of_a_state_are_alternatives() {
    let table =
        item([words(tags::LUT_DESCRIPTOR, VR::US, &[2, 0, 8]), words(tags::LUT_DATA, VR::OW, &[7, 9])]);
    let voi = item([sequence(tags::VOILUT_SEQUENCE, [table.clone()])]);
    let state = state(vec![
        sequence(tags::MODALITY_LUT_SEQUENCE, [table.clone()]),
        sequence(tags::SOFTCOPY_VOILUT_SEQUENCE, [voi]),
        sequence(tags::PRESENTATION_LUT_SEQUENCE, [table]),
    ]);
    let look = state.on(&shown("1.2.3", "MONOCHROME2")).unwrap().appearance;
    assert!(matches!(look.modality, Modality::Table(ref table) if table.entries == [7, 9]));
    assert_eq!(look.voi_tables[0].entries, [7, 9]);
    assert!(matches!(look.presentation_lut, Some(PresentationLut::Table(_))));
}

#[test]
fn a_state_changes_only_what_it_refers_to() {
    let frames = |numbers: &str| {
        let series = item([sequence(tags::REFERENCED_IMAGE_SEQUENCE, [image("1.2.3", numbers)])]);
        let set = item([sequence(tags::REFERENCED_SERIES_SEQUENCE, [series])]);
        state_of(uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, set).unwrap()
    };
    let frame = |number| FrameNumber::new(number).unwrap();
    assert!(frames("").for_frame("1.2.3", frame(9), 4, 2).is_some());
    assert!(frames("2\\4").for_frame("1.2.3", frame(4), 4, 2).is_some());
    assert!(frames("2\\4").for_frame("1.2.3", frame(3), 4, 2).is_none());
    assert!(frames("").for_frame("1.2.30", frame(1), 4, 2).is_none());
    assert!(frames("2").on(&shown("1.2.3", "MONOCHROME2")).is_none());
}

/// PS3.3 C.10.4: corners are whole pixels counted from 1, column first, and lie inside.
#[test]
fn the_displayed_area_and_the_turn_are_told() {
    let area = item([
        longs(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, &[2, 1]),
        longs(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, &[3, 2]),
        text(tags::PRESENTATION_SIZE_MODE, VR::CS, "SCALE TO FIT"),
        text(tags::PRESENTATION_PIXEL_ASPECT_RATIO, VR::IS, "2\\1"),
    ]);
    let mut elements = vec![
        sequence(tags::DISPLAYED_AREA_SELECTION_SEQUENCE, [area]),
        words(tags::IMAGE_ROTATION, VR::US, &[270]),
        text(tags::IMAGE_HORIZONTAL_FLIP, VR::CS, "Y"),
    ];
    let frame = shown("1.2.3", "MONOCHROME2");
    let facts = state(elements.clone()).on(&frame).unwrap().facts(&Presentation::default());
    assert_eq!((facts.state_area, facts.state_turn), (Some([0.25, 0.0, 0.75, 1.0]), (3, true)));
    assert_eq!((facts.aspect, facts.state_notice), (1.0, None));
    // After half a turn the corners change places.
    let turned = item([
        longs(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, &[4, 2]),
        longs(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, &[1, 1]),
        text(tags::PRESENTATION_SIZE_MODE, VR::CS, "TRUE SIZE"),
    ]);
    elements[0] = sequence(tags::DISPLAYED_AREA_SELECTION_SEQUENCE, [turned]);
    let facts = state(elements).on(&frame).unwrap().facts(&Presentation::default());
    assert_eq!(facts.state_area, Some([0.0, 0.0, 1.0, 1.0]));
    assert!(facts.state_notice.unwrap().contains("true size"));
}

fn drawn(annotation: InMemDicomObject, layers: Vec<InMemDicomObject>) -> Vec<super::super::Graphic> {
    let state = state(vec![
        sequence(tags::GRAPHIC_ANNOTATION_SEQUENCE, [annotation]),
        sequence(tags::GRAPHIC_LAYER_SEQUENCE, layers),
    ]);
    state.on(&shown("1.2.3", "MONOCHROME2")).unwrap().facts(&Presentation::default()).graphics
}

fn graphic(kind: &str, units: &str, points: &[f32]) -> InMemDicomObject {
    item([
        text(tags::GRAPHIC_TYPE, VR::CS, kind),
        text(tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, units),
        floats(tags::GRAPHIC_DATA, points),
        text(tags::GRAPHIC_FILLED, VR::CS, "Y"),
    ])
}

/// PS3.3 C.10.5.1.2: in PIXEL units 0\0 is the outer corner of the first pixel, columns\rows that of the last.
#[test]
fn graphics_are_in_units_of_the_frame_or_of_the_screen() {
    let objects = [
        graphic("POLYLINE", "PIXEL", &[0.0, 0.0, 4.0, 2.0]),
        graphic("INTERPOLATED", "DISPLAY", &[0.5, 0.25, 1.0, 1.0]),
        graphic("CIRCLE", "PIXEL", &[2.0, 1.0, 3.0, 1.0]),
        graphic("ELLIPSE", "PIXEL", &[0.0, 1.0, 4.0, 1.0, 2.0, 0.0, 2.0, 2.0]),
        graphic("POINT", "PIXEL", &[1.0, 1.0]),
        // Too few points, no such kind, no such units, no number.
        graphic("CIRCLE", "PIXEL", &[1.0, 1.0]),
        graphic("SPIRAL", "PIXEL", &[1.0, 1.0, 2.0, 2.0]),
        graphic("POINT", "MATRIX", &[1.0, 1.0]),
        graphic("POINT", "PIXEL", &[f32::NAN, 1.0]),
    ];
    let found = drawn(item([sequence(tags::GRAPHIC_OBJECT_SEQUENCE, objects)]), vec![]);
    let shapes: Vec<_> = found.iter().map(|one| one.shape.clone()).collect();
    use GraphicShape::*;
    assert_eq!(shapes, [Polyline, Curve, Circle, Ellipse, Points]);
    assert_eq!(found[0].points, [(0.0, 0.0), (1.0, 1.0)]);
    assert_eq!((found[1].points[0], found[1].is_on_screen, found[1].is_filled), ((0.5, 0.25), true, true));
    assert_eq!(found[4].points, [(0.25, 0.5)]);
}

#[test]
fn text_lies_in_its_box_and_leads_to_a_visible_anchor() {
    let words = |elements: Vec<dicom_object::mem::InMemElement>| {
        let mut object = item(elements);
        object.put(text(tags::UNFORMATTED_TEXT_VALUE, VR::ST, "here\r\nand <b>there</b>"));
        drawn(item([sequence(tags::TEXT_OBJECT_SEQUENCE, [object])]), vec![])
    };
    let bounds = || {
        vec![
            text(tags::BOUNDING_BOX_ANNOTATION_UNITS, VR::CS, "PIXEL"),
            floats(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER, &[0.0, 0.0]),
            floats(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER, &[2.0, 1.0]),
        ]
    };
    let anchor = |units, visible| {
        vec![
            text(tags::ANCHOR_POINT_ANNOTATION_UNITS, VR::CS, units),
            floats(tags::ANCHOR_POINT, &[1.0, 2.0]),
            text(tags::ANCHOR_POINT_VISIBILITY, VR::CS, visible),
        ]
    };
    let found = words(bounds());
    assert_eq!(found[0].shape, GraphicShape::Text("here\r\nand <b>there</b>".into()));
    assert_eq!(found[0].points, [(0.0, 0.0), (0.5, 0.5)]);
    assert_eq!(words([bounds(), anchor("PIXEL", "Y")].concat())[0].points[2], (0.25, 1.0));
    assert_eq!(words([bounds(), anchor("PIXEL", "N")].concat())[0].points.len(), 2);
    assert_eq!(words([bounds(), anchor("DISPLAY", "Y")].concat()).len(), 2);
    assert_eq!(words(anchor("PIXEL", "N"))[0].points, [(0.25, 1.0)]);
    assert!(words(vec![]).is_empty());
}

/// PS3.3 C.10.7: the layer of the highest order lies on top.
#[test]
fn layers_have_an_order_and_a_colour() {
    let layer = |name: &str, order: &str, colour| {
        item([
            text(tags::GRAPHIC_LAYER, VR::CS, name),
            text(tags::GRAPHIC_LAYER_ORDER, VR::IS, order),
            colour,
        ])
    };
    let gray = words(tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_GRAYSCALE_VALUE, VR::US, &[65535]);
    let red = words(Tag(0x0070, 0x0067), VR::US, &[65535, 0, 0]);
    let on = |name: &str, uid: Option<&str>, x| {
        let mut annotation = item([
            text(tags::GRAPHIC_LAYER, VR::CS, name),
            sequence(tags::GRAPHIC_OBJECT_SEQUENCE, [graphic("POINT", "PIXEL", &[x, 0.0])]),
        ]);
        if let Some(uid) = uid {
            annotation.put(only(uid));
        }
        annotation
    };
    let state = state(vec![
        sequence(
            tags::GRAPHIC_ANNOTATION_SEQUENCE,
            [on("TOP", None, 4.0), on("LOW", Some("1.2.3"), 1.0), on("LOW", Some("1.2.4"), 2.0)],
        ),
        sequence(tags::GRAPHIC_LAYER_SEQUENCE, [layer("TOP", "2", gray), layer("LOW", "1", red)]),
    ]);
    let seen = |uid| -> Vec<_> {
        let facts = state.on(&shown(uid, "MONOCHROME2")).unwrap().facts(&Presentation::default());
        facts.graphics.iter().map(|one| (one.points[0].0, one.color)).collect()
    };
    let (white, red) = (Some([255; 3]), Some([255, 0, 0]));
    assert_eq!(seen("1.2.3"), [(0.25, red), (1.0, white)]);
    assert_eq!(seen("1.2.4"), [(0.5, red), (1.0, white)]);
}

#[test]
fn a_compound_graphic_is_drawn_once() {
    let number = |number: u32| {
        DataElement::new(tags::COMPOUND_GRAPHIC_INSTANCE_ID, VR::UL, PrimitiveValue::from(number))
    };
    let compound = item([
        number(7),
        text(tags::COMPOUND_GRAPHIC_TYPE, VR::CS, "RECTANGLE"),
        text(tags::COMPOUND_GRAPHIC_UNITS, VR::CS, "PIXEL"),
        floats(tags::GRAPHIC_DATA, &[0.0, 0.0, 4.0, 2.0]),
    ]);
    let alone = item([sequence(tags::COMPOUND_GRAPHIC_SEQUENCE, [compound.clone()])]);
    let found = drawn(alone, vec![]);
    assert_eq!(found[0].points, [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]);
    let mut part = graphic("POLYLINE", "PIXEL", &[0.0, 0.0, 4.0, 0.0]);
    part.put(number(7));
    let both = item([
        sequence(tags::COMPOUND_GRAPHIC_SEQUENCE, [compound]),
        sequence(tags::GRAPHIC_OBJECT_SEQUENCE, [part]),
    ]);
    let found = drawn(both, vec![]);
    assert_eq!((found.len(), found[0].points.len()), (1, 2));
}

#[test]
fn the_number_of_graphics_is_limited() {
    let many = (0..1500).map(|i| graphic("POINT", "PIXEL", &[i as f32, 0.0]));
    assert_eq!(drawn(item([sequence(tags::GRAPHIC_OBJECT_SEQUENCE, many)]), vec![]).len(), 1000);
    // An element with a short length holds no more than 8191 points; all together have a limit too.
    let long = (0..3).map(|_| graphic("POLYLINE", "PIXEL", &[1.0; 16_000]));
    assert_eq!(drawn(item([sequence(tags::GRAPHIC_OBJECT_SEQUENCE, long)]), vec![]).len(), 2);
}

/// PS3.3 C.11.7: a plane is shown where the state gives it a layer, and only there.
#[test]
fn overlays_are_shown_where_the_state_activates_them() {
    let plane = |group, label: &str| Overlay {
        group,
        rows: 2,
        columns: 4,
        origin: (1, 1),
        bits: vec![0xFF],
        label: label.to_owned(),
        kind: Default::default(),
    };
    let set = item([text(Tag(0x6000, 0x1001), VR::CS, "L1"), text(Tag(0x6004, 0x1001), VR::CS, "L1")]);
    let shown = active_overlays(
        &set,
        vec![plane(0x6004, "of the state")],
        vec![plane(0x6000, "of the image"), plane(0x6002, "not active"), plane(0x6004, "replaced")],
    );
    let labels: Vec<_> = shown.iter().map(|plane| plane.label.as_str()).collect();
    assert_eq!(labels, ["of the state", "of the image"]);
}

#[test]
fn other_kinds_of_states_are_named() {
    let blending = state_of("1.2.840.10008.5.1.4.1.1.11.4", item([]));
    assert_eq!(blending.unwrap_err(), StateError::Unsupported("blending"));
    assert_eq!(state_of(uids::CT_IMAGE_STORAGE, item([])).unwrap_err(), StateError::NoState);
    let color = state_of(uids::COLOR_SOFTCOPY_PRESENTATION_STATE_STORAGE, item([])).unwrap();
    let look = color.on(&shown("1.2.3", "MONOCHROME2")).unwrap().appearance;
    assert_eq!(look.windows.len(), 1, "a colour state says nothing about greys");
    let masked = state(vec![sequence(tags::MASK_SUBTRACTION_SEQUENCE, [item([])])]);
    assert!(masked.notice().unwrap().contains("mask"));
}
