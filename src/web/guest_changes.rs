//! What patients change by themselves: they call their appointment off or move it, where the service lets them. Asking changes nothing.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::Edge;
use super::acts::authorize;
use super::changes;
use super::extract::Body;
use super::guest::Guest;
use super::problem::Failure;
use super::slots;
use crate::clinical::{
    Appointment, BookingPolicy, CalledOff, ChangeRefusal, DoorClosed, NewTime, Object, OwnChange,
    ParticipantId, Slot, Standing, Verb, wall,
};
use crate::protocol::{
    GuestChangeRequest, GuestChanges, GuestMoveRequest, GuestMoved, GuestSlot, ProblemCode, time,
};

/// How many days ahead patients are offered.
const DAYS: u16 = 42;
/// The most slots that are offered at one time.
const MAX_SLOTS: usize = 200;

/// A patient who has shown whatever there is to show, before the visit.
struct Patient {
    appointment: Appointment,
    participant: ParticipantId,
    policy: BookingPolicy,
}

/// Finds whose link it is. Only the patient changes the appointment, not whoever comes along.
async fn patient(edge: &Edge, secret: &str, headers: &HeaderMap) -> Result<Patient, Failure> {
    let Guest { appointment, participant, actor, standing, .. } = Guest::of(edge, secret, headers).await?;
    if standing == Standing::After {
        return Err(DoorClosed::Over.into());
    }
    authorize(&actor, Verb::ChangeOwnAppointment, &Object::Appointment(&appointment))?;
    let policy = policy_of(edge, &appointment).await?;
    Ok(Patient { appointment, participant, policy })
}

/// What the patients of a service may change by themselves; nothing, where the appointment is of none.
pub(super) async fn policy_of(edge: &Edge, appointment: &Appointment) -> Result<BookingPolicy, Failure> {
    let policy = match appointment.service_id {
        Some(service) => edge.store.booking_policy(service).await?.map(|(policy, _)| policy),
        None => None,
    };
    Ok(policy.unwrap_or_default())
}

/// `POST /api/guest/slots`
pub(super) async fn offered(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Body(request): Body<GuestChangeRequest>,
) -> Result<Json<GuestChanges>, Failure> {
    let patient = patient(&edge, &request.link, &headers).await?;
    let now = edge.clock.now();
    let may = |change| patient.policy.check(change, &patient.appointment, now).is_ok();
    let slots = if may(OwnChange::Move) { free(&edge, &patient).await? } else { Vec::new() };
    Ok(Json(GuestChanges {
        may_cancel: may(OwnChange::Cancel),
        may_move: may(OwnChange::Move),
        until: time(patient.policy.changes_end_at(patient.appointment.starts_at)),
        slots: slots
            .iter()
            .map(|slot| GuestSlot { starts_at: time(slot.starts_at), ends_at: time(slot.ends_at) })
            .collect(),
    }))
}

/// Free time of the service in which everybody who is booked has time.
async fn free(edge: &Edge, patient: &Patient) -> Result<Vec<Slot>, Failure> {
    let Some(service) = patient.appointment.service_id else { return Ok(Vec::new()) };
    let Some(service) = edge.store.service(service).await?.filter(|service| !service.is_closed) else {
        return Ok(Vec::new());
    };
    let booked: Vec<_> =
        patient.appointment.participants.iter().filter_map(|person| person.booked_practitioner()).collect();
    let Some((first, others)) = booked.split_first() else { return Ok(Vec::new()) };
    let mut schedule = slots::schedule_of(edge, &service).await?;
    schedule.members.retain(|member| member == first);
    let not_before = patient.policy.first_start(edge.clock.now());
    let day = wall::day_of(schedule.zone, not_before);
    let mut free = slots::free(edge, &schedule, day, DAYS, not_before).await?;
    if let (Some(from), Some(to)) = (free.first(), free.last()) {
        let (from, to) = (from.starts_at, to.ends_at);
        for other in others {
            let taken = edge.store.taken_of(*other, from, to).await?;
            free.retain(|slot| !taken.iter().any(|time| time.overlaps(slot.starts_at, slot.ends_at)));
        }
    }
    free.truncate(MAX_SLOTS);
    Ok(free)
}

/// `POST /api/guest/cancel`
pub(super) async fn cancel(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Body(request): Body<GuestChangeRequest>,
) -> Result<StatusCode, Failure> {
    let mut patient = patient(&edge, &request.link, &headers).await?;
    patient.policy.check(OwnChange::Cancel, &patient.appointment, edge.clock.now())?;
    let by = patient.appointment.booked_by;
    changes::call_off(&edge, &mut patient.appointment, CalledOff::ByPatient, by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/guest/reschedule`: to one of the slots that `slots` offers.
pub(super) async fn reschedule(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Body(request): Body<GuestMoveRequest>,
) -> Result<Json<GuestMoved>, Failure> {
    let patient = patient(&edge, &request.link, &headers).await?;
    patient.policy.check(OwnChange::Move, &patient.appointment, edge.clock.now())?;
    let wanted = super::appointments::instant(&request.starts_at)?;
    let slots = free(&edge, &patient).await?;
    let slot = slots.into_iter().find(|slot| slot.starts_at == wanted).ok_or_else(changes::slot_taken)?;
    let to = NewTime { starts_at: slot.starts_at, ends_at: slot.ends_at, practitioners: None };
    let by = patient.appointment.booked_by;
    let (new, new_links) = match changes::carry_out(&edge, &patient.appointment, to, by).await {
        Err(failure) if failure.code() == ProblemCode::PractitionerBusy => return Err(changes::slot_taken()),
        moved => moved?,
    };
    let place = patient.appointment.participants.iter().filter(|person| person.role().is_guest());
    let place = place.take_while(|person| person.id != patient.participant).count();
    let link = new_links.get(place).ok_or_else(Failure::not_found)?;
    Ok(Json(GuestMoved {
        starts_at: time(new.starts_at),
        ends_at: time(new.ends_at),
        address: link.address(edge.public_url.as_str()),
    }))
}

impl From<ChangeRefusal> for Failure {
    fn from(refusal: ChangeRefusal) -> Self {
        Self::new(StatusCode::CONFLICT, refusal.into(), refusal.to_string())
    }
}
