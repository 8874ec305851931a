//! What people are told of an appointment by e-mail and SMS: which message is due for which event, what it says, and what becomes of one
//! that does not go out. No name and no health data stand in any of them.

mod feed;
mod html;
mod plan;
mod standard;
mod state;
mod template;
#[cfg(test)]
mod tests;
mod when;

use chrono::{DateTime, Utc};

pub use feed::feed_secret;
pub use html::{html, html_of_text};
pub use plan::*;
pub use standard::standard;
pub use state::*;
pub use template::*;
pub use when::{time_in_words, when_in_words};

use super::{AppointmentId, MessageId, ParticipantId, PractitionerId};

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// An appointment was booked.
    Invitation,
    /// It takes another one's place: a new time.
    Change,
    Cancellation,
    /// Some days before, at the same time of day.
    ReminderDay,
    /// Some minutes before.
    ReminderHour,
    /// "The doctor is late."
    Late,
    /// A code for the door.
    Code,
}

impl MessageKind {
    /// Every kind, in the order in which screens list them.
    pub const ALL: [Self; 7] = [
        Self::Invitation,
        Self::Change,
        Self::Cancellation,
        Self::ReminderDay,
        Self::ReminderHour,
        Self::Late,
        Self::Code,
    ];

    /// Whether it may go out again because somebody asks for it. A code is asked for by the person themselves.
    pub fn may_be_repeated(self) -> bool {
        self != Self::Code
    }

    /// Whether it holds a personal link.
    pub fn has_link(self) -> bool {
        !matches!(self, Self::Cancellation | Self::Code)
    }
}

/// By which way a message goes. (FHIR ContactPoint.system: email, sms.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Email,
    Sms,
}

impl Channel {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];
}

/// One message to one person by one way. Where it goes and what it says are found when it is sent: neither is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub appointment: AppointmentId,
    pub participant: ParticipantId,
    pub kind: MessageKind,
    pub channel: Channel,
    /// Sets it apart from others of the same kind to the same person; see [`Occasion`].
    pub occasion: Occasion,
    pub queued_at: DateTime<Utc>,
    /// Who asked for it; `None` for one that follows from the appointment or that a guest asked for.
    pub queued_by: Option<PractitionerId>,
    /// It goes out at this time or as soon as may be after it.
    pub due_at: DateTime<Utc>,
    /// It is of no use any more from then on.
    pub expires_at: DateTime<Utc>,
    /// For [`MessageKind::Late`]: by how many minutes.
    pub minutes: Option<u32>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it is queued.
    pub next_at: DateTime<Utc>,
    pub state: MessageState,
}

/// Why there is a message: an appointment brings about each of its messages once, and people as many as they ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// It follows from the appointment.
    Planned,
    /// Somebody asked for it.
    Asked,
}

impl Message {
    /// The part of a `Message-ID` (RFC 5322 section 3.6.4) that is before the `@`; the same at every try.
    pub fn mail_id(&self) -> String {
        format!("{}.parvis", self.id)
    }

    /// Which message a `Message-ID` is of, as a mail server gives it back.
    pub fn of_mail_id(text: &str) -> Option<MessageId> {
        let local = text.trim().trim_start_matches('<').split('@').next()?;
        local.strip_suffix(".parvis")?.parse().ok()
    }
}
