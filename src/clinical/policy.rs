//! Who may do what: one function, one table. Whatever is not said here is refused.

use thiserror::Error;

use super::{
    Appointment, AppointmentStatus, ParticipantId, PlaceKind, PractitionerId, Role, StaffRole, WaitingPolicy,
};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Signed in by the hospital's identity provider.
    Staff { practitioner: PractitionerId, roles: Vec<StaffRole> },
    /// Came by a personal link.
    Guest { participant: ParticipantId, role: Role },
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// See the list of appointments; which of them is the scope of the query.
    ListAppointments,
    BookAppointment,
    SeeAppointment,
    ChangeAppointment,
    /// Make or withdraw a personal link.
    IssueLink,
    /// Open the connection of a consultation.
    Attend,
    AdmitPeople,
    EndConsultation,
    SendMedia,
    SeePeople,
    ListStudies,
    AddStudies,
    ShareStudies,
    SeeViewing,
    Point,
    /// Write to everybody in the call, and read what is written.
    Chat,
    /// Ask somebody to mute.
    MutePeople,
    /// Close the consultation to newcomers.
    LockConsultation,
    /// Say that the visit goes on by telephone.
    TurnToTelephone,
    ShareFiles,
    FetchFiles,
    /// Read how a call went.
    SeeQuality,
    /// Draw and measure on what is shown; what of it guests may is the presenter's to say.
    Mark,
    /// Keep images of what is shown; afterwards, what becomes of them and of the summary for the patient.
    KeepImages,
    /// Read what was shown, and who saw it.
    SeeViewingRecord,
    /// Bring photographs from inside a call.
    UploadPhotos,
    /// Take a study back that was brought by mistake.
    WithdrawStudies,
    /// See which consultations run that have studies to look at.
    SeeWorklist,
    /// Come into a running consultation without being booked.
    DropIn,
    /// See who waits, write to them, and put them in order.
    TendWaitingRoom,
    /// Hold a consultation of the own service in the place of whoever is booked.
    TakeOver,
    /// Say how late somebody is.
    TellDelay,
    /// Decide what those who wait are told, and whether colleagues take over.
    SetWaitingPolicy,
    /// Keep that somebody was looked at and is who they say.
    CheckIdentity,
    /// Keep the national health identity of a patient.
    KeepIns,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 35] = [
        Self::ListAppointments,
        Self::BookAppointment,
        Self::SeeAppointment,
        Self::ChangeAppointment,
        Self::IssueLink,
        Self::Attend,
        Self::AdmitPeople,
        Self::EndConsultation,
        Self::SendMedia,
        Self::SeePeople,
        Self::ListStudies,
        Self::AddStudies,
        Self::ShareStudies,
        Self::SeeViewing,
        Self::Point,
        Self::Chat,
        Self::MutePeople,
        Self::LockConsultation,
        Self::TurnToTelephone,
        Self::ShareFiles,
        Self::FetchFiles,
        Self::SeeQuality,
        Self::Mark,
        Self::KeepImages,
        Self::SeeViewingRecord,
        Self::UploadPhotos,
        Self::WithdrawStudies,
        Self::SeeWorklist,
        Self::DropIn,
        Self::TendWaitingRoom,
        Self::TakeOver,
        Self::TellDelay,
        Self::SetWaitingPolicy,
        Self::CheckIdentity,
        Self::KeepIns,
    ];
}

/// What it is asked of.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    /// The agenda as a whole.
    Agenda,
    /// One appointment with its people and studies.
    Appointment(&'a Appointment),
    /// A running consultation, and where the actor stands in it.
    Consultation { appointment: &'a Appointment, place: PlaceKind },
    /// Who waits for one appointment, in the room of its service.
    WaitingRoom { appointment: &'a Appointment, members: &'a [PractitionerId], policy: WaitingPolicy },
    /// A member of staff.
    Practitioner(PractitionerId),
}

/// The answer is no. To the outside it looks as if the object did not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this person may not do this")]
pub struct NotAllowed;

/// Whether `actor` may do `verb` to `object`.
pub fn authorize(actor: &Actor, verb: Verb, object: &Object<'_>) -> Result<(), NotAllowed> {
    let is_allowed = match actor {
        Actor::Staff { practitioner, roles } => staff_may(*practitioner, roles, verb, object),
        Actor::Guest { participant, .. } => guest_may(*participant, verb, object),
    };
    if is_allowed { Ok(()) } else { Err(NotAllowed) }
}

fn staff_may(practitioner: PractitionerId, roles: &[StaffRole], verb: Verb, object: &Object<'_>) -> bool {
    let is = |role| roles.contains(&role);
    let may_consult = roles.iter().any(|role| role.may_consult());
    match (verb, object) {
        (Verb::ListAppointments | Verb::BookAppointment, Object::Agenda) => {
            is(StaffRole::Secretary) || may_consult
        }
        (
            Verb::SeeAppointment | Verb::ChangeAppointment | Verb::IssueLink,
            Object::Appointment(appointment),
        ) => is(StaffRole::Secretary) || may_consult && is_booked(practitioner, appointment),
        (
            Verb::Attend
            | Verb::ListStudies
            | Verb::AddStudies
            | Verb::ShareFiles
            | Verb::FetchFiles
            | Verb::SeeQuality
            | Verb::SeeViewingRecord
            | Verb::KeepImages
            | Verb::WithdrawStudies,
            Object::Appointment(appointment),
        ) => may_consult && is_booked(practitioner, appointment),
        (
            Verb::AdmitPeople | Verb::EndConsultation | Verb::SeePeople | Verb::LockConsultation,
            Object::Consultation { appointment, place },
        ) => may_consult && is_booked(practitioner, appointment) && is_there(*place),
        (
            Verb::SendMedia
            | Verb::ShareStudies
            | Verb::SeeViewing
            | Verb::Point
            | Verb::Chat
            | Verb::MutePeople
            | Verb::TurnToTelephone
            | Verb::Mark
            | Verb::KeepImages,
            Object::Consultation { appointment, place },
        ) => may_consult && is_booked(practitioner, appointment) && *place == PlaceKind::InCall,
        (Verb::TendWaitingRoom, Object::WaitingRoom { appointment, members, .. }) => {
            is(StaffRole::Secretary)
                || may_consult && (is_booked(practitioner, appointment) || members.contains(&practitioner))
        }
        (Verb::TakeOver, Object::WaitingRoom { appointment, members, policy }) => {
            may_consult
                && policy.may_take_over
                && members.contains(&practitioner)
                && !appointment.status.is_over()
        }
        (Verb::TellDelay, Object::Practitioner(whose)) => {
            is(StaffRole::Secretary) || may_consult && *whose == practitioner
        }
        (Verb::SetWaitingPolicy, Object::Agenda) => is(StaffRole::Secretary) || is(StaffRole::Administrator),
        (Verb::CheckIdentity, Object::Appointment(appointment)) => {
            may_consult && is_booked(practitioner, appointment)
        }
        (Verb::KeepIns, Object::Appointment(appointment)) => {
            is(StaffRole::Secretary) || may_consult && is_booked(practitioner, appointment)
        }
        (Verb::SeeWorklist, Object::Agenda) => is(StaffRole::Radiologist),
        (Verb::DropIn, Object::Appointment(appointment)) => {
            is(StaffRole::Radiologist) && matches!(appointment.status, AppointmentStatus::Arrived { .. })
        }
        _ => false,
    }
}

fn guest_may(participant: ParticipantId, verb: Verb, object: &Object<'_>) -> bool {
    match (verb, object) {
        (Verb::Attend, Object::Appointment(appointment)) => appointment.participant(participant).is_some(),
        (
            Verb::SendMedia
            | Verb::SeePeople
            | Verb::SeeViewing
            | Verb::Point
            | Verb::Chat
            | Verb::ShareFiles
            | Verb::FetchFiles
            | Verb::Mark
            | Verb::UploadPhotos,
            Object::Consultation { appointment, place },
        ) => appointment.participant(participant).is_some() && *place == PlaceKind::InCall,
        _ => false,
    }
}

fn is_booked(practitioner: PractitionerId, appointment: &Appointment) -> bool {
    appointment.participant_of(practitioner).is_some()
}

fn is_there(place: PlaceKind) -> bool {
    matches!(place, PlaceKind::Testing | PlaceKind::Admitted | PlaceKind::InCall)
}
