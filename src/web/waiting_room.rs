//! The waiting rooms of services: who waits, what they are told, in which order they come in, and who takes a consultation over.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};

use super::Edge;
use super::acts::authorize;
use super::extract::{Body, One, SignedIn, Two};
use super::problem::Failure;
use crate::clinical::{
    Appointment, AppointmentId, Delay, DropInError, Object, Participant, ParticipantId, Place, PlaceKind,
    PractitionerId, Queue, RankRefusal, RoomKey, ServiceId, StaffRole, Stead, Verb, Waiter, WaitingMessage,
    WaitingMessageId, WaitingNotices, WaitingPolicy, WaitingRefusal, WaitingText, WaitingWords,
    is_identity_checked, stead_of,
};
use crate::live::{WaitingConsultation, WaitingNews};
use crate::protocol::{
    DelayEntry, DelayRequest, DroppedIn, PlaceWord, ProblemCode, WaitingEntry, WaitingMessageEntry,
    WaitingMessageRequest, WaitingOther, WaitingPlaceRequest, WaitingPolicyState, WaitingPractitioner,
    WaitingRoomState, WaitingService, time,
};

/// Who belongs to the service of an appointment, and what the service decided.
#[derive(Clone, Debug, Default)]
struct Room {
    members: Vec<PractitionerId>,
    policy: WaitingPolicy,
}

impl Room {
    async fn of(edge: &Edge, service: Option<ServiceId>) -> Result<Self, Failure> {
        let Some(service) = service else { return Ok(Self::default()) };
        let members = edge.store.members_of(service).await?;
        Ok(Self { members, policy: edge.store.waiting_policy(service).await? })
    }

    fn object<'a>(&'a self, appointment: &'a Appointment) -> Object<'a> {
        Object::WaitingRoom { appointment, members: &self.members, policy: self.policy }
    }
}

/// `GET /api/waiting-room`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<WaitingRoomState>, Failure> {
    let actor = signed_in.actor();
    authorize(&actor, Verb::ListAppointments, &Object::Agenda)?;
    let mut rooms: HashMap<Option<ServiceId>, Room> = HashMap::new();
    let mut seen = BTreeMap::new();
    let (mut waiters, mut ranks) = (Vec::new(), Vec::new());
    for consultation in edge.live.waiting().await? {
        let appointment = &consultation.appointment;
        let service = appointment.service_id;
        let room = match rooms.entry(service) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Room::of(&edge, service).await?),
        };
        if authorize(&actor, Verb::TendWaitingRoom, &room.object(appointment)).is_err() {
            continue;
        }
        waiters.extend(consultation.waiters());
        ranks.extend(edge.store.waiting_ranks_of(appointment.id).await?);
        seen.insert(appointment.id, consultation);
    }
    let queue = Queue::new(waiters, &ranks);
    let mut people = Vec::new();
    for waiter in queue.waiters() {
        let Some(consultation) = seen.get(&waiter.appointment) else { continue };
        let Some(room) = rooms.get(&consultation.appointment.service_id) else { continue };
        people.extend(entry(&edge, &signed_in, consultation, waiter, room).await?);
    }
    let may_be_late = may_be_late(&edge, &signed_in).await?;
    let booked = seen.values().flat_map(|consultation| &consultation.appointment.participants);
    let mut named: BTreeMap<PractitionerId, String> =
        booked.filter_map(|person| Some((person.practitioner()?, person.name.expose().clone()))).collect();
    named.extend(may_be_late.iter().map(|(id, name)| (*id, name.clone())));
    let now = edge.clock.now();
    let mut delays = Vec::new();
    for (practitioner, name) in named {
        let delay = edge.store.delay_of(practitioner).await?.filter(|delay| delay.is_in_force(now));
        delays.extend(delay.map(|delay| delay_entry(&delay, name)));
    }
    Ok(Json(WaitingRoomState {
        people,
        delays,
        may_be_late: may_be_late
            .into_iter()
            .map(|(id, name)| WaitingPractitioner { practitioner: id.to_string(), name })
            .collect(),
        services: services(&edge, &signed_in).await?,
        may_set_policy: authorize(&actor, Verb::SetWaitingPolicy, &Object::Agenda).is_ok(),
    }))
}

async fn entry(
    edge: &Edge,
    signed_in: &SignedIn,
    consultation: &WaitingConsultation,
    waiter: &Waiter,
    room: &Room,
) -> Result<Option<WaitingEntry>, Failure> {
    let WaitingConsultation { appointment, places, assurances } = consultation;
    let Some(person) = appointment.participant(waiter.participant) else { return Ok(None) };
    let place = places.get(&person.id);
    let away = place.filter(|place| place.kind() == PlaceKind::Lost);
    let check = place.and_then(Place::check);
    let checks = edge.store.identity_checks_of(appointment.id).await?;
    let told = edge.store.waiting_messages_of(appointment.id).await?;
    let others = appointment.participants.iter().filter(|other| other.id != person.id);
    let others = others.map(|other| WaitingOther {
        role: other.role().into(),
        name: other.name.clone(),
        place: places.get(&other.id).map_or(PlaceWord::Invited, |place| place.kind().into()),
    });
    let actor = signed_in.actor();
    let is_over = appointment.status.is_over();
    let is_in = appointment.participant_of(signed_in.0.id).is_some();
    let may_enter = authorize(&actor, Verb::Attend, &Object::Appointment(appointment)).is_ok() && !is_over;
    Ok(Some(WaitingEntry {
        appointment: appointment.id.to_string(),
        participant: person.id.to_string(),
        role: person.role().into(),
        name: person.name.clone(),
        language: person.language.into(),
        starts_at: time(appointment.starts_at),
        service: appointment.service.clone(),
        room: match RoomKey::of(appointment) {
            RoomKey::Service(service) => service.to_string(),
            RoomKey::Named(name) => name,
        },
        since: time(waiter.since),
        away_since: away.and_then(Place::since).map(time),
        away_until: away.and_then(Place::kept_until).map(time),
        camera: check.map(|check| check.camera.into()),
        microphone: check.map(|check| check.microphone.into()),
        assurance: assurances.get(&person.id).map(|assurance| (*assurance).into()),
        is_identity_checked: is_identity_checked(&checks, person.id),
        others: others.collect(),
        told: told.iter().rfind(|message| message.to == person.id).map(WaitingMessageEntry::from),
        may_enter,
        may_take_over: !is_in && authorize(&actor, Verb::TakeOver, &room.object(appointment)).is_ok(),
    }))
}

/// Whose delay this person may tell: their own, or that of everybody who can be booked.
async fn may_be_late(edge: &Edge, signed_in: &SignedIn) -> Result<Vec<(PractitionerId, String)>, Failure> {
    let actor = signed_in.actor();
    let everybody = match signed_in.0.roles.contains(&StaffRole::Secretary) {
        true => edge.store.practitioners().await?,
        false => vec![signed_in.0.clone()],
    };
    let late = everybody.into_iter().filter(|person| {
        person.roles.iter().any(|role| role.may_consult())
            && authorize(&actor, Verb::TellDelay, &Object::Practitioner(person.id)).is_ok()
    });
    let mut late: Vec<_> = late.map(|person| (person.id, person.name.into_inner())).collect();
    late.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(late)
}

async fn services(edge: &Edge, signed_in: &SignedIn) -> Result<Vec<WaitingService>, Failure> {
    let mine = edge.store.services_of(signed_in.0.id).await?;
    let sees_all = authorize(&signed_in.actor(), Verb::SetWaitingPolicy, &Object::Agenda).is_ok();
    let mut services = Vec::new();
    for service in edge.store.services().await? {
        if service.is_closed || !sees_all && !mine.contains(&service.id) {
            continue;
        }
        let policy = edge.store.waiting_policy(service.id).await?.into();
        let name = match service.site.is_empty() {
            true => service.name,
            false => format!("{}, {}", service.name, service.site),
        };
        services.push(WaitingService { service: service.id.to_string(), name, policy });
    }
    Ok(services)
}

fn delay_entry(delay: &Delay, name: String) -> DelayEntry {
    DelayEntry {
        practitioner: delay.practitioner.to_string(),
        name,
        minutes: delay.minutes,
        told_at: time(delay.told_at),
    }
}

/// The appointment in whose waiting room this person may do something.
async fn tended(edge: &Edge, signed_in: &SignedIn, id: AppointmentId) -> Result<Appointment, Failure> {
    let appointment = edge.store.appointment(id).await?.ok_or_else(Failure::not_found)?;
    let room = Room::of(edge, appointment.service_id).await?;
    authorize(&signed_in.actor(), Verb::TendWaitingRoom, &room.object(&appointment))?;
    Ok(appointment)
}

fn not_waiting() -> Failure {
    Failure::new(StatusCode::CONFLICT, ProblemCode::NotWaiting, "this person is not waiting")
}

/// `POST /api/appointments/{appointment}/waiting/{participant}/message`
pub(super) async fn message(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
    Body(request): Body<WaitingMessageRequest>,
) -> Result<StatusCode, Failure> {
    let appointment = tended(&edge, &signed_in, appointment).await?;
    let words = match (request.sentence, request.text) {
        (Some(sentence), None) => WaitingWords::Ready(sentence.into()),
        (None, Some(text)) => WaitingWords::Own(WaitingText::new(text.expose())?),
        _ => return Err(Failure::bad_request("a message is either a sentence or text")),
    };
    let places = edge.live.places(appointment.id).await.unwrap_or_default();
    let is_guest = appointment.participant(participant).is_some_and(|person| person.role().is_guest());
    let waits = places.get(&participant).is_some_and(|place| place.waiting_since().is_some());
    if !is_guest || !waits {
        return Err(not_waiting());
    }
    let told = edge.store.waiting_messages_of(appointment.id).await?;
    if told.iter().filter(|message| message.to == participant).count() >= WaitingNotices::MAX_MESSAGES {
        return Err(WaitingRefusal::TooMany.into());
    }
    let id = WaitingMessageId::new(edge.clock.new_uuid());
    let (by, at) = (signed_in.0.id, edge.clock.now());
    let message = WaitingMessage { id, to: participant, by, at, words };
    edge.store.add_waiting_message(appointment.id, &message).await?;
    tracing::info!(appointment.id = %appointment.id, participant.id = %participant, "somebody who waits was told something");
    edge.live.waiting_news(appointment.id, WaitingNews::Message(message)).await;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/appointments/{appointment}/waiting/{participant}/place`
pub(super) async fn place(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
    Body(request): Body<WaitingPlaceRequest>,
) -> Result<StatusCode, Failure> {
    let appointment = tended(&edge, &signed_in, appointment).await?;
    let before = request.before.map(|id| id.parse::<ParticipantId>()).transpose();
    let before = before.map_err(|_| Failure::bad_request("this is no identifier of a participant"))?;
    let room = RoomKey::of(&appointment);
    let (mut waiters, mut ranks) = (Vec::new(), Vec::new());
    for consultation in edge.live.waiting().await? {
        if RoomKey::of(&consultation.appointment) == room {
            waiters.extend(consultation.waiters());
            ranks.extend(edge.store.waiting_ranks_of(consultation.appointment.id).await?);
        }
    }
    // Whoever is only in their own appointments puts nobody of others elsewhere.
    let ranks = Queue::new(waiters, &ranks).put_before(participant, before)?;
    for id in ranks.iter().map(|rank| rank.appointment).filter(|id| *id != appointment.id) {
        tended(&edge, &signed_in, id).await?;
    }
    edge.store.put_waiting_ranks(&ranks).await?;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/practitioners/{practitioner}/delay`
pub(super) async fn delay(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(practitioner): One<PractitionerId>,
    Body(request): Body<DelayRequest>,
) -> Result<Json<DelayEntry>, Failure> {
    authorize(&signed_in.actor(), Verb::TellDelay, &Object::Practitioner(practitioner))?;
    let person = edge.store.practitioner(practitioner).await?;
    let person = person.filter(|person| person.roles.iter().any(|role| role.may_consult()));
    let person = person.ok_or_else(Failure::not_found)?;
    let delay = Delay::new(practitioner, request.minutes, signed_in.0.id, edge.clock.now())?;
    edge.store.put_delay(&delay).await?;
    tracing::info!(practitioner.id = %practitioner, delay.minutes = delay.minutes, "a delay was told");
    edge.live.waiting_news_for_all(&WaitingNews::Delay(delay)).await;
    super::messages::tell_of_delay(&edge, practitioner, delay.minutes, signed_in.0.id).await?;
    Ok(Json(delay_entry(&delay, person.name.into_inner())))
}

/// `PUT /api/services/{service}/waiting-policy`
pub(super) async fn set_policy(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(service): One<ServiceId>,
    Body(policy): Body<WaitingPolicyState>,
) -> Result<Json<WaitingPolicyState>, Failure> {
    authorize(&signed_in.actor(), Verb::SetWaitingPolicy, &Object::Agenda)?;
    if !edge.store.set_waiting_policy(service, policy.into()).await? {
        return Err(Failure::not_found());
    }
    tracing::info!(service.id = %service, practitioner.id = %signed_in.0.id, "the waiting room of a service was set");
    edge.live.announce_change();
    Ok(Json(policy))
}

/// `POST /api/appointments/{appointment}/take-over`: whoever is in it already is told who they are.
pub(super) async fn take_over(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<DroppedIn>, Failure> {
    let appointment = edge.store.appointment(id).await?.ok_or_else(Failure::not_found)?;
    let room = Room::of(&edge, appointment.service_id).await?;
    let (actor, object) = (signed_in.actor(), room.object(&appointment));
    authorize(&actor, Verb::TakeOver, &object)?;
    let delegation = match stead_of(&actor, Verb::TakeOver, &object) {
        Some(Stead::For(whom)) => {
            let given = edge.store.delegations_of(signed_in.0.id, edge.clock.now()).await?;
            let by =
                given.into_iter().find(|each| each.for_whom == whom && each.is_in_force(edge.clock.now()));
            // It has ended meanwhile.
            Some(by.ok_or_else(Failure::not_found)?)
        }
        _ => None,
    };
    let now: DateTime<Utc> = edge.clock.now();
    let new = ParticipantId::new(edge.clock.new_uuid());
    let person = appointment.take_over(new, &signed_in.0).map_err(|error| match error {
        DropInError::NotRunning => Failure::not_found(),
        DropInError::TooManyPeople => {
            Failure::new(StatusCode::CONFLICT, ProblemCode::TooMany, error.to_string())
        }
    })?;
    let is_new = person.id == new;
    if is_new && edge.store.remains_of(id).await?.is_locked {
        let detail = "the consultation is locked: nobody new comes in";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::Locked, detail));
    }
    let added = edge.store.add_take_over(id, &person, now, delegation.as_ref()).await?;
    // It may have ended meanwhile, or they took it twice at once.
    let participant = added.ok_or_else(Failure::not_found)?;
    if participant == new {
        tracing::info!(appointment.id = %id, participant.id = %participant, "a colleague takes a consultation over");
    }
    edge.live.joined(id, Participant { id: participant, ..person }).await;
    Ok(Json(DroppedIn { participant: participant.to_string() }))
}

impl From<WaitingRefusal> for Failure {
    fn from(refusal: WaitingRefusal) -> Self {
        let status = match refusal {
            WaitingRefusal::TooMany => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, refusal.into(), refusal.to_string())
    }
}

impl From<RankRefusal> for Failure {
    fn from(refusal: RankRefusal) -> Self {
        match refusal {
            RankRefusal::NotWaiting => not_waiting(),
        }
    }
}
