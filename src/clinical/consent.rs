//! What patients are told before a video consultation, what they answer, and who is with them.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::chat::is_control;
use super::{Language, ParticipantId};
use crate::secret::Pii;

/// What a guest answers to the information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsentAnswer {
    Given,
    /// They want no video consultation. Staff are told, and call.
    Refused,
}

/// The information in both languages. Each service may have its own; each change is a version of its own, and none is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentText {
    /// 0 is the one that comes with the program.
    pub version: u32,
    pub french: String,
    pub english: String,
}

/// Why a text of information is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConsentTextRefusal {
    #[error("the text is missing in a language")]
    Missing,
    #[error("a text has more than {} characters", ConsentText::MAX)]
    TooLong,
    #[error("there are no control characters but line breaks")]
    ControlCharacter,
}

impl ConsentText {
    /// The longest text, in characters.
    pub const MAX: usize = 4000;

    /// What is told where a service says nothing else.
    pub fn standard() -> Self {
        Self { version: 0, french: FRENCH.to_owned(), english: ENGLISH.to_owned() }
    }

    /// Checks a text of a service. Paragraphs are parted by line breaks.
    ///
    /// # Errors
    /// If a language is missing, or one is too long or holds control characters.
    pub fn new(version: u32, french: &str, english: &str) -> Result<Self, ConsentTextRefusal> {
        let take = |text: &str| {
            let text = text.trim().replace("\r\n", "\n");
            if text.is_empty() {
                return Err(ConsentTextRefusal::Missing);
            }
            if text.chars().count() > Self::MAX {
                return Err(ConsentTextRefusal::TooLong);
            }
            if text.chars().any(|sign| sign != '\n' && is_control(sign)) {
                return Err(ConsentTextRefusal::ControlCharacter);
            }
            Ok(text)
        };
        Ok(Self { version, french: take(french)?, english: take(english)? })
    }

    /// The words in one language.
    pub fn words(&self, language: Language) -> &str {
        match language {
            Language::French => &self.french,
            Language::English => &self.english,
        }
    }
}

const FRENCH: &str = "Votre médecin vous reçoit par vidéo, comme à l’hôpital. Le secret médical s’applique.
Le son et l’image passent par l’hôpital. Rien n’est enregistré.
Votre médecin peut vous montrer vos images médicales. Il garde un compte rendu dans votre dossier.
Vous pouvez arrêter à tout moment. Vous pouvez aussi demander à venir à l’hôpital.
En cas d’urgence, appelez le 15 ou le 112.";

const ENGLISH: &str = "Your doctor sees you by video, as at the hospital. Medical secrecy applies.
Sound and picture go through the hospital. Nothing is recorded.
Your doctor may show you your medical images. They keep a report in your file.
You can stop at any time. You can also ask to come to the hospital.
In an emergency, call 15 or 112.";

/// An answer, as it is kept. Rows are added, never changed: the last one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    pub participant: ParticipantId,
    pub answer: ConsentAnswer,
    /// The version of the text that was on the screen.
    pub version: u32,
    pub language: Language,
    pub at: DateTime<Utc>,
}

/// Who is with a guest, as they say themselves. The last one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    pub participant: ParticipantId,
    pub is_accompanied: bool,
    /// Who it is; may be empty.
    pub who: Pii<String>,
    pub at: DateTime<Utc>,
}

/// Who somebody with a guest is was told in words that are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("who is there is told in at most {} characters of one line", Company::MAX)]
pub struct CompanyRefusal;

impl Company {
    /// The longest words, in characters.
    pub const MAX: usize = 120;

    /// Checks what a guest says of whoever is with them.
    ///
    /// # Errors
    /// If the words are too long, or more than a line.
    pub fn new(
        participant: ParticipantId,
        is_accompanied: bool,
        who: &str,
        at: DateTime<Utc>,
    ) -> Result<Self, CompanyRefusal> {
        let who = if is_accompanied { who.trim() } else { "" };
        if who.chars().count() > Self::MAX || who.chars().any(is_control) {
            return Err(CompanyRefusal);
        }
        Ok(Self { participant, is_accompanied, who: who.into(), at })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_text_has_both_languages_and_no_tricks() {
        let text = ConsentText::new(3, " Bonjour.\r\nMerci. ", "Hello.\nThanks.").unwrap();
        assert_eq!(text.words(Language::French), "Bonjour.\nMerci.");
        assert_eq!(text.words(Language::English), "Hello.\nThanks.");
        assert_eq!(ConsentText::new(1, "Bonjour.", "  "), Err(ConsentTextRefusal::Missing));
        assert_eq!(ConsentText::new(1, "a\u{202E}b", "Hello."), Err(ConsentTextRefusal::ControlCharacter));
        let long = "é".repeat(ConsentText::MAX + 1);
        assert_eq!(ConsentText::new(1, &long, "Hello."), Err(ConsentTextRefusal::TooLong));
        let standard = ConsentText::standard();
        assert_eq!(ConsentText::new(0, &standard.french, &standard.english), Ok(standard));
    }

    #[test]
    fn who_is_there_is_one_line_and_stays_out_of_logs() {
        let person = ParticipantId::new(Uuid::from_u128(1));
        let at = DateTime::UNIX_EPOCH;
        let company = Company::new(person, true, " Luc, mon fils ", at).unwrap();
        assert_eq!(company.who.expose(), "Luc, mon fils");
        assert!(!format!("{company:?}").contains("Luc"));
        let alone = Company::new(person, false, "Luc", at).unwrap();
        assert!(alone.who.expose().is_empty(), "nobody is there");
        assert_eq!(Company::new(person, true, "a\nb", at), Err(CompanyRefusal));
        assert_eq!(Company::new(person, true, &"a".repeat(121), at), Err(CompanyRefusal));
    }
}
