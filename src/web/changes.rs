//! What becomes of appointments beside the call: moved, closed, found; and the chain that they make.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};

use super::Edge;
use super::acts::authorize;
use super::appointments::{self, allowed, instant};
use super::extract::{Body, One, SignedIn};
use super::links;
use super::problem::Failure;
use crate::clinical::{
    Appointment, AppointmentId, AppointmentStatus, CalledOff, Contact, Course, CourseError, MoveError,
    NewLink, NewTime, Object, Participant, ParticipantId, PatientPlace, PlaceKind, PractitionerId, Verb,
    WrongStatus,
};
use crate::protocol::{
    AppointmentEntry, Booked, Chain, ChainLink, CloseRequest, CourseRequest, MoveRequest, PatientPlaceWord,
    ProblemCode, SearchRequest, time,
};

/// A search goes so far back, and so far ahead.
const SEARCH_BACK: TimeDelta = TimeDelta::days(2 * 366);
const SEARCH_AHEAD: TimeDelta = TimeDelta::days(2 * 366);
/// The most that a search finds.
const MAX_FOUND: usize = 50;
/// The longest chain that is told.
const MAX_CHAIN: usize = 50;

/// `POST /api/appointments/{appointment}/move`: a new appointment takes the place of this one; its guests get new links.
pub(super) async fn move_it(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    Body(request): Body<MoveRequest>,
) -> Result<(StatusCode, Json<Booked>), Failure> {
    let old = allowed(&edge, &signed_in, id, Verb::ChangeAppointment).await?;
    let practitioners = match request.practitioners {
        Some(named) => Some(appointments::practitioners_named(&edge, named).await?),
        None => None,
    };
    let to = NewTime {
        starts_at: instant(&request.starts_at)?,
        ends_at: instant(&request.ends_at)?,
        practitioners,
    };
    let (new, new_links) = carry_out(&edge, &old, to, signed_in.0.id).await?;
    let told = new_links.iter().filter_map(|link| Some((link, new.participant(link.link.participant)?)));
    let links = told.map(|(link, person)| links::issued(&edge, link, person)).collect();
    let entry = appointments::entry(&edge, &signed_in, &new).await?;
    Ok((StatusCode::CREATED, Json(Booked { appointment: entry, links })))
}

/// Moves an appointment, whoever asked for it. That they may was checked before.
pub(super) async fn carry_out(
    edge: &Edge,
    old: &Appointment,
    to: NewTime,
    by: PractitionerId,
) -> Result<(Appointment, Vec<NewLink>), Failure> {
    let now = edge.clock.now();
    let id = AppointmentId::new(edge.clock.new_uuid());
    let took_over = edge.store.take_overs_of(old.id).await?;
    let took_over: Vec<_> = took_over.into_iter().map(|(who, _)| who).collect();
    let moved = old.move_to(id, to, &took_over, || ParticipantId::new(edge.clock.new_uuid()), by, now)?;
    let new = moved.appointment;
    let new_links: Vec<NewLink> =
        moved.guests.iter().map(|(_, guest)| links::make(edge, &new, *guest)).collect();
    let rows: Vec<_> = new_links.iter().map(|link| link.link.clone()).collect();
    let known = edge.store.contacts_of(old.id).await?;
    let contacts = moved
        .guests
        .iter()
        .filter_map(|(old, new)| Some((*new, known.get(old)?.clone())))
        .collect::<HashMap<ParticipantId, Contact>>();
    let before = edge.store.course(old.id).await?;
    let course =
        Course { place: before.place, site: before.site, follows: before.follows, ..Course::default() };
    if !edge.store.move_appointment(old, &new, &rows, &contacts, &course).await? {
        return Err(WrongStatus.into());
    }
    edge.store.carry_pins(new.id, &moved.guests, now).await?;
    edge.outbox.plan(old.id).await;
    edge.outbox.plan(new.id).await;
    let called_off = Appointment { status: AppointmentStatus::Cancelled { at: now, by }, ..old.clone() };
    edge.live.closed(&called_off).await;
    tracing::info!(appointment.id = %old.id, appointment.new = %new.id, "an appointment was moved");
    Ok((new, new_links))
}

/// Calls an appointment off, whoever asked for it. That they may was checked before.
pub(super) async fn call_off(
    edge: &Edge,
    appointment: &mut Appointment,
    why: CalledOff,
    by: PractitionerId,
) -> Result<(), Failure> {
    let now = edge.clock.now();
    let to = appointment.status.cancel(now, by)?;
    if !edge.store.call_off(appointment.id, why, by, now).await? {
        return Err(WrongStatus.into());
    }
    appointment.status = to;
    edge.outbox.plan(appointment.id).await;
    edge.live.closed(appointment).await;
    tracing::info!(appointment.id = %appointment.id, "an appointment was called off");
    Ok(())
}

/// `POST /api/appointments/{appointment}/close`: done, by telephone, in person or not held. Not while somebody is in the call, which
/// says it itself when it ends.
pub(super) async fn close(
    edge: State<Edge>,
    signed_in: SignedIn,
    appointment: One<AppointmentId>,
    Body(request): Body<CloseRequest>,
) -> Result<Json<AppointmentEntry>, Failure> {
    let places = edge.live.places(appointment.0).await.unwrap_or_default();
    if places.values().any(|place| place.kind() == PlaceKind::InCall) {
        // Whoever may not change it hears that it is not there.
        allowed(&edge, &signed_in, appointment.0, Verb::ChangeAppointment).await?;
        return Err(WrongStatus.into());
    }
    let outcome = request.outcome.into();
    appointments::change(edge, signed_in, appointment, |status, at| status.fulfil(at, outcome)).await
}

/// `GET /api/appointments/{appointment}/chain`
pub(super) async fn chain(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<Chain>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::SeeAppointment).await?;
    let mut first = appointment.id;
    for _ in 0..MAX_CHAIN {
        let Some(before) = edge.store.course(first).await?.replaces else { break };
        first = before;
    }
    let mut links = Vec::new();
    let mut next = Some(first);
    let mut last = appointment.id;
    while let Some(id) = next.filter(|_| links.len() < MAX_CHAIN) {
        let course = edge.store.course(id).await?;
        // What this person may not see stays out of the chain.
        if let Ok(one) = allowed(&edge, &signed_in, id, Verb::SeeAppointment).await {
            links.push(link(&one, &course));
        }
        last = id;
        next = course.moved_to;
    }
    let mut follow_ups = Vec::new();
    for id in edge.store.follow_ups_of(last).await? {
        if let Ok(one) = allowed(&edge, &signed_in, id, Verb::SeeAppointment).await {
            let course = edge.store.course(id).await?;
            follow_ups.push(link(&one, &course));
        }
    }
    Ok(Json(Chain { links, follow_ups }))
}

fn link(appointment: &Appointment, course: &Course) -> ChainLink {
    ChainLink {
        appointment: appointment.id.to_string(),
        starts_at: time(appointment.starts_at),
        ends_at: time(appointment.ends_at),
        status: appointment.status.into(),
        called_off: course.called_off.map(Into::into),
    }
}

/// `POST /api/appointments/search`: by words of the patient's name, among those that this person may see.
pub(super) async fn search(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Body(request): Body<SearchRequest>,
) -> Result<Json<Vec<AppointmentEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::ListAppointments, &Object::Agenda)?;
    if request.name.chars().count() > Appointment::MAX_NAME {
        return Err(Failure::bad_request("what is looked for is too long"));
    }
    let now: DateTime<Utc> = edge.clock.now();
    let (from, to, scope) = (now - SEARCH_BACK, now + SEARCH_AHEAD, appointments::scope_of(&signed_in));
    let found = edge.store.appointments_sought(&request.name, from, to, scope, MAX_FOUND).await?;
    let mut entries = Vec::new();
    for appointment in found.iter().filter(|found| appointments::may_see(&signed_in, found)) {
        entries.push(appointments::entry(&edge, &signed_in, appointment).await?);
    }
    Ok(Json(entries))
}

/// The slot was taken meanwhile: for guests, who know of no practitioners.
pub(super) fn slot_taken() -> Failure {
    Failure::new(StatusCode::CONFLICT, ProblemCode::SlotTaken, "this time is not free any more")
}

/// What a booking says of where the patient is and what it follows. What this person may not see cannot be followed.
pub(super) async fn course_of(
    edge: &Edge,
    signed_in: &SignedIn,
    request: Option<&CourseRequest>,
) -> Result<Course, Failure> {
    let Some(request) = request else { return Ok(Course::default()) };
    let place = match request.place {
        PatientPlaceWord::AtHome => PatientPlace::AtHome,
        PatientPlaceWord::Room => PatientPlace::Room(request.room.clone().unwrap_or_default()),
    };
    let follows = match &request.follows {
        Some(id) => {
            let id = id.parse().map_err(|_| Failure::not_found())?;
            // To read one in an emergency is not to follow it up.
            Some(allowed(edge, signed_in, id, Verb::IssueLink).await?.id)
        }
        None => None,
    };
    let site = request.site.clone().unwrap_or_default();
    Ok(Course { place, site, follows, ..Course::default() }.checked()?)
}

/// Whoever was in the visit that this one follows, under the same name, is reached as they were then.
pub(super) async fn contacts_of_followed(
    edge: &Edge,
    course: &Course,
    participants: &[Participant],
    contacts: &mut HashMap<ParticipantId, Contact>,
) -> Result<(), Failure> {
    let Some(followed) = course.follows else { return Ok(()) };
    let Some(before) = edge.store.appointment(followed).await? else { return Ok(()) };
    let known = edge.store.contacts_of(followed).await?;
    for person in participants.iter().filter(|person| person.role().is_guest()) {
        let same = before.participants.iter().find(|one| one.name == person.name && one.part == person.part);
        if let Some(contact) = same.and_then(|one| known.get(&one.id)) {
            contacts.entry(person.id).or_insert_with(|| contact.clone());
        }
    }
    Ok(())
}

impl From<MoveError> for Failure {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::Status(status) => status.into(),
            MoveError::Book(book) => book.into(),
        }
    }
}

impl From<CourseError> for Failure {
    fn from(error: CourseError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadPlace, error.to_string())
    }
}
