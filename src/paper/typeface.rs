//! The two fonts: which letters they have, and how wide these are.

use std::collections::BTreeMap;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use unicode_normalization::UnicodeNormalization;

use super::PaperError;

const REGULAR: &[u8] = include_bytes!("fonts/AtkinsonHyperlegibleNext-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/AtkinsonHyperlegibleNext-Bold.ttf");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A letter of a font: its number, and its width in parts of the size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Letter {
    pub glyph: u32,
    pub width: f32,
}

pub(crate) struct Face {
    pub bytes: &'static [u8],
    letters: BTreeMap<char, Letter>,
}

pub(crate) struct Faces {
    regular: Face,
    bold: Face,
}

impl Faces {
    /// Reads both fonts.
    pub fn new() -> Option<Self> {
        Some(Self { regular: Face::new(REGULAR)?, bold: Face::new(BOLD)? })
    }

    pub fn of(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Face {
    fn new(bytes: &'static [u8]) -> Option<Self> {
        let font = FontRef::new(bytes).ok()?;
        let widths = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let letters = font.charmap().mappings().filter_map(|(code, glyph)| {
            let width = widths.advance_width(glyph)? / em;
            Some((char::from_u32(code)?, Letter { glyph: glyph.to_u32(), width }))
        });
        Some(Self { bytes, letters: letters.collect() })
    }

    pub fn letter(&self, c: char) -> Option<Letter> {
        self.letters.get(&c).copied()
    }

    /// How wide words are, points.
    pub fn width(&self, words: &str, size: f32) -> f32 {
        words.chars().filter_map(|c| self.letter(c)).map(|letter| letter.width * size).sum()
    }
}

/// What stands for a character that the fonts do not have.
fn substitute(c: char) -> Option<&'static str> {
    Some(match c {
        '\t' | '\u{2002}'..='\u{200A}' | '\u{3000}' => " ",
        '\u{202F}' | '\u{2060}' | '\u{FEFF}' => "\u{A0}",
        '\u{AD}' | '\u{200B}' => "",
        '\u{2010}' | '\u{2011}' => "-",
        '\u{2192}' | '\u{21D2}' => "->",
        '\u{2190}' | '\u{21D0}' => "<-",
        '\u{2194}' => "<->",
        '\u{2191}' => "+",
        '\u{2193}' => "-",
        '\u{B5}' | '\u{3BC}' => "\u{3BC}",
        'α' => "alpha",
        'β' => "beta",
        'γ' => "gamma",
        'δ' => "delta",
        'Ω' | '\u{2126}' => "\u{3A9}",
        '\u{2212}' => "-",
        _ => return None,
    })
}

/// The words as the fonts can show them: composed, with what stands for signs that they do not have.
///
/// # Errors
/// With the first character that nothing stands for.
pub(crate) fn writable(words: &str) -> Result<String, PaperError> {
    let faces = Faces::new().ok_or(PaperError::NotWritten("the fonts cannot be read"))?;
    let has = |c: char| faces.regular.letter(c).is_some() && faces.bold.letter(c).is_some();
    let mut written = String::with_capacity(words.len());
    for c in words.nfc() {
        if c == '\n' || has(c) {
            written.push(c);
            continue;
        }
        let compatible: String = std::iter::once(c).nfkc().collect();
        match substitute(c) {
            Some(other) => written.push_str(other),
            None if compatible.chars().all(has) => written.push_str(&compatible),
            None => return Err(PaperError::NoLetter(c)),
        }
    }
    Ok(written)
}
