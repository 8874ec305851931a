//! Presentation states (PS3.3 A.33) as a text, for when nothing that they refer to is there.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::{Reference, dataset, header};
use super::words::{self, Facts, Lines, text};
use super::{Document, Section};

/// The most texts of a state that are listed.
const MAX_TEXTS: usize = 200;

pub(super) fn presentation(set: &InMemDicomObject) -> Document {
    let mut facts = Facts(words::facts(set));
    facts.add("label", text(set, tags::CONTENT_LABEL));
    facts.add("description", text(set, tags::CONTENT_DESCRIPTION));
    facts.add("author", words::person(set, tags::CONTENT_CREATOR_NAME));
    let references = references(set);
    if !references.is_empty() {
        facts.add("images", references.len().to_string());
    }
    let mut drawn = Lines::default();
    let mut shapes = 0;
    let texts = dataset::items(set, tags::GRAPHIC_ANNOTATION_SEQUENCE).iter().flat_map(|annotation| {
        shapes += dataset::items(annotation, tags::GRAPHIC_OBJECT_SEQUENCE).len();
        dataset::items(annotation, tags::TEXT_OBJECT_SEQUENCE)
    });
    for one in texts.take(MAX_TEXTS) {
        drawn.add("", text(one, tags::UNFORMATTED_TEXT_VALUE));
    }
    if shapes > 0 {
        drawn.add("", words::count(shapes, "shape is drawn", "shapes are drawn"));
    }
    let mut windows = Lines::default();
    for voi in dataset::items(set, tags::SOFTCOPY_VOILUT_SEQUENCE).iter().take(MAX_TEXTS) {
        for preset in header::windows(voi) {
            let window = preset.window;
            let (center, width) = (words::plain_number(window.center), words::plain_number(window.width));
            windows.add(&preset.explanation, format!("center {center}, width {width}"));
        }
    }
    let images = Section {
        text: match references.len() {
            0 => "It names no image.".to_owned(),
            number => format!("It says how {} to be shown.", words::count(number, "image is", "images are")),
        },
        references,
        ..Section::default()
    };
    let sections = [Some(images), drawn.section("Annotations"), windows.section("Windows")];
    let title = words::class_name(&header::class_uid(set));
    Document { title, facts: facts.0, sections: sections.into_iter().flatten().collect() }
}

/// PS3.3 C.11.11.
fn references(set: &InMemDicomObject) -> Vec<Reference> {
    let mut references = Vec::new();
    for series in dataset::items(set, tags::REFERENCED_SERIES_SEQUENCE) {
        let series_uid = dataset::text(series, tags::SERIES_INSTANCE_UID);
        for image in dataset::items(series, tags::REFERENCED_IMAGE_SEQUENCE) {
            let frames = dataset::integers(image, tags::REFERENCED_FRAME_NUMBER);
            references.push(Reference {
                uid: dataset::text(image, tags::REFERENCED_SOP_INSTANCE_UID),
                series_uid: series_uid.clone(),
                frames: frames.into_iter().filter_map(|frame| u32::try_from(frame).ok()).collect(),
                words: String::new(),
            });
        }
    }
    references
}
