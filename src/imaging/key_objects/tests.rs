use chrono::DateTime;
use dicom_core::Tag;

use super::super::sample::{self, text};
use super::super::{ContentHash, ObjectKind, dataset, read::Object, read_header};
use super::*;

/// A slice, or a clip of three frames, of a series of a study.
fn source(study: &str, series: &str, uid: &str, frames: u32) -> ReferencedImage {
    let mut set = sample::image(2, 2, &[0; 12]);
    set.put(text(tags::PATIENT_NAME, VR::PN, "Lefèvre^Hélène"));
    set.put(text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"));
    set.put(text(tags::STUDY_INSTANCE_UID, VR::UI, study));
    set.put(text(tags::SERIES_INSTANCE_UID, VR::UI, series));
    if frames > 1 {
        set.put(text(tags::NUMBER_OF_FRAMES, VR::IS, &frames.to_string()));
    }
    let bytes = sample::file(set, uids::CT_IMAGE_STORAGE, uid);
    ReferencedImage::read(&bytes, &[FrameNumber::FIRST]).unwrap()
}

fn key(uid: &str, frame: u32, caption: &str) -> KeyImage {
    KeyImage { uid: uid.to_owned(), frame: FrameNumber::new(frame).unwrap(), caption: caption.into() }
}

fn written(sources: &[ReferencedImage], images: &[KeyImage]) -> Vec<Vec<u8>> {
    let author = Pii::from("Claire Martin");
    let at = DateTime::parse_from_rfc3339("2026-11-28T10:30:05+01:00").unwrap();
    let mut next = 0_u128;
    let mut new_id = || {
        next += 1;
        Uuid::from_u128(next)
    };
    let writing = Writing { author: &author, at, description: "Images clés" };
    key_objects(sources, images, &writing, &mut new_id).unwrap()
}

/// The items of the content whose concept has this code.
fn texts(bytes: &[u8], concept: &str, value: Tag) -> Vec<String> {
    let object = Object::open(bytes).unwrap();
    let is_named = |item: &&InMemDicomObject| {
        let names = dataset::items(item, tags::CONCEPT_NAME_CODE_SEQUENCE);
        names.first().is_some_and(|name| dataset::text(name, tags::CODE_VALUE) == concept)
    };
    let items = dataset::items(object.dataset(), tags::CONTENT_SEQUENCE);
    items.iter().filter(is_named).map(|item| dataset::text(item, value)).collect()
}

/// PS3.3 A.35.4, C.17.6.2; PS3.16 TID 2010.
#[test]
fn a_selection_names_its_images_in_their_order_with_what_is_said_of_them() {
    let sources =
        [source("1", "1.1", "1.1.1", 1), source("1", "1.2", "1.2.1", 3), source("1", "1.1", "1.1.2", 1)];
    let images = [
        key("1.2.1", 3, "Après le contraste"),
        key("1.1.2", 1, ""),
        key("1.1.1", 1, "Le nodule"),
        key("1.2.1", 1, "Avant"),
        key("9.9", 1, "Nowhere"),
    ];
    let documents = written(&sources, &images);
    assert_eq!(documents.len(), 1);
    let received = read_header(&documents[0], ContentHash([0; 32])).unwrap();
    assert_eq!(received.study.uid, "1");
    assert_eq!(
        (received.series.modality.as_str(), received.series.description.as_str()),
        ("KO", "Images clés")
    );
    assert_eq!(received.patient.name.expose(), "LEFÈVRE Hélène");
    let facts = received.instance;
    assert_eq!((facts.kind, facts.details.label.as_str()), (ObjectKind::KeyObjects, "Of Interest"));
    let named: Vec<_> = facts
        .details
        .references
        .iter()
        .map(|one| (one.uid.as_str(), one.series_uid.as_str(), one.frames.as_slice()))
        .collect();
    assert_eq!(
        named,
        [("1.2.1", "1.2", &[3][..]), ("1.1.2", "1.1", &[]), ("1.1.1", "1.1", &[]), ("1.2.1", "1.2", &[1]),]
    );
    let description = texts(&documents[0], "113012", tags::TEXT_VALUE);
    assert_eq!(description, ["1. Après le contraste\r\n3. Le nodule\r\n4. Avant"]);
    assert_eq!(texts(&documents[0], "121008", tags::PERSON_NAME), ["Claire Martin"]);
}

#[test]
fn every_image_is_in_the_evidence_once() {
    let sources = [source("1", "1.1", "1.1.1", 3)];
    let images = [key("1.1.1", 1, "One"), key("1.1.1", 2, "Two")];
    let documents = written(&sources, &images);
    let object = Object::open(&documents[0][..]).unwrap();
    let evidence = dataset::items(object.dataset(), tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE);
    let series = dataset::items(&evidence[0], tags::REFERENCED_SERIES_SEQUENCE);
    assert_eq!((evidence.len(), series.len()), (1, 1));
    assert_eq!(dataset::items(&series[0], tags::REFERENCED_SOP_SEQUENCE).len(), 1);
}

#[test]
fn a_caption_alone_is_the_description_and_without_one_there_is_none() {
    let sources = [source("1", "1.1", "1.1.1", 1)];
    let said =
        |caption: &str| texts(&written(&sources, &[key("1.1.1", 1, caption)])[0], "113012", tags::TEXT_VALUE);
    assert_eq!(said("Le nodule\u{7}"), ["Le nodule"]);
    assert!(said(" ").is_empty());
    assert_eq!(written(&sources, &[]).len(), 0);
}

/// PS3.3 C.17.6.2: a document belongs to one study.
#[test]
fn images_of_two_studies_are_two_documents() {
    let sources = [source("1", "1.1", "1.1.1", 1), source("2", "2.1", "2.1.1", 1)];
    let images = [key("2.1.1", 1, "Before"), key("1.1.1", 1, "Now")];
    let documents = written(&sources, &images);
    let studies: Vec<_> =
        documents.iter().map(|bytes| read_header(bytes, ContentHash([0; 32])).unwrap().study.uid).collect();
    assert_eq!(studies, ["2", "1"]);
    assert_eq!(texts(&documents[1], "113012", tags::TEXT_VALUE), ["Now"]);
}
