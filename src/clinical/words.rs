//! Short words that people write about images: beside them, on them, below the ones that are kept.

use thiserror::Error;

use super::chat::is_control;
use crate::secret::Pii;

/// Why words are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WordsRefusal {
    #[error("there are at most {MAX_WORDS} characters")]
    TooLong,
    #[error("there are no control characters")]
    ControlCharacter,
}

/// The longest words, in characters.
pub const MAX_WORDS: usize = 200;

macro_rules! words_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(Pii<String>);

        impl $name {
            /// Takes words; blanks at their ends are cut off. They may be none.
            ///
            /// # Errors
            /// If they are longer than [`MAX_WORDS`], or hold control characters, line breaks, or marks that turn the direction
            /// of writing.
            pub fn new(words: &str) -> Result<Self, WordsRefusal> {
                take(words).map(|words| Self(Pii::new(words)))
            }

            /// Takes words that were checked when they were kept.
            pub fn kept(words: String) -> Self {
                Self(Pii::new(words))
            }

            /// The words, for a screen or a row.
            pub fn expose(&self) -> &str {
                self.0.expose()
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.0.expose().is_empty()
            }
        }
    };
}

words_type!(
    /// What is said of the images in writing, for everybody.
    DescriptionText
);
words_type!(
    /// What is written on a frame or beside a mark.
    MarkText
);
words_type!(
    /// What stands below an image that is kept.
    Caption
);

fn take(words: &str) -> Result<String, WordsRefusal> {
    let words = words.trim();
    if words.chars().count() > MAX_WORDS {
        return Err(WordsRefusal::TooLong);
    }
    if words.chars().any(is_control) {
        return Err(WordsRefusal::ControlCharacter);
    }
    Ok(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_short_stand_in_one_line_and_stay_out_of_logs() {
        let text = DescriptionText::new("  à gauche : le rein ").unwrap();
        assert_eq!(text.expose(), "à gauche : le rein");
        assert!(!format!("{text:?}").contains("rein"));
        assert!(MarkText::new(" ").unwrap().is_empty());
        assert!(Caption::new(&"é".repeat(MAX_WORDS)).is_ok());
        assert_eq!(Caption::new(&"é".repeat(MAX_WORDS + 1)), Err(WordsRefusal::TooLong));
        for sign in ['\n', '\u{7}', '\u{202E}', '\u{2066}', '\u{2028}'] {
            assert_eq!(MarkText::new(&format!("a{sign}b")), Err(WordsRefusal::ControlCharacter), "{sign:?}");
        }
    }
}
