//! Messages by e-mail and SMS: what became of them, once more, a delay, and what came back.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use chrono::TimeDelta;

use super::Edge;
use super::acts::{self, authorize};
use super::appointments::allowed;
use super::extract::{Body, One, SignedIn, Two};
use super::problem::Failure;
use super::{appointments, links};
use crate::clinical::{
    Appointment, AppointmentId, AppointmentStatus, Channel, Contact, EmailAddress, MessageId, Object,
    ParticipantId, PractitionerId, StaffRole, TelephoneNumber, Verb, WrongStatus,
};
use crate::outbox;
use crate::protocol::{
    BounceReport, ContactState, LateRequest, MessageAlarmEntry, MessageEntry, OutboxEntry, OutboxState,
    OutboxText, time,
};
use crate::store::AgendaScope;

/// So many messages are listed of all appointments.
const NEWEST: u32 = 200;

/// `GET /api/appointments/{appointment}/messages`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(appointment): One<AppointmentId>,
) -> Result<Json<Vec<MessageEntry>>, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::SeeAppointment).await?;
    Ok(Json(entries(&edge, &signed_in, &appointment).await?))
}

/// `POST /api/messages/{message}/repeat`: the same once more, to the address that the person has now.
pub(super) async fn repeat(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(message): One<MessageId>,
) -> Result<Json<Vec<MessageEntry>>, Failure> {
    let message = edge.store.message(message).await?.ok_or_else(Failure::not_found)?;
    let appointment = allowed(&edge, &signed_in, message.appointment, Verb::IssueLink).await?;
    edge.outbox.repeat(&message, &appointment, signed_in.0.id).await?;
    Ok(Json(entries(&edge, &signed_in, &appointment).await?))
}

/// `POST /api/appointments/{appointment}/late`
pub(super) async fn late(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(appointment): One<AppointmentId>,
    Body(LateRequest { minutes }): Body<LateRequest>,
) -> Result<Json<Vec<MessageEntry>>, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::ChangeAppointment).await?;
    if appointment.status.is_over() {
        return Err(WrongStatus.into());
    }
    edge.outbox.tell_late(&appointment, minutes, Some(signed_in.0.id)).await?;
    Ok(Json(entries(&edge, &signed_in, &appointment).await?))
}

/// Whoever comes so soon is told by message that their doctor is late; the others hear it on their page if it lasts.
const NEAR: TimeDelta = TimeDelta::hours(2);

/// Tells the people of this practitioner's next appointments, which have not begun, of a delay; `minutes` 0 is none any more, and needs no word.
pub(super) async fn tell_of_delay(
    edge: &Edge,
    practitioner: PractitionerId,
    minutes: u16,
    by: PractitionerId,
) -> Result<(), Failure> {
    if minutes == 0 {
        return Ok(());
    }
    let now = edge.clock.now();
    // Whoever was to begin a moment ago waits too.
    let (from, to) = (now - TimeDelta::hours(1), now + NEAR);
    let scope = AgendaScope::Practitioner(practitioner);
    for appointment in edge.store.appointments_between(from, to, scope).await? {
        if appointment.status == AppointmentStatus::Booked && now < appointment.ends_at {
            edge.outbox.tell_late(&appointment, minutes.into(), Some(by)).await?;
        }
    }
    Ok(())
}

/// `GET /api/appointments/{appointment}/participants/{participant}/contact`
pub(super) async fn contact(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
) -> Result<Json<ContactState>, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::IssueLink).await?;
    links::guest(&appointment, participant)?;
    let contact = edge.store.contacts_of(appointment.id).await?.remove(&participant).unwrap_or_default();
    Ok(Json(ContactState {
        email: contact.email.map(|email| email.expose().to_owned()),
        telephone: contact.telephone.map(|number| number.expose().to_owned()),
    }))
}

/// `PUT` of the same: where a guest is reached from now on. Messages that the appointment brings about and that are not there yet are queued.
pub(super) async fn put_contact(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
    Body(request): Body<ContactState>,
) -> Result<StatusCode, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::IssueLink).await?;
    links::guest(&appointment, participant)?;
    if appointment.status.is_over() {
        return Err(WrongStatus.into());
    }
    let known = edge.store.contacts_of(appointment.id).await?.remove(&participant).unwrap_or_default();
    let typed = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let contact = Contact {
        email: typed(request.email).map(|text| EmailAddress::parse(&text)).transpose()?,
        telephone: typed(request.telephone).map(|text| TelephoneNumber::parse(&text)).transpose()?,
        ..known
    };
    edge.store.put_contact(appointment.id, participant, &contact).await?;
    edge.outbox.plan(appointment.id).await;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/messages/alarms`: the appointments of which a message did not arrive. A secretary sees all, others their own.
pub(super) async fn alarms(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<MessageAlarmEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::ListAppointments, &Object::Agenda)?;
    let scope = appointments::scope_of(&signed_in);
    let mut alarms = edge.store.message_alarms(edge.clock.now(), scope).await?;
    let mut seen = Vec::with_capacity(alarms.len());
    for alarm in alarms.drain(..) {
        let appointment = edge.store.appointment(alarm.appointment).await?;
        seen.extend(appointment.filter(|of| appointments::may_see(&signed_in, of)).map(|_| alarm));
    }
    let entry = |alarm: crate::store::MessageAlarm| MessageAlarmEntry {
        appointment: alarm.appointment.to_string(),
        starts_at: time(alarm.starts_at),
        messages: alarm.messages,
    };
    Ok(Json(seen.into_iter().map(entry).collect()))
}

/// `GET /api/outbox`: the last messages of all appointments; in the demonstration, with what they would have said.
pub(super) async fn outbox(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<OutboxState>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeOutbox, &Object::Agenda)?;
    let kept: HashMap<_, _> = edge.outbox.kept().into_iter().map(|text| (text.message, text)).collect();
    let mut appointments: HashMap<AppointmentId, Appointment> = HashMap::new();
    let mut messages = Vec::new();
    for message in edge.store.newest_messages(NEWEST).await? {
        if !appointments.contains_key(&message.appointment)
            && let Some(appointment) = edge.store.appointment(message.appointment).await?
        {
            appointments.insert(appointment.id, appointment);
        }
        let Some(appointment) = appointments.get(&message.appointment) else { continue };
        let may_see = authorize(&signed_in.actor(), Verb::SeeAppointment, &Object::Appointment(appointment));
        // An administrator sees that messages go out, and not to whom; nobody else sees those of another service.
        if may_see.is_err() && !signed_in.0.roles.contains(&StaffRole::Administrator) {
            continue;
        }
        let person = appointment.participant(message.participant).filter(|_| may_see.is_ok());
        messages.push(OutboxEntry {
            entry: MessageEntry::new(&message, person, edge.clock.now(), may_see.is_ok()),
            appointment: appointment.id.to_string(),
            starts_at: time(appointment.starts_at),
            text: kept.get(&message.id).filter(|_| may_see.is_ok()).map(|kept| OutboxText {
                to: kept.to.expose().clone(),
                subject: kept.subject.clone(),
                text: kept.text.expose().clone(),
            }),
        });
    }
    let channels = Channel::ALL.into_iter().filter(|channel| edge.outbox.is_set(*channel));
    Ok(Json(OutboxState { channels: channels.map(Into::into).collect(), messages }))
}

/// `POST /api/bounces`: the hospital's mail server, which shows the secret of the settings, says that a message came back. It has no page of
/// this site, so it is not asked where it comes from.
pub(super) async fn bounced(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Body(report): Body<BounceReport>,
) -> Result<StatusCode, Failure> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !edge.outbox.may_tell_bounces(shown) {
        return Err(Failure::not_found());
    }
    acts::note_vouched();
    match edge.outbox.bounced(&report.message_id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Failure::not_found()),
    }
}

async fn entries(
    edge: &Edge,
    signed_in: &SignedIn,
    appointment: &Appointment,
) -> Result<Vec<MessageEntry>, Failure> {
    let may_repeat =
        authorize(&signed_in.actor(), Verb::IssueLink, &Object::Appointment(appointment)).is_ok();
    let now = edge.clock.now();
    let messages = edge.store.messages_of(appointment.id).await?;
    let entry = |message: &crate::clinical::Message| {
        MessageEntry::new(message, appointment.participant(message.participant), now, may_repeat)
    };
    Ok(messages.iter().map(entry).collect())
}

impl From<outbox::Error> for Failure {
    fn from(error: outbox::Error) -> Self {
        match error {
            outbox::Error::Store(error) => error.into(),
            outbox::Error::Delay => Self::bad_request("a delay is of 1 to 240 minutes"),
            outbox::Error::NotRepeated => WrongStatus.into(),
            other => Self::internal(&other),
        }
    }
}
