//! Which messages an appointment brings about, and whether one still stands when its time has come.

use std::collections::HashMap;

use chrono::{DateTime, Days, TimeDelta, TimeZone, Utc};

use super::super::{Appointment, AppointmentId, AppointmentStatus, Contact, Part, ParticipantId};
use super::{Channel, DropReason, MessageKind};

/// When people of a service are reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReminderPolicy {
    /// So many days before, at the same time of day; 0: not at all.
    pub days_before: u8,
    /// So many minutes before; 0: not at all.
    pub minutes_before: u16,
}

impl ReminderPolicy {
    pub const MAX_DAYS: u8 = 14;
    /// A day: what is earlier is for the other reminder.
    pub const MAX_MINUTES: u16 = 1440;

    /// Whether it is one that can be kept.
    pub fn is_valid(self) -> bool {
        self.days_before <= Self::MAX_DAYS && self.minutes_before <= Self::MAX_MINUTES
    }
}

impl Default for ReminderPolicy {
    fn default() -> Self {
        Self { days_before: 1, minutes_before: 60 }
    }
}

/// Where an appointment stands among those that were moved into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The one that was booked first: by it calendars know all of them (RFC 5545 section 3.8.4.7, UID).
    pub first: AppointmentId,
    /// How often it was moved before (RFC 5545 section 3.8.7.4, SEQUENCE).
    pub moves: u32,
    /// When the one that it takes the place of was to start.
    pub was_at: Option<DateTime<Utc>>,
    /// Another one takes its place.
    pub is_replaced: bool,
    /// Whoever it is for was taken from a queue: their page is its link, and they are there.
    pub is_from_queue: bool,
}

impl Chain {
    /// Of an appointment that was never moved.
    pub fn alone(appointment: AppointmentId) -> Self {
        Self { first: appointment, moves: 0, was_at: None, is_replaced: false, is_from_queue: false }
    }
}

/// A message that is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    pub participant: ParticipantId,
    pub kind: MessageKind,
    pub channel: Channel,
    pub due_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// The messages that an appointment brings about as it stands, of which some may be there already. Reminders whose time has passed are
/// none: whoever books inside of it has just been told. `zone` is the hospital's.
pub fn plan<Z: TimeZone>(
    appointment: &Appointment,
    contacts: &HashMap<ParticipantId, Contact>,
    chain: &Chain,
    policy: ReminderPolicy,
    zone: &Z,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    let mut events = Vec::new();
    match appointment.status {
        AppointmentStatus::Booked if now < appointment.ends_at => {
            let first = if chain.was_at.is_some() { MessageKind::Change } else { MessageKind::Invitation };
            if !chain.is_from_queue {
                events.push((first, now, appointment.ends_at));
            }
            let starts_at = appointment.starts_at;
            let hour = (policy.minutes_before > 0)
                .then(|| starts_at - TimeDelta::minutes(policy.minutes_before.into()));
            let day = (policy.days_before > 0).then(|| days_before(starts_at, policy.days_before, zone));
            let last = hour.unwrap_or(starts_at);
            if let Some(due_at) = day.filter(|due_at| now < *due_at && *due_at < last) {
                events.push((MessageKind::ReminderDay, due_at, last));
            }
            if let Some(due_at) = hour.filter(|due_at| now < *due_at) {
                events.push((MessageKind::ReminderHour, due_at, starts_at));
            }
        }
        AppointmentStatus::Cancelled { .. } if !chain.is_replaced && now < appointment.starts_at => {
            events.push((MessageKind::Cancellation, now, appointment.starts_at));
        }
        _ => {}
    }
    let guests = appointment.participants.iter().filter(|person| matches!(person.part, Part::Guest(_)));
    let reached = guests.filter_map(|person| Some((person.id, contacts.get(&person.id)?)));
    let mut planned = Vec::new();
    for (participant, contact) in reached {
        for (kind, due_at, expires_at) in &events {
            let message = |channel| Planned {
                participant,
                kind: *kind,
                channel,
                due_at: *due_at,
                expires_at: *expires_at,
            };
            planned.extend(channels(*kind, contact).map(message));
        }
    }
    planned
}

/// By which ways somebody is told of something: by all that they have, and of what is near by the one that is noticed first.
pub fn channels(kind: MessageKind, contact: &Contact) -> impl Iterator<Item = Channel> + use<> {
    let (has_email, has_telephone) = (contact.email.is_some(), contact.telephone.is_some());
    let is_near = matches!(kind, MessageKind::ReminderHour | MessageKind::Late);
    Channel::ALL.into_iter().filter(move |channel| match channel {
        Channel::Email => has_email && !(is_near && has_telephone),
        Channel::Sms => has_telephone,
    })
}

/// The same time of day so many days before, by the clocks of the hospital. A time that the clocks skip is the one an hour later.
fn days_before<Z: TimeZone>(starts_at: DateTime<Utc>, days: u8, zone: &Z) -> DateTime<Utc> {
    let by_length = starts_at - TimeDelta::days(days.into());
    let local = starts_at.with_timezone(zone).naive_local();
    let Some(local) = local.checked_sub_days(Days::new(days.into())) else { return by_length };
    let found = [local, local + TimeDelta::hours(1)]
        .iter()
        .find_map(|local| zone.from_local_datetime(local).earliest());
    found.map_or(by_length, |at| at.to_utc())
}

/// Whether a message still stands now that it is to go out, whatever was queued before.
///
/// # Errors
/// Why it is dropped.
pub fn still_stands(
    kind: MessageKind,
    expires_at: DateTime<Utc>,
    appointment: &Appointment,
    chain: &Chain,
    now: DateTime<Utc>,
) -> Result<(), DropReason> {
    use AppointmentStatus as Status;
    if chain.is_replaced {
        return Err(DropReason::Moved);
    }
    match (kind, appointment.status) {
        (MessageKind::Cancellation, Status::Cancelled { .. }) => {}
        (MessageKind::Cancellation, _) => return Err(DropReason::Over),
        (_, Status::Cancelled { .. }) => return Err(DropReason::Cancelled),
        (_, Status::Fulfilled { .. } | Status::NoShow { .. }) => return Err(DropReason::Over),
        (MessageKind::ReminderDay | MessageKind::ReminderHour, Status::Arrived { .. }) => {
            return Err(DropReason::Begun);
        }
        (_, Status::Booked | Status::Arrived { .. }) => {}
    }
    if now >= expires_at {
        return Err(DropReason::TooLate);
    }
    Ok(())
}
