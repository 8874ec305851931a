//! The queue of a service for people without an appointment. Its address is public and leads into no room: whoever knows the code that the
//! service gives out leaves a name and a telephone number, and an appointment is made when a member of the service takes them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{AppointmentId, Language, LinkDigest, PractitionerId, QueueEntryId, ServiceId, TelephoneNumber};
use crate::secret::{Pii, Secret};

/// The last part of the address `/queue/<slug>`: small letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSlug(String);

/// What the service gives out to those whom it expects. Staff may read it at any time, so it is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCode(Secret<String>);

/// How people come to a service without an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// `None`: there is no such address.
    pub slug: Option<QueueSlug>,
    /// `None`: the queue takes nobody.
    pub code: Option<QueueCode>,
    /// How long an appointment from the queue lasts at most.
    pub minutes: u16,
}

/// Somebody in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    pub id: QueueEntryId,
    pub service: ServiceId,
    pub name: Pii<String>,
    pub telephone: TelephoneNumber,
    pub language: Language,
    /// Of the secret that the browser holds. It becomes the personal link when they are taken.
    pub digest: LinkDigest,
    pub joined_at: DateTime<Utc>,
    /// When their page was last heard of.
    pub seen_at: DateTime<Utc>,
    pub status: QueueStatus,
}

/// What became of somebody in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueStatus {
    Waiting,
    Taken { at: DateTime<Utc>, by: PractitionerId, appointment: AppointmentId },
    Refused { at: DateTime<Utc>, by: PractitionerId },
    Left { at: DateTime<Utc> },
}

/// Why nobody comes into the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum QueueRefusal {
    #[error("this queue takes nobody")]
    Closed,
    #[error("this is not the code")]
    WrongCode,
    #[error("there were too many wrong codes lately")]
    TooManyTries,
    #[error("the queue is full")]
    Full,
    #[error("a name has 1 to {} characters", QueueEntry::MAX_NAME)]
    Name,
}

/// The address cannot be used for a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the address of a queue has 3 to 40 small letters, digits and hyphens")]
pub struct BadSlug;

/// What is known of a queue when somebody asks to come in.
#[derive(Clone, Copy, Debug)]
pub struct QueueLoad {
    pub waiting: usize,
    /// Wrong codes within [`QueueSettings::TRIES_WITHIN`].
    pub wrong_codes: usize,
    /// From the network of whoever asks there were too many wrong ones by now.
    pub is_slowed: bool,
}

impl QueueSlug {
    /// Reads an address.
    pub fn new(text: &str) -> Result<Self, BadSlug> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_good = (3..=40).contains(&text.len())
            && text.chars().all(is_plain)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_good { Ok(Self(text.to_owned())) } else { Err(BadSlug) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl QueueCode {
    /// No letter that is taken for another or for a digit.
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// Makes a code of eight signs (40 bits) from chance.
    pub fn make(random: [u8; 8]) -> Self {
        let sign = |byte: &u8| char::from(Self::ALPHABET[usize::from(*byte) % Self::ALPHABET.len()]);
        Self::kept(random.iter().map(sign).collect())
    }

    /// Takes one that was made before.
    pub fn kept(code: String) -> Self {
        Self(Secret::new(code))
    }

    /// The code, for staff and the row.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether somebody typed this one: small letters, spaces and hyphens do not matter.
    pub fn is(&self, typed: &str) -> bool {
        let typed: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        // Both are looked through to their ends, so that the time tells nothing of where they differ.
        let (known, typed) = (self.expose().as_bytes(), typed.as_bytes());
        let differs = known.iter().zip(typed).fold(0, |sum, (a, b)| sum | (a ^ b));
        known.len() == typed.len() && differs == 0
    }
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self { slug: None, code: None, minutes: 15 }
    }
}

impl QueueSettings {
    /// The most people who wait in one queue.
    pub const MAX_WAITING: usize = 50;
    /// The most wrong codes for one queue within [`Self::TRIES_WITHIN`], from everywhere. A code has 40 bits: who may guess so fast all day
    /// long has one chance in 700,000. From one network far fewer are taken, so that nobody alone closes a queue to everybody.
    pub const MAX_WRONG_CODES: usize = 10_000;
    pub const TRIES_WITHIN: TimeDelta = TimeDelta::minutes(10);

    /// Whether somebody with this code may come into the queue.
    pub fn check(&self, typed: &str, load: QueueLoad) -> Result<(), QueueRefusal> {
        let code = self.code.as_ref().ok_or(QueueRefusal::Closed)?;
        if load.is_slowed || load.wrong_codes >= Self::MAX_WRONG_CODES {
            return Err(QueueRefusal::TooManyTries);
        }
        if !code.is(typed) {
            return Err(QueueRefusal::WrongCode);
        }
        if load.waiting >= Self::MAX_WAITING {
            return Err(QueueRefusal::Full);
        }
        Ok(())
    }
}

impl QueueEntry {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 120;
    /// Whose page has been silent for so long has gone.
    pub const KEPT_FOR: TimeDelta = TimeDelta::minutes(30);
    /// Whose page has been silent for so long may not hear when they are taken.
    pub const SILENT_AFTER: TimeDelta = TimeDelta::seconds(60);

    /// The secret of somebody's page, from 256 bits that nobody can guess.
    pub fn secret(random: [u8; 32]) -> Secret<String> {
        Secret::new(BASE64_URL_SAFE_NO_PAD.encode(random))
    }

    /// Reads a name.
    pub fn name(typed: &str) -> Result<Pii<String>, QueueRefusal> {
        let typed = typed.trim();
        let is_good =
            (1..=Self::MAX_NAME).contains(&typed.chars().count()) && !typed.chars().any(char::is_control);
        if is_good { Ok(typed.into()) } else { Err(QueueRefusal::Name) }
    }

    /// Whether they wait, and are there.
    pub fn is_waiting(&self, now: DateTime<Utc>) -> bool {
        self.status == QueueStatus::Waiting && now < self.seen_at + Self::KEPT_FOR
    }

    /// Whether they wait, but their page says nothing at present.
    pub fn is_silent(&self, now: DateTime<Utc>) -> bool {
        now >= self.seen_at + Self::SILENT_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> QueueSettings {
        let code = Some(QueueCode::make([0, 1, 2, 3, 31, 30, 29, 255]));
        QueueSettings { slug: QueueSlug::new("cardiologie").ok(), code, minutes: 15 }
    }

    #[test]
    fn a_code_is_typed_as_people_type() {
        let code = open().code.unwrap();
        assert_eq!(code.expose(), "ABCD9879");
        assert!(["ABCD9879", " abcd-9879 ", "ab cd 98 79"].into_iter().all(|typed| code.is(typed)));
        assert!(
            ["", "ABCD987", "ABCD98799", "BBCD9879", "ABCD9878"].into_iter().all(|typed| !code.is(typed))
        );
        assert!(!format!("{code:?}").contains("ABCD"), "it is in no log");
    }

    #[test]
    fn nobody_comes_in_without_the_code_after_too_many_tries_or_into_a_full_queue() {
        let (queue, code) = (open(), "ABCD9879");
        let load = |waiting, wrong_codes| QueueLoad { waiting, wrong_codes, is_slowed: false };
        let check = |typed, waiting, wrong_codes| queue.check(typed, load(waiting, wrong_codes));
        assert_eq!(check(code, 49, 9_999), Ok(()));
        assert_eq!(check("AAAAAAAA", 0, 0), Err(QueueRefusal::WrongCode));
        assert_eq!(
            check(code, 0, 10_000),
            Err(QueueRefusal::TooManyTries),
            "the right one does not tell itself then"
        );
        let slowed = QueueLoad { is_slowed: true, ..load(0, 0) };
        assert_eq!(queue.check(code, slowed), Err(QueueRefusal::TooManyTries), "nor from that network");
        assert_eq!(check(code, 50, 0), Err(QueueRefusal::Full));
        let closed = QueueSettings { code: None, ..open() };
        assert_eq!(closed.check("", load(0, 0)), Err(QueueRefusal::Closed));
    }

    #[test]
    fn an_address_is_plain() {
        for good in ["cardiologie", "nord-2", "abc"] {
            assert!(QueueSlug::new(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "-ab", "ab-", "Cardio", "cardio/x", "é-e", &"a".repeat(41)] {
            assert_eq!(QueueSlug::new(bad), Err(BadSlug), "{bad}");
        }
    }

    #[test]
    fn a_silent_page_is_told_and_then_gone() {
        let at = |seconds: i64| DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap();
        let entry = QueueEntry {
            id: QueueEntryId::new(uuid::Uuid::from_u128(1)),
            service: ServiceId::new(uuid::Uuid::from_u128(2)),
            name: QueueEntry::name("  Awa Diallo ").unwrap(),
            telephone: TelephoneNumber::parse("0612345678").unwrap(),
            language: Language::French,
            digest: LinkDigest::of("secret"),
            joined_at: at(0),
            seen_at: at(0),
            status: QueueStatus::Waiting,
        };
        assert_eq!(entry.name.expose(), "Awa Diallo");
        assert!(!entry.is_silent(at(59)) && entry.is_silent(at(60)));
        assert!(entry.is_waiting(at(1799)) && !entry.is_waiting(at(1800)));
        let left = QueueEntry { status: QueueStatus::Left { at: at(1) }, ..entry };
        assert!(!left.is_waiting(at(2)));
        assert_eq!(QueueEntry::name(" "), Err(QueueRefusal::Name));
        assert_eq!(QueueEntry::name("a\nb"), Err(QueueRefusal::Name));
    }
}
