//! That staff looked who somebody is, as a step that is kept: what was compared, with what, by whom and when. Of a document only its kind is
//! kept, never its number.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{IdentityCheckId, ParticipantId, PractitionerId};

/// A document that somebody held into the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    IdentityCard,
    Passport,
    ResidencePermit,
    DrivingLicence,
    /// A card of the health insurance: it names somebody and proves little.
    HealthCard,
    Other,
}

impl DocumentKind {
    /// Whether an identity may be validated by it (RNIV 1.5 section 3.2: a device of high trust).
    pub fn is_of_high_trust(self) -> bool {
        matches!(self, Self::IdentityCard | Self::Passport | Self::ResidencePermit)
    }
}

/// How staff know who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityMeans {
    /// They saw a document.
    Document(DocumentKind),
    /// They have met this person before.
    KnownToMe,
    /// They saw, on letting in somebody with nothing but the link, that it is the person.
    Recognised,
    /// The person said name and date of birth, and nothing else was seen.
    Said,
}

/// What is said of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityFindings {
    pub means: IdentityMeans,
    /// The name is the one that was booked.
    pub is_name_right: bool,
    /// The date of birth is the one that is known.
    pub is_birth_date_right: bool,
}

/// One check, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityCheck {
    pub id: IdentityCheckId,
    pub participant: ParticipantId,
    pub by: PractitionerId,
    pub at: DateTime<Utc>,
    pub findings: IdentityFindings,
}

/// Why a check is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdentityRefusal {
    #[error("a document is compared with the name and the date of birth")]
    NotCompared,
    #[error("somebody who says who they are says both the name and the date of birth")]
    NotSaid,
}

impl IdentityFindings {
    /// Takes them if they are a check at all.
    ///
    /// # Errors
    /// If a document, or what was said, was not compared with what is known of the person.
    pub fn checked(self) -> Result<Self, IdentityRefusal> {
        let is_compared = self.is_name_right && self.is_birth_date_right;
        match self.means {
            IdentityMeans::Document(_) if !is_compared => Err(IdentityRefusal::NotCompared),
            IdentityMeans::Said if !is_compared => Err(IdentityRefusal::NotSaid),
            _ => Ok(self),
        }
    }

    /// Whether the person counts as checked. What somebody says themselves, and a look on letting them in, are steps on the way.
    pub fn is_enough(self) -> bool {
        matches!(self.means, IdentityMeans::Document(_) | IdentityMeans::KnownToMe)
    }
}

/// Whether a person was checked, of all the checks that were kept of them.
pub fn is_identity_checked(checks: &[IdentityCheck], participant: ParticipantId) -> bool {
    checks.iter().any(|check| check.participant == participant && check.findings.is_enough())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_document_or_a_word_counts_only_when_it_was_compared() {
        let of = |means, is_name_right, is_birth_date_right| {
            IdentityFindings { means, is_name_right, is_birth_date_right }.checked()
        };
        let passport = IdentityMeans::Document(DocumentKind::Passport);
        assert_eq!(of(passport, true, false), Err(IdentityRefusal::NotCompared));
        assert_eq!(of(passport, false, true), Err(IdentityRefusal::NotCompared));
        assert!(of(passport, true, true).unwrap().is_enough());
        assert_eq!(of(IdentityMeans::Said, true, false), Err(IdentityRefusal::NotSaid));
        assert!(!of(IdentityMeans::Said, true, true).unwrap().is_enough());
        assert!(of(IdentityMeans::KnownToMe, false, false).unwrap().is_enough());
        assert!(!of(IdentityMeans::Recognised, false, false).unwrap().is_enough());
    }

    #[test]
    fn a_check_is_of_one_person() {
        let person = |number| ParticipantId::new(Uuid::from_u128(number));
        let findings = IdentityFindings {
            means: IdentityMeans::KnownToMe,
            is_name_right: false,
            is_birth_date_right: false,
        };
        let check = IdentityCheck {
            id: IdentityCheckId::new(Uuid::nil()),
            participant: person(1),
            by: PractitionerId::new(Uuid::nil()),
            at: DateTime::UNIX_EPOCH,
            findings,
        };
        assert!(is_identity_checked(&[check], person(1)));
        assert!(!is_identity_checked(&[check], person(2)));
        assert!(!is_identity_checked(&[], person(1)));
    }

    #[test]
    fn an_insurance_card_validates_no_identity() {
        assert!(DocumentKind::Passport.is_of_high_trust() && DocumentKind::IdentityCard.is_of_high_trust());
        for weak in [DocumentKind::HealthCard, DocumentKind::DrivingLicence, DocumentKind::Other] {
            assert!(!weak.is_of_high_trust(), "{weak:?}");
        }
    }
}
