//! What an object without pictures is shown as: text with headings, the pages of a PDF, a sound.
//!
//! Everybody in the call sees it, guests too: the words here never name the patient, of whom the doctor knows who it is.

mod cda;
mod directory;
pub(super) mod encapsulated;
mod notice;
mod presentation;
mod radiotherapy;
mod report;
mod waveform;
mod words;
mod xml;

use dicom_dictionary_std::{tags, uids};
use serde::{Deserialize, Serialize};

use super::plain::{self, Plain};
use super::read::{Object, OpenError};
use super::{ObjectKind, Reference, dataset, header};

/// What is shown of an object that is no picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text(Document),
    /// The bytes of a PDF.
    Pages(Vec<u8>),
    /// The bytes of a sound file that browsers play, with its media type.
    Sound(Vec<u8>, &'static str),
}

/// Why nothing can be shown of an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    #[error("{0}")]
    Open(#[from] OpenError),
    /// One sentence.
    #[error("{0}")]
    Damaged(String),
}

/// A text with headings. Plain characters: whoever shows it escapes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub title: String,
    /// What kind of object it is, and what can be said about it without knowing its kind: a name from [`FACTS`], and the object's own words.
    pub facts: Vec<(String, String)>,
    pub sections: Vec<Section>,
}

/// The names of facts, for whoever translates them.
pub const FACTS: [&str; 18] = [
    "kind",
    "modality",
    "study",
    "series",
    "date",
    "manufacturer",
    "completion",
    "preliminary",
    "verification",
    "verified_by",
    "author",
    "organization",
    "label",
    "description",
    "status",
    "images",
    "media_type",
    "bytes",
];

/// A part of a document and what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// What the part is about; may be empty.
    pub heading: String,
    /// Paragraphs, separated by line breaks; may be empty. What belongs to the line above begins with em spaces, which
    /// no display collapses.
    pub text: String,
    /// Images that the part refers to.
    pub references: Vec<Reference>,
    pub sections: Vec<Section>,
}

/// What is shown of the object, or the plain file, in these bytes.
///
/// # Errors
/// If they are no object, or one whose content contradicts its header.
pub fn content(bytes: &[u8]) -> Result<Content, ContentError> {
    match plain::recognise(bytes) {
        Some(Plain::Pdf) => return encapsulated::pdf(bytes).map(|pages| Content::Pages(pages.to_vec())),
        Some(Plain::Sound(media_type)) => return Ok(Content::Sound(bytes.to_vec(), media_type)),
        Some(Plain::Jpeg | Plain::Png | Plain::Video) | None => {}
    }
    let object = Object::open(bytes)?;
    let set = object.dataset();
    let class_uid = header::class_uid(set);
    let mut content = match header::kind(&object, &class_uid) {
        ObjectKind::Report | ObjectKind::KeyObjects => Content::Text(report::report(set)),
        ObjectKind::Presentation => Content::Text(presentation::presentation(set)),
        ObjectKind::Document => encapsulated::encapsulated(set)?,
        ObjectKind::Waveform => waveform::waveform(set, &class_uid)?,
        ObjectKind::Image | ObjectKind::Video | ObjectKind::Other => {
            Content::Text(match class_uid.as_str() {
                uids::MEDIA_STORAGE_DIRECTORY_STORAGE => directory::directory(set),
                _ if radiotherapy::is_radiotherapy(&class_uid) => radiotherapy::radiotherapy(set),
                // A report of a class that is not known yet still is a tree.
                _ if dataset::text(set, tags::VALUE_TYPE) == "CONTAINER" => report::report(set),
                _ => notice::notice(&object, &class_uid),
            })
        }
    };
    if let (Content::Text(document), Some(cut)) = (&mut content, object.cut()) {
        let text = format!("The object is cut: {cut}. What came before is shown.");
        document.sections.push(Section { text, ..Section::default() });
    }
    Ok(content)
}

/// Whether objects of a kind are shown as pictures; the others have [`content`].
pub fn is_picture(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Image | ObjectKind::Video)
}

#[cfg(test)]
mod tests;
