//! What practitioners note during a consultation: for staff only, one text for each of them.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::ParticipantId;
use super::chat::is_control;
use crate::secret::Pii;

/// Words of several paragraphs that staff write: a note, a section of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClinicalText(Pii<String>);

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextRefusal {
    #[error("a text has at most {} characters", ClinicalText::MAX)]
    TooLong,
    #[error("a text holds no control characters but line breaks and tabulators")]
    ControlCharacter,
}

impl ClinicalText {
    /// The longest text, in characters.
    pub const MAX: usize = 20_000;

    /// Takes a text as it was written; it may be empty. Line breaks become U+000A.
    ///
    /// # Errors
    /// If it is too long, or holds control characters, also those that turn the direction of writing (Unicode Standard Annex 9).
    pub fn new(text: &str) -> Result<Self, TextRefusal> {
        let text = text.replace("\r\n", "\n");
        if text.chars().count() > Self::MAX {
            return Err(TextRefusal::TooLong);
        }
        if text.chars().any(|c| !matches!(c, '\n' | '\t') && is_control(c)) {
            return Err(TextRefusal::ControlCharacter);
        }
        Ok(Self(Pii::new(text)))
    }

    /// Takes a text that was checked when it was kept.
    pub fn kept(text: String) -> Self {
        Self(Pii::new(text))
    }

    /// The words, for a screen, a document or a row.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether there is nothing to read in it.
    pub fn is_blank(&self) -> bool {
        self.0.expose().trim().is_empty()
    }
}

/// What one practitioner noted in one consultation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub by: ParticipantId,
    pub text: ClinicalText,
    /// Grows by one with each change; 0 before the first.
    pub version: u32,
    pub changed_at: DateTime<Utc>,
}

/// Somebody has changed it since it was read: nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it was changed elsewhere since it was read")]
pub struct Stale;

impl Note {
    /// The note with another text. `read` is the version that the writer had before them; 0: none.
    ///
    /// # Errors
    /// If that is not the one that is kept: two windows of a person write, and neither may undo the other unseen.
    pub fn write(
        kept: Option<&Self>,
        by: ParticipantId,
        read: u32,
        text: ClinicalText,
        now: DateTime<Utc>,
    ) -> Result<Self, Stale> {
        let version = kept.map_or(0, |note| note.version);
        if version != read {
            return Err(Stale);
        }
        Ok(Self { by, text, version: version.saturating_add(1), changed_at: now })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn a_note_is_written_on_what_was_read_and_on_nothing_else() {
        let by = ParticipantId::new(uuid::Uuid::from_u128(1));
        let now = Utc.with_ymd_and_hms(2026, 11, 29, 9, 0, 0).unwrap();
        let text = |words| ClinicalText::new(words).unwrap();
        let first = Note::write(None, by, 0, text("Toux depuis 3 jours."), now).unwrap();
        assert_eq!(first.version, 1);
        assert_eq!(Note::write(None, by, 1, text("x"), now), Err(Stale));
        let second = Note::write(Some(&first), by, 1, text(""), now).unwrap();
        assert_eq!(second.version, 2);
        assert_eq!(
            Note::write(Some(&second), by, 1, text("x"), now),
            Err(Stale),
            "another window wrote before"
        );
        assert!(!format!("{first:?}").contains("Toux"));
    }

    #[test]
    fn a_text_has_lines_and_no_signs_that_hide_others() {
        assert_eq!(ClinicalText::new("a\r\nb\tc").unwrap().expose(), "a\nb\tc");
        assert!(ClinicalText::new(" \n").unwrap().is_blank());
        assert!(ClinicalText::new(&"é".repeat(ClinicalText::MAX)).is_ok());
        assert_eq!(ClinicalText::new(&"é".repeat(ClinicalText::MAX + 1)), Err(TextRefusal::TooLong));
        for sign in ['\u{7}', '\u{202E}', '\0'] {
            assert_eq!(ClinicalText::new(&format!("a{sign}")), Err(TextRefusal::ControlCharacter));
        }
    }
}
