//! The queues of services. Whoever enters leaves a name and a number and is told nothing but how they stand; members of the service take or
//! refuse them. Reading how one stands also says that one is still there, and changes nothing else.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Edge;
use super::acts::{self, authorize};
use super::appointments;
use super::extract::{Body, ClientAddress, One, SignedIn};
use super::problem::Failure;
use super::services::member_entry;
use super::slots::{bookable_members, people};
use super::throttle::Knock;
use crate::clinical::{
    Appointment, AppointmentId, Booking, Contact, GuestRole, Link, LinkDigest, LinkId, Object, Part,
    Participant, ParticipantId, PractitionerId, QueueEntry, QueueEntryId, QueueLoad, QueueRefusal,
    QueueSettings, QueueSlug, QueueStatus, Service, TelephoneNumber, Verb, WrongStatus, fit_now,
};
use crate::protocol::{
    AppointmentEntry, ProblemCode, QueueEnterRequest, QueueEntered, QueueEntryEntry, QueueState,
    QueueStateRequest, QueueStateWord, QueueTakeRequest, time,
};

/// `POST /api/queue/enter`
pub(super) async fn enter(
    State(edge): State<Edge>,
    address: ClientAddress,
    Body(request): Body<QueueEnterRequest>,
) -> Result<(StatusCode, Json<QueueEntered>), Failure> {
    address.may(&edge, Knock::Queue)?;
    let now = edge.clock.now();
    let slug = QueueSlug::new(&request.queue).ok();
    let found = match &slug {
        Some(slug) => edge.store.queue_of(slug).await?,
        None => None,
    };
    // A queue that is not there answers as one that takes nobody.
    let (service, settings) = found.ok_or(QueueRefusal::Closed)?;
    let since = now - QueueSettings::TRIES_WITHIN;
    let waiting = edge.store.queue_entries(service, now - QueueEntry::KEPT_FOR).await?.len();
    let wrong_codes = edge.store.queue_tries(service, since).await?;
    // It counts before it is looked at, so that nobody has more tries who makes them at once.
    let is_slowed = address.may(&edge, Knock::WrongCode).is_err();
    let checked = settings.check(&request.code, QueueLoad { waiting, wrong_codes, is_slowed });
    if checked == Err(QueueRefusal::WrongCode) {
        edge.store.add_queue_try(edge.clock.new_uuid(), service, now, since).await?;
    } else if !is_slowed {
        address.give_back(&edge, Knock::WrongCode);
    }
    checked?;
    let secret = QueueEntry::secret(edge.clock.random_bytes());
    let entry = QueueEntry {
        id: QueueEntryId::new(edge.clock.new_uuid()),
        service,
        name: QueueEntry::name(&request.name)?,
        telephone: TelephoneNumber::parse(&request.telephone)?,
        language: request.language.into(),
        digest: LinkDigest::of(secret.expose()),
        joined_at: now,
        seen_at: now,
        status: QueueStatus::Waiting,
    };
    let kept = now - QueueEntry::KEPT_FOR;
    if !edge.store.add_queue_entry(&entry, QueueSettings::MAX_WAITING, kept).await? {
        return Err(QueueRefusal::Full.into());
    }
    acts::note_vouched();
    edge.live.announce_change();
    tracing::info!(queue.entry = %entry.id, "somebody came into a queue");
    Ok((StatusCode::CREATED, Json(QueueEntered { entry: secret.expose().clone() })))
}

/// `POST /api/queue/state`: the page asks every few seconds, which also says that it is there.
pub(super) async fn state(
    State(edge): State<Edge>,
    Body(request): Body<QueueStateRequest>,
) -> Result<Json<QueueState>, Failure> {
    let now = edge.clock.now();
    let Some(entry) = edge.store.queue_entry_by_digest(LinkDigest::of(&request.entry)).await? else {
        return Ok(Json(QueueState { state: QueueStateWord::Gone, since: time(now) }));
    };
    let word = match entry.status {
        QueueStatus::Waiting if entry.is_waiting(now) => {
            edge.store.see_queue_entry(entry.id, now).await?;
            if entry.is_silent(now) {
                edge.live.announce_change();
            }
            QueueStateWord::Waiting
        }
        QueueStatus::Waiting => QueueStateWord::Gone,
        other => other.into(),
    };
    Ok(Json(QueueState { state: word, since: time(entry.joined_at) }))
}

/// `POST /api/queue/leave`
pub(super) async fn leave(
    State(edge): State<Edge>,
    Body(request): Body<QueueStateRequest>,
) -> Result<StatusCode, Failure> {
    let entry = edge.store.queue_entry_by_digest(LinkDigest::of(&request.entry)).await?;
    let left = QueueStatus::Left { at: edge.clock.now() };
    match entry {
        Some(entry) if edge.store.end_queue_entry(entry.id, left).await? => {
            acts::note_vouched();
            edge.live.announce_change();
        }
        _ => acts::note_nothing(),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/queue`: who waits in the queues that this person serves.
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<QueueEntryEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::ListAppointments, &Object::Agenda)?;
    let now = edge.clock.now();
    let names = people(&edge).await?;
    let mut entries = Vec::new();
    for service in edge.store.services().await? {
        let is_member = edge.store.members_of(service.id).await?.contains(&signed_in.0.id);
        if authorize(&signed_in.actor(), Verb::ServeQueue, &Object::Queue { is_member }).is_err() {
            continue;
        }
        let waiting = edge.store.queue_entries(service.id, now - QueueEntry::KEPT_FOR).await?;
        if waiting.is_empty() {
            continue;
        }
        let members: Vec<_> = bookable_members(&edge, service.id)
            .await?
            .into_iter()
            .map(|member| member_entry(member, &names))
            .collect();
        entries.extend(waiting.into_iter().map(|entry| QueueEntryEntry {
            entry: entry.id.to_string(),
            service: service.id.to_string(),
            service_name: service.name.clone(),
            is_silent: entry.is_silent(now),
            since: time(entry.joined_at),
            telephone: entry.telephone.expose().to_owned(),
            language: entry.language.into(),
            name: entry.name.into_inner(),
            members: members.clone(),
        }));
    }
    entries.sort_by(|a, b| (&a.since, &a.entry).cmp(&(&b.since, &b.entry)));
    Ok(Json(entries))
}

/// The entry with its service, if this person serves that queue; else it does not exist for them.
async fn served(
    edge: &Edge,
    signed_in: &SignedIn,
    id: QueueEntryId,
) -> Result<(QueueEntry, Service), Failure> {
    let entry = edge.store.queue_entry(id).await?.ok_or_else(Failure::not_found)?;
    let is_member = edge.store.members_of(entry.service).await?.contains(&signed_in.0.id);
    authorize(&signed_in.actor(), Verb::ServeQueue, &Object::Queue { is_member })?;
    let service = edge.store.service(entry.service).await?.ok_or_else(Failure::not_found)?;
    Ok((entry, service))
}

/// `POST /api/queue/{entry}/take`: an appointment that begins now is made for them, and their page becomes its link.
pub(super) async fn take(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<QueueEntryId>,
    Body(request): Body<QueueTakeRequest>,
) -> Result<(StatusCode, Json<AppointmentEntry>), Failure> {
    let (entry, service) = served(&edge, &signed_in, id).await?;
    let now = edge.clock.now();
    if !entry.is_waiting(now) {
        return Err(WrongStatus.into());
    }
    let practitioner = by_whom(&edge, &signed_in, &entry, request.practitioner).await?;
    let settings = edge.store.queue_settings(service.id).await?.unwrap_or_default();
    let day = chrono::TimeDelta::days(1);
    let taken = edge.store.taken_of(practitioner, now - day, now + day).await?;
    let ends_at = fit_now(now, settings.minutes, &taken).ok_or_else(taken_now)?;
    let name = edge.store.practitioner(practitioner).await?.ok_or_else(Failure::not_found)?.name;
    let new_id = || ParticipantId::new(edge.clock.new_uuid());
    let patient = Participant {
        id: new_id(),
        name: entry.name.clone(),
        part: Part::Guest(GuestRole::Patient),
        language: entry.language,
    };
    let doctor = Participant {
        id: new_id(),
        name,
        part: Part::Practitioner(practitioner),
        language: Default::default(),
    };
    let booking = Booking {
        starts_at: now,
        ends_at,
        service: service.name,
        service_id: Some(service.id),
        participants: vec![patient.clone(), doctor],
        note: String::new().into(),
    };
    let id = AppointmentId::new(edge.clock.new_uuid());
    let appointment = Appointment::book(id, booking, signed_in.0.id, now)?;
    // The secret that their page holds becomes the link; nobody else ever had it.
    let link = Link {
        id: LinkId::new(edge.clock.new_uuid()),
        appointment: appointment.id,
        participant: patient.id,
        digest: entry.digest,
        issued_at: now,
        expires_at: edge.door.expires_at(&appointment),
        revoked_at: None,
    };
    let contact = Contact { telephone: Some(entry.telephone.clone()), ..Contact::default() };
    let contacts = HashMap::from([(patient.id, contact)]);
    if !edge.store.take_queue_entry(entry.id, &appointment, &[link], &contacts).await? {
        return Err(WrongStatus.into());
    }
    edge.outbox.plan(appointment.id).await;
    edge.live.announce_change();
    tracing::info!(queue.entry = %entry.id, appointment.id = %appointment.id, "somebody was taken from a queue");
    Ok((StatusCode::CREATED, Json(appointments::entry(&edge, &signed_in, &appointment).await?)))
}

/// Who holds the appointment: whoever is named, of the members; else whoever asks.
async fn by_whom(
    edge: &Edge,
    signed_in: &SignedIn,
    entry: &QueueEntry,
    named: Option<String>,
) -> Result<PractitionerId, Failure> {
    let members = bookable_members(edge, entry.service).await?;
    let wanted = match named.filter(|named| !named.is_empty()) {
        Some(named) => named.parse().ok(),
        None => Some(signed_in.0.id),
    };
    wanted.filter(|wanted| members.contains(wanted)).ok_or_else(|| {
        let detail = "nobody of this service can be booked under that identifier";
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::UnknownPractitioner, detail)
    })
}

fn taken_now() -> Failure {
    let detail = "the practitioner has an appointment now, or one that begins at once";
    Failure::new(StatusCode::CONFLICT, ProblemCode::PractitionerTakenNow, detail)
}

/// `POST /api/queue/{entry}/refuse`
pub(super) async fn refuse(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<QueueEntryId>,
) -> Result<StatusCode, Failure> {
    let (entry, _) = served(&edge, &signed_in, id).await?;
    let refused = QueueStatus::Refused { at: edge.clock.now(), by: signed_in.0.id };
    if !edge.store.end_queue_entry(entry.id, refused).await? {
        return Err(WrongStatus.into());
    }
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

impl From<QueueRefusal> for Failure {
    fn from(refusal: QueueRefusal) -> Self {
        let status = match refusal {
            QueueRefusal::Closed | QueueRefusal::WrongCode => StatusCode::FORBIDDEN,
            QueueRefusal::TooManyTries => StatusCode::TOO_MANY_REQUESTS,
            QueueRefusal::Full => StatusCode::CONFLICT,
            QueueRefusal::Name => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, refusal.into(), refusal.to_string())
    }
}
