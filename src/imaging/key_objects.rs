//! Images of importance as key object selections (PS3.3 A.35.4, PS3.16 TID 2010).

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use uuid::Uuid;

use super::FrameNumber;
use super::referenced::ReferencedImage;
use super::write::{
    NewSeries, WriteError, Writing, code, file, item, lines, moment, object, person, put, put_items, uid,
};
use crate::secret::Pii;

/// Behind the series of images.
const SERIES_NUMBER: u32 = 9_902;
/// The longest description, in characters.
const MAX_TEXT: usize = 16_384;

/// A frame that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyImage {
    /// SOP Instance UID of the image.
    pub uid: String,
    pub frame: FrameNumber,
    /// What it shows; may be empty.
    pub caption: Pii<String>,
}

/// Writes a selection of images in their order: one for each study that they are of. Images that are not among `sources` are left out.
///
/// # Errors
/// If an object cannot be put into bytes.
pub fn key_objects(
    sources: &[ReferencedImage],
    images: &[KeyImage],
    writing: &Writing<'_>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Vec<Vec<u8>>, WriteError> {
    let mut studies: Vec<Vec<Chosen<'_>>> = Vec::new();
    for image in images {
        let Some(source) = sources.iter().find(|source| source.uid == image.uid) else { continue };
        let is_same = |chosen: &&mut Vec<Chosen<'_>>| {
            chosen.first().is_some_and(|(first, _)| first.study_uid == source.study_uid)
        };
        match studies.iter_mut().find(is_same) {
            Some(study) => study.push((source, image)),
            None => studies.push(vec![(source, image)]),
        }
    }
    studies.iter().map(|chosen| write(chosen, writing, new_id)).collect()
}

type Chosen<'c> = (&'c ReferencedImage, &'c KeyImage);

fn write(
    chosen: &[Chosen<'_>],
    writing: &Writing<'_>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Vec<u8>, WriteError> {
    let (first, _) = chosen.first().ok_or(WriteError)?;
    let series = NewSeries { uid: uid(new_id()), modality: "KO", number: SERIES_NUMBER };
    let class_uid = uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE;
    let mut set = object(first, class_uid, &uid(new_id()), &series, writing);
    // Key Object Document Series and Key Object Document (C.17.6.1, C.17.6.2).
    put_items(&mut set, tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, Vec::new());
    put(&mut set, tags::INSTANCE_NUMBER, VR::IS, "1");
    let (date, time) = moment(first, writing.at);
    put(&mut set, tags::CONTENT_DATE, VR::DA, &date);
    put(&mut set, tags::CONTENT_TIME, VR::TM, &time);
    put_items(&mut set, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![evidence(first, chosen)]);
    // SR Document Content (C.17.3).
    put(&mut set, tags::VALUE_TYPE, VR::CS, "CONTAINER");
    put_items(&mut set, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code("113000", "Of Interest")]);
    put(&mut set, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    let template =
        item(&[(tags::MAPPING_RESOURCE, VR::CS, "DCMR"), (tags::TEMPLATE_IDENTIFIER, VR::CS, "2010")]);
    put_items(&mut set, tags::CONTENT_TEMPLATE_SEQUENCE, vec![template]);
    put_items(&mut set, tags::CONTENT_SEQUENCE, content(chosen, writing));
    file(set)
}

/// The study, its series and images, each once.
fn evidence(first: &ReferencedImage, chosen: &[Chosen<'_>]) -> InMemDicomObject {
    let mut series: Vec<(&str, Vec<&ReferencedImage>)> = Vec::new();
    for (source, _) in chosen {
        let uid = source.series_uid.as_str();
        match series.iter_mut().find(|(of, _)| *of == uid) {
            Some((_, images)) if images.iter().any(|known| known.uid == source.uid) => {}
            Some((_, images)) => images.push(source),
            None => series.push((uid, vec![source])),
        }
    }
    let of_series = |(uid, images): &(&str, Vec<&ReferencedImage>)| {
        let mut set = item(&[(tags::SERIES_INSTANCE_UID, VR::UI, uid)]);
        let images = images.iter().map(|source| source.reference(&[])).collect();
        put_items(&mut set, tags::REFERENCED_SOP_SEQUENCE, images);
        set
    };
    let mut evidence = item(&[(tags::STUDY_INSTANCE_UID, VR::UI, &first.study_uid)]);
    put_items(&mut evidence, tags::REFERENCED_SERIES_SEQUENCE, series.iter().map(of_series).collect());
    evidence
}

/// TID 2010: who chose, what is said of it, and the images.
fn content(chosen: &[Chosen<'_>], writing: &Writing<'_>) -> Vec<InMemDicomObject> {
    let named = |relationship, kind, concept: InMemDicomObject| {
        let mut set =
            item(&[(tags::RELATIONSHIP_TYPE, VR::CS, relationship), (tags::VALUE_TYPE, VR::CS, kind)]);
        put_items(&mut set, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![concept]);
        set
    };
    let mut content = Vec::new();
    let author = person(writing.author.expose());
    if !author.is_empty() {
        // TID 1002 and 1003.
        let mut kind = named("HAS OBS CONTEXT", "CODE", code("121005", "Observer Type"));
        put_items(&mut kind, tags::CONCEPT_CODE_SEQUENCE, vec![code("121006", "Person")]);
        let mut who = named("HAS OBS CONTEXT", "PNAME", code("121008", "Person Observer Name"));
        put(&mut who, tags::PERSON_NAME, VR::PN, &author);
        content.extend([kind, who]);
    }
    let description = description(chosen);
    if !description.is_empty() {
        let mut text = named("CONTAINS", "TEXT", code("113012", "Key Object Description"));
        put(&mut text, tags::TEXT_VALUE, VR::UT, &description);
        content.push(text);
    }
    content.extend(chosen.iter().map(|(source, image)| {
        let mut item =
            item(&[(tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS"), (tags::VALUE_TYPE, VR::CS, "IMAGE")]);
        let reference = source.reference(&[image.frame.number()]);
        put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, vec![reference]);
        item
    }));
    content
}

/// The captions; where there are several images, each with the number of its image.
fn description(chosen: &[Chosen<'_>]) -> String {
    let captions: Vec<String> =
        chosen.iter().map(|(_, image)| lines(image.caption.expose(), MAX_TEXT)).collect();
    if let [only] = &captions[..] {
        return only.clone();
    }
    let numbered = captions.iter().enumerate().filter(|(_, caption)| !caption.is_empty());
    let numbered: Vec<String> =
        numbered.map(|(place, caption)| format!("{}. {caption}", place + 1)).collect();
    lines(&numbered.join("\n"), MAX_TEXT)
}

#[cfg(test)]
mod tests;
