//! What is kept for how long, the proofs of what was deleted, and holds; for administrators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Days, TimeDelta};

use super::Edge;
use super::acts::authorize;
use super::extract::{Body, One, Proven, SignedIn};
use super::problem::Failure;
use super::statistics::table_file;
use crate::clinical::{
    Appointment, AppointmentId, DataClass, LegalHold, LegalHoldId, Object, PurgeProof, Verb, csv, sha256_hex,
    wall,
};
use crate::protocol::{
    HoldEntry, HoldRequest, HoldableEntry, HoldableRequest, ProofEntry, PurgeRun, RetentionClass,
    RetentionState, read_day, time,
};
use crate::store::{AgendaScope, Constraint, Error};

/// Proofs that the page shows.
const SHOWN: u32 = 100;
/// Appointments that are found at most.
const FOUND: usize = 50;
/// Proofs in the file.
const ALL: u32 = 1_000_000;

/// `GET /api/retention`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<RetentionState>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeRetention, &Object::Hospital)?;
    let (policy, now) = (edge.retention.policy(), edge.clock.now());
    let mut classes = Vec::new();
    for class in DataClass::ALL {
        let before = policy.ended_before(class, now).unwrap_or(DateTime::UNIX_EPOCH);
        let state = edge.store.class_state(class, before).await?;
        let days = policy.days(class);
        let next = state.earliest.zip(days);
        let next = next.and_then(|(ended, days)| ended.checked_add_signed(TimeDelta::days(days.into())));
        classes.push(RetentionClass {
            class: class.word().to_owned(),
            days,
            kept: state.kept as f64,
            due: state.due as f64,
            held: state.held as f64,
            next_at: next.map(time),
        });
    }
    let proofs = edge.store.purge_proofs(SHOWN).await?.iter().map(proof_entry).collect();
    let mut holds = Vec::new();
    for hold in edge.store.legal_holds().await? {
        let appointment = edge.store.appointment(hold.appointment).await?;
        holds.push(hold_entry(hold, appointment.as_ref()));
    }
    Ok(Json(RetentionState { classes, proofs, holds }))
}

fn proof_entry(proof: &PurgeProof) -> ProofEntry {
    ProofEntry {
        proof: proof.id.to_string(),
        at: time(proof.at),
        class: proof.class.word().to_owned(),
        rule: proof.rule.code(),
        rows: proof.rows as f64,
        sha256: sha256_hex(&proof.digest),
    }
}

fn holdable(appointment: &Appointment) -> HoldableEntry {
    HoldableEntry {
        appointment: appointment.id.to_string(),
        patient: appointment.patient_name().to_owned().into(),
        service: appointment.service.clone(),
        starts_at: time(appointment.starts_at),
    }
}

fn hold_entry(hold: LegalHold, appointment: Option<&Appointment>) -> HoldEntry {
    HoldEntry {
        hold: hold.id.to_string(),
        appointment: appointment.map(holdable),
        reason: hold.reason,
        set_at: time(hold.set_at),
        lifted_at: hold.lifted.map(|(at, _)| time(at)),
    }
}

/// `GET /api/retention/proofs.csv`
pub(super) async fn table(State(edge): State<Edge>, signed_in: SignedIn) -> Result<Response, Failure> {
    authorize(&signed_in.actor(), Verb::SeeRetention, &Object::Hospital)?;
    let head = ["proof", "at", "class", "rule", "rows", "sha256"].map(str::to_owned).to_vec();
    let proofs = edge.store.purge_proofs(ALL).await?;
    let rows = proofs.iter().map(proof_entry).map(|entry| {
        vec![entry.proof, entry.at, entry.class, entry.rule, entry.rows.to_string(), entry.sha256]
    });
    Ok(table_file(csv(&std::iter::once(head).chain(rows).collect::<Vec<_>>()), "parvis-purges.csv"))
}

/// `POST /api/retention/run`: deletes now what is due, instead of within the hour.
pub(super) async fn run(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
) -> Result<Json<PurgeRun>, Failure> {
    authorize(&signed_in.actor(), Verb::ChangeRetention, &Object::Hospital)?;
    proven.is_fresh_for(&edge, Verb::ChangeRetention).await?;
    let rows = edge.retention.run().await?;
    tracing::info!(practitioner.id = %signed_in.0.id, purge.rows = rows, "a purge was asked for");
    Ok(Json(PurgeRun { rows: rows as f64 }))
}

/// `POST /api/retention/appointments`: the appointment that is to be held, by the patient's name and the day, however long ago it was.
pub(super) async fn seek(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Body(request): Body<HoldableRequest>,
) -> Result<Json<Vec<HoldableEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::ChangeRetention, &Object::Hospital)?;
    let name = request.name.expose().trim();
    if name.chars().count() > Appointment::MAX_NAME {
        return Err(Failure::bad_request("what is looked for is too long"));
    }
    let day = match request.day.as_deref() {
        Some(day) => Some(read_day(day).ok_or_else(|| Failure::bad_request("a day is YYYY-MM-DD"))?),
        None => None,
    };
    let (from, to) = match day {
        Some(day) => {
            let last = day.checked_add_days(Days::new(1));
            let last = last.ok_or_else(|| Failure::bad_request("there is no such day"))?;
            let zone = edge.hospital.time_zone;
            (wall::start_of_day(zone, day), wall::start_of_day(zone, last))
        }
        None => (DateTime::UNIX_EPOCH, edge.clock.now() + TimeDelta::days(3 * 366)),
    };
    let found = match (name.is_empty(), day) {
        (true, None) => return Err(Failure::bad_request("a name or a day is looked for")),
        (true, Some(_)) => edge.store.appointments_between(from, to, AgendaScope::Everybody).await?,
        (false, _) => edge.store.appointments_sought(name, from, to, AgendaScope::Everybody, FOUND).await?,
    };
    tracing::info!(practitioner.id = %signed_in.0.id, "appointments were looked for, to be held");
    Ok(Json(found.iter().map(holdable).collect()))
}

/// `POST /api/retention/holds`
pub(super) async fn hold(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<HoldRequest>,
) -> Result<(StatusCode, Json<HoldEntry>), Failure> {
    authorize(&signed_in.actor(), Verb::ChangeRetention, &Object::Hospital)?;
    proven.is_fresh_for(&edge, Verb::ChangeRetention).await?;
    let appointment: AppointmentId = request.appointment.trim().parse().map_err(|_| Failure::not_found())?;
    let found = edge.store.appointment(appointment).await?.ok_or_else(Failure::not_found)?;
    let id = LegalHoldId::new(edge.clock.new_uuid());
    let hold = LegalHold::set(id, appointment, request.reason.expose(), signed_in.0.id, edge.clock.now())?;
    match edge.store.add_legal_hold(&hold).await {
        // It was due, and was deleted while it was being held.
        Err(Error::Constraint(Constraint::UnknownReference)) => return Err(Failure::not_found()),
        held => held?,
    }
    tracing::info!(appointment.id = %appointment, practitioner.id = %signed_in.0.id, "an appointment is held");
    Ok((StatusCode::CREATED, Json(hold_entry(hold, Some(&found)))))
}

/// `DELETE /api/retention/holds/{hold}`
pub(super) async fn lift(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<LegalHoldId>,
) -> Result<StatusCode, Failure> {
    authorize(&signed_in.actor(), Verb::ChangeRetention, &Object::Hospital)?;
    proven.is_fresh_for(&edge, Verb::ChangeRetention).await?;
    if !edge.store.lift_legal_hold(id, signed_in.0.id, edge.clock.now()).await? {
        return Err(Failure::not_found());
    }
    tracing::info!(hold.id = %id, practitioner.id = %signed_in.0.id, "a hold was lifted");
    Ok(StatusCode::NO_CONTENT)
}
