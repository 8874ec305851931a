//! What radiologists look for work in, and how they come into a consultation that runs without being booked.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::TimeDelta;

use super::Edge;
use super::acts::authorize;
use super::appointments::allowed;
use super::extract::{One, SignedIn};
use super::problem::Failure;
use crate::clinical::{
    self, Appointment, AppointmentId, DropInError, Object, Participant, ParticipantId, PlaceKind, Verb,
};
use crate::imaging::ObjectKind;
use crate::protocol::{DroppedIn, ProblemCode, WorklistEntry, WorklistStudy, time};
use crate::store::StoredStudy;

/// A consultation that began longer ago than this was forgotten, and is no work.
const RECENT: TimeDelta = TimeDelta::hours(24);

/// `GET /api/worklist`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<WorklistEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeWorklist, &Object::Agenda)?;
    let mut entries = Vec::new();
    let actor = signed_in.actor();
    let is_theirs =
        |of: &Appointment| clinical::authorize(&actor, Verb::DropIn, &Object::Appointment(of)).is_ok();
    let running = edge.store.appointments_running(edge.clock.now() - RECENT).await?;
    for appointment in running.into_iter().filter(is_theirs) {
        let studies = edge.store.studies_of(appointment.id).await?;
        let studies: Vec<_> = studies.into_iter().filter_map(study).collect();
        if !studies.is_empty() {
            let places = edge.live.places(appointment.id).await.unwrap_or_default();
            let is_running = places.values().any(|place| place.kind() == PlaceKind::InCall);
            entries.push(entry(&appointment, is_running, studies));
        }
    }
    Ok(Json(entries))
}

fn entry(appointment: &Appointment, is_running: bool, studies: Vec<WorklistStudy>) -> WorklistEntry {
    WorklistEntry {
        appointment: appointment.id.to_string(),
        starts_at: time(appointment.starts_at),
        service: appointment.service.clone(),
        patient: appointment.patient_name().to_owned(),
        is_running,
        studies,
    }
}

/// `None`: there is no series in it yet.
fn study(study: StoredStudy) -> Option<WorklistStudy> {
    let has_pictures = |kind: &ObjectKind| matches!(kind, ObjectKind::Image | ObjectKind::Video);
    let pictures = study.series.iter().find(|series| series.kinds.iter().any(has_pictures));
    let first = pictures.or_else(|| study.series.first())?;
    Some(WorklistStudy {
        study: study.id.to_string(),
        series: first.id.to_string(),
        modality: first.facts.modality.clone(),
        description: study.facts.description,
        date: study.facts.date.map(|date| date.to_string()),
    })
}

/// `POST /api/appointments/{appointment}/drop-in`: whoever is in it already is told who they are.
pub(super) async fn drop_in(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(appointment): One<AppointmentId>,
) -> Result<Json<DroppedIn>, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::DropIn).await?;
    let id = ParticipantId::new(edge.clock.new_uuid());
    let person = appointment.drop_in(id, &signed_in.0).map_err(|error| match error {
        DropInError::NotRunning => Failure::not_found(),
        DropInError::TooManyPeople => {
            Failure::new(StatusCode::CONFLICT, ProblemCode::TooMany, error.to_string())
        }
    })?;
    let is_new = appointment.participant_of(signed_in.0.id).is_none();
    if is_new && edge.store.remains_of(appointment.id).await?.is_locked {
        let detail = "the consultation is locked: nobody new comes in";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::Locked, detail));
    }
    let added = edge.store.add_dropped_in(appointment.id, &person, edge.clock.now()).await?;
    // It may have ended meanwhile, or they came in twice at once.
    let id = added.ok_or_else(Failure::not_found)?;
    if is_new && id == person.id {
        tracing::info!(appointment.id = %appointment.id, participant.id = %id, "a radiologist drops in");
    }
    edge.live.joined(appointment.id, Participant { id, ..person }).await;
    Ok(Json(DroppedIn { participant: id.to_string() }))
}
