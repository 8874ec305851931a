//! Guests' doors as staff see them, and what staff do about them: unlock, give a PIN, say what a service asks for.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::acts::authorize;
use super::door::{self, ATTEMPTS};
use super::extract::{Body, One, Proven, SignedIn, Two};
use super::problem::Failure;
use super::{Edge, appointments, guest, links};
use crate::clinical::{
    Appointment, AppointmentId, ConsentText, DoorRules, Object, ParticipantId, Pin, ServiceId, Verb,
    WrongStatus,
};
use crate::protocol::{GuestDoor, Information, InformationRequest, IssuedPin, ServiceDoor, time};
use crate::secret::Pii;

/// The longest label of a service at its door, in characters.
const MAX_LABEL: usize = 120;

/// The doors of an appointment's guests.
pub(super) async fn of(
    edge: &Edge,
    appointment: &Appointment,
) -> Result<HashMap<ParticipantId, GuestDoor>, Failure> {
    let doors = edge.store.doors_of(appointment.id).await?;
    let consents = edge.store.consents_of(appointment.id).await?;
    let companies = edge.store.companies_of(appointment.id).await?;
    let rehearsals = edge.store.rehearsals_of(appointment.id).await?;
    let mut found = HashMap::new();
    for person in appointment.participants.iter().filter(|person| person.role().is_guest()) {
        let (keys, _) = guest::keys_of(edge, appointment, person.id).await?;
        let door = doors.get(&person.id);
        let consent = consents.iter().rev().find(|consent| consent.participant == person.id);
        let company = companies.iter().rev().find(|company| company.participant == person.id);
        let rehearsal = rehearsals.iter().find(|rehearsal| rehearsal.participant == person.id);
        let entry = GuestDoor {
            is_locked: door.is_some_and(|door| door.is_locked()),
            has_pin: keys.has_pin,
            is_link_only: !keys.is_any(),
            consent: consent.map(|consent| consent.answer.into()),
            consent_at: consent.map(|consent| time(consent.at)),
            company: company
                .filter(|company| company.is_accompanied)
                .map(|company| company.who.expose().clone()),
            is_alone: company.is_some_and(|company| !company.is_accompanied),
            rehearsal: rehearsal.map(|found| (*found).into()),
        };
        found.insert(person.id, entry);
    }
    Ok(found)
}

/// Makes a PIN for a guest, and keeps what is kept of it.
pub(super) async fn give_pin(
    edge: &Edge,
    appointment: AppointmentId,
    participant: ParticipantId,
) -> Result<Pii<String>, Failure> {
    let (digits, pin) = Pin::make(edge.clock.random_bytes(), participant);
    edge.store.put_pin(appointment, participant, pin, edge.clock.now()).await?;
    Ok(Pii::new(digits.expose().clone()))
}

/// `POST /api/appointments/{appointment}/participants/{participant}/pin`: a new PIN, told this once; the one before opens nothing.
pub(super) async fn pin(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
) -> Result<Json<IssuedPin>, Failure> {
    let appointment = appointments::allowed(&edge, &signed_in, appointment, Verb::IssueLink).await?;
    let participant = links::guest(&appointment, participant)?.id;
    if appointment.status.is_over() {
        return Err(WrongStatus.into());
    }
    let pin = give_pin(&edge, appointment.id, participant).await?;
    edge.live.announce_change();
    Ok(Json(IssuedPin { participant: participant.to_string(), pin }))
}

/// `POST /api/appointments/{appointment}/participants/{participant}/unlock`: the person may try again, with the link that they have.
pub(super) async fn unlock(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
) -> Result<StatusCode, Failure> {
    let appointment = appointments::allowed(&edge, &signed_in, appointment, Verb::IssueLink).await?;
    let participant = links::guest(&appointment, participant)?.id;
    make_new(&edge, participant).await?;
    tracing::info!(participant.id = %participant, "a guest's door was unlocked");
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

/// A guest's door is as if nobody had tried it.
pub(super) async fn make_new(edge: &Edge, participant: ParticipantId) -> Result<(), Failure> {
    for _ in 0..ATTEMPTS {
        let mut door = edge.store.door(participant).await?;
        if door.revision == 0 {
            return Ok(());
        }
        door.unlock();
        if edge.store.put_door(&door).await? {
            return Ok(());
        }
    }
    Err(door::busy())
}

/// `GET /api/services/{service}/door`
pub(super) async fn rules(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(service): One<ServiceId>,
) -> Result<Json<ServiceDoor>, Failure> {
    known(&edge, &signed_in, service).await?;
    Ok(Json(edge.store.door_rules(service).await?.into()))
}

/// `PUT /api/services/{service}/door`
pub(super) async fn put_rules(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(service): One<ServiceId>,
    Body(request): Body<ServiceDoor>,
) -> Result<Json<ServiceDoor>, Failure> {
    known(&edge, &signed_in, service).await?;
    proven.is_fresh_for(&edge, Verb::KeepDoors).await?;
    let label = request.label.map(|label| label.trim().to_owned()).filter(|label| !label.is_empty());
    if label
        .as_ref()
        .is_some_and(|label| label.chars().count() > MAX_LABEL || label.contains(char::is_control))
    {
        return Err(Failure::bad_request(format!("a label has at most {MAX_LABEL} characters of one line")));
    }
    let rules = DoorRules {
        accepts_birth_date: request.accepts_birth_date,
        label,
        asks_who_of_all: request.asks_who_of_all,
        waives_consent: request.waives_consent,
        documents_need: request.documents_need.into(),
    };
    edge.store.put_door_rules(service, &rules).await?;
    edge.live.entry_rules_changed(service).await?;
    Ok(Json(rules.into()))
}

/// `GET /api/services/{service}/information`: the text in force.
pub(super) async fn information(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(service): One<ServiceId>,
) -> Result<Json<Information>, Failure> {
    known(&edge, &signed_in, service).await?;
    let text = edge.store.consent_text(service).await?.unwrap_or_else(ConsentText::standard);
    Ok(Json(Information { version: text.version, fr: text.french, en: text.english }))
}

/// `PUT /api/services/{service}/information`: a new version; answers to the ones before stay with those.
pub(super) async fn put_information(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(service): One<ServiceId>,
    Body(request): Body<InformationRequest>,
) -> Result<Json<Information>, Failure> {
    known(&edge, &signed_in, service).await?;
    proven.is_fresh_for(&edge, Verb::KeepDoors).await?;
    let text = ConsentText::new(0, &request.fr, &request.en);
    let text = text.map_err(|refusal| Failure::bad_request(refusal.to_string()))?;
    let version = edge.store.add_consent_text(service, &text, signed_in.0.id, edge.clock.now()).await?;
    edge.live.entry_rules_changed(service).await?;
    Ok(Json(Information { version, fr: text.french, en: text.english }))
}

/// Whoever administers services says what their doors ask for.
async fn known(edge: &Edge, signed_in: &SignedIn, service: ServiceId) -> Result<(), Failure> {
    authorize(&signed_in.actor(), Verb::KeepDoors, &Object::Agenda)?;
    edge.store.service(service).await?.ok_or_else(Failure::not_found)?;
    Ok(())
}
