//! Paper: blocks of words and pictures as a document that is read by people and by screen readers, and that lasts.
//!
//! It is PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1): all fonts are inside, everything is tagged in its order of reading, images
//! have their caption as the text that stands for them. The same work gives the same bytes.

mod draw;
pub(crate) mod layout;
pub(crate) mod typeface;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use thiserror::Error;

pub use layout::Block;

use crate::clinical::Language;
use crate::secret::Pii;

/// A document before it is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Work<'w> {
    /// Stands in the metadata: holds nothing of a person.
    pub title: &'w str,
    pub language: Language,
    /// When it was made; stands in the metadata.
    pub made_at: DateTime<Utc>,
    /// From the beginning to the end.
    pub blocks: &'w [Block],
    /// Those that blocks name by their place.
    pub pictures: &'w [PrintedPicture],
    pub footer: &'w Footer,
}

/// The lines at the foot of each page, without the number of the page.
#[derive(Clone, Debug)]
pub struct Footer {
    pub notice: String,
    pub hospital: String,
    /// The word before the number.
    pub page: &'static str,
}

/// A picture as it is printed.
#[derive(Clone, Debug)]
pub struct PrintedPicture {
    /// PNG, without transparency.
    pub png: Vec<u8>,
    pub marks: Vec<PictureMark>,
}

/// What somebody drew over a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureMark {
    /// Lines through these points, each 0..1 along the width and the height of the picture.
    pub lines: Vec<Vec<(f64, f64)>>,
    /// Words, and the point that they stand right of.
    pub label: Option<(Pii<String>, (f64, f64))>,
}

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PaperError {
    #[error("there is no letter for {0:?} (U+{code:04X})", code = *.0 as u32)]
    NoLetter(char),
    #[error("image {0} is no PNG that can be shown")]
    BadPicture(usize),
    #[error("the document cannot be written: {0}")]
    NotWritten(&'static str),
}

/// The sizes of pictures in pixels, in their order.
///
/// # Errors
/// If one is no picture, or words on it hold a character that the fonts do not have.
pub fn sizes(pictures: &[PrintedPicture]) -> Result<Vec<(u32, u32)>, PaperError> {
    Ok(draw::pictures(pictures)?.iter().map(krilla::image::Image::size).collect())
}

/// The document as the bytes of a PDF. Words of the blocks are [`writable`] ones.
///
/// # Errors
/// If a picture is none, or the document would not be what it claims to be.
pub fn print(work: &Work<'_>) -> Result<Vec<u8>, PaperError> {
    let faces = typeface::Faces::new().ok_or(PaperError::NotWritten("the fonts cannot be read"))?;
    let pictures = draw::pictures(work.pictures)?;
    let sheets = layout::lay_out(work.blocks, &faces);
    draw::write(work, &sheets, &faces, &pictures)
}

/// The words as the fonts can show them: composed, with what stands for signs that they do not have.
///
/// # Errors
/// With the first character that nothing stands for.
pub fn writable(words: &str) -> Result<String, PaperError> {
    typeface::writable(words)
}

/// As BCP 47 has it.
pub const fn tag(language: Language) -> &'static str {
    match language {
        Language::French => "fr",
        Language::English => "en",
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("janvier", "January"),
    ("février", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
];

/// `27 novembre 2026`, `27 November 2026`.
pub fn date(date: NaiveDate, language: Language) -> String {
    let (french, english) = MONTHS.get(date.month0() as usize).copied().unwrap_or_default();
    match (language, date.day()) {
        (Language::French, 1) => format!("1er\u{A0}{french} {}", date.year()),
        (Language::French, day) => format!("{day}\u{A0}{french} {}", date.year()),
        (Language::English, day) => format!("{day}\u{A0}{english} {}", date.year()),
    }
}
