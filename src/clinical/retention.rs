//! How long each class of data is kept, when it goes, and what is written down as proof that it went.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use super::{AppointmentId, LegalHoldId, PractitionerId};
use crate::secret::Pii;

/// What is kept and deleted together. Time counts from the planned end of the visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataClass {
    /// How people are reached, and what proves who they are at the door.
    Contacts,
    /// Lines and files of the chat, by the rule of `[chat] keep`.
    Chats,
    /// What came through upload folders, and the folders.
    Files,
    /// Copies of studies, with their objects on the disk.
    Studies,
    /// Delivery of messages.
    Messages,
    /// How the media fared, and with which browsers.
    Quality,
    /// What was shown, who saw it, what was drawn.
    ViewingRecord,
    /// Who came when, who admitted them, times by telephone.
    Moves,
    /// Images that were kept, and what was written about the visit.
    Reports,
    /// The appointment and its people: whatever is left of it goes with it.
    Appointments,
}

impl DataClass {
    /// Every class, in the order in which a run takes them: the appointment goes last.
    pub const ALL: [Self; 10] = [
        Self::Contacts,
        Self::Chats,
        Self::Files,
        Self::Studies,
        Self::Messages,
        Self::Quality,
        Self::ViewingRecord,
        Self::Moves,
        Self::Reports,
        Self::Appointments,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Chats => "chats",
            Self::Files => "files",
            Self::Studies => "studies",
            Self::Messages => "messages",
            Self::Quality => "quality",
            Self::ViewingRecord => "viewing_record",
            Self::Moves => "moves",
            Self::Reports => "reports",
            Self::Appointments => "appointments",
        }
    }

    /// The class of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// Visits are counted before rows of this class go: the counts need them.
    pub fn is_counted(self) -> bool {
        matches!(self, Self::Messages | Self::Quality | Self::Moves | Self::Appointments)
    }
}

/// Days for each class, 1 at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPolicy {
    pub contacts: u32,
    pub files: u32,
    pub studies: u32,
    pub messages: u32,
    pub quality: u32,
    pub viewing_record: u32,
    pub moves: u32,
    pub reports: u32,
    pub appointments: u32,
}

impl Default for RetentionPolicy {
    /// docs/operations.md gives the reason of each.
    fn default() -> Self {
        Self {
            contacts: 90,
            files: 180,
            studies: 180,
            messages: 365,
            quality: 365,
            viewing_record: 3650,
            moves: 7300,
            reports: 7300,
            appointments: 7300,
        }
    }
}

impl RetentionPolicy {
    /// For how many days a class is kept: never longer than the appointment that it belongs to. `None`: another rule says it.
    pub fn days(&self, class: DataClass) -> Option<u32> {
        let days = match class {
            DataClass::Chats => return None,
            DataClass::Contacts => self.contacts,
            DataClass::Files => self.files,
            DataClass::Studies => self.studies,
            DataClass::Messages => self.messages,
            DataClass::Quality => self.quality,
            DataClass::ViewingRecord => self.viewing_record,
            DataClass::Moves => self.moves,
            DataClass::Reports => self.reports,
            DataClass::Appointments => self.appointments,
        };
        Some(days.min(self.appointments).max(1))
    }

    /// Visits that ended before this time have had this class long enough.
    pub fn ended_before(&self, class: DataClass, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        now.checked_sub_signed(TimeDelta::days(self.days(class)?.into()))
    }

    /// Visits that ended before this time are counted, because rows that the counts need may go.
    pub fn counted_before(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let counted = DataClass::ALL.into_iter().filter(|class| class.is_counted());
        counted.filter_map(|class| self.ended_before(class, now)).max()
    }

    /// The rule as a proof names it.
    pub fn rule(&self, class: DataClass) -> PurgeRule {
        self.days(class).map_or(PurgeRule::ChatOver, |days| PurgeRule::AfterVisit { days })
    }
}

/// Why something went, as a proof keeps it: a code, which a page says in its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurgeRule {
    /// So many days after the planned end of the visit.
    AfterVisit { days: u32 },
    /// The chat is kept until the consultation is over.
    ChatOver,
    /// The chat is kept for the days of `[chat] keep` after it was written.
    ChatWritten,
    /// In the words of an earlier release.
    InWords(String),
}

impl PurgeRule {
    pub fn code(&self) -> String {
        match self {
            Self::AfterVisit { days } => format!("after_visit:{days}"),
            Self::ChatOver => "chat_over".to_owned(),
            Self::ChatWritten => "chat_written".to_owned(),
            Self::InWords(words) => words.clone(),
        }
    }

    /// The rule of what was kept.
    pub fn of_code(code: &str) -> Self {
        match code {
            "chat_over" => Self::ChatOver,
            "chat_written" => Self::ChatWritten,
            other => match other.strip_prefix("after_visit:").and_then(|days| days.parse().ok()) {
                Some(days) => Self::AfterVisit { days },
                None => Self::InWords(other.to_owned()),
            },
        }
    }
}

/// What stays of what was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeProof {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub class: DataClass,
    pub rule: PurgeRule,
    pub rows: u64,
    /// See [`digest_of`].
    pub digest: [u8; 32],
}

impl PurgeProof {
    /// The proof for these identifiers; `None` for none.
    pub fn of(id: Uuid, at: DateTime<Utc>, class: DataClass, rule: PurgeRule, gone: &[Uuid]) -> Option<Self> {
        let rows = u64::try_from(gone.len()).ok().filter(|rows| *rows > 0)?;
        Some(Self { id, at, class, rule, rows, digest: digest_of(gone) })
    }
}

/// SHA-256 over the identifiers as text, sorted, each with a line break after it: whoever has them in a backup can compute it with
/// `sort | sha256sum`.
pub fn digest_of(ids: &[Uuid]) -> [u8; 32] {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut digest = Sha256::new();
    for id in ids {
        digest.update(id.hyphenated().to_string());
        digest.update(b"\n");
    }
    digest.finalize().into()
}

/// Nothing of this appointment is deleted until somebody lifts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalHold {
    pub id: LegalHoldId,
    pub appointment: AppointmentId,
    /// Words of staff.
    pub reason: Pii<String>,
    pub set_at: DateTime<Utc>,
    pub set_by: PractitionerId,
    pub lifted: Option<(DateTime<Utc>, PractitionerId)>,
}

/// Why an appointment is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a reason has 1 to {} characters", LegalHold::MAX_REASON)]
pub struct NoReason;

impl LegalHold {
    /// The longest reason, in characters.
    pub const MAX_REASON: usize = 300;

    /// Holds an appointment.
    ///
    /// # Errors
    /// If there is no reason, or a very long one.
    pub fn set(
        id: LegalHoldId,
        appointment: AppointmentId,
        reason: &str,
        by: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Self, NoReason> {
        let reason = reason.trim();
        if !(1..=Self::MAX_REASON).contains(&reason.chars().count()) {
            return Err(NoReason);
        }
        Ok(Self { id, appointment, reason: reason.into(), set_at: now, set_by: by, lifted: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outlives_its_appointment_and_everything_is_kept_for_a_day() {
        let policy = RetentionPolicy { appointments: 100, contacts: 0, ..RetentionPolicy::default() };
        assert_eq!(policy.days(DataClass::Reports), Some(100));
        assert_eq!(policy.days(DataClass::Contacts), Some(1));
        assert_eq!(policy.days(DataClass::Chats), None);
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(policy.ended_before(DataClass::Appointments, now), Some(now - TimeDelta::days(100)));
        assert_eq!(policy.counted_before(now), Some(now - TimeDelta::days(100)));
        let usual = RetentionPolicy::default();
        assert_eq!(
            usual.counted_before(now),
            Some(now - TimeDelta::days(365)),
            "before the first that it needs"
        );
        for class in DataClass::ALL {
            assert_eq!(DataClass::of_word(class.word()), Some(class));
        }
        assert_eq!(DataClass::ALL.last(), Some(&DataClass::Appointments), "the appointment goes last");
    }

    #[test]
    fn a_proof_is_what_sort_and_sha256sum_say() {
        let ids = [2, 1, 0xAB_u128].map(Uuid::from_u128);
        let text = "00000000-0000-0000-0000-000000000001\n00000000-0000-0000-0000-000000000002\n\
            00000000-0000-0000-0000-0000000000ab\n";
        assert_eq!(digest_of(&ids), <[u8; 32]>::from(Sha256::digest(text)));
        let now = DateTime::UNIX_EPOCH;
        let rule = PurgeRule::ChatOver;
        let proof = |ids: &[Uuid]| PurgeProof::of(Uuid::nil(), now, DataClass::Files, rule.clone(), ids);
        assert_eq!(proof(&ids).unwrap().rows, 3);
        assert_eq!(proof(&[]), None);
    }

    #[test]
    fn a_rule_is_kept_as_a_code_and_read_back() {
        let policy = RetentionPolicy::default();
        assert_eq!(policy.rule(DataClass::Files), PurgeRule::AfterVisit { days: 180 });
        for rule in [policy.rule(DataClass::Contacts), PurgeRule::ChatOver, PurgeRule::ChatWritten] {
            assert_eq!(PurgeRule::of_code(&rule.code()), rule);
        }
        for words in ["180 days after the planned end of the visit", "after_visit:", "after_visit:-1"] {
            assert_eq!(PurgeRule::of_code(words), PurgeRule::InWords(words.to_owned()));
        }
    }

    #[test]
    fn a_hold_has_a_reason() {
        let set = |reason: &str| {
            let (id, by) = (LegalHoldId::new(Uuid::nil()), PractitionerId::new(Uuid::nil()));
            LegalHold::set(id, AppointmentId::new(Uuid::nil()), reason, by, DateTime::UNIX_EPOCH)
        };
        assert_eq!(set("  "), Err(NoReason));
        assert_eq!(set(&"x".repeat(301)), Err(NoReason));
        assert_eq!(set(" Complaint 2026/14 ").unwrap().reason.expose(), "Complaint 2026/14");
    }
}
