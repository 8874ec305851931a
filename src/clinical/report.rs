//! The report of a consultation (FHIR R4 Composition, section 2.4): a draft becomes final when it is signed, and a final one is never
//! changed. What has to be said later is an amendment, a version of its own with who, when and why.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{ClinicalText, KeyImageId, Language, ParticipantId, ReportId, Stale};

/// One version of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub id: ReportId,
    /// From 1; those above it are amendments.
    pub number: u32,
    pub body: ReportBody,
    /// Why it was amended; blank for the first.
    pub why: ClinicalText,
    /// Grows by one with each change of the draft.
    pub revision: u32,
    pub begun_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    /// Who changed it last.
    pub by: ParticipantId,
    /// Who vouches for it, once it is signed.
    pub signature: Option<Signature>,
}

/// What a practitioner writes. What the gateway knows by itself stands in the document beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportBody {
    /// That it is written in.
    pub language: Language,
    pub reason: ClinicalText,
    pub findings: ClinicalText,
    /// What was done: the act.
    pub act: ClinicalText,
    pub conclusions: ClinicalText,
    pub prescriptions: ClinicalText,
    pub follow_up: ClinicalText,
    /// Key images that stand in it, in their order.
    pub images: Vec<KeyImageId>,
}

/// Who signed, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    pub at: DateTime<Utc>,
    pub by: ParticipantId,
}

/// FHIR R4 CompositionStatus, as far as it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportStatus {
    Draft,
    Final,
    Amended,
}

/// Why a report is not begun, changed or signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReportRefusal {
    #[error(transparent)]
    Stale(#[from] Stale),
    #[error("it is signed, and is changed no more: amend it")]
    Signed,
    #[error("there is a draft already")]
    DraftExists,
    #[error("an amendment says why it is one")]
    WhyMissing,
    #[error("a report says at least what the conclusion is")]
    ConclusionsMissing,
    #[error("the consultation is not over")]
    NotOver,
    #[error("there are at most {} images", ReportBody::MAX_IMAGES)]
    TooManyImages,
}

impl ReportBody {
    /// The most images of one report.
    pub const MAX_IMAGES: usize = 60;
}

impl Report {
    /// Begins the first version, or an amendment of the last one, whose words it starts with. `versions` are those that are there, in
    /// the order of their numbers.
    ///
    /// # Errors
    /// If there is a draft, or an amendment does not say why.
    pub fn begin(
        versions: &[Self],
        id: ReportId,
        body: ReportBody,
        why: ClinicalText,
        by: ParticipantId,
        now: DateTime<Utc>,
    ) -> Result<Self, ReportRefusal> {
        let (number, body) = match versions.last() {
            None => (1, body),
            Some(last) if last.signature.is_none() => return Err(ReportRefusal::DraftExists),
            Some(_) if why.is_blank() => return Err(ReportRefusal::WhyMissing),
            Some(last) => (last.number.saturating_add(1), last.body.clone()),
        };
        Ok(Self { id, number, body, why, revision: 1, begun_at: now, changed_at: now, by, signature: None })
    }

    /// The draft with another body. `read` is the revision that the writer had before them.
    ///
    /// # Errors
    /// If it is signed, or was changed elsewhere, or has too many images.
    pub fn write(
        &self,
        body: ReportBody,
        read: u32,
        by: ParticipantId,
        now: DateTime<Utc>,
    ) -> Result<Self, ReportRefusal> {
        self.check(read)?;
        if body.images.len() > ReportBody::MAX_IMAGES {
            return Err(ReportRefusal::TooManyImages);
        }
        let revision = self.revision.saturating_add(1);
        Ok(Self { body, revision, changed_at: now, by, ..self.clone() })
    }

    /// Signs what was read. From then on it stays as it is.
    ///
    /// # Errors
    /// If it is signed, was changed since it was read, has no conclusions, or the consultation goes on.
    pub fn sign(
        &self,
        read: u32,
        by: ParticipantId,
        is_over: bool,
        now: DateTime<Utc>,
    ) -> Result<Self, ReportRefusal> {
        self.check(read)?;
        if !is_over {
            return Err(ReportRefusal::NotOver);
        }
        if self.body.conclusions.is_blank() {
            return Err(ReportRefusal::ConclusionsMissing);
        }
        Ok(Self { signature: Some(Signature { at: now, by }), ..self.clone() })
    }

    pub fn status(&self) -> ReportStatus {
        match (self.signature, self.number) {
            (None, _) => ReportStatus::Draft,
            (Some(_), 1) => ReportStatus::Final,
            (Some(_), _) => ReportStatus::Amended,
        }
    }

    fn check(&self, read: u32) -> Result<(), ReportRefusal> {
        if self.signature.is_some() {
            return Err(ReportRefusal::Signed);
        }
        if self.revision != read { Err(Stale.into()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use uuid::Uuid;

    use super::*;

    const CLAIRE: ParticipantId = ParticipantId::new(Uuid::from_u128(1));
    const KARIM: ParticipantId = ParticipantId::new(Uuid::from_u128(2));

    fn at(minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 29, 9, minute, 0).unwrap()
    }

    fn text(words: &str) -> ClinicalText {
        ClinicalText::new(words).unwrap()
    }

    fn id(n: u128) -> ReportId {
        ReportId::new(Uuid::from_u128(n))
    }

    fn begun() -> Report {
        Report::begin(&[], id(1), ReportBody::default(), text(""), CLAIRE, at(0)).unwrap()
    }

    fn body(conclusions: &str) -> ReportBody {
        ReportBody { conclusions: text(conclusions), ..ReportBody::default() }
    }

    #[test]
    fn a_draft_is_signed_once_and_never_changed_afterwards() {
        let draft = begun();
        assert_eq!((draft.status(), draft.number, draft.revision), (ReportStatus::Draft, 1, 1));
        assert_eq!(draft.sign(1, CLAIRE, true, at(1)), Err(ReportRefusal::ConclusionsMissing));
        let written = draft.write(body("Bronchite."), 1, KARIM, at(2)).unwrap();
        assert_eq!((written.revision, written.by), (2, KARIM));
        assert_eq!(written.write(body("x"), 1, CLAIRE, at(3)), Err(Stale.into()), "written on an older one");
        assert_eq!(
            written.sign(1, CLAIRE, true, at(3)),
            Err(Stale.into()),
            "nobody signs what they have not read"
        );
        assert_eq!(written.sign(2, CLAIRE, false, at(3)), Err(ReportRefusal::NotOver));
        let signed = written.sign(2, CLAIRE, true, at(4)).unwrap();
        assert_eq!(signed.signature, Some(Signature { at: at(4), by: CLAIRE }));
        assert_eq!(signed.status(), ReportStatus::Final);
        assert_eq!(signed.write(body("x"), 2, CLAIRE, at(5)), Err(ReportRefusal::Signed));
        assert_eq!(signed.sign(2, KARIM, true, at(5)), Err(ReportRefusal::Signed));
    }

    #[test]
    fn an_amendment_is_a_version_of_its_own_that_says_why() {
        let draft = begun().write(body("Bronchite."), 1, CLAIRE, at(1)).unwrap();
        let begin = |versions: &[Report], why: &str| {
            Report::begin(versions, id(2), ReportBody::default(), text(why), KARIM, at(9))
        };
        assert_eq!(begin(std::slice::from_ref(&draft), "x"), Err(ReportRefusal::DraftExists));
        let signed = draft.sign(2, CLAIRE, true, at(2)).unwrap();
        assert_eq!(begin(std::slice::from_ref(&signed), " "), Err(ReportRefusal::WhyMissing));
        let amended = begin(std::slice::from_ref(&signed), "Le côté était faux.").unwrap();
        assert_eq!((amended.number, amended.body.conclusions.expose()), (2, "Bronchite."));
        let amended = amended.sign(1, KARIM, true, at(11)).unwrap();
        assert_eq!(amended.status(), ReportStatus::Amended);
        assert_eq!(signed.status(), ReportStatus::Final, "the first stays what it was");
    }

    #[test]
    fn a_report_has_a_bound_of_images() {
        let images = |n: usize| ReportBody {
            images: (0..n as u128).map(|n| KeyImageId::new(Uuid::from_u128(n))).collect(),
            ..ReportBody::default()
        };
        let draft = begun();
        assert!(draft.write(images(ReportBody::MAX_IMAGES), 1, CLAIRE, at(1)).is_ok());
        let more = draft.write(images(ReportBody::MAX_IMAGES + 1), 1, CLAIRE, at(1));
        assert_eq!(more, Err(ReportRefusal::TooManyImages));
    }
}
