//! What a radiologist has left with the CT: a presentation state that points at the aorta, and a selection of two slices.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, dicom_value};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{CT_INTERCEPT, CT_SIDE, file, patient, text, uid};

/// The slice that is pointed into, and the other one that is selected; from 0.
const MARKED: u128 = 30;
const SELECTED: u128 = 40;

/// Softcopy presentation state (PS3.3 A.33.1): an arrow and a word over one slice, in a window for the mediastinum.
pub(super) fn presentation_state(seed: u64) -> Vec<u8> {
    let mut set = object(seed, uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, 2, "PR", "Annotations");
    text(&mut set, tags::CONTENT_LABEL, VR::CS, "AORTE");
    text(&mut set, tags::CONTENT_DESCRIPTION, VR::LO, "Aorte");
    text(&mut set, tags::RESCALE_INTERCEPT, VR::DS, &format!("{CT_INTERCEPT}"));
    text(&mut set, tags::RESCALE_SLOPE, VR::DS, "1");
    text(&mut set, tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY");
    let mut series = InMemDicomObject::new_empty();
    text(&mut series, tags::SERIES_INSTANCE_UID, VR::UI, &uid(seed, 1, 1));
    sequence(&mut series, tags::REFERENCED_IMAGE_SEQUENCE, [slice(seed, MARKED)]);
    sequence(&mut set, tags::REFERENCED_SERIES_SEQUENCE, [series]);

    let mut voi = InMemDicomObject::new_empty();
    text(&mut voi, tags::WINDOW_CENTER, VR::DS, "100");
    text(&mut voi, tags::WINDOW_WIDTH, VR::DS, "500");
    sequence(&mut set, tags::SOFTCOPY_VOILUT_SEQUENCE, [voi]);

    let mut layer = InMemDicomObject::new_empty();
    text(&mut layer, tags::GRAPHIC_LAYER, VR::CS, "MARKS");
    text(&mut layer, tags::GRAPHIC_LAYER_ORDER, VR::IS, "1");
    // A warm yellow (PS3.3 C.10.7.1.1).
    let yellow = dicom_value!(U16, [57_000, 33_900, 52_000]);
    layer.put(DataElement::new(tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_CIE_LAB_VALUE, VR::US, yellow));
    sequence(&mut set, tags::GRAPHIC_LAYER_SEQUENCE, [layer]);

    // From the word to the aorta, and the two sides of the tip.
    let arrow = polyline(&[346.0, 242.0, 294.0, 294.0]);
    let tip = polyline(&[294.0, 281.0, 294.0, 294.0, 307.0, 294.0]);
    let mut word = InMemDicomObject::new_empty();
    text(&mut word, tags::UNFORMATTED_TEXT_VALUE, VR::ST, "Aorte");
    text(&mut word, tags::BOUNDING_BOX_ANNOTATION_UNITS, VR::CS, "PIXEL");
    text(&mut word, tags::BOUNDING_BOX_TEXT_HORIZONTAL_JUSTIFICATION, VR::CS, "LEFT");
    floats(&mut word, tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER, &[350.0, 224.0]);
    floats(&mut word, tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER, &[420.0, 244.0]);
    let mut annotation = InMemDicomObject::new_empty();
    text(&mut annotation, tags::GRAPHIC_LAYER, VR::CS, "MARKS");
    sequence(&mut annotation, tags::GRAPHIC_OBJECT_SEQUENCE, [arrow, tip]);
    sequence(&mut annotation, tags::TEXT_OBJECT_SEQUENCE, [word]);
    sequence(&mut set, tags::GRAPHIC_ANNOTATION_SEQUENCE, [annotation]);

    let mut area = InMemDicomObject::new_empty();
    let side = CT_SIDE as i32;
    for (tag, corner) in [
        (tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, [1, 1]),
        (tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, [side, side]),
    ] {
        area.put(DataElement::new(tag, VR::SL, PrimitiveValue::I32(corner.as_slice().into())));
    }
    text(&mut area, tags::PRESENTATION_SIZE_MODE, VR::CS, "SCALE TO FIT");
    text(&mut area, tags::PRESENTATION_PIXEL_ASPECT_RATIO, VR::IS, "1\\1");
    sequence(&mut set, tags::DISPLAYED_AREA_SELECTION_SEQUENCE, [area]);
    file(set)
}

/// Key object selection (PS3.3 A.35.4): two slices for the doctor who asked.
pub(super) fn key_objects(seed: u64) -> Vec<u8> {
    let mut set = object(seed, uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, 3, "KO", "Images clés");
    let mut title = InMemDicomObject::new_empty();
    text(&mut title, tags::CODE_VALUE, VR::SH, "113003");
    text(&mut title, tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM");
    text(&mut title, tags::CODE_MEANING, VR::LO, "For Surgery");
    sequence(&mut set, tags::CONCEPT_NAME_CODE_SEQUENCE, [title]);
    let selected = [MARKED, SELECTED].map(|place| slice(seed, place));
    let mut series = InMemDicomObject::new_empty();
    text(&mut series, tags::SERIES_INSTANCE_UID, VR::UI, &uid(seed, 1, 1));
    sequence(&mut series, tags::REFERENCED_SOP_SEQUENCE, selected.clone());
    let mut evidence = InMemDicomObject::new_empty();
    text(&mut evidence, tags::STUDY_INSTANCE_UID, VR::UI, &uid(seed, 1, 0));
    sequence(&mut evidence, tags::REFERENCED_SERIES_SEQUENCE, [series]);
    sequence(&mut set, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, [evidence]);
    text(&mut set, tags::VALUE_TYPE, VR::CS, "CONTAINER");
    let content = selected.map(|image| {
        let mut item = InMemDicomObject::new_empty();
        text(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS");
        text(&mut item, tags::VALUE_TYPE, VR::CS, "IMAGE");
        sequence(&mut item, tags::REFERENCED_SOP_SEQUENCE, [image]);
        item
    });
    sequence(&mut set, tags::CONTENT_SEQUENCE, content);
    file(set)
}

/// An object of the CT's study in a series of its own.
fn object(seed: u64, class_uid: &str, series: u128, modality: &str, description: &str) -> InMemDicomObject {
    let mut set = patient(seed, 1, class_uid, 0x1000 + series);
    text(&mut set, tags::SERIES_INSTANCE_UID, VR::UI, &uid(seed, 1, series));
    text(&mut set, tags::SERIES_NUMBER, VR::IS, &series.to_string());
    text(&mut set, tags::SERIES_DESCRIPTION, VR::LO, description);
    text(&mut set, tags::MODALITY, VR::CS, modality);
    text(&mut set, tags::STUDY_DESCRIPTION, VR::LO, "CT thorax");
    text(&mut set, tags::STUDY_DATE, VR::DA, "20261120");
    text(&mut set, tags::STUDY_TIME, VR::TM, "101500");
    text(&mut set, tags::INSTANCE_NUMBER, VR::IS, "1");
    set
}

/// A reference to a slice of the CT.
fn slice(seed: u64, place: u128) -> InMemDicomObject {
    let mut image = InMemDicomObject::new_empty();
    text(&mut image, tags::REFERENCED_SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE);
    text(&mut image, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, &uid(seed, 1, 0x1_0000 + place + 1));
    image
}

fn polyline(points: &[f32]) -> InMemDicomObject {
    let mut graphic = InMemDicomObject::new_empty();
    text(&mut graphic, tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, "PIXEL");
    text(&mut graphic, tags::GRAPHIC_TYPE, VR::CS, "POLYLINE");
    text(&mut graphic, tags::GRAPHIC_FILLED, VR::CS, "N");
    let count = dicom_value!(U16, [2]);
    graphic.put(DataElement::new(tags::GRAPHIC_DIMENSIONS, VR::US, count));
    let count = PrimitiveValue::from(points.len() as u16 / 2);
    graphic.put(DataElement::new(tags::NUMBER_OF_GRAPHIC_POINTS, VR::US, count));
    floats(&mut graphic, tags::GRAPHIC_DATA, points);
    graphic
}

fn floats(set: &mut InMemDicomObject, tag: Tag, values: &[f32]) {
    set.put(DataElement::new(tag, VR::FL, PrimitiveValue::F32(values.into())));
}

fn sequence(set: &mut InMemDicomObject, tag: Tag, items: impl IntoIterator<Item = InMemDicomObject>) {
    let items: Vec<_> = items.into_iter().collect();
    set.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}
