//! What an object without pictures is shown as: text with headings, the pages of a PDF, a sound.

use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

use super::read::{Object, OpenError};
use super::{ObjectKind, Reference, dataset};

/// What is shown of an object that is no picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text(Document),
    /// The bytes of a PDF.
    Pages(Vec<u8>),
    /// The bytes of a sound file that browsers play, with its media type.
    Sound(Vec<u8>, &'static str),
}

/// A text with headings. Plain characters: whoever shows it escapes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub title: String,
    /// What kind of object it is, and what can be said about it without knowing its kind.
    pub facts: Vec<(String, String)>,
    pub sections: Vec<Section>,
}

/// A part of a document and what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// What the part is about; may be empty.
    pub heading: String,
    /// Paragraphs, separated by line breaks; may be empty.
    pub text: String,
    /// Images that the part refers to.
    pub references: Vec<Reference>,
    pub sections: Vec<Section>,
}

/// What is shown of the object in these bytes.
pub fn content(bytes: &[u8]) -> Result<Content, OpenError> {
    let object = Object::open(bytes)?;
    let set = object.dataset();
    let facts =
        [("modality", tags::MODALITY), ("series", tags::SERIES_DESCRIPTION), ("date", tags::CONTENT_DATE)];
    let facts = facts.map(|(name, tag)| (name.to_owned(), dataset::text(set, tag)));
    Ok(Content::Text(Document {
        title: dataset::text(set, tags::SOP_CLASS_UID),
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        sections: Vec::new(),
    }))
}

/// Whether objects of a kind are shown as pictures; the others have [`content`].
pub fn is_picture(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Image | ObjectKind::Video)
}
