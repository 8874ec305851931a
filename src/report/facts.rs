//! What the gateway itself knows of a consultation, as it stands in a report. It is frozen when the report is signed, so it is written
//! out whole: what is read back from a row is what was signed.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clinical::{Incident, Outcome, Role, TelephoneReason};
use crate::secret::Pii;

/// A time with the offset that it had where the hospital is.
pub type LocalTime = DateTime<FixedOffset>;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportFacts {
    pub appointment: Uuid,
    pub hospital: String,
    pub telephone: String,
    pub service: String,
    pub planned: Span,
    /// From the first person in the call to the end.
    pub held: Option<Span>,
    pub outcome: Option<OutcomeFact>,
    pub people: Vec<PersonFact>,
    /// Who the patient is was checked. `None`: no check was written down.
    #[serde(default)]
    pub identity: Option<IdentityFact>,
    /// What the patient said to the information about the visit. `None`: they were not asked by the gateway.
    #[serde(default)]
    pub consent: Option<ConsentFact>,
    pub studies: Vec<StudyFact>,
    /// Studies in another name that were shown; nothing more of them stands here.
    #[serde(default)]
    pub studies_of_others: u32,
    pub images: Vec<ImageFact>,
    pub incidents: Vec<IncidentFact>,
    pub telephones: Vec<TelephoneFact>,
}

/// From then to then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: LocalTime,
    pub until: LocalTime,
}

/// One participant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonFact {
    pub id: Uuid,
    pub role: RoleFact,
    pub name: Pii<String>,
    #[serde(default)]
    pub birth_date: Option<Pii<NaiveDate>>,
    /// Of a member of staff.
    pub practitioner: Option<Uuid>,
    /// Came in without being booked.
    pub has_dropped_in: bool,
    /// When they were in the call.
    pub presences: Vec<Span>,
}

/// How staff made sure who the patient is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityFact {
    pub at: LocalTime,
    /// The practitioner who did.
    pub by: Pii<String>,
    pub means: MeansFact,
    pub is_name_right: bool,
    pub is_birth_date_right: bool,
}

/// What somebody was known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeansFact {
    IdentityCard,
    Passport,
    ResidencePermit,
    DrivingLicence,
    HealthCard,
    OtherDocument,
    /// The practitioner had met them before.
    KnownBefore,
    Recognised,
    /// They said name and date of birth.
    Said,
}

/// What somebody said to the information about the visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsentFact {
    pub at: LocalTime,
    pub is_given: bool,
    /// Which version of the text they read.
    pub version: String,
}

/// A study of which something was shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyFact {
    /// Study Instance UID (0020,000D).
    pub uid: String,
    pub description: String,
    pub date: Option<NaiveDate>,
    pub series: Vec<SeriesFact>,
    /// Who had it on the screen, patients and relatives too.
    pub seen_by: Vec<Uuid>,
}

/// A series of which something was shown or kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesFact {
    /// Series Instance UID (0020,000E).
    pub uid: String,
    pub modality: String,
    pub title: String,
    /// How many views of it are in the record of the viewing.
    pub steps: u32,
    /// The objects that were shown, SOP Instance UID (0008,0018) and SOP Class UID (0008,0016).
    pub instances: Vec<InstanceFact>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InstanceFact {
    pub uid: String,
    pub class: String,
}

/// A key image that stands in the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageFact {
    pub id: Uuid,
    pub caption: Pii<String>,
    pub modality: String,
    pub title: String,
}

/// Something that went wrong for somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentFact {
    pub person: Uuid,
    pub what: IncidentWord,
}

/// A time by telephone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TelephoneFact {
    pub since: LocalTime,
    pub until: Option<LocalTime>,
    pub reason: ReasonFact,
}

/// A closed list of the core as it is written in a row.
macro_rules! fact {
    ($(#[$doc:meta])* $name:ident of $core:ident { $($variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant),+ }

        impl From<$core> for $name {
            fn from(value: $core) -> Self {
                match value { $($core::$variant => Self::$variant),+ }
            }
        }
    };
}

fact!(
    /// See [`Role`].
    RoleFact of Role { Patient, Relative, Interpreter, Practitioner }
);
fact!(
    /// See [`Outcome`].
    OutcomeFact of Outcome { Completed, FollowUp, ByTelephone, InPerson, NotHeld }
);
fact!(
    /// See [`TelephoneReason`].
    ReasonFact of TelephoneReason { NoVideo, NoSound, Network, Device, Other }
);
fact!(
    /// See [`Incident`].
    IncidentWord of Incident {
        NoMicrophone, NoCamera, HeavyLoss, BrokenSound, LongFreeze, HighDelay, ManyReconnections, RelayOnly, NoUdp,
    }
);

impl ReportFacts {
    /// The person of that identifier.
    pub fn person(&self, id: Uuid) -> Option<&PersonFact> {
        self.people.iter().find(|person| person.id == id)
    }

    pub fn patient(&self) -> Option<&PersonFact> {
        self.people.iter().find(|person| person.role == RoleFact::Patient)
    }
}
