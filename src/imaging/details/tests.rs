use dicom_core::{DataElement, PrimitiveValue, VR};

use super::*;
use crate::imaging::sample::{doubles, groups, item, sequence, text};

fn image(uid: &str, frames: &str) -> InMemDicomObject {
    item([
        text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, uid),
        text(tags::REFERENCED_FRAME_NUMBER, VR::IS, frames),
    ])
}

fn series(uid: &str, tag: Tag, images: impl IntoIterator<Item = InMemDicomObject>) -> InMemDicomObject {
    item([text(tags::SERIES_INSTANCE_UID, VR::UI, uid), sequence(tag, images)])
}

fn meaning(words: &str) -> InMemDicomObject {
    item([text(tags::CODE_MEANING, VR::LO, words)])
}

/// PS3.3 C.11.10 and C.11.11.
#[test]
fn a_presentation_state_has_a_label_and_names_its_images() {
    let mut set = item([
        text(tags::CONTENT_LABEL, VR::CS, "NODULE"),
        sequence(
            tags::REFERENCED_SERIES_SEQUENCE,
            [
                series("1.1", tags::REFERENCED_IMAGE_SEQUENCE, [image("1.1.1", ""), image("1.1.2", "2\\4")]),
                series("1.2", tags::REFERENCED_IMAGE_SEQUENCE, [image("1.2.1", ""), image("", "")]),
            ],
        ),
    ]);
    let details = read(&set, ObjectKind::Presentation, 0);
    assert_eq!(details.label, "NODULE");
    let found: Vec<_> =
        details.references.iter().map(|one| (&one.uid[..], &one.series_uid[..], &one.frames[..])).collect();
    assert_eq!(found, [("1.1.1", "1.1", &[][..]), ("1.1.2", "1.1", &[2, 4]), ("1.2.1", "1.2", &[])]);
    set.put(text(tags::CONTENT_DESCRIPTION, VR::LO, "The nodule of today"));
    assert_eq!(read(&set, ObjectKind::Presentation, 0).label, "The nodule of today");
    assert_eq!(read(&set, ObjectKind::Image, 1).references, Vec::new());
}

/// PS3.3 C.17.6.2 for the evidence, C.17.3 for the content tree.
#[test]
fn a_key_object_selection_names_its_images_in_the_order_of_its_content() {
    let content = |kind: &str, images: Vec<InMemDicomObject>, below: Vec<InMemDicomObject>| {
        item([
            text(tags::VALUE_TYPE, VR::CS, kind),
            sequence(tags::REFERENCED_SOP_SEQUENCE, images),
            sequence(tags::CONTENT_SEQUENCE, below),
        ])
    };
    let evidence = [item([sequence(
        tags::REFERENCED_SERIES_SEQUENCE,
        [series("1.1", tags::REFERENCED_SOP_SEQUENCE, [image("a", ""), image("b", ""), image("c", "")])],
    )])];
    let mut set = item([
        sequence(tags::CONCEPT_NAME_CODE_SEQUENCE, [meaning("For Referring Provider")]),
        sequence(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, evidence),
        sequence(
            tags::CONTENT_SEQUENCE,
            [
                content("TEXT", vec![], vec![]),
                content("IMAGE", vec![image("c", "7")], vec![]),
                content("CONTAINER", vec![], vec![content("IMAGE", vec![image("a", "")], vec![])]),
            ],
        ),
    ]);
    let details = read(&set, ObjectKind::KeyObjects, 0);
    assert_eq!(details.label, "For Referring Provider");
    let found: Vec<_> =
        details.references.iter().map(|one| (&one.uid[..], &one.series_uid[..], &one.frames[..])).collect();
    assert_eq!(found, [("c", "1.1", &[7][..]), ("a", "1.1", &[])]);
    set.remove_element(tags::CONTENT_SEQUENCE);
    assert_eq!(
        read(&set, ObjectKind::KeyObjects, 0).references.len(),
        3,
        "the evidence, where there is no content"
    );
}

#[test]
fn what_sorts_is_read_in_the_forms_that_occur() {
    let order = |elements: Vec<dicom_object::mem::InMemElement>| order(&item(elements), 1);
    let moment = |date, time| {
        order(vec![text(tags::ACQUISITION_DATE, VR::DA, date), text(tags::ACQUISITION_TIME, VR::TM, time)])
            .acquired
    };
    assert_eq!(moment("20260102", "101530.25"), "20260102101530.250000");
    assert_eq!(moment("2026.01.02", "10:15:30"), "20260102101530.000000");
    assert_eq!(moment("20260102", "10"), "20260102100000.000000");
    assert_eq!(moment("20260102", ""), "");
    let whole = order(vec![text(tags::ACQUISITION_DATE_TIME, VR::DT, "20260102101530.5+0100")]);
    assert_eq!(whole.acquired, "20260102101530.500000");
    let content = order(vec![text(tags::CONTENT_TIME, VR::TM, "0915")]);
    assert_eq!(content.acquired, "091500.000000");
    let all = order(vec![
        text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
        text(tags::ACQUISITION_NUMBER, VR::IS, "3"),
        text(tags::ECHO_TIME, VR::DS, "12.5"),
        text(tags::TRIGGER_TIME, VR::DS, "40"),
        text(tags::PIXEL_SPACING, VR::DS, "0.5\\0.25"),
    ]);
    assert_eq!((all.image_type.len(), all.acquisition, all.echo_time), (3, Some(3), Some(12.5)));
    assert_eq!((all.trigger_time, all.spacing), (Some(40.0), Some([0.5, 0.25])));
}

/// PS3.3 C.8.13.5.9 for the standard element; the others are in the conformance statements of their vendors.
#[test]
fn b_values_are_found_where_vendors_put_them() {
    let b = |elements: Vec<dicom_object::mem::InMemElement>| order(&item(elements), 1).b_value;
    let diffusion = |value| vec![doubles(tags::DIFFUSION_B_VALUE, &[value])];
    assert_eq!(b(diffusion(800.0)), Some(800.0));
    let ge = |creator: &str| {
        vec![
            text(Tag(0x0043, 0x0010), VR::LO, creator),
            text(Tag(0x0043, 0x1039), VR::IS, "1000000700\\8\\0\\0"),
        ]
    };
    assert_eq!(b(ge("GEMS_PARM_01")), Some(700.0));
    assert_eq!(b(ge("SOMEBODY ELSE")), None);
    let siemens =
        DataElement::new(Tag(0x0019, 0x110C), VR::UN, PrimitiveValue::U8(b"1000".as_slice().into()));
    assert_eq!(b(vec![text(Tag(0x0019, 0x0011), VR::LO, "SIEMENS MR HEADER"), siemens]), Some(1000.0));
}

fn frame(z: f64, dimensions: &[u32]) -> InMemDicomObject {
    item([
        groups(
            tags::PLANE_POSITION_SEQUENCE,
            [text(tags::IMAGE_POSITION_PATIENT, VR::DS, &format!("0\\0\\{z}"))],
        ),
        groups(
            tags::FRAME_CONTENT_SEQUENCE,
            [DataElement::new(tags::DIMENSION_INDEX_VALUES, VR::UL, PrimitiveValue::U32(dimensions.into()))],
        ),
    ])
}

fn enhanced(pointers: &[Tag], frames: Vec<InMemDicomObject>) -> InMemDicomObject {
    let plane = [text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0")];
    let pointer = |tag: &Tag| {
        item([DataElement::new(
            tags::DIMENSION_INDEX_POINTER,
            VR::AT,
            PrimitiveValue::Tags([*tag].as_slice().into()),
        )])
    };
    item([
        sequence(
            tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
            [item([groups(tags::PLANE_ORIENTATION_SEQUENCE, plane)])],
        ),
        sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames),
        sequence(tags::DIMENSION_INDEX_SEQUENCE, pointers.iter().map(pointer)),
    ])
}

/// PS3.3 C.7.6.16.2.3 and C.7.6.17.
#[test]
fn frames_of_an_enhanced_object_are_sorted_by_place_and_split_by_dimension() {
    // Stored from head to feet, both times of a place together.
    let frames: Vec<_> =
        (0..3).rev().flat_map(|z| [1, 2].map(|time| frame(f64::from(z) * 5.0, &[time, z + 1]))).collect();
    let set = enhanced(&[tags::TEMPORAL_POSITION_INDEX, tags::IN_STACK_POSITION_NUMBER], frames);
    assert_eq!(order(&set, 6).stacks, [[5, 3, 1], [6, 4, 2]]);
    let sorted: Vec<_> = (0..3).map(|z| frame(f64::from(z), &[z + 1])).collect();
    assert!(order(&enhanced(&[tags::IN_STACK_POSITION_NUMBER], sorted.clone()), 3).stacks.is_empty());
    assert!(order(&enhanced(&[], sorted), 9).stacks.is_empty(), "fewer groups than frames");
}

/// PS3.3 C.7.6.16.2.2: Stack ID (0020,9056), In-Stack Position Number (0020,9057).
#[test]
fn frames_without_a_plane_are_sorted_by_their_place_in_the_stack() {
    let content = |stack: &str, place: u32| {
        item([groups(
            tags::FRAME_CONTENT_SEQUENCE,
            [
                text(tags::STACK_ID, VR::SH, stack),
                DataElement::new(tags::IN_STACK_POSITION_NUMBER, VR::UL, PrimitiveValue::from(place)),
            ],
        )])
    };
    let frames = vec![content("A", 2), content("B", 2), content("A", 1), content("B", 1)];
    let set = item([sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames)]);
    assert_eq!(order(&set, 4).stacks, [[3, 1], [4, 2]]);
}

/// PS3.3 C.7.6.16.2.3 and C.7.6.16.2.4: each frame may have a plane of its own, or all one.
#[test]
fn frames_of_an_enhanced_object_tell_where_they_lie() {
    let frames: Vec<_> = (0..3).rev().map(|z| frame(f64::from(z) / 3.0, &[])).collect();
    let mut set = enhanced(&[], frames.clone());
    set.put(text(tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.9"));
    let found = order(&set, 3);
    assert_eq!(found.frame_of_reference, "1.9");
    let heights: Vec<_> = found.positions.iter().map(|position| position.unwrap()[2]).collect();
    assert_eq!(heights, [0.6667, 0.3333, 0.0], "as stored");
    assert_eq!(found.normals, [[0.0, 0.0, 1.0]], "one for all");

    // A frame that is turned away, and one without a place.
    let mut frames = frames;
    let sagittal = [text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "0\\1\\0\\0\\0\\-1")];
    frames[1].put(groups(tags::PLANE_ORIENTATION_SEQUENCE, sagittal));
    frames[2] = item([]);
    let found = order(&enhanced(&[], frames), 3);
    assert_eq!(found.positions[2], None);
    assert_eq!(found.normals, [[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);

    let single = order(&enhanced(&[], vec![frame(1.0, &[])]), 1);
    assert_eq!(
        (single.positions.len(), single.normals.len()),
        (0, 0),
        "has its place in the facts of the object"
    );
    let none = order(&enhanced(&[], vec![item([]), item([])]), 2);
    assert_eq!((none.positions.len(), none.normals.len()), (0, 0));
}
