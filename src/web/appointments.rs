//! Appointments as staff see, book and change them.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::acts::authorize;
use super::changes;
use super::door_desk;
use super::extract::{Body, One, SignedIn};
use super::links;
use super::problem::Failure;
use crate::clinical::{
    Actor, Appointment, AppointmentId, AppointmentStatus, Booking, CalledOff, Contact, EmailAddress,
    GuestRole, Link, Object, Part, Participant, ParticipantId, PractitionerId, Service, ServiceId, StaffRole,
    TelephoneNumber, Verb, stead_of, wall,
};
use crate::live::Places;
use crate::protocol::{
    AppointmentEntry, Booked, BookingRequest, DoorWord, GuestRequest, ParticipantEntry, Place, PlaceWord,
    PractitionerEntry, ProblemCode, RoleWord, time,
};
use crate::store::AgendaScope;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Day {
    day: NaiveDate,
    /// How many days from then on; one unless told.
    days: Option<u64>,
}

/// The most days of an agenda that are told at one time.
const MAX_DAYS: u64 = 42;

/// What began so long before is looked at: the longest appointment, and as long again for those that run over their time.
const REACH: TimeDelta = TimeDelta::hours(16);

/// `GET /api/appointments?day=2026-11-25&days=7`, days of the hospital's time zone. A secretary sees those of their
/// services, others their own.
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Query(Day { day, days }): Query<Day>,
) -> Result<Json<Vec<AppointmentEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::ListAppointments, &Object::Agenda)?;
    let scope = scope_of(&signed_in);
    let zone = edge.hospital.time_zone;
    let last = day.checked_add_days(Days::new(days.unwrap_or(1).clamp(1, MAX_DAYS))).unwrap_or(day);
    let (from, to) = (wall::start_of_day(zone, day), wall::start_of_day(zone, last));
    let mut entries = Vec::new();
    // Nights have visits, too: what began yesterday and is not over is today's.
    for appointment in edge.store.appointments_between(from - REACH, to, scope).await? {
        if !appointment.is_of(from, to) || !may_see(&signed_in, &appointment) {
            continue;
        }
        entries.push(entry(&edge, &signed_in, &appointment).await?);
    }
    Ok(Json(entries))
}

/// Among whose appointments somebody's are looked for; [`may_see`] says which of them are.
pub(super) fn scope_of(signed_in: &SignedIn) -> AgendaScope {
    let is = |role| signed_in.0.roles.contains(&role);
    match is(StaffRole::Secretary) || is(StaffRole::Nurse) || !signed_in.2.acts_for.is_empty() {
        true => AgendaScope::Everybody,
        false => AgendaScope::Practitioner(signed_in.0.id),
    }
}

/// Whether somebody sees this appointment: nobody lists those of another service.
pub(super) fn may_see(signed_in: &SignedIn, appointment: &Appointment) -> bool {
    authorize(&signed_in.actor(), Verb::SeeAppointment, &Object::Appointment(appointment)).is_ok()
}

/// `GET /api/appointments/{appointment}`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(appointment): One<AppointmentId>,
) -> Result<Json<AppointmentEntry>, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::SeeAppointment).await?;
    Ok(Json(entry(&edge, &signed_in, &appointment).await?))
}

/// `POST /api/appointments`: books, and tells each guest's link this once.
pub(super) async fn book(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Body(request): Body<BookingRequest>,
) -> Result<(StatusCode, Json<Booked>), Failure> {
    authorize(&signed_in.actor(), Verb::BookAppointment, &Object::Agenda)?;
    let wants_pin: Vec<_> = request.guests.iter().map(|guest| guest.wants_pin.unwrap_or(false)).collect();
    let course = changes::course_of(&edge, &signed_in, request.course.as_ref()).await?;
    let (booking, mut contacts) = booking(&edge, request).await?;
    changes::contacts_of_followed(&edge, &course, &booking.participants, &mut contacts).await?;
    let id = AppointmentId::new(edge.clock.new_uuid());
    let appointment = Appointment::book(id, booking, signed_in.0.id, edge.clock.now())?;
    // Whoever books only in the stead of others books for these.
    let stead = stead_of(&signed_in.actor(), Verb::BookAppointment, &Object::Agenda);
    let mut booked = appointment.participants.iter().filter_map(Participant::practitioner);
    if stead.is_some() && !booked.all(|whom| signed_in.2.acts_for.contains(&whom)) {
        return Err(Failure::not_found());
    }
    // A secretary books into the services that are theirs; into another there is nothing to book.
    if signed_in.0.roles.contains(&StaffRole::Secretary) && !may_see(&signed_in, &appointment) {
        return Err(Failure::not_found());
    }
    let guests = appointment.participants.iter().filter(|person| person.role().is_guest());
    let new_links: Vec<_> =
        guests.map(|person| (person, links::make(&edge, &appointment, person.id))).collect();
    let rows: Vec<Link> = new_links.iter().map(|(_, new)| new.link.clone()).collect();
    edge.store.book(&appointment, &rows, &contacts, &course).await?;
    edge.live.announce_change();
    edge.outbox.plan(appointment.id).await;
    tracing::info!(appointment.id = %appointment.id, "an appointment was booked");
    let mut links = Vec::with_capacity(new_links.len());
    for ((person, new), wants_pin) in new_links.iter().zip(wants_pin) {
        let mut link = links::issued(&edge, new, person);
        if wants_pin {
            link.pin = Some(door_desk::give_pin(&edge, id, person.id).await?);
        }
        links.push(link);
    }
    let entry = entry(&edge, &signed_in, &appointment).await?;
    Ok((StatusCode::CREATED, Json(Booked { appointment: entry, links })))
}

/// What is asked for, and how its guests are reached.
async fn booking(
    edge: &Edge,
    request: BookingRequest,
) -> Result<(Booking, HashMap<ParticipantId, Contact>), Failure> {
    let service = match request.service_id {
        Some(id) => Some(open_service(edge, &id).await?),
        None => None,
    };
    let mut participants = Vec::new();
    let mut contacts = HashMap::new();
    for guest in request.guests {
        let contact = contact(edge, &guest)?;
        let GuestRequest { role, name, language, .. } = guest;
        let role = match role {
            RoleWord::Patient => GuestRole::Patient,
            RoleWord::Relative => GuestRole::Relative,
            RoleWord::Interpreter => GuestRole::Interpreter,
            RoleWord::Practitioner => return Err(Failure::bad_request("a practitioner is no guest")),
        };
        let id = ParticipantId::new(edge.clock.new_uuid());
        if !contact.is_empty() {
            contacts.insert(id, contact);
        }
        participants.push(Participant {
            id,
            name: name.trim().into(),
            part: Part::Guest(role),
            language: language.into(),
        });
    }
    participants.extend(practitioners_named(edge, request.practitioners).await?);
    let booking = Booking {
        starts_at: instant(&request.starts_at)?,
        ends_at: instant(&request.ends_at)?,
        service: service.as_ref().map_or(request.service.trim(), |service| &service.name).to_owned(),
        service_id: service.map(|service| service.id),
        participants,
        note: request.note.into(),
    };
    Ok((booking, contacts))
}

/// Practitioners who can be booked, as participants of an appointment.
pub(super) async fn practitioners_named(
    edge: &Edge,
    named: Vec<String>,
) -> Result<Vec<Participant>, Failure> {
    let mut participants = Vec::new();
    for practitioner in named {
        let unknown = || {
            let detail = "there is no practitioner of that identifier who can be booked";
            Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::UnknownPractitioner, detail)
        };
        let id: PractitionerId = practitioner.parse().map_err(|_| unknown())?;
        let found = edge.store.practitioner(id).await?;
        let found =
            found.filter(|person| person.roles.iter().any(|role| role.may_consult())).ok_or_else(unknown)?;
        participants.push(Participant {
            id: ParticipantId::new(edge.clock.new_uuid()),
            name: found.name,
            part: Part::Practitioner(id),
            language: Default::default(),
        });
    }
    Ok(participants)
}

/// The service of that identifier, if it takes bookings.
async fn open_service(edge: &Edge, id: &str) -> Result<Service, Failure> {
    let unknown = || {
        let detail = "there is no service of that identifier which takes bookings";
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::UnknownService, detail)
    };
    let id: ServiceId = id.parse().map_err(|_| unknown())?;
    edge.store.service(id).await?.filter(|service| !service.is_closed).ok_or_else(unknown)
}

/// How a guest is reached. What was left empty in a form is nothing.
fn contact(edge: &Edge, guest: &GuestRequest) -> Result<Contact, Failure> {
    let today = edge.clock.now().with_timezone(&edge.hospital.time_zone).date_naive();
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    Ok(Contact {
        email: given(&guest.email).map(|typed| EmailAddress::parse(&typed)).transpose()?,
        telephone: given(&guest.telephone).map(|typed| TelephoneNumber::parse(&typed)).transpose()?,
        birth_date: given(&guest.birth_date).map(|typed| Contact::birth_date(&typed, today)).transpose()?,
    })
}

pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, Failure> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed
        .map(|at| at.to_utc())
        .map_err(|_| Failure::bad_request("a time is RFC 3339 with its offset from UTC"))
}

/// `POST /api/appointments/{appointment}/cancel`
pub(super) async fn cancel(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<AppointmentEntry>, Failure> {
    let mut appointment = allowed(&edge, &signed_in, id, Verb::ChangeAppointment).await?;
    changes::call_off(&edge, &mut appointment, CalledOff::ByStaff, signed_in.0.id).await?;
    Ok(Json(entry(&edge, &signed_in, &appointment).await?))
}

/// `POST /api/appointments/{appointment}/noshow`
pub(super) async fn miss(
    edge: State<Edge>,
    signed_in: SignedIn,
    appointment: One<AppointmentId>,
) -> Result<Json<AppointmentEntry>, Failure> {
    let by = signed_in.0.id;
    change(edge, signed_in, appointment, |status, at| status.miss(at, by)).await
}

pub(super) async fn change(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    step: impl FnOnce(AppointmentStatus, DateTime<Utc>) -> Result<AppointmentStatus, crate::clinical::WrongStatus>,
) -> Result<Json<AppointmentEntry>, Failure> {
    let mut appointment = allowed(&edge, &signed_in, id, Verb::ChangeAppointment).await?;
    let now = edge.clock.now();
    let to = step(appointment.status, now)?;
    if !edge.store.set_appointment_status(id, appointment.status, to).await? {
        return Err(crate::clinical::WrongStatus.into());
    }
    appointment.status = to;
    edge.store.revoke_links_of(id, now).await?;
    edge.live.closed(&appointment).await;
    edge.outbox.plan(id).await;
    Ok(Json(entry(&edge, &signed_in, &appointment).await?))
}

/// `GET /api/practitioners`: who can be booked.
pub(super) async fn practitioners(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<PractitionerEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::BookAppointment, &Object::Agenda)?;
    let everybody = edge.store.practitioners().await?;
    let bookable = everybody.into_iter().filter(|person| person.roles.iter().any(|role| role.may_consult()));
    let mut entries: Vec<_> = bookable
        .map(|person| PractitionerEntry {
            practitioner: person.id.to_string(),
            roles: person.roles.iter().map(|role| (*role).into()).collect(),
            name: person.name.into_inner(),
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json(entries))
}

/// The appointment, if this person may do that to it; else it does not exist for them.
pub(super) async fn allowed(
    edge: &Edge,
    signed_in: &SignedIn,
    id: AppointmentId,
    verb: Verb,
) -> Result<Appointment, Failure> {
    let appointment = edge.store.appointment(id).await?.ok_or_else(Failure::not_found)?;
    authorize(&signed_in.actor(), verb, &Object::Appointment(&appointment))?;
    Ok(appointment)
}

pub(super) async fn entry(
    edge: &Edge,
    signed_in: &SignedIn,
    appointment: &Appointment,
) -> Result<AppointmentEntry, Failure> {
    let actor: Actor = signed_in.actor();
    let may = |verb| authorize(&actor, verb, &Object::Appointment(appointment)).is_ok();
    let links = edge.store.links_of(appointment.id).await?;
    let course = edge.store.course(appointment.id).await?;
    let places = edge.live.places(appointment.id).await.unwrap_or_default();
    let now = edge.clock.now();
    // Of several links of a person the newest counts: making one withdraws those before.
    let newest: HashMap<_, _> = links.iter().map(|link| (link.participant, link)).collect();
    let mut doors = door_desk::of(edge, appointment).await?;
    let participants = appointment.participants.iter().map(|person| {
        let link = person.role().is_guest().then(|| {
            newest
                .get(&person.id)
                .map_or(DoorWord::Unknown, |link| edge.door.check(link, appointment, now).into())
        });
        ParticipantEntry {
            participant: person.id.to_string(),
            role: person.role().into(),
            name: person.name.expose().clone(),
            language: person.role().is_guest().then(|| person.language.into()),
            place: place(&places, person.id),
            link,
            door: doors.remove(&person.id),
        }
    });
    Ok(AppointmentEntry {
        appointment: appointment.id.to_string(),
        starts_at: time(appointment.starts_at),
        ends_at: time(appointment.ends_at),
        service: appointment.service.clone(),
        service_id: appointment.service_id.map(|id| id.to_string()),
        status: appointment.status.into(),
        outcome: match appointment.status {
            AppointmentStatus::Fulfilled { outcome, .. } => Some(outcome.into()),
            _ => None,
        },
        participants: participants.collect(),
        note: appointment.note.expose().clone(),
        course: (&course).into(),
        may_enter: may(Verb::Attend) && !appointment.status.is_over(),
        may_change: may(Verb::ChangeAppointment),
    })
}

fn place(places: &Places, participant: ParticipantId) -> Place {
    let invited = Place { state: PlaceWord::Invited, since: None, until: None };
    places.get(&participant).map_or(invited, Place::from)
}
