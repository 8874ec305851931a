//! The booked slot: FHIR R4 Appointment (section 12.11), with the statuses that Parvis uses.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{
    AppointmentId, Language, Part, Participant, ParticipantId, Practitioner, PractitionerId, Role, ServiceId,
};
use crate::secret::Pii;

/// A slot with its people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    pub id: AppointmentId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The part of the hospital that holds it, as patients know it: "Cardiology".
    pub service: String,
    /// Which service that is; `None` for one that was only named.
    pub service_id: Option<ServiceId>,
    /// One patient, at least one practitioner, and whoever comes with them; by time of booking.
    pub participants: Vec<Participant>,
    pub status: AppointmentStatus,
    /// Who booked it.
    pub booked_by: PractitionerId,
    pub booked_at: DateTime<Utc>,
    /// Free words for staff; never sent to anybody.
    pub note: Pii<String>,
}

/// Where an appointment stands. Each status carries its facts, and the only ways between them are the methods below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppointmentStatus {
    Booked,
    /// The consultation has begun.
    Arrived {
        at: DateTime<Utc>,
    },
    Fulfilled {
        at: DateTime<Utc>,
        outcome: Outcome,
    },
    Cancelled {
        at: DateTime<Utc>,
        by: PractitionerId,
    },
    NoShow {
        at: DateTime<Utc>,
        by: PractitionerId,
    },
}

/// How a consultation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It took place as meant.
    Completed,
    /// It took place; the patient is to be seen again.
    FollowUp,
    /// It goes on by telephone.
    ByTelephone,
    /// The patient is asked to come in.
    InPerson,
    /// It could not be held.
    NotHeld,
}

/// The step is not possible from where the appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this step is not possible for an appointment with this status")]
pub struct WrongStatus;

impl AppointmentStatus {
    /// Nothing more will happen to it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Fulfilled { .. } | Self::Cancelled { .. } | Self::NoShow { .. })
    }

    /// The first person is in the call.
    pub fn arrive(self, at: DateTime<Utc>) -> Result<Self, WrongStatus> {
        match self {
            Self::Booked => Ok(Self::Arrived { at }),
            Self::Arrived { .. } => Ok(self),
            Self::Fulfilled { .. } | Self::Cancelled { .. } | Self::NoShow { .. } => Err(WrongStatus),
        }
    }

    /// The consultation ends with an outcome.
    pub fn fulfil(self, at: DateTime<Utc>, outcome: Outcome) -> Result<Self, WrongStatus> {
        match self {
            Self::Booked | Self::Arrived { .. } => Ok(Self::Fulfilled { at, outcome }),
            Self::Fulfilled { .. } | Self::Cancelled { .. } | Self::NoShow { .. } => Err(WrongStatus),
        }
    }

    /// Staff calls it off.
    pub fn cancel(self, at: DateTime<Utc>, by: PractitionerId) -> Result<Self, WrongStatus> {
        match self {
            Self::Booked => Ok(Self::Cancelled { at, by }),
            Self::Arrived { .. } | Self::Fulfilled { .. } | Self::Cancelled { .. } | Self::NoShow { .. } => {
                Err(WrongStatus)
            }
        }
    }

    /// The patient did not come.
    pub fn miss(self, at: DateTime<Utc>, by: PractitionerId) -> Result<Self, WrongStatus> {
        match self {
            Self::Booked => Ok(Self::NoShow { at, by }),
            Self::Arrived { .. } | Self::Fulfilled { .. } | Self::Cancelled { .. } | Self::NoShow { .. } => {
                Err(WrongStatus)
            }
        }
    }
}

/// What a booking asks for.
#[derive(Clone, Debug)]
pub struct Booking {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub service: String,
    pub service_id: Option<ServiceId>,
    pub participants: Vec<Participant>,
    pub note: Pii<String>,
}

/// Why a booking cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BookError {
    #[error("the appointment would start in the past")]
    InThePast,
    #[error("the appointment would start more than two years from now")]
    TooFarAhead,
    #[error("the appointment must end after it starts")]
    EndsBeforeItStarts,
    #[error("the appointment would last more than eight hours")]
    TooLong,
    #[error("an appointment has exactly one patient")]
    NotOnePatient,
    #[error("an appointment has at least one practitioner")]
    NoPractitioner,
    #[error("the same practitioner is named twice")]
    PractitionerTwice,
    #[error("an appointment has at most {} people", Appointment::MAX_PARTICIPANTS)]
    TooManyPeople,
    #[error("every participant has a name of 1 to {} characters", Appointment::MAX_NAME)]
    NameMissing,
    #[error("the service needs a name")]
    ServiceMissing,
    #[error("the note has more than {} characters", Appointment::MAX_NOTE)]
    NoteTooLong,
}

/// Why nobody comes into a consultation without being booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DropInError {
    #[error("the consultation does not run")]
    NotRunning,
    #[error("an appointment has at most {} people", Appointment::MAX_PARTICIPANTS)]
    TooManyPeople,
}

impl Appointment {
    /// The largest number of people in one appointment: a tumour board with everybody who has a say in it.
    pub const MAX_PARTICIPANTS: usize = 40;
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 120;
    /// The longest note, in characters.
    pub const MAX_NOTE: usize = 4000;
    /// A booking may start this long ago: the minute that it takes to fill in the form.
    const BOOKING_LEEWAY: TimeDelta = TimeDelta::minutes(5);
    /// The longest time that is booked.
    pub const LONGEST: TimeDelta = TimeDelta::hours(8);

    /// Checks a booking and makes an appointment of it. That nobody is booked twice at one time is the store's to hold.
    pub fn book(
        id: AppointmentId,
        booking: Booking,
        by: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Self, BookError> {
        let Booking { starts_at, ends_at, service, service_id, participants, note } = booking;
        if starts_at < now - Self::BOOKING_LEEWAY {
            return Err(BookError::InThePast);
        }
        if starts_at > now + TimeDelta::days(2 * 366) {
            return Err(BookError::TooFarAhead);
        }
        if ends_at <= starts_at {
            return Err(BookError::EndsBeforeItStarts);
        }
        if ends_at - starts_at > Self::LONGEST {
            return Err(BookError::TooLong);
        }
        if participants.len() > Self::MAX_PARTICIPANTS {
            return Err(BookError::TooManyPeople);
        }
        if participants.iter().filter(|p| p.role() == Role::Patient).count() != 1 {
            return Err(BookError::NotOnePatient);
        }
        let mut practitioners: Vec<_> =
            participants.iter().filter_map(Participant::booked_practitioner).collect();
        if practitioners.is_empty() {
            return Err(BookError::NoPractitioner);
        }
        practitioners.sort_unstable();
        if practitioners.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(BookError::PractitionerTwice);
        }
        let is_named =
            |p: &Participant| (1..=Self::MAX_NAME).contains(&p.name.expose().trim().chars().count());
        if !participants.iter().all(is_named) {
            return Err(BookError::NameMissing);
        }
        if service.trim().is_empty() {
            return Err(BookError::ServiceMissing);
        }
        if note.expose().chars().count() > Self::MAX_NOTE {
            return Err(BookError::NoteTooLong);
        }
        Ok(Self {
            id,
            starts_at,
            ends_at,
            service,
            service_id,
            participants,
            status: AppointmentStatus::Booked,
            booked_by: by,
            booked_at: now,
            note,
        })
    }

    /// A member of staff who is not booked comes in while the consultation runs. Answers with who they are here; `id` is for whoever is
    /// nobody yet. That they may at all is checked before.
    ///
    /// # Errors
    /// If it does not run, or there are too many.
    pub fn drop_in(&self, id: ParticipantId, who: &Practitioner) -> Result<Participant, DropInError> {
        if !matches!(self.status, AppointmentStatus::Arrived { .. }) {
            return Err(DropInError::NotRunning);
        }
        if let Some(known) = self.participant_of(who.id) {
            return Ok(known.clone());
        }
        if self.participants.len() >= Self::MAX_PARTICIPANTS {
            return Err(DropInError::TooManyPeople);
        }
        let (name, language) = (who.name.clone(), Language::default());
        Ok(Participant { id, name, part: Part::DroppedIn(who.id), language })
    }

    /// A member of staff holds it in the place of whoever is booked: as if they had been booked, but nothing is taken from their time. Answers
    /// with who they are here; `id` is for whoever is nobody yet. That they may at all is checked before.
    ///
    /// # Errors
    /// If it is over, or there are too many.
    pub fn take_over(&self, id: ParticipantId, who: &Practitioner) -> Result<Participant, DropInError> {
        if self.status.is_over() {
            return Err(DropInError::NotRunning);
        }
        if let Some(known) = self.participant_of(who.id) {
            return Ok(known.clone());
        }
        if self.participants.len() >= Self::MAX_PARTICIPANTS {
            return Err(DropInError::TooManyPeople);
        }
        let (name, language) = (who.name.clone(), Language::default());
        Ok(Participant { id, name, part: Part::Practitioner(who.id), language })
    }

    /// The person of that identifier, if they are in this appointment.
    pub fn participant(&self, id: ParticipantId) -> Option<&Participant> {
        self.participants.iter().find(|p| p.id == id)
    }

    /// The participant that this member of staff is here.
    pub fn participant_of(&self, practitioner: PractitionerId) -> Option<&Participant> {
        self.participants.iter().find(|p| p.practitioner() == Some(practitioner))
    }

    /// The patient. `book` lets no appointment pass without one.
    pub fn patient(&self) -> Option<&Participant> {
        self.participants.iter().find(|p| p.role() == Role::Patient)
    }

    /// Whether it belongs to the agenda of the days between: it begins there, lasts into them, or still runs after its time.
    pub fn is_of(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        let reaches = self.starts_at >= from
            || self.ends_at > from
            || matches!(self.status, AppointmentStatus::Arrived { .. });
        self.starts_at < to && reaches
    }

    /// The patient's name as it was booked.
    pub fn patient_name(&self) -> &str {
        self.patient().map(|patient| patient.name.expose().as_str()).unwrap_or_default()
    }
}

impl Participant {
    /// Which member of staff this is; `None` for guests.
    pub fn practitioner(&self) -> Option<PractitionerId> {
        match self.part {
            Part::Practitioner(id) | Part::DroppedIn(id) => Some(id),
            Part::Guest(_) => None,
        }
    }

    /// Which member of staff is booked here, and so takes the time of the appointment.
    pub fn booked_practitioner(&self) -> Option<PractitionerId> {
        match self.part {
            Part::Practitioner(id) => Some(id),
            Part::DroppedIn(_) | Part::Guest(_) => None,
        }
    }

    pub fn has_dropped_in(&self) -> bool {
        matches!(self.part, Part::DroppedIn(_))
    }
}
