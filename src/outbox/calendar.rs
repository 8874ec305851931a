//! iCalendar: invitations and cancellations for one person (RFC 5545, RFC 5546, RFC 6047), and a practitioner's feed. No name of a patient
//! and nothing of health is in either.

use chrono::{DateTime, Utc};
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};

use crate::clinical::{AppointmentId, Chain, Language};

/// What a calendar is to do with it (RFC 5546 section 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Request,
    Cancel,
}

impl Method {
    /// As it stands in the calendar and in the MIME type (RFC 6047 section 2.4).
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

pub(super) struct Invitation<'a> {
    pub(super) method: Method,
    pub(super) host: &'a str,
    pub(super) chain: &'a Chain,
    pub(super) starts_at: DateTime<Utc>,
    pub(super) ends_at: DateTime<Utc>,
    pub(super) stamped_at: DateTime<Utc>,
    pub(super) language: Language,
    pub(super) hospital: &'a str,
    pub(super) telephone: &'a str,
    pub(super) organizer: &'a str,
    pub(super) attendee: &'a str,
    pub(super) link: Option<&'a str>,
}

/// One appointment of a practitioner's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    pub appointment: AppointmentId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub service: String,
    pub is_cancelled: bool,
    /// When it was booked or changed last.
    pub changed_at: DateTime<Utc>,
}

/// A moved appointment is the same event at another time, so its identifier is that of the first of its chain.
fn uid(appointment: AppointmentId, host: &str) -> String {
    format!("{appointment}.parvis@{host}")
}

pub(super) fn invitation(invitation: &Invitation<'_>) -> String {
    let (summary, place, how) = match invitation.language {
        Language::French => ("Rendez-vous vidéo", "Par vidéo", "Ouvrez ce lien à l'heure du rendez-vous :"),
        Language::English => ("Video appointment", "By video", "Open this link when it is time:"),
    };
    let help = match invitation.language {
        Language::French => format!("Aide : {}", invitation.telephone),
        Language::English => format!("Help: {}", invitation.telephone),
    };
    let is_cancelled = invitation.method == Method::Cancel;
    let mut event = Event::new();
    event
        .uid(&uid(invitation.chain.first, invitation.host))
        .timestamp(invitation.stamped_at)
        // Calling off is a change too (RFC 5546 section 2.1.4).
        .sequence(invitation.chain.moves + u32::from(is_cancelled))
        .starts(invitation.starts_at)
        .ends(invitation.ends_at)
        .summary(&format!("{summary}, {}", invitation.hospital))
        .location(place)
        .status(if is_cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed });
    if let Some(link) = invitation.link.filter(|_| !is_cancelled) {
        event.description(&format!("{how}\n{link}\n{help}")).url(link);
    } else {
        event.description(&help);
    }
    // Those who get it see nobody else who does.
    let mut attendee = Property::new("ATTENDEE", format!("mailto:{}", invitation.attendee));
    attendee
        .add_parameter("CUTYPE", "INDIVIDUAL")
        .add_parameter("ROLE", "REQ-PARTICIPANT")
        .add_parameter("PARTSTAT", "NEEDS-ACTION")
        .add_parameter("RSVP", "FALSE");
    let organizer = Property::new("ORGANIZER", format!("mailto:{}", invitation.organizer));
    event.append_property(attendee).append_property(organizer);
    event
        .append_property(Property::new("TRANSP", "OPAQUE"))
        .append_property(Property::new("CLASS", "PRIVATE"));
    let mut calendar = calendar(invitation.method.word());
    calendar.push(event.done());
    calendar.to_string()
}

/// All that a practitioner's calendar reads; `name` is how it calls the feed.
pub fn feed(entries: &[FeedEntry], host: &str, name: &str, read_at: DateTime<Utc>) -> String {
    let mut calendar = calendar("PUBLISH");
    calendar.append_property(Property::new("X-WR-CALNAME", name));
    calendar.append_property(
        Property::new("REFRESH-INTERVAL", "PT15M").add_parameter("VALUE", "DURATION").done(),
    );
    for entry in entries {
        let mut event = Event::new();
        event
            .uid(&uid(entry.appointment, host))
            .timestamp(read_at)
            .last_modified(entry.changed_at)
            .sequence(u32::from(entry.is_cancelled))
            .starts(entry.starts_at)
            .ends(entry.ends_at)
            .summary(&format!("Parvis, {}", entry.service))
            .status(if entry.is_cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed });
        calendar.push(event.done());
    }
    calendar.to_string()
}

fn calendar(method: &str) -> Calendar {
    let mut calendar = Calendar::empty();
    calendar
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", "-//Parvis//Parvis//FR"))
        .append_property(Property::new("CALSCALE", "GREGORIAN"))
        .append_property(Property::new("METHOD", method));
    calendar
}
