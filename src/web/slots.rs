//! Free time of services, for whoever books.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::acts::authorize;
use super::extract::{One, SignedIn};
use super::problem::Failure;
use crate::clinical::{Object, PractitionerId, Schedule, Service, ServiceId, Slot, Verb, wall};
use crate::protocol::{SlotEntry, time};
use crate::store::Changed;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Asked {
    from: NaiveDate,
    days: Option<u16>,
    practitioner: Option<String>,
}

/// `GET /api/services/{service}/slots?from=2026-11-30&days=7&practitioner=`: days of the hospital's time zone.
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(service): One<ServiceId>,
    Query(asked): Query<Asked>,
) -> Result<Json<Vec<SlotEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::BookAppointment, &Object::Agenda)?;
    let service = edge.store.service(service).await?.ok_or_else(Failure::not_found)?;
    if service.is_closed {
        return Ok(Json(Vec::new()));
    }
    let mut schedule = schedule_of(&edge, &service).await?;
    if let Some(wanted) = asked.practitioner.filter(|wanted| !wanted.is_empty()) {
        let wanted: PractitionerId = wanted.parse().map_err(|_| Failure::not_found())?;
        schedule.members.retain(|member| *member == wanted);
    }
    let slots = free(&edge, &schedule, asked.from, asked.days.unwrap_or(1), edge.clock.now()).await?;
    let names: HashMap<_, _> = people(&edge).await?;
    let entry = |slot: Slot| SlotEntry {
        starts_at: time(slot.starts_at),
        ends_at: time(slot.ends_at),
        practitioner: slot.practitioner.to_string(),
        name: names.get(&slot.practitioner).cloned().unwrap_or_default(),
        site: slot.site,
    };
    Ok(Json(slots.into_iter().map(entry).collect()))
}

/// When a service sees patients. Only members who may be booked have hours.
pub(super) async fn schedule_of(edge: &Edge, service: &Service) -> Result<Schedule, Failure> {
    let members = bookable_members(edge, service.id).await?;
    let values = |changed: Vec<Changed<_>>| changed.into_iter().map(|changed| changed.value).collect();
    let patterns = values(edge.store.patterns_of(service.id).await?);
    let exceptions = edge.store.exceptions_of(service.id).await?;
    let (policy, _) = edge.store.booking_policy(service.id).await?.unwrap_or_default();
    Ok(Schedule {
        zone: edge.hospital.time_zone,
        site: service.site.clone(),
        members,
        patterns,
        exceptions: exceptions.into_iter().map(|changed| changed.value).collect(),
        is_open_on_holidays: policy.is_open_on_holidays,
    })
}

/// Who of a service may be booked.
pub(super) async fn bookable_members(
    edge: &Edge,
    service: ServiceId,
) -> Result<Vec<PractitionerId>, Failure> {
    let members = edge.store.members_of(service).await?;
    let mut bookable: Vec<_> = edge
        .store
        .practitioners()
        .await?
        .into_iter()
        .filter(|person| members.contains(&person.id) && person.roles.iter().any(|role| role.may_consult()))
        .map(|person| person.id)
        .collect();
    bookable.sort_unstable();
    Ok(bookable)
}

/// What of a schedule is free on these days.
pub(super) async fn free(
    edge: &Edge,
    schedule: &Schedule,
    first: NaiveDate,
    days: u16,
    not_before: DateTime<Utc>,
) -> Result<Vec<Slot>, Failure> {
    let days = days.min(Schedule::MAX_DAYS);
    let last = first.checked_add_days(Days::new(u64::from(days))).unwrap_or(first);
    // Whatever reaches into these days counts too.
    let from = wall::start_of_day(schedule.zone, first) - TimeDelta::days(1);
    let to = wall::start_of_day(schedule.zone, last) + TimeDelta::days(1);
    let mut taken = Vec::new();
    for member in &schedule.members {
        taken.extend(edge.store.taken_of(*member, from, to).await?);
    }
    Ok(schedule.free(first, days, &taken, not_before))
}

/// Everybody's name.
pub(super) async fn people(edge: &Edge) -> Result<HashMap<PractitionerId, String>, Failure> {
    let everybody = edge.store.practitioners().await?;
    Ok(everybody.into_iter().map(|person| (person.id, person.name.into_inner())).collect())
}
