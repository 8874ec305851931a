//! After the visit: who may come back, what the patient may fetch and for how long, and what people thought of it.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{
    Appointment, AppointmentStatus, CodeChannel, DocumentId, KeyImageId, Language, Link, Opening, Outcome,
    ParticipantId, REJOIN, ReportId, SharedFileId, WordsRefusal, WrongStatus, chat::is_control,
};
use crate::secret::Pii;

/// For how long a link leads to what is left of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentPolicy {
    /// Days after the end.
    pub days: u16,
}

impl Default for DocumentPolicy {
    fn default() -> Self {
        Self { days: 30 }
    }
}

/// A visit that was held and is over, as a link opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    pub ended_at: DateTime<Utc>,
    pub outcome: Outcome,
    /// Until then somebody may ask to be called back in, and staff may open it again.
    pub reopens_until: DateTime<Utc>,
    /// Until then documents are there.
    pub documents_until: DateTime<Utc>,
}

/// Why a link leads to nothing that is left of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AfterClosed {
    #[error("no such link")]
    Unknown,
    #[error("the visit is not over")]
    NotOver,
    #[error("it was too long ago")]
    Expired,
}

impl DocumentPolicy {
    /// What a link opens after the visit. It is the last one that its person had: one that was replaced, or withdrawn by staff before
    /// the end, opens nothing. The end itself withdraws every link, and does not count.
    ///
    /// # Errors
    /// If it opens nothing.
    pub fn check(
        self,
        link: &Link,
        appointment: &Appointment,
        now: DateTime<Utc>,
    ) -> Result<After, AfterClosed> {
        if link.appointment != appointment.id || appointment.participant(link.participant).is_none() {
            return Err(AfterClosed::Unknown);
        }
        let AppointmentStatus::Fulfilled { at: ended_at, outcome } = appointment.status else {
            return Err(AfterClosed::NotOver);
        };
        if link.revoked_at.is_some_and(|revoked_at| revoked_at < ended_at) {
            return Err(AfterClosed::Unknown);
        }
        let documents_until = ended_at + TimeDelta::days(self.days.into());
        if now >= documents_until.max(ended_at + REJOIN) {
            return Err(AfterClosed::Expired);
        }
        Ok(After { ended_at, outcome, reopens_until: ended_at + REJOIN, documents_until })
    }
}

impl AppointmentStatus {
    /// Staff open a consultation again that they ended less than [`REJOIN`] ago.
    ///
    /// # Errors
    /// If it did not end, or too long ago.
    pub fn reopen(self, now: DateTime<Utc>) -> Result<Self, WrongStatus> {
        match self {
            Self::Fulfilled { at, .. } if now < at + REJOIN => Ok(Self::Arrived { at: now }),
            _ => Err(WrongStatus),
        }
    }
}

/// What a document for the patient is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentSubject {
    /// The summary in plain words, as it stands when it is fetched.
    Summary(Language),
    /// A signed version of the report.
    Report(ReportId),
    /// An image that was kept.
    Image(KeyImageId),
    /// A file that was shared in the consultation.
    File(SharedFileId),
}

/// Something that a practitioner released to the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatientDocument {
    pub id: DocumentId,
    pub subject: DocumentSubject,
    pub released_at: DateTime<Utc>,
    pub by: ParticipantId,
}

/// By which second factor somebody came to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentDoor {
    /// A code that went by SMS.
    Sms,
    /// A code that went by e-mail.
    Email,
    /// A number that staff told.
    Pin,
    BirthDate,
    /// A sign-in at an identity provider of patients.
    Provider,
}

impl DocumentDoor {
    /// What an opened door counts as here: the link alone is none.
    pub fn of(opening: Opening) -> Option<Self> {
        match opening {
            Opening::LinkOnly => None,
            Opening::Code(CodeChannel::Sms) => Some(Self::Sms),
            Opening::Code(CodeChannel::Email) => Some(Self::Email),
            Opening::Pin => Some(Self::Pin),
            Opening::BirthDate => Some(Self::BirthDate),
        }
    }
}

/// Somebody took a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    pub document: DocumentId,
    pub participant: ParticipantId,
    pub at: DateTime<Utc>,
    pub door: DocumentDoor,
    /// What the provider was called, where one opened it.
    pub provider: Option<String>,
}

/// What one person thought of the visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    pub participant: ParticipantId,
    pub score: Score,
    /// A sentence, where they wrote one.
    pub words: Option<RatingWords>,
    pub at: DateTime<Utc>,
}

/// From 1 (very bad) to 5 (very good).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u8);

impl Score {
    /// Takes a number from 1 to 5.
    pub fn new(score: u8) -> Option<Self> {
        (1..=5).contains(&score).then_some(Self(score))
    }

    pub fn number(self) -> u8 {
        self.0
    }
}

/// A sentence beside a score. It may hold anything about anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatingWords(Pii<String>);

impl RatingWords {
    /// The longest, in characters.
    pub const MAX: usize = 500;

    /// Takes words; `None` where there are none but blanks. Line breaks and other signs without a shape become blanks.
    ///
    /// # Errors
    /// If they are too long.
    pub fn new(words: &str) -> Result<Option<Self>, WordsRefusal> {
        let words: String = words.chars().map(|c| if is_control(c) { ' ' } else { c }).collect();
        let words = words.trim();
        if words.chars().count() > Self::MAX {
            return Err(WordsRefusal::TooLong);
        }
        Ok((!words.is_empty()).then(|| Self(Pii::new(words.to_owned()))))
    }

    /// Takes words that were checked when they were kept.
    pub fn kept(words: String) -> Self {
        Self(Pii::new(words))
    }

    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Scores of many visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RatingTally {
    /// How often 1, 2, 3, 4 and 5 were given.
    pub counts: [u32; 5],
}

impl RatingTally {
    /// Counts scores.
    pub fn of(scores: impl IntoIterator<Item = Score>) -> Self {
        let mut tally = Self::default();
        for score in scores {
            if let Some(count) = tally.counts.get_mut(usize::from(score.number()) - 1) {
                *count = count.saturating_add(1);
            }
        }
        tally
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.counts.iter().sum()
    }

    /// Their mean; `None` where there are none.
    pub fn mean(self) -> Option<f64> {
        let sum: f64 =
            self.counts.iter().zip(1_u32..).map(|(count, score)| f64::from(*count) * f64::from(score)).sum();
        (self.count() > 0).then(|| sum / f64::from(self.count()))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use uuid::Uuid;

    use super::super::{AppointmentId, GuestRole, LinkDigest, LinkId, Part, Participant, PractitionerId};
    use super::*;

    const PATIENT: ParticipantId = ParticipantId::new(Uuid::from_u128(1));

    fn at(minute: i64) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 29, 9, 0, 0).unwrap() + TimeDelta::minutes(minute)
    }

    fn appointment(status: AppointmentStatus) -> Appointment {
        let patient = Participant {
            id: PATIENT,
            name: "Somebody".into(),
            part: Part::Guest(GuestRole::Patient),
            language: Language::French,
        };
        let mut booked = Appointment::book(
            AppointmentId::new(Uuid::from_u128(7)),
            super::super::Booking {
                starts_at: at(0),
                ends_at: at(30),
                service: "Cardiologie".into(),
                service_id: None,
                participants: vec![
                    patient,
                    Participant {
                        id: ParticipantId::new(Uuid::from_u128(2)),
                        name: "Doctor".into(),
                        part: Part::Practitioner(PractitionerId::new(Uuid::from_u128(3))),
                        language: Language::French,
                    },
                ],
                note: "".into(),
            },
            PractitionerId::new(Uuid::from_u128(3)),
            at(-60),
        )
        .unwrap();
        booked.status = status;
        booked
    }

    fn link(revoked_at: Option<DateTime<Utc>>) -> Link {
        Link {
            id: LinkId::new(Uuid::from_u128(5)),
            appointment: AppointmentId::new(Uuid::from_u128(7)),
            participant: PATIENT,
            digest: LinkDigest([1; 32]),
            issued_at: at(-60),
            expires_at: at(150),
            revoked_at,
        }
    }

    const DONE: fn(DateTime<Utc>) -> AppointmentStatus =
        |at| AppointmentStatus::Fulfilled { at, outcome: Outcome::Completed };

    #[test]
    fn the_link_of_the_visit_leads_to_what_is_left_of_it_for_as_long_as_the_service_says() {
        let policy = DocumentPolicy { days: 2 };
        let over = appointment(DONE(at(20)));
        let day = 24 * 60;
        let after = policy.check(&link(Some(at(20))), &over, at(21)).unwrap();
        assert_eq!(
            (after.ended_at, after.reopens_until, after.documents_until),
            (at(20), at(25), at(20 + 2 * day))
        );
        assert!(
            policy.check(&link(None), &over, at(20 + 2 * day - 1)).is_ok(),
            "though it leads into no room any more"
        );
        assert_eq!(policy.check(&link(None), &over, at(20 + 2 * day)), Err(AfterClosed::Expired));
        assert_eq!(
            policy.check(&link(Some(at(19))), &over, at(21)),
            Err(AfterClosed::Unknown),
            "it was replaced"
        );
        for status in [AppointmentStatus::Booked, AppointmentStatus::Arrived { at: at(1) }] {
            assert_eq!(policy.check(&link(None), &appointment(status), at(21)), Err(AfterClosed::NotOver));
        }
        let nothing_kept = DocumentPolicy { days: 0 };
        assert!(nothing_kept.check(&link(None), &over, at(24)).is_ok(), "to ask to be called back");
        assert_eq!(nothing_kept.check(&link(None), &over, at(25)), Err(AfterClosed::Expired));
        let other = Link { participant: ParticipantId::new(Uuid::from_u128(99)), ..link(None) };
        assert_eq!(policy.check(&other, &over, at(21)), Err(AfterClosed::Unknown));
    }

    #[test]
    fn a_visit_that_staff_ended_is_opened_again_for_five_minutes() {
        assert_eq!(DONE(at(20)).reopen(at(24)), Ok(AppointmentStatus::Arrived { at: at(24) }));
        assert_eq!(DONE(at(20)).reopen(at(25)), Err(WrongStatus));
        assert_eq!(AppointmentStatus::Booked.reopen(at(1)), Err(WrongStatus));
    }

    #[test]
    fn scores_are_counted_and_words_are_short() {
        assert_eq!((Score::new(0), Score::new(6)), (None, None));
        let score = |n| Score::new(n).unwrap();
        let tally = RatingTally::of([score(5), score(5), score(2)]);
        assert_eq!((tally.counts, tally.count(), tally.mean()), ([0, 1, 0, 0, 2], 3, Some(4.0)));
        assert_eq!(RatingTally::default().mean(), None);
        assert_eq!(RatingWords::new(" \n"), Ok(None));
        assert_eq!(RatingWords::new("Très\nbien ").unwrap().unwrap().expose(), "Très bien");
        assert_eq!(RatingWords::new(&"é".repeat(501)), Err(WordsRefusal::TooLong));
    }
}
