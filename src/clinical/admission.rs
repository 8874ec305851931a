//! What happened at the door of a consultation, so that "waiting since" and the history outlive the call.

use chrono::{DateTime, Utc};

use super::{AppointmentId, ParticipantId};

/// One thing that happened to one participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    pub appointment: AppointmentId,
    pub participant: ParticipantId,
    pub event: AdmissionEvent,
    pub at: DateTime<Utc>,
    /// Who did it, where it was not the participant.
    pub by: Option<ParticipantId>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdmissionEvent {
    /// Came to the waiting room, or was sent back there.
    Waiting,
    /// Was let into the call, or walked in as staff.
    Admitted,
    /// Was turned away from the waiting room.
    Refused,
    /// Went away.
    Left,
    /// Was put out of the call.
    Removed,
}

impl AdmissionEvent {
    /// Every event.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Admitted, Self::Refused, Self::Left, Self::Removed];
}
