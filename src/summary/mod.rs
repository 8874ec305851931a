//! What a patient takes home from a consultation: a document in plain words, with the images that were kept.
//!
//! It is PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1): all fonts are inside, everything is tagged in its order of reading, images
//! have their caption as the text that stands for them. The same content gives the same bytes.

mod draw;
mod glossary;
mod layout;
mod typeface;
mod words;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use thiserror::Error;

use crate::clinical::Language;
use crate::secret::Pii;

/// The most images of one summary.
pub const MAX_PICTURES: usize = 60;
/// The most sentences of one summary.
pub const MAX_SENTENCES: usize = 60;
/// The longest sentence, in characters.
pub const MAX_SENTENCE: usize = 2000;

/// All that a summary says. Nobody's name is a part of it: whoever finds the paper learns no name from it.
#[derive(Clone, Debug)]
pub struct SummaryContent {
    pub hospital: String,
    /// Where the patient asks; empty when there is none.
    pub telephone: String,
    /// The day of the consultation, where the hospital is.
    pub date: NaiveDate,
    /// What was written of it, one paragraph each, in the language of the summary.
    pub sentences: Vec<Pii<String>>,
    pub pictures: Vec<SummaryPicture>,
    /// When the document is made; stands in its metadata.
    pub made_at: DateTime<Utc>,
}

/// An image of a summary.
#[derive(Clone, Debug)]
pub struct SummaryPicture {
    /// PNG, without transparency.
    pub png: Vec<u8>,
    pub caption: Pii<String>,
    /// As in Modality (0008,0060): `CT`.
    pub modality: String,
    /// What the series is called; words in it are explained too.
    pub title: Pii<String>,
    pub marks: Vec<PictureMark>,
}

/// What somebody drew over an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureMark {
    /// Lines through these points, each 0..1 along the width and the height of the picture.
    pub lines: Vec<Vec<(f64, f64)>>,
    /// Words, and the point that they stand right of.
    pub label: Option<(Pii<String>, (f64, f64))>,
}

/// Why there is no summary.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SummaryError {
    #[error("there is no letter for {0:?} (U+{code:04X})", code = *.0 as u32)]
    NoLetter(char),
    #[error(
        "there are at most {MAX_SENTENCES} sentences of {MAX_SENTENCE} characters, and {MAX_PICTURES} images"
    )]
    TooMuch,
    #[error("image {0} is no PNG that can be shown")]
    BadPicture(usize),
    #[error("the document cannot be written: {0}")]
    NotWritten(&'static str),
}

/// The summary as the bytes of a PDF.
///
/// # Errors
/// If there is too much of it, an image is none, or words hold a character that the fonts do not have.
pub fn summary(content: &SummaryContent, language: Language) -> Result<Vec<u8>, SummaryError> {
    if content.sentences.len() > MAX_SENTENCES
        || content.pictures.len() > MAX_PICTURES
        || content.sentences.iter().any(|sentence| sentence.expose().chars().count() > MAX_SENTENCE)
    {
        return Err(SummaryError::TooMuch);
    }
    let faces = typeface::Faces::new().ok_or(SummaryError::NotWritten("the fonts cannot be read"))?;
    let pictures = draw::pictures(content)?;
    let sizes: Vec<(u32, u32)> = pictures.iter().map(krilla::image::Image::size).collect();
    let blocks = words::blocks(content, &sizes, language)?;
    let footer = words::footer(&content.hospital, language)?;
    let sheets = layout::lay_out(&blocks, &faces);
    draw::write(
        &draw::Work { content, language, blocks: &blocks, sheets: &sheets, footer: &footer },
        &faces,
        pictures,
    )
}

/// Whether words can stand in a summary.
///
/// # Errors
/// With the first character that the fonts do not have.
pub fn check_words(words: &str) -> Result<(), SummaryError> {
    typeface::writable(words).map(|_| ())
}
