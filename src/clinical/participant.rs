//! The people of an appointment and the part each has in it. A role comes from the appointment, never from who came first.

use super::{ParticipantId, PractitionerId};
use crate::secret::Pii;

/// What a participant is in one appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Patient,
    /// FHIR RelatedPerson: somebody who accompanies the patient.
    Relative,
    Interpreter,
    Practitioner,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Patient, Self::Relative, Self::Interpreter, Self::Practitioner];

    /// Guests come by a link and wait until staff admits them.
    pub fn is_guest(self) -> bool {
        self != Self::Practitioner
    }
}

/// A role that somebody without a sign-in can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GuestRole {
    Patient,
    Relative,
    Interpreter,
}

impl From<GuestRole> for Role {
    fn from(role: GuestRole) -> Self {
        match role {
            GuestRole::Patient => Self::Patient,
            GuestRole::Relative => Self::Relative,
            GuestRole::Interpreter => Self::Interpreter,
        }
    }
}

/// How a participant comes in: by a link, or as a signed-in member of staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Guest(GuestRole),
    Practitioner(PractitionerId),
    /// A member of staff who was not booked, and came in while the consultation ran. Takes no slot.
    DroppedIn(PractitionerId),
}

/// The language a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    #[default]
    French,
    English,
}

/// A person in one appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub id: ParticipantId,
    pub name: Pii<String>,
    pub part: Part,
    pub language: Language,
}

impl Participant {
    pub fn role(&self) -> Role {
        match self.part {
            Part::Guest(role) => role.into(),
            Part::Practitioner(_) | Part::DroppedIn(_) => Role::Practitioner,
        }
    }
}

/// What a member of staff is in the hospital, from the claims of the identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StaffRole {
    Secretary,
    /// Prepares and accompanies visits; is no practitioner whom one books.
    Nurse,
    Doctor,
    Radiologist,
    Administrator,
    /// Reads the trail, and nothing that it is about.
    Auditor,
}

impl StaffRole {
    /// Every role, in the order in which screens list them.
    pub const ALL: [Self; 6] =
        [Self::Secretary, Self::Nurse, Self::Doctor, Self::Radiologist, Self::Administrator, Self::Auditor];

    /// May be booked into an appointment.
    pub fn may_consult(self) -> bool {
        matches!(self, Self::Doctor | Self::Radiologist)
    }
}

/// A member of staff as the identity provider last described them (FHIR Practitioner).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practitioner {
    pub id: PractitionerId,
    /// Which provider knows them, and by what name (OpenID Connect Core 1.0 section 2: `iss` and `sub`).
    pub issuer: String,
    pub subject: Pii<String>,
    pub name: Pii<String>,
    /// Sorted, without repetition; empty for somebody whose claims map to no role.
    pub roles: Vec<StaffRole>,
}
