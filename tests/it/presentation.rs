//! Presentation states and key object selections in a visit: what they refer to is opened, and looked at as they say.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::mem::InMemElement;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use parvis::imaging::{
    ContentHash, FrameNumber, KeyImage, Presentation, ReferencedImage, StateMark, StateShape, View, Writing,
    key_objects as written_key_objects, presentation_states, read_header,
};
use parvis::secret::Pii;
use parvis::store::Dialect;
use serde_json::{Value, json};

use crate::support::app::share;
use crate::visit::{Visit, zip_of};

fn text(tag: Tag, vr: VR, value: &str) -> InMemElement {
    DataElement::new(tag, vr, PrimitiveValue::from(value))
}

fn floats(tag: Tag, values: &[f32]) -> InMemElement {
    DataElement::new(tag, VR::FL, PrimitiveValue::F32(values.into()))
}

fn longs(tag: Tag, values: &[i32]) -> InMemElement {
    DataElement::new(tag, VR::SL, PrimitiveValue::I32(values.into()))
}

fn item(elements: impl IntoIterator<Item = InMemElement>) -> InMemDicomObject {
    InMemDicomObject::from_element_iter(elements)
}

fn sequence(tag: Tag, items: impl IntoIterator<Item = InMemDicomObject>) -> InMemElement {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items.into_iter().collect::<Vec<_>>()))
}

/// An object of the study of some images, as a file.
fn file(images: &Images, class_uid: &str, number: &str, elements: Vec<InMemElement>) -> Vec<u8> {
    let mut set = item(elements);
    for element in [
        text(tags::SOP_CLASS_UID, VR::UI, class_uid),
        text(tags::SOP_INSTANCE_UID, VR::UI, &format!("2.25.77{number}")),
        text(tags::STUDY_INSTANCE_UID, VR::UI, &images.study),
        text(tags::SERIES_INSTANCE_UID, VR::UI, &format!("2.25.78{number}")),
        text(tags::PATIENT_ID, VR::LO, "DEMO-0001"),
        text(tags::PATIENT_NAME, VR::PN, "LEFEVRE^HELENE"),
    ] {
        set.put(element);
    }
    let mut bytes = Vec::new();
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

/// Some slices of the synthetic CT, from the first to the last that is shown.
struct Images {
    study: String,
    series: String,
    uids: Vec<String>,
    files: Vec<Vec<u8>>,
}

fn images() -> Images {
    let files: Vec<Vec<u8>> =
        parvis::demo::studies::demo_objects(1).take(5).map(|(_, bytes)| bytes).collect();
    let read: Vec<_> = files.iter().map(|bytes| read_header(bytes, ContentHash([0; 32])).unwrap()).collect();
    Images {
        study: read[0].study.uid.clone(),
        series: read[0].series.uid.clone(),
        uids: read.into_iter().map(|one| one.instance.uid).collect(),
        files,
    }
}

fn image(uid: &str) -> InMemDicomObject {
    item([
        text(tags::REFERENCED_SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
        text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, uid),
    ])
}

/// Refers to the second slice: an arrow in red, a quarter turn, the left half, a window of its own.
fn presentation_state(images: &Images) -> Vec<u8> {
    let named = sequence(tags::REFERENCED_IMAGE_SEQUENCE, [image(&images.uids[1])]);
    let series = item([text(tags::SERIES_INSTANCE_UID, VR::UI, &images.series), named]);
    let arrow = item([
        text(tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, "PIXEL"),
        text(tags::GRAPHIC_TYPE, VR::CS, "POLYLINE"),
        floats(tags::GRAPHIC_DATA, &[0.0, 0.0, 256.0, 512.0]),
    ]);
    let area = item([
        longs(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, &[1, 1]),
        longs(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, &[256, 512]),
        text(tags::PRESENTATION_SIZE_MODE, VR::CS, "SCALE TO FIT"),
    ]);
    let voi = item([text(tags::WINDOW_CENTER, VR::DS, "-500"), text(tags::WINDOW_WIDTH, VR::DS, "1400")]);
    let layer = item([
        text(tags::GRAPHIC_LAYER, VR::CS, "ARROWS"),
        DataElement::new(Tag(0x0070, 0x0067), VR::US, PrimitiveValue::U16([65535, 0, 0].as_slice().into())),
    ]);
    let annotation =
        item([text(tags::GRAPHIC_LAYER, VR::CS, "ARROWS"), sequence(tags::GRAPHIC_OBJECT_SEQUENCE, [arrow])]);
    let elements = vec![
        text(tags::MODALITY, VR::CS, "PR"),
        text(tags::CONTENT_LABEL, VR::CS, "FINDING"),
        sequence(tags::REFERENCED_SERIES_SEQUENCE, [series]),
        text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"),
        text(tags::RESCALE_SLOPE, VR::DS, "1"),
        sequence(tags::SOFTCOPY_VOILUT_SEQUENCE, [voi]),
        sequence(tags::GRAPHIC_ANNOTATION_SEQUENCE, [annotation]),
        sequence(tags::GRAPHIC_LAYER_SEQUENCE, [layer]),
        sequence(tags::DISPLAYED_AREA_SELECTION_SEQUENCE, [area]),
        DataElement::new(tags::IMAGE_ROTATION, VR::US, PrimitiveValue::from(90_u16)),
    ];
    file(images, uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, "1", elements)
}

/// Names the fourth slice, then the second.
fn key_objects(images: &Images) -> Vec<u8> {
    let content = [3, 1].map(|place: usize| {
        item([
            text(tags::VALUE_TYPE, VR::CS, "IMAGE"),
            sequence(tags::REFERENCED_SOP_SEQUENCE, [image(&images.uids[place])]),
        ])
    });
    let elements = vec![
        text(tags::MODALITY, VR::CS, "KO"),
        sequence(
            tags::CONCEPT_NAME_CODE_SEQUENCE,
            [item([text(tags::CODE_MEANING, VR::LO, "For Conference")])],
        ),
        sequence(tags::CONTENT_SEQUENCE, content),
    ];
    file(images, uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, "2", elements)
}

fn series_of<'s>(studies: &'s Value, modality: &str) -> &'s Value {
    let series = studies.as_array().unwrap().iter().flat_map(|study| study["series"].as_array().unwrap());
    &series.into_iter().find(|one| one["modality"] == modality).unwrap()["series"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presentation_state_turns_the_view_draws_and_chooses_the_greys() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let images = images();
    let objects = images.files.iter().cloned().chain([presentation_state(&images), key_objects(&images)]);
    let zip = zip_of(objects.enumerate().map(|(i, bytes)| (format!("IM{i:04}"), bytes)));
    let mut doctor = visit.doctor_enters().await;
    let (_, receipt) = visit.doctor.upload(&visit.appointment, "study.zip", zip).await;
    assert_eq!(receipt["received"], 7, "{receipt}");
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    doctor.send(json!({"type": "surface", "viewport": 0, "width": 300, "height": 300})).await;

    // The images first: the state is offered for them.
    doctor.request(share(series_of(&studies, "CT"))).await.unwrap();
    let has_letters = |m: &Value| m["shown"]["edges"]["left"].is_string();
    let plain = doctor.wait_for("viewing", has_letters).await["shown"].clone();
    assert_eq!((&plain["edges"]["left"], &plain["edges"]["top"]), (&json!("R"), &json!("A")));
    assert_eq!((&plain["calibrations"][0]["source"], &plain["count"]), (&json!("patient"), &json!(5)));
    let offered = &plain["states"][0];
    assert_eq!(offered["label"], "FINDING");

    // Chosen at a slice that it does not refer to, nothing happens; at its own slice everything does.
    doctor.send(json!({"type": "set_state", "viewport": 0, "state": offered["state"]})).await;
    let is_chosen = |m: &Value| m["shown"]["state"].is_string();
    let elsewhere = doctor.wait_for("viewing", is_chosen).await["shown"].clone();
    assert_eq!((&elsewhere["quarterTurns"], &elsewhere["graphics"]), (&json!(0), &json!([])));
    doctor.picture(0).await;
    doctor.send(json!({"type": "scroll", "viewport": 0, "index": 1})).await;
    let is_turned = |m: &Value| m["shown"]["quarterTurns"] == 1 && m["shown"]["edges"]["left"].is_string();
    let shown = doctor.wait_for("viewing", is_turned).await["shown"].clone();
    assert_eq!((&shown["state"], &shown["index"]), (&offered["state"], &json!(1)));
    assert_eq!((&shown["edges"]["left"], &shown["edges"]["top"]), (&json!("P"), &json!("R")));
    assert_eq!((&shown["centerX"], &shown["centerY"]), (&json!(0.25), &json!(0.5)));
    assert_eq!(shown["window"], json!({"center": -500.0, "width": 1400.0}));
    let graphic = &shown["graphics"][0];
    assert_eq!(
        (&graphic["color"], &graphic["points"]),
        (&json!("#ff0000"), &json!([[0.0, 0.0], [0.5, 1.0]]))
    );

    // The view stays where somebody puts it; other slices are shown without what is drawn.
    doctor.send(json!({"type": "scroll", "viewport": 0, "index": 3})).await;
    let is_there = |m: &Value| m["shown"]["index"] == 3 && m["shown"]["edges"]["left"].is_string();
    let other = doctor.wait_for("viewing", is_there).await["shown"].clone();
    assert_eq!((&other["graphics"], &other["quarterTurns"]), (&json!([]), &json!(1)));
    assert_eq!(other["window"], json!({"center": 40.0, "width": 400.0}));

    // Shared itself, a state opens what it refers to, and is applied.
    doctor.request(share(series_of(&studies, "PR"))).await.unwrap();
    let opened = doctor.wait_for("viewing", is_turned).await["shown"].clone();
    assert_eq!((&opened["count"], &opened["title"]), (&json!(1), &json!("FINDING")));
    assert_eq!(opened["graphics"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_object_selection_opens_its_images_in_its_order() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let images = images();
    let objects = images.files.iter().cloned().chain([key_objects(&images)]);
    let zip = zip_of(objects.enumerate().map(|(i, bytes)| (format!("IM{i:04}"), bytes)));
    let mut doctor = visit.doctor_enters().await;
    visit.doctor.upload(&visit.appointment, "study.zip", zip).await;
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    doctor.send(json!({"type": "surface", "viewport": 0, "width": 200, "height": 200})).await;
    doctor.request(share(series_of(&studies, "KO"))).await.unwrap();
    let has_picture = |m: &Value| m["shown"]["edges"]["left"].is_string();
    let shown = doctor.wait_for("viewing", has_picture).await["shown"].clone();
    assert_eq!((&shown["count"], &shown["title"]), (&json!(2), &json!("For Conference")));
    let first = doctor.picture(0).await.1;
    doctor.send(json!({"type": "scroll", "viewport": 0, "index": 1})).await;
    let second = loop {
        let (header, bytes) = doctor.picture(0).await;
        if header["index"] == 1 {
            break bytes;
        }
    };
    // The fourth slice, then the second: not the same picture.
    assert_ne!(first, second);
}

/// What the gateway writes itself is opened as what others write; the images are the same bytes before and after.
#[tokio::test(flavor = "multi_thread")]
async fn marks_and_selections_that_were_written_here_open_in_a_visit() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let images = images();
    let before = images.files.clone();
    let referenced: Vec<ReferencedImage> = images
        .files
        .iter()
        .map(|bytes| ReferencedImage::read(bytes, &[FrameNumber::FIRST]).unwrap())
        .collect();
    let mark = |place: usize, shape, words: &str| StateMark {
        uid: images.uids[place].clone(),
        frame: FrameNumber::FIRST,
        shape,
        words: words.into(),
    };
    let marks = [
        mark(1, StateShape::Line(vec![(0.25, 0.25), (0.5, 0.75)]), "12.3 mm (in the patient)"),
        mark(2, StateShape::Ellipse([(0.25, 0.25), (0.75, 0.5)]), ""),
        mark(3, StateShape::Point((0.5, 0.5)), "40 HU"),
    ];
    let author = Pii::from("Dr Claire Martin");
    let at = chrono::DateTime::parse_from_rfc3339("2026-11-28T10:00:00+01:00").unwrap();
    let writing = Writing { author: &author, at, description: "Marques" };
    let mut next = 0x7000_u128;
    let mut new_id = || {
        next += 1;
        uuid::Uuid::from_u128(next)
    };
    let look = (&Presentation::default(), &View::default());
    let states = presentation_states(&referenced, &marks, look, &writing, &mut new_id).unwrap();
    let key = |place: usize| KeyImage {
        uid: images.uids[place].clone(),
        frame: FrameNumber::FIRST,
        caption: "Le nodule".into(),
    };
    let keys = written_key_objects(&referenced, &[key(3), key(1)], &writing, &mut new_id).unwrap();
    assert_eq!((states.len(), keys.len()), (1, 1));
    assert_eq!(images.files, before);

    let objects = images.files.iter().cloned().chain(states).chain(keys);
    let zip = zip_of(objects.enumerate().map(|(i, bytes)| (format!("IM{i:04}"), bytes)));
    let mut doctor = visit.doctor_enters().await;
    let (_, receipt) = visit.doctor.upload(&visit.appointment, "study.zip", zip).await;
    assert_eq!(receipt["received"], 7, "{receipt}");
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    assert_eq!(studies.as_array().unwrap().len(), 1, "filed with the study of its images: {studies}");
    doctor.send(json!({"type": "surface", "viewport": 0, "width": 300, "height": 300})).await;
    doctor.request(share(series_of(&studies, "PR"))).await.unwrap();
    let is_drawn = |m: &Value| m["shown"]["graphics"].as_array().is_some_and(|drawn| drawn.len() == 2);
    let shown = doctor.wait_for("viewing", is_drawn).await["shown"].clone();
    assert_eq!((&shown["count"], &shown["title"]), (&json!(3), &json!("Marques")));
    assert_eq!(shown["window"], json!({"center": 40.0, "width": 400.0}), "as it looked");
    assert_eq!(shown["graphics"][0]["points"], json!([[0.25, 0.25], [0.5, 0.75]]));
    assert_eq!(shown["graphics"][1]["text"], "12.3 mm (in the patient)");
    doctor.send(json!({"type": "scroll", "viewport": 0, "index": 1})).await;
    let is_oval = |m: &Value| m["shown"]["graphics"][0]["shape"] == "ellipse";
    doctor.wait_for("viewing", is_oval).await;

    doctor.request(share(series_of(&studies, "KO"))).await.unwrap();
    let has_picture = |m: &Value| m["shown"]["count"] == 2 && m["shown"]["edges"]["left"].is_string();
    let shown = doctor.wait_for("viewing", has_picture).await["shown"].clone();
    assert_eq!(shown["title"], "Of Interest");
}
