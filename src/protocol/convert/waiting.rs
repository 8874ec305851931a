//! Waiting rooms and identities.

use super::super::*;
use super::time;
use crate::clinical::{
    self, Assurance, DocumentKind, IdentityCheck, IdentityFindings, IdentityMeans, InsRecord, InsRegister,
    InsStatus, PatientNumberRecord, ReadySentence, RefusalSentence, Sex, WaitingMessage, WaitingPolicy,
    WaitingRefusal, WaitingWords,
};

both_ways!(AssuranceWord, Assurance, LinkOnly, Telephone, LinkAndCode, SignedIn);
both_ways!(
    ReadySentenceWord,
    ReadySentence,
    SoonYourTurn,
    ThankYouForWaiting,
    HavePapersReady,
    CheckMicrophone,
    CheckCamera,
    GoToQuietPlace,
    WeWillCallYou
);
both_ways!(RefusalSentenceWord, RefusalSentence, CallUs, WeCallYou, NotYours);
both_ways!(
    DocumentKindWord,
    DocumentKind,
    IdentityCard,
    Passport,
    ResidencePermit,
    DrivingLicence,
    HealthCard,
    Other
);
both_ways!(SexWord, Sex, Female, Male, Indeterminate);
both_ways!(InsRegisterWord, InsRegister, Nir, Nia, NirTest, NirDemo);
both_ways!(InsStatusWord, InsStatus, Provisional, Retrieved, Validated, Qualified);

impl From<WaitingPolicyState> for WaitingPolicy {
    fn from(WaitingPolicyState { shows_position, may_take_over }: WaitingPolicyState) -> Self {
        Self { shows_position, may_take_over }
    }
}

impl From<WaitingPolicy> for WaitingPolicyState {
    fn from(WaitingPolicy { shows_position, may_take_over }: WaitingPolicy) -> Self {
        Self { shows_position, may_take_over }
    }
}

impl From<WaitingRefusal> for ProblemCode {
    fn from(refusal: WaitingRefusal) -> Self {
        match refusal {
            WaitingRefusal::Empty | WaitingRefusal::ControlCharacter | WaitingRefusal::DelayTooLong => {
                Self::BadRequest
            }
            WaitingRefusal::TooLong => Self::TooLarge,
            WaitingRefusal::TooMany => Self::TooMany,
        }
    }
}

impl From<&WaitingMessage> for WaitingMessageEntry {
    fn from(message: &WaitingMessage) -> Self {
        let (sentence, text) = match &message.words {
            WaitingWords::Ready(sentence) => (Some((*sentence).into()), None),
            WaitingWords::Own(words) => (None, Some(words.expose().into())),
        };
        Self { at: time(message.at), sentence, text }
    }
}

impl From<clinical::Notice> for ServerMessage {
    fn from(notice: clinical::Notice) -> Self {
        match notice {
            clinical::Notice::Message(message) => {
                let WaitingMessageEntry { at, sentence, text } = (&message).into();
                Self::StaffMessage { id: message.id.to_string(), at, sentence, text }
            }
            clinical::Notice::Delay(delay) => Self::Delay {
                minutes: delay.map_or(0, |delay| delay.minutes),
                at: delay.map(|delay| time(delay.told_at)),
            },
            clinical::Notice::Position(position) => Self::Position { position },
        }
    }
}

impl IdentityCheckRequest {
    /// What is said of the check; `None`: means and document do not go together.
    pub fn findings(self) -> Option<IdentityFindings> {
        let means = match (self.means, self.document) {
            (IdentityMeansWord::Document, Some(kind)) => IdentityMeans::Document(kind.into()),
            (IdentityMeansWord::KnownToMe, None) => IdentityMeans::KnownToMe,
            (IdentityMeansWord::Recognised, None) => IdentityMeans::Recognised,
            (IdentityMeansWord::Said, None) => IdentityMeans::Said,
            _ => return None,
        };
        let Self { is_name_right, is_birth_date_right, .. } = self;
        Some(IdentityFindings { means, is_name_right, is_birth_date_right })
    }
}

impl IdentityCheckEntry {
    /// A check with the name of whoever looked.
    pub fn new(check: &IdentityCheck, by: String) -> Self {
        let (means, document) = match check.findings.means {
            IdentityMeans::Document(kind) => (IdentityMeansWord::Document, Some(kind.into())),
            IdentityMeans::KnownToMe => (IdentityMeansWord::KnownToMe, None),
            IdentityMeans::Recognised => (IdentityMeansWord::Recognised, None),
            IdentityMeans::Said => (IdentityMeansWord::Said, None),
        };
        Self {
            participant: check.participant.to_string(),
            by,
            at: time(check.at),
            means,
            document,
            is_name_right: check.findings.is_name_right,
            is_birth_date_right: check.findings.is_birth_date_right,
            is_enough: check.findings.is_enough(),
        }
    }
}

impl InsEntry {
    /// A record with the name of whoever wrote it down.
    pub fn new(record: &InsRecord, by: String) -> Self {
        let traits = &record.traits;
        let number = traits.number.as_ref();
        Self {
            participant: record.participant.to_string(),
            by,
            at: time(record.at),
            oid: number.map(|number| number.register.oid().to_owned()),
            traits: InsRequest {
                birth_name: traits.birth_name.clone(),
                given_names: traits.given_names.clone(),
                birth_date: traits.birth_date.expose().to_string().into(),
                sex: traits.sex.into(),
                birth_place: traits.birth_place.expose().into(),
                number: number.map(|number| number.expose().into()),
                register: number.map(|number| number.register.into()),
                status: traits.status.into(),
            },
        }
    }
}

impl PatientNumberEntry {
    /// A record with the name of whoever wrote it down.
    pub fn new(record: &PatientNumberRecord, by: String) -> Self {
        Self {
            participant: record.participant.to_string(),
            number: record.number.expose().into(),
            domain: record.number.domain.clone(),
            by,
            at: time(record.at),
        }
    }
}
