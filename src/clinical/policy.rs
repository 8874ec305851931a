//! Who may do what: one function, one table. Whatever is not said here is refused.

use thiserror::Error;

use super::{
    ApiTokenId, Appointment, AppointmentId, AppointmentStatus, Grants, ParticipantId, PlaceKind,
    PractitionerId, Role, Scope, ServiceId, StaffRole, WaitingPolicy,
};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Signed in by the hospital's identity provider.
    Staff { practitioner: PractitionerId, roles: Vec<StaffRole>, places: Workplaces, lent: Lent },
    /// Came by a personal link.
    Guest { participant: ParticipantId, role: Role },
    /// Came by the link of an upload folder of this appointment.
    Sender { appointment: AppointmentId },
    /// A program with a token that an administrator gave it.
    Machine { token: ApiTokenId, grants: Grants },
}

/// Where a member of staff works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workplaces {
    /// The services that they work in.
    pub services: Vec<ServiceId>,
    /// Those into whose consultations the radiologists of these services come.
    pub read_for: Vec<ServiceId>,
}

/// What a member of staff may for a while, and not by who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lent {
    /// Appointments that are open to them in an emergency, to read.
    pub emergencies: Vec<AppointmentId>,
    /// Practitioners for whom they act.
    pub acts_for: Vec<PractitionerId>,
    /// Who they are in appointments that they took over for somebody for whom they act no more.
    pub withdrawn: Vec<ParticipantId>,
}

/// By what somebody may do what is not theirs by who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stead {
    Emergency,
    /// Acting for this practitioner.
    For(PractitionerId),
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Look for an appointment of others in an emergency, and open it for a while with a reason.
    BreakGlass,
    /// Let somebody act for oneself, and take that back.
    Delegate,
    /// See who acts for oneself, and for whom one acts.
    SeeDelegations,
    /// Read reports.
    ReadReport,
    /// See the images that were kept.
    SeeKeyImages,
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
    /// See what the hospital's archives (PACS) hold of the patient, and fetch it.
    FetchFromPacs,
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
    /// Note something for staff during a consultation, and read what was noted.
    TakeNotes,
    /// Write, sign and amend the report; read it as a document and as a FHIR bundle.
    WriteReport,
    /// Say what the patient may fetch after the visit, and see who fetched what.
    ReleaseDocuments,
    /// Open a consultation again that was ended a moment ago.
    ReopenConsultation,
    /// Fetch what was released, after the visit.
    FetchDocuments,
    /// Say what one thinks of the visit, and ask to be called back.
    AnswerAfterwards,
    /// Say what the doors of services ask for, and what is told there.
    KeepDoors,
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
    /// See the services, their hours and their free time.
    SeeServices,
    /// Change services, their members, hours, policies and queues.
    ChangeServices,
    /// See who waits in the queue of a service, take or refuse them.
    ServeQueue,
    /// Call one's own appointment off, or move it.
    ChangeOwnAppointment,
    /// See the last messages by e-mail and SMS of all appointments.
    SeeOutbox,
    /// Write the texts of messages, and say when people are reminded.
    WriteTemplates,
    /// Have an address at which one's own calendar reads one's appointments.
    KeepCalendar,
    /// Put files into an upload folder.
    FillFolder,
    /// Make and withdraw links of upload folders.
    ManageFolders,
    /// Read what came through upload folders.
    ReadReceived,
    /// Read what is counted of visits.
    SeeStatistics,
    /// Read what is kept for how long, and the proofs of what was deleted.
    SeeRetention,
    /// Hold an appointment, lift a hold, delete now what is due.
    ChangeRetention,
    /// Read the trail of who did what with patients' data, and take it away.
    SeeTrail,
    /// See who opened one's own data.
    SeeOwnTrail,
    /// See the accounts of the gateway itself and what was done with them; invite people to one, close it.
    KeepLocalAccounts,
    /// See the pages of the administration and change what is set there: people, tokens, sites, looks.
    Administer,
    /// Read how a call and its data are protected, and how its people proved who they are.
    SeeProtection,
    /// Read what the gateway is made of: certificates, database, providers, whom it speaks to.
    SeeDeployment,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 67] = [
        Self::BreakGlass,
        Self::Delegate,
        Self::SeeDelegations,
        Self::ReadReport,
        Self::SeeKeyImages,
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
        Self::FetchFromPacs,
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
        Self::TakeNotes,
        Self::WriteReport,
        Self::ReleaseDocuments,
        Self::ReopenConsultation,
        Self::FetchDocuments,
        Self::AnswerAfterwards,
        Self::KeepDoors,
        Self::TendWaitingRoom,
        Self::TakeOver,
        Self::TellDelay,
        Self::SetWaitingPolicy,
        Self::CheckIdentity,
        Self::KeepIns,
        Self::SeeServices,
        Self::ChangeServices,
        Self::ServeQueue,
        Self::ChangeOwnAppointment,
        Self::SeeOutbox,
        Self::WriteTemplates,
        Self::KeepCalendar,
        Self::FillFolder,
        Self::ManageFolders,
        Self::ReadReceived,
        Self::SeeStatistics,
        Self::SeeRetention,
        Self::ChangeRetention,
        Self::SeeTrail,
        Self::SeeOwnTrail,
        Self::KeepLocalAccounts,
        Self::Administer,
        Self::SeeProtection,
        Self::SeeDeployment,
    ];
}

/// What it is asked of.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    /// The agenda as a whole.
    Agenda,
    /// One appointment with its people and studies.
    Appointment(&'a Appointment),
    /// The queue of a service; whether the actor works there.
    Queue { is_member: bool },
    /// A running consultation, and where the actor stands in it.
    Consultation { appointment: &'a Appointment, place: PlaceKind },
    /// Who waits for one appointment, in the room of its service.
    WaitingRoom { appointment: &'a Appointment, members: &'a [PractitionerId], policy: WaitingPolicy },
    /// A member of staff.
    Practitioner(PractitionerId),
    /// The hospital as a whole.
    Hospital,
    /// What a service does, and whether the actor works in it.
    Service { is_member: bool },
}

/// The answer is no. To the outside it looks as if the object did not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this person may not do this")]
pub struct NotAllowed;

/// Whether `actor` may do `verb` to `object`.
pub fn authorize(actor: &Actor, verb: Verb, object: &Object<'_>) -> Result<(), NotAllowed> {
    let is_allowed = match actor {
        Actor::Staff { practitioner, roles, places, lent } => {
            staff_may(*practitioner, roles, places, lent, verb, object)
        }
        Actor::Guest { participant, role } => guest_may(*participant, *role, verb, object),
        Actor::Sender { appointment } => sender_may(*appointment, verb, object),
        Actor::Machine { grants, .. } => machine_may(grants, verb, object),
    };
    if is_allowed { Ok(()) } else { Err(NotAllowed) }
}

/// Because of what `actor` may do that, where it is nothing of their own; only of what is allowed.
pub fn stead_of(actor: &Actor, verb: Verb, object: &Object<'_>) -> Option<Stead> {
    let Actor::Staff { practitioner, roles, places, lent } = actor else { return None };
    let with = |acts_for: &[PractitionerId]| {
        let lent =
            Lent { emergencies: Vec::new(), acts_for: acts_for.to_vec(), withdrawn: lent.withdrawn.clone() };
        staff_may(*practitioner, roles, places, &lent, verb, object)
    };
    if lent.emergencies.is_empty() && lent.acts_for.is_empty() || with(&[]) {
        return None;
    }
    let whom = lent.acts_for.iter().find(|whom| with(&[**whom]));
    Some(whom.map_or(Stead::Emergency, |whom| Stead::For(*whom)))
}

fn staff_may(
    practitioner: PractitionerId,
    roles: &[StaffRole],
    Workplaces { services, read_for }: &Workplaces,
    lent: &Lent,
    verb: Verb,
    object: &Object<'_>,
) -> bool {
    let is = |role| roles.contains(&role);
    let works_in =
        |appointment: &Appointment| appointment.service_id.is_some_and(|id| services.contains(&id));
    // A secretary of services sees these alone; one of none is the front desk of the whole hospital. What is of no service is anybody's.
    let has_desk = |appointment: &Appointment| {
        is(StaffRole::Secretary)
            && (services.is_empty() || appointment.service_id.is_none() || works_in(appointment))
    };
    // Radiologists come into consultations of the services that they work in or read for, and into those of no service.
    let reads = |appointment: &Appointment| {
        works_in(appointment) || appointment.service_id.is_none_or(|id| read_for.contains(&id))
    };
    let nurses = |appointment: &Appointment| is(StaffRole::Nurse) && works_in(appointment);
    let is_booked = |appointment: &Appointment| {
        let own = appointment.participant_of(practitioner);
        own.is_some_and(|own| !lent.withdrawn.contains(&own.id))
    };
    let acts_in = |appointment: &Appointment| {
        lent.acts_for.iter().any(|whom| appointment.participant_of(*whom).is_some())
    };
    let acts = !lent.acts_for.is_empty();
    let is_open = |appointment: &Appointment| lent.emergencies.contains(&appointment.id);
    let may_consult = roles.iter().any(|role| role.may_consult());
    match (verb, object) {
        (Verb::ListAppointments, Object::Agenda) => {
            is(StaffRole::Secretary) || is(StaffRole::Nurse) || may_consult || acts
        }
        (Verb::BookAppointment, Object::Agenda) => is(StaffRole::Secretary) || may_consult || acts,
        (Verb::SeeAppointment, Object::Appointment(appointment)) => {
            has_desk(appointment)
                || nurses(appointment)
                || may_consult && is_booked(appointment)
                || acts_in(appointment)
                || (may_consult || is(StaffRole::Nurse)) && is_open(appointment)
        }
        (Verb::IssueLink | Verb::ManageFolders, Object::Appointment(appointment)) => {
            has_desk(appointment)
                || nurses(appointment)
                || may_consult && is_booked(appointment)
                || acts_in(appointment)
        }
        (Verb::KeepIns, Object::Appointment(appointment)) => {
            has_desk(appointment) || nurses(appointment) || may_consult && is_booked(appointment)
        }
        (Verb::ChangeAppointment, Object::Appointment(appointment)) => {
            has_desk(appointment) || may_consult && is_booked(appointment) || acts_in(appointment)
        }
        (
            Verb::ListStudies
            | Verb::SeeViewingRecord
            | Verb::ReadReceived
            | Verb::ReadReport
            | Verb::SeeKeyImages,
            Object::Appointment(appointment),
        ) => may_consult && (is_booked(appointment) || is_open(appointment)),
        (Verb::BreakGlass, Object::Agenda) => is(StaffRole::Nurse) || may_consult,
        (Verb::Delegate, Object::Agenda) => may_consult,
        (Verb::SeeDelegations, Object::Agenda) => {
            is(StaffRole::Secretary) || is(StaffRole::Nurse) || may_consult
        }
        (
            Verb::Attend
            | Verb::AddStudies
            | Verb::FetchFromPacs
            | Verb::ShareFiles
            | Verb::FetchFiles
            | Verb::SeeQuality
            | Verb::KeepImages
            | Verb::WithdrawStudies
            | Verb::TakeNotes
            | Verb::WriteReport
            | Verb::ReleaseDocuments
            | Verb::ReopenConsultation
            | Verb::SeeProtection,
            Object::Appointment(appointment),
        ) => may_consult && is_booked(appointment),
        (
            Verb::AdmitPeople | Verb::EndConsultation | Verb::SeePeople | Verb::LockConsultation,
            Object::Consultation { appointment, place },
        ) => may_consult && is_booked(appointment) && is_there(*place),
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
        ) => may_consult && is_booked(appointment) && *place == PlaceKind::InCall,
        (Verb::KeepDoors, Object::Agenda) => is(StaffRole::Administrator),
        (Verb::TendWaitingRoom, Object::WaitingRoom { appointment, members, .. }) => {
            has_desk(appointment)
                || nurses(appointment)
                || may_consult && (is_booked(appointment) || members.contains(&practitioner))
                || acts_in(appointment)
        }
        (Verb::TakeOver, Object::WaitingRoom { appointment, members, policy }) => {
            let lets = policy.may_take_over && members.contains(&practitioner);
            may_consult && (lets || acts_in(appointment)) && !appointment.status.is_over()
        }
        (Verb::TellDelay, Object::Practitioner(whose)) => {
            is(StaffRole::Secretary) || may_consult && *whose == practitioner
        }
        (Verb::SetWaitingPolicy, Object::Agenda) => is(StaffRole::Secretary) || is(StaffRole::Administrator),
        (Verb::CheckIdentity, Object::Appointment(appointment)) => {
            nurses(appointment) || may_consult && is_booked(appointment)
        }
        (Verb::SeeServices, Object::Agenda) => !roles.is_empty(),
        (Verb::ChangeServices, Object::Agenda) => is(StaffRole::Secretary) || is(StaffRole::Administrator),
        (Verb::ServeQueue, Object::Queue { is_member }) => {
            is(StaffRole::Secretary) && (services.is_empty() || *is_member)
                || (may_consult || is(StaffRole::Nurse)) && *is_member
        }
        (
            Verb::SeeStatistics
            | Verb::SeeRetention
            | Verb::ChangeRetention
            | Verb::KeepLocalAccounts
            | Verb::Administer,
            Object::Hospital,
        ) => is(StaffRole::Administrator),
        (Verb::SeeTrail | Verb::SeeDeployment, Object::Hospital) => {
            is(StaffRole::Administrator) || is(StaffRole::Auditor)
        }
        (Verb::SeeProtection, Object::Hospital) => !roles.is_empty(),
        (Verb::SeeStatistics, Object::Service { is_member }) => {
            is(StaffRole::Administrator) || is(StaffRole::Secretary) && *is_member
        }
        (Verb::SeeWorklist, Object::Agenda) => is(StaffRole::Radiologist),
        (Verb::SeeOutbox, Object::Agenda) => is(StaffRole::Secretary) || is(StaffRole::Administrator),
        (Verb::WriteTemplates, Object::Agenda) => is(StaffRole::Administrator),
        (Verb::KeepCalendar, Object::Agenda) => may_consult,
        (Verb::DropIn, Object::Appointment(appointment)) => {
            is(StaffRole::Radiologist)
                && matches!(appointment.status, AppointmentStatus::Arrived { .. })
                && (is_booked(appointment) || reads(appointment))
        }
        _ => false,
    }
}

fn guest_may(participant: ParticipantId, role: Role, verb: Verb, object: &Object<'_>) -> bool {
    match (verb, object) {
        (Verb::Attend | Verb::AnswerAfterwards | Verb::FillFolder, Object::Appointment(appointment)) => {
            appointment.participant(participant).is_some()
        }
        // What was said of the patient is the patient's.
        (Verb::FetchDocuments | Verb::SeeOwnTrail, Object::Appointment(appointment)) => {
            role == Role::Patient && appointment.patient().is_some_and(|patient| patient.id == participant)
        }
        (Verb::ChangeOwnAppointment, Object::Appointment(appointment)) => {
            appointment.patient().is_some_and(|patient| patient.id == participant)
        }
        (
            Verb::SendMedia
            | Verb::SeePeople
            | Verb::SeeViewing
            | Verb::Point
            | Verb::Chat
            | Verb::ShareFiles
            | Verb::FetchFiles
            | Verb::Mark
            | Verb::UploadPhotos
            | Verb::SeeProtection,
            Object::Consultation { appointment, place },
        ) => appointment.participant(participant).is_some() && *place == PlaceKind::InCall,
        _ => false,
    }
}

/// Whoever has the link of a folder puts files in, and that is all.
fn sender_may(of: AppointmentId, verb: Verb, object: &Object<'_>) -> bool {
    matches!((verb, object), (Verb::FillFolder, Object::Appointment(appointment)) if appointment.id == of)
}

/// A program reads what its scopes say, of the services that its token names; it changes nothing.
fn machine_may(grants: &Grants, verb: Verb, object: &Object<'_>) -> bool {
    match (verb, object) {
        (Verb::SeeServices, Object::Service { is_member: true }) => grants.has(Scope::ReadServices),
        (Verb::ListAppointments, Object::Service { is_member: true }) => grants.has(Scope::ReadAppointments),
        (Verb::SeeAppointment, Object::Appointment(appointment)) => {
            grants.has(Scope::ReadAppointments) && grants.covers(appointment.service_id)
        }
        (Verb::SeeStatistics, Object::Service { is_member: true }) => grants.has(Scope::ReadStatistics),
        _ => false,
    }
}

fn is_there(place: PlaceKind) -> bool {
    matches!(place, PlaceKind::Testing | PlaceKind::Admitted | PlaceKind::InCall)
}
