use dicom_core::{DataElement, PrimitiveValue, VR};

use super::*;
use crate::imaging::overlay::OverlayKind;

fn set(elements: &[(dicom_core::Tag, VR, PrimitiveValue)]) -> InMemDicomObject {
    InMemDicomObject::from_element_iter(
        elements.iter().map(|(tag, vr, value)| DataElement::new(*tag, *vr, value.clone())),
    )
}

/// A frame of 8 x 8 pixels as text: `#` hidden, `.` shown.
fn seen(shapes: &[ShutterShape], aspect: f64) -> Vec<String> {
    let pixels: Vec<usize> = (0..8).collect();
    (0..8)
        .map(|row| {
            let mut hidden = [false; 8];
            shapes.iter().for_each(|shape| shape.hide(row, &pixels, aspect, &mut hidden));
            hidden.iter().map(|hidden| if *hidden { '#' } else { '.' }).collect()
        })
        .collect()
}

fn rectangle(left: i32, right: i32, upper: i32, lower: i32) -> ShutterShape {
    ShutterShape::Rectangle { left, right, upper, lower }
}

/// PS3.3 C.7.6.11: the upper left pixel is 1\1, edges are pixels that are shown.
#[test]
fn a_rectangle_shows_its_edges() {
    let lines = seen(&[rectangle(3, 6, 2, 4)], 1.0);
    assert_eq!(lines[..5], ["########", "##....##", "##....##", "##....##", "########"]);
    assert_eq!(seen(&[rectangle(-5, 900, 0, 8)], 1.0), vec!["........"; 8]);
}

/// PS3.3 C.7.6.11: row and column of the centre, radius in pixels along a row.
#[test]
fn a_circle_is_round_on_the_screen() {
    let circle = ShutterShape::Circle { row: 4, column: 4, radius: 3 };
    let lines = seen(std::slice::from_ref(&circle), 1.0);
    assert_eq!(lines[0], "###.####");
    assert_eq!(lines[3], ".......#");
    assert_eq!(lines[6], "###.####");
    assert_eq!(lines[7], "########");
    // Pixels three times as high as wide: a radius of three columns is one row.
    let lines = seen(&[circle], 3.0);
    assert_eq!(lines[1], "########");
    assert_eq!(lines[2], "###.####");
}

/// PS3.3 C.7.6.11: vertices as row, column; closed by itself.
#[test]
fn a_polygon_shows_its_corners_and_edges() {
    let square = ShutterShape::Polygon(vec![(2, 3), (2, 6), (4, 6), (4, 3)]);
    assert_eq!(seen(&[square], 1.0), seen(&[rectangle(3, 6, 2, 4)], 1.0));
    let triangle = ShutterShape::Polygon(vec![(1, 1), (1, 8), (8, 1)]);
    let lines = seen(&[triangle], 1.0);
    assert_eq!(
        (lines[0].as_str(), lines[3].as_str(), lines[7].as_str()),
        ("........", ".....###", ".#######")
    );
}

/// PS3.3 C.7.6.11: of several shapes the least remains visible.
#[test]
fn shapes_are_combined_to_what_all_of_them_show() {
    let lines = seen(&[rectangle(1, 4, 1, 8), rectangle(3, 8, 1, 1)], 1.0);
    assert_eq!((lines[0].as_str(), lines[1].as_str()), ("##..####", "########"));
}

/// PS3.3 C.7.6.15: where the bitmap has a bit, the frame is hidden.
#[test]
fn a_bitmap_hides_where_it_has_bits() {
    let overlay = Overlay {
        group: 0x6004,
        kind: OverlayKind::Graphics,
        rows: 1,
        columns: 3,
        origin: (2, 2),
        bits: vec![0b101],
        label: String::new(),
    };
    let state = set(&[
        (tags::SHUTTER_SHAPE, VR::CS, "BITMAP".into()),
        (tags::SHUTTER_OVERLAY_GROUP, VR::US, PrimitiveValue::from(0x6004_u16)),
    ]);
    let shutters = Shutters::read(&state, std::slice::from_ref(&overlay)).unwrap();
    assert!(shutters.uses(&overlay));
    assert_eq!(seen(&shutters.shapes, 1.0)[..2], ["........", ".#.#...."]);
    assert_eq!(Shutters::read(&state, &[]), None);
}

/// PS3.3 C.7.6.11 and C.11.12: P-Values from 0000H to FFFFH, colours as CIELab.
#[test]
fn shapes_and_tones_are_read() {
    let text = |text: &str| PrimitiveValue::from(text);
    let image = set(&[
        (tags::SHUTTER_SHAPE, VR::CS, text("RECTANGULAR\\CIRCULAR\\POLYGONAL")),
        (tags::SHUTTER_LEFT_VERTICAL_EDGE, VR::IS, text("3")),
        (tags::SHUTTER_RIGHT_VERTICAL_EDGE, VR::IS, text("6")),
        (tags::SHUTTER_UPPER_HORIZONTAL_EDGE, VR::IS, text("2")),
        (tags::SHUTTER_LOWER_HORIZONTAL_EDGE, VR::IS, text("4 ")),
        (tags::CENTER_OF_CIRCULAR_SHUTTER, VR::IS, text("4\\5")),
        (tags::RADIUS_OF_CIRCULAR_SHUTTER, VR::IS, text("7")),
        (tags::VERTICES_OF_THE_POLYGONAL_SHUTTER, VR::IS, text("1\\1\\1\\8\\8\\1")),
        (tags::SHUTTER_PRESENTATION_VALUE, VR::US, PrimitiveValue::from(0xFFFF_u16)),
        (
            tags::SHUTTER_PRESENTATION_COLOR_CIE_LAB_VALUE,
            VR::US,
            PrimitiveValue::U16([0, 0x8080, 0x8080].as_slice().into()),
        ),
    ]);
    let shutters = Shutters::read(&image, &[]).unwrap();
    let polygon = ShutterShape::Polygon(vec![(1, 1), (1, 8), (8, 1)]);
    let circle = ShutterShape::Circle { row: 4, column: 5, radius: 7 };
    assert_eq!(shutters.shapes, [rectangle(3, 6, 2, 4), circle, polygon]);
    assert_eq!((shutters.tone, shutters.color), (1.0, Some([0, 0, 0])));
    assert_eq!(Shutters::read(&InMemDicomObject::new_empty(), &[]), None);
}

#[test]
fn shapes_that_make_no_sense_hide_nothing() {
    let image = set(&[
        (tags::SHUTTER_SHAPE, VR::CS, "RECTANGULAR\\CIRCULAR\\POLYGONAL".into()),
        (tags::SHUTTER_LEFT_VERTICAL_EDGE, VR::IS, "9".into()),
        (tags::SHUTTER_RIGHT_VERTICAL_EDGE, VR::IS, "6".into()),
        (tags::SHUTTER_UPPER_HORIZONTAL_EDGE, VR::IS, "2".into()),
        (tags::SHUTTER_LOWER_HORIZONTAL_EDGE, VR::IS, "4".into()),
        (tags::CENTER_OF_CIRCULAR_SHUTTER, VR::IS, "4\\4".into()),
        (tags::RADIUS_OF_CIRCULAR_SHUTTER, VR::IS, "-1".into()),
        (tags::VERTICES_OF_THE_POLYGONAL_SHUTTER, VR::IS, "1\\1\\4".into()),
    ]);
    assert_eq!(Shutters::read(&image, &[]), None);
}

/// PS3.3 C.7.6.16.2.16: a frame may have shutters of its own.
#[test]
fn the_shutter_of_a_frame_comes_before_that_of_its_object() {
    use crate::imaging::sample::{groups, item, sequence, text, words};
    let left = |edge: u16| {
        [
            text(tags::SHUTTER_SHAPE, VR::CS, "RECTANGULAR"),
            words(tags::SHUTTER_LEFT_VERTICAL_EDGE, VR::US, &[edge]),
            words(tags::SHUTTER_RIGHT_VERTICAL_EDGE, VR::US, &[9]),
            words(tags::SHUTTER_UPPER_HORIZONTAL_EDGE, VR::US, &[1]),
            words(tags::SHUTTER_LOWER_HORIZONTAL_EDGE, VR::US, &[9]),
        ]
    };
    let mut object = item(left(3));
    let frames = [item([]), item([groups(tags::FRAME_DISPLAY_SHUTTER_SEQUENCE, left(5))])];
    object.put(sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames));
    let shapes = |frame| Shutters::of_frame(&object, frame, &[]).unwrap().shapes;
    assert_eq!(shapes(0), [rectangle(3, 9, 1, 9)]);
    assert_eq!(shapes(1), [rectangle(5, 9, 1, 9)]);
}
