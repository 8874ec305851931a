//! Access in an emergency: what is found, the reason, and who is told.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};

use super::Edge;
use super::acts::{authorize, note_appointment, note_outcome};
use super::extract::{Body, ClientAddress, One, SignedIn};
use super::problem::Failure;
use super::throttle::Knock;
use crate::audit::{Deed, Outcome, Subject, Who};
use crate::clinical::{
    Appointment, AppointmentId, EmergencyAccess, EmergencyAccessId, EmergencyRefusal, Object, Verb,
    is_same_name,
};
use crate::protocol::{
    EmergencyEntry, EmergencyFound, EmergencyRequest, EmergencySearch, EmergencyState, ProblemCode, time,
};
use crate::store::AgendaScope;

/// A search goes so far back, and so far ahead.
const BACK: TimeDelta = TimeDelta::days(366);
const AHEAD: TimeDelta = TimeDelta::days(31);
/// Appointments of one name that are compared, and those that are told.
const MOST: usize = 200;
const TOLD: usize = 20;
/// Whoever is booked is told of accesses of so many days.
const TOLD_DAYS: i64 = 7;

/// `GET /api/emergency`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<EmergencyState>, Failure> {
    authorize(&signed_in.actor(), Verb::BreakGlass, &Object::Agenda)?;
    let (me, now) = (signed_in.0.id, edge.clock.now());
    let open = edge.store.emergency_accesses_open(me, now).await?;
    let told = edge.store.emergency_accesses_to(me, now - TimeDelta::days(TOLD_DAYS)).await?;
    let told = told.into_iter().filter(|access| access.practitioner != me).collect();
    Ok(Json(EmergencyState {
        minutes: u32::try_from(edge.emergency_lasts.num_minutes()).unwrap_or_default(),
        open: entries(&edge, open).await?,
        told: entries(&edge, told).await?,
    }))
}

async fn entries(edge: &Edge, accesses: Vec<EmergencyAccess>) -> Result<Vec<EmergencyEntry>, Failure> {
    let mut entries = Vec::new();
    for access in accesses {
        let Some(appointment) = edge.store.appointment(access.appointment).await? else { continue };
        let by = edge.store.practitioner(access.practitioner).await?.map(|person| person.name);
        entries.push(entry(&access, &appointment, by.unwrap_or_default()));
    }
    Ok(entries)
}

fn entry(
    access: &EmergencyAccess,
    appointment: &Appointment,
    by: crate::secret::Pii<String>,
) -> EmergencyEntry {
    EmergencyEntry {
        appointment: access.appointment.to_string(),
        starts_at: time(appointment.starts_at),
        service: appointment.service.clone(),
        patient: appointment.patient_name().to_owned().into(),
        by,
        reason: access.reason.clone(),
        began_at: time(access.began_at),
        ends_at: time(access.ends_at),
    }
}

/// `POST /api/emergency/search`: who is unknown and whom one may not see are alike: nothing is found without the name and the date of birth, or
/// the identifier of one appointment.
pub(super) async fn seek(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    address: ClientAddress,
    Body(request): Body<EmergencySearch>,
) -> Result<Json<Vec<EmergencyFound>>, Failure> {
    authorize(&signed_in.actor(), Verb::BreakGlass, &Object::Agenda)?;
    address.may(&edge, Knock::Emergency)?;
    if !edge.throttle.may_as(Knock::Emergency, &signed_in.0.id.to_string(), edge.clock.instant()) {
        return Err(Failure::too_many());
    }
    let found = match (request.name, request.birth_date, request.appointment) {
        (Some(name), Some(birth_date), None) => {
            let birth_date = NaiveDate::parse_from_str(birth_date.expose().trim(), "%Y-%m-%d")
                .map_err(|_| Failure::bad_request("a date of birth is YYYY-MM-DD"))?;
            named(&edge, name.expose().trim(), birth_date).await?
        }
        (None, None, Some(id)) => match id.trim().parse::<AppointmentId>() {
            Ok(id) => edge.store.appointment(id).await?.into_iter().collect(),
            Err(_) => Vec::new(),
        },
        _ => {
            let detail = "a name with a date of birth is looked for, or one appointment";
            return Err(Failure::bad_request(detail));
        }
    };
    if found.is_empty() {
        note_outcome(Outcome::Done, "nothing found");
    }
    tracing::info!(practitioner.id = %signed_in.0.id, "an appointment was looked for in an emergency");
    let told = found.iter().take(TOLD).map(|appointment| EmergencyFound {
        appointment: appointment.id.to_string(),
        starts_at: time(appointment.starts_at),
    });
    Ok(Json(told.collect()))
}

/// Appointments of a patient of this name, written in any way, and of this date of birth, which is known of them; the latest first.
async fn named(edge: &Edge, name: &str, birth_date: NaiveDate) -> Result<Vec<Appointment>, Failure> {
    if name.chars().count() > Appointment::MAX_NAME {
        return Err(Failure::bad_request("what is looked for is too long"));
    }
    let now = edge.clock.now();
    let sought =
        edge.store.appointments_sought(name, now - BACK, now + AHEAD, AgendaScope::Everybody, MOST).await?;
    let mut found = Vec::new();
    for appointment in sought {
        let Some(patient) = appointment.patient() else { continue };
        // Half a name is nobody's.
        let parts = |name: &str| name.split_whitespace().count().min(2);
        let is_whole = parts(name) >= parts(patient.name.expose());
        if !is_whole || !is_same_name(patient.name.expose(), name) {
            continue;
        }
        let contacts = edge.store.contacts_of(appointment.id).await?;
        let known = contacts.get(&patient.id).and_then(|contact| contact.birth_date.as_ref());
        let records = edge.store.ins_records_of(appointment.id).await?;
        let record = records.iter().rev().find(|record| record.participant == patient.id);
        let is_theirs = known.is_some_and(|date| *date.expose() == birth_date)
            || record.is_some_and(|record| *record.traits.birth_date.expose() == birth_date);
        if is_theirs {
            found.push(appointment);
        }
    }
    Ok(found)
}

/// `POST /api/appointments/{appointment}/emergency`
pub(super) async fn begin(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    address: ClientAddress,
    One(id): One<AppointmentId>,
    Body(request): Body<EmergencyRequest>,
) -> Result<(StatusCode, Json<EmergencyEntry>), Failure> {
    let actor = signed_in.actor();
    authorize(&actor, Verb::BreakGlass, &Object::Agenda)?;
    let appointment = edge.store.appointment(id).await?.ok_or_else(Failure::not_found)?;
    note_appointment(&appointment);
    if crate::clinical::authorize(&actor, Verb::SeeAppointment, &Object::Appointment(&appointment)).is_ok() {
        let detail = "this appointment can be seen without an emergency";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::AlreadyYours, detail));
    }
    let (me, now) = (signed_in.0.id, edge.clock.now());
    let access_id = EmergencyAccessId::new(edge.clock.new_uuid());
    let reason = request.reason.expose();
    let access = EmergencyAccess::begin(access_id, id, me, reason, now, edge.emergency_lasts)?;
    let mut record = edge.trail.record(Who::Staff(me), Deed::Break, Subject::Appointment);
    record.subject_id = Some(access.id.to_string());
    record.appointment = Some(id);
    record.patient = appointment.patient().map(|patient| patient.id);
    record.origin = Some(address.to_string());
    record.detail = Some(format!("{} min", edge.emergency_lasts.num_minutes()));
    record.reason = Some(access.reason.clone());
    edge.store.add_emergency_access(&access, &record).await?;
    tracing::warn!(practitioner.id = %me, appointment.id = %id, "an appointment is open in an emergency");
    // Whoever is booked sees it in their agenda at once.
    edge.live.announce_change();
    Ok((StatusCode::CREATED, Json(entry(&access, &appointment, signed_in.0.name))))
}

impl From<EmergencyRefusal> for Failure {
    fn from(refusal: EmergencyRefusal) -> Self {
        let code = match refusal {
            EmergencyRefusal::ReasonTooShort => ProblemCode::ReasonTooShort,
            EmergencyRefusal::ReasonTooLong => ProblemCode::TooLarge,
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, refusal.to_string())
    }
}
