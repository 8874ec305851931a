//! What a patient takes home from a consultation: a document in plain words, with the images that were kept.
//! `paper` prints it; the same content gives the same bytes.

mod glossary;
mod words;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use thiserror::Error;

use crate::clinical::Language;
use crate::paper::{self, PaperError, PictureMark, PrintedPicture, Work};
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

/// Why there is no summary.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SummaryError {
    #[error(
        "there are at most {MAX_SENTENCES} sentences of {MAX_SENTENCE} characters, and {MAX_PICTURES} images"
    )]
    TooMuch,
    #[error(transparent)]
    Paper(#[from] PaperError),
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
    let printed =
        |picture: &SummaryPicture| PrintedPicture { png: picture.png.clone(), marks: picture.marks.clone() };
    let pictures: Vec<PrintedPicture> = content.pictures.iter().map(printed).collect();
    let blocks = words::blocks(content, &paper::sizes(&pictures)?, language)?;
    let footer = words::footer(&content.hospital, language)?;
    let work = Work {
        title: words::title(language),
        language,
        made_at: content.made_at,
        blocks: &blocks,
        pictures: &pictures,
        footer: &footer,
    };
    Ok(paper::print(&work)?)
}
