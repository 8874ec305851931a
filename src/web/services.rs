//! Services as staff see and change them: members, what patients may, the queue, weekly hours and exceptions. Every answer says who changed
//! it last.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{Datelike, Months};

use super::Edge;
use super::acts::authorize;
use super::extract::{Body, One, SignedIn, Two};
use super::problem::Failure;
use super::slots::{bookable_members, people};
use crate::clinical::{
    BadSlug, BookingPolicy, ExceptionId, ExceptionKind, Hours, Object, PatternId, PractitionerId, QueueCode,
    QueueSettings, QueueSlug, Schedule, ScheduleError, ScheduleException, Service, ServiceId, Verb,
    WeeklyPattern, holidays_of, wall,
};
use crate::protocol::{
    ChangeEntry, ExceptionEntry, ExceptionRequest, HolidayEntry, MemberEntry, PatternEntry, PatternRequest,
    ProblemCode, QueueSettingsEntry, QueueSettingsRequest, ScheduleEntry, ServiceEntry, ServicePolicyEntry,
    ServiceRequest, read_day, read_time_of_day, time, time_of_day,
};
use crate::store::{Change, Changed};

type Names = HashMap<PractitionerId, String>;

fn may_change(signed_in: &SignedIn) -> Result<(), Failure> {
    Ok(authorize(&signed_in.actor(), Verb::ChangeServices, &Object::Agenda)?)
}

fn change_by(edge: &Edge, signed_in: &SignedIn) -> Change {
    Change { by: signed_in.0.id, at: edge.clock.now() }
}

/// `GET /api/services`: whoever may not change them sees no code of a queue.
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<ServiceEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeServices, &Object::Agenda)?;
    let names = people(&edge).await?;
    let mut entries = Vec::new();
    for service in edge.store.services().await? {
        entries.push(entry(&edge, &signed_in, service, &names).await?);
    }
    Ok(Json(entries))
}

async fn entry(
    edge: &Edge,
    signed_in: &SignedIn,
    service: Service,
    names: &Names,
) -> Result<ServiceEntry, Failure> {
    let members = edge.store.members_of(service.id).await?;
    let readers = edge.store.readers_of(service.id).await?;
    let (policy, change) = edge.store.booking_policy(service.id).await?.unwrap_or_default();
    let queue = edge.store.queue_settings(service.id).await?.unwrap_or_default();
    let sees_code = may_change(signed_in).is_ok() || members.contains(&signed_in.0.id);
    let mut members: Vec<_> = members.into_iter().map(|member| member_entry(member, names)).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ServiceEntry {
        service: service.id.to_string(),
        name: service.name,
        site: service.site,
        telephone: service.telephone,
        is_closed: service.is_closed,
        members,
        readers: readers.iter().map(ServiceId::to_string).collect(),
        policy: ServicePolicyEntry {
            may_patients_cancel: policy.may_patients_cancel,
            may_patients_move: policy.may_patients_move,
            notice_hours: policy.notice_hours,
            is_open_on_holidays: policy.is_open_on_holidays,
        },
        queue: QueueSettingsEntry {
            address: queue.slug.map(|slug| address(edge, &slug)),
            code: queue.code.filter(|_| sees_code).map(|code| code.expose().to_owned()),
            minutes: queue.minutes,
        },
        changed: change.map(|change| change_entry(change, names)),
    })
}

fn address(edge: &Edge, slug: &QueueSlug) -> String {
    format!("{}/queue/{}", edge.public_url.as_str().trim_end_matches('/'), slug.as_str())
}

pub(super) fn member_entry(member: PractitionerId, names: &Names) -> MemberEntry {
    MemberEntry { practitioner: member.to_string(), name: names.get(&member).cloned().unwrap_or_default() }
}

fn change_entry(change: Change, names: &Names) -> ChangeEntry {
    ChangeEntry { name: names.get(&change.by).cloned().unwrap_or_default(), at: time(change.at) }
}

/// `GET /api/services/candidates`: everybody who may become a member.
pub(super) async fn candidates(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<MemberEntry>>, Failure> {
    may_change(&signed_in)?;
    let everybody = edge.store.practitioners().await?;
    let entries = everybody
        .into_iter()
        .map(|person| MemberEntry { practitioner: person.id.to_string(), name: person.name.into_inner() });
    Ok(Json(entries.collect()))
}

/// `POST /api/services`
pub(super) async fn make(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Body(request): Body<ServiceRequest>,
) -> Result<(StatusCode, Json<ServiceEntry>), Failure> {
    may_change(&signed_in)?;
    let id = ServiceId::new(edge.clock.new_uuid());
    let kept = keep(&edge, &signed_in, id, request).await?;
    Ok((StatusCode::CREATED, kept))
}

/// `PUT /api/services/{service}`
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ServiceId>,
    Body(request): Body<ServiceRequest>,
) -> Result<Json<ServiceEntry>, Failure> {
    may_change(&signed_in)?;
    edge.store.service(id).await?.ok_or_else(Failure::not_found)?;
    keep(&edge, &signed_in, id, request).await
}

async fn keep(
    edge: &Edge,
    signed_in: &SignedIn,
    id: ServiceId,
    request: ServiceRequest,
) -> Result<Json<ServiceEntry>, Failure> {
    let ServiceRequest { name, site, telephone, is_closed, members, readers, policy } = request;
    let created_at = edge.clock.now();
    let service = Service { id, name, site, telephone, is_closed, created_at }.checked()?;
    if policy.notice_hours > BookingPolicy::MAX_NOTICE_HOURS {
        return Err(bad_schedule("the notice is too long"));
    }
    let policy = BookingPolicy {
        may_patients_cancel: policy.may_patients_cancel,
        may_patients_move: policy.may_patients_move,
        notice_hours: policy.notice_hours,
        is_open_on_holidays: policy.is_open_on_holidays,
    };
    let names = people(edge).await?;
    let members = members.iter().map(|member| known(member, &names)).collect::<Result<Vec<_>, _>>()?;
    let readers = match readers {
        Some(readers) => Some(readers_among(&edge.store.services().await?, &readers)?),
        None => None,
    };
    edge.store.put_service(&service).await?;
    edge.store.set_members(id, &members).await?;
    if let Some(readers) = readers {
        edge.store.set_readers(id, &readers).await?;
    }
    edge.store.set_booking_policy(id, &policy, change_by(edge, signed_in)).await?;
    edge.live.announce_change();
    Ok(Json(entry(edge, signed_in, service, &names).await?))
}

/// The member of staff of that identifier.
fn known(id: &str, names: &Names) -> Result<PractitionerId, Failure> {
    let found = id.parse().ok().filter(|id| names.contains_key(id));
    found.ok_or_else(|| {
        let detail = "there is no such member of staff";
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::UnknownPractitioner, detail)
    })
}

/// These of the services that there are.
fn readers_among(services: &[Service], wanted: &[String]) -> Result<Vec<ServiceId>, Failure> {
    let found = |wanted: &String| services.iter().map(|each| each.id).find(|id| id.to_string() == *wanted);
    let found = wanted.iter().map(found).collect::<Option<Vec<_>>>();
    found.ok_or_else(|| {
        let detail = "there is no such service";
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::UnknownService, detail)
    })
}

fn bad_schedule(detail: &str) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadSchedule, detail)
}

/// `PUT /api/services/{service}/queue`
pub(super) async fn set_queue(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ServiceId>,
    Body(request): Body<QueueSettingsRequest>,
) -> Result<Json<ServiceEntry>, Failure> {
    may_change(&signed_in)?;
    let service = edge.store.service(id).await?.ok_or_else(Failure::not_found)?;
    let before = edge.store.queue_settings(id).await?.unwrap_or_default();
    let slug = request.slug.filter(|slug| !slug.is_empty()).map(|slug| QueueSlug::new(&slug)).transpose()?;
    let is_open = request.is_open && slug.is_some();
    let kept = before.code.filter(|_| !request.wants_new_code);
    let code = is_open.then(|| kept.unwrap_or_else(|| QueueCode::make(edge.clock.random_bytes())));
    if !(Schedule::MIN_SLOT_MINUTES..=Schedule::MAX_SLOT_MINUTES).contains(&request.minutes) {
        return Err(ScheduleError::SlotLength.into());
    }
    let queue = QueueSettings { slug, code, minutes: request.minutes };
    edge.store.set_queue(id, &queue, change_by(&edge, &signed_in)).await?;
    edge.live.announce_change();
    let names = people(&edge).await?;
    Ok(Json(entry(&edge, &signed_in, service, &names).await?))
}

/// `GET /api/services/{service}/schedule`
pub(super) async fn schedule(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ServiceId>,
) -> Result<Json<ScheduleEntry>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeServices, &Object::Agenda)?;
    edge.store.service(id).await?.ok_or_else(Failure::not_found)?;
    Ok(Json(schedule_entry(&edge, id).await?))
}

async fn schedule_entry(edge: &Edge, id: ServiceId) -> Result<ScheduleEntry, Failure> {
    let names = people(edge).await?;
    let today = wall::day_of(edge.hospital.time_zone, edge.clock.now());
    let in_a_year = today.checked_add_months(Months::new(12)).unwrap_or(today);
    let holidays = (today.year()..=in_a_year.year()).flat_map(holidays_of);
    Ok(ScheduleEntry {
        patterns: edge
            .store
            .patterns_of(id)
            .await?
            .into_iter()
            .map(|one| pattern_entry(one, &names))
            .collect(),
        exceptions: edge
            .store
            .exceptions_of(id)
            .await?
            .into_iter()
            .filter(|one| one.value.last_day >= today)
            .map(|one| exception_entry(one, &names))
            .collect(),
        holidays: holidays
            .filter(|(day, _)| (today..in_a_year).contains(day))
            .map(|(day, holiday)| HolidayEntry { day: day.to_string(), holiday: holiday.into() })
            .collect(),
    })
}

fn pattern_entry(Changed { value, change }: Changed<WeeklyPattern>, names: &Names) -> PatternEntry {
    PatternEntry {
        pattern: value.id.to_string(),
        practitioner: value.practitioner.map(|id| id.to_string()),
        site: value.site,
        weekday: value.weekday.into(),
        from: time_of_day(value.hours.from),
        to: time_of_day(value.hours.to),
        slot_minutes: value.slot_minutes,
        valid_from: value.valid_from.to_string(),
        valid_until: value.valid_until.map(|day| day.to_string()),
        changed: change_entry(change, names),
    }
}

fn exception_entry(Changed { value, change }: Changed<ScheduleException>, names: &Names) -> ExceptionEntry {
    ExceptionEntry {
        exception: value.id.to_string(),
        is_of_hospital: value.service.is_none(),
        practitioner: value.practitioner.map(|id| id.to_string()),
        first_day: value.first_day.to_string(),
        last_day: value.last_day.to_string(),
        from: value.hours.map(|hours| time_of_day(hours.from)),
        to: value.hours.map(|hours| time_of_day(hours.to)),
        slot_minutes: match value.kind {
            ExceptionKind::Closed => None,
            ExceptionKind::Open { slot_minutes } => Some(slot_minutes),
        },
        reason: value.reason,
        changed: change_entry(change, names),
    }
}

/// `POST /api/services/{service}/patterns`
pub(super) async fn add_pattern(
    edge: State<Edge>,
    signed_in: SignedIn,
    One(service): One<ServiceId>,
    request: Body<PatternRequest>,
) -> Result<(StatusCode, Json<ScheduleEntry>), Failure> {
    let id = PatternId::new(edge.clock.new_uuid());
    let kept = keep_pattern(edge, signed_in, service, id, request).await?;
    Ok((StatusCode::CREATED, kept))
}

/// `PUT /api/services/{service}/patterns/{pattern}`
pub(super) async fn put_pattern(
    edge: State<Edge>,
    signed_in: SignedIn,
    Two(service, id): Two<ServiceId, PatternId>,
    request: Body<PatternRequest>,
) -> Result<Json<ScheduleEntry>, Failure> {
    may_change(&signed_in)?;
    let known = edge.store.patterns_of(service).await?;
    if !known.iter().any(|one| one.value.id == id) {
        return Err(Failure::not_found());
    }
    keep_pattern(edge, signed_in, service, id, request).await
}

async fn keep_pattern(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    service: ServiceId,
    id: PatternId,
    Body(request): Body<PatternRequest>,
) -> Result<Json<ScheduleEntry>, Failure> {
    may_change(&signed_in)?;
    edge.store.service(service).await?.ok_or_else(Failure::not_found)?;
    let practitioner = member(&edge, service, request.practitioner).await?;
    let pattern = WeeklyPattern {
        id,
        service,
        practitioner,
        site: request.site.trim().to_owned(),
        weekday: request.weekday.into(),
        hours: hours(&request.from, &request.to)?,
        slot_minutes: request.slot_minutes,
        valid_from: day(&request.valid_from)?,
        valid_until: request.valid_until.filter(|day| !day.is_empty()).as_deref().map(day).transpose()?,
    };
    pattern.check()?;
    edge.store.put_pattern(&pattern, change_by(&edge, &signed_in)).await?;
    Ok(Json(schedule_entry(&edge, service).await?))
}

/// `DELETE /api/services/{service}/patterns/{pattern}`: what was booked in these hours stays booked.
pub(super) async fn remove_pattern(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(service, id): Two<ServiceId, PatternId>,
) -> Result<Json<ScheduleEntry>, Failure> {
    may_change(&signed_in)?;
    if !edge.store.remove_pattern(service, id).await? {
        return Err(Failure::not_found());
    }
    Ok(Json(schedule_entry(&edge, service).await?))
}

/// `POST /api/services/{service}/exceptions`
pub(super) async fn add_exception(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(service): One<ServiceId>,
    Body(request): Body<ExceptionRequest>,
) -> Result<(StatusCode, Json<ScheduleEntry>), Failure> {
    may_change(&signed_in)?;
    edge.store.service(service).await?.ok_or_else(Failure::not_found)?;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let hours = match (given(&request.from), given(&request.to)) {
        (Some(from), Some(to)) => Some(hours(&from, &to)?),
        (None, None) => None,
        _ => return Err(ScheduleError::HoursOrder.into()),
    };
    let exception = ScheduleException {
        id: ExceptionId::new(edge.clock.new_uuid()),
        service: (!request.is_of_hospital).then_some(service),
        practitioner: member(&edge, service, request.practitioner).await?,
        first_day: day(&request.first_day)?,
        last_day: day(&request.last_day)?,
        hours,
        kind: request
            .slot_minutes
            .map_or(ExceptionKind::Closed, |slot_minutes| ExceptionKind::Open { slot_minutes }),
        reason: request.reason.trim().to_owned(),
    };
    exception.check()?;
    edge.store.put_exception(&exception, change_by(&edge, &signed_in)).await?;
    Ok((StatusCode::CREATED, Json(schedule_entry(&edge, service).await?)))
}

/// `DELETE /api/services/{service}/exceptions/{exception}`: one of the service, or of the whole hospital.
pub(super) async fn remove_exception(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(service, id): Two<ServiceId, ExceptionId>,
) -> Result<Json<ScheduleEntry>, Failure> {
    may_change(&signed_in)?;
    let is_removed = edge.store.remove_exception(Some(service), id).await?
        || edge.store.remove_exception(None, id).await?;
    if !is_removed {
        return Err(Failure::not_found());
    }
    Ok(Json(schedule_entry(&edge, service).await?))
}

/// Whose hours they are: a member of the service who may be booked, or all of them.
async fn member(
    edge: &Edge,
    service: ServiceId,
    id: Option<String>,
) -> Result<Option<PractitionerId>, Failure> {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
    let members = bookable_members(edge, service).await?;
    let found = id.parse().ok().filter(|id| members.contains(id));
    found.map(Some).ok_or_else(|| {
        let detail = "nobody of this service can be booked under that identifier";
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::UnknownPractitioner, detail)
    })
}

fn hours(from: &str, to: &str) -> Result<Hours, Failure> {
    let read = |text| read_time_of_day(text).ok_or_else(|| bad_schedule("a time of day is 09:00"));
    Ok(Hours { from: read(from)?, to: read(to)? })
}

fn day(text: &str) -> Result<chrono::NaiveDate, Failure> {
    read_day(text).ok_or_else(|| bad_schedule("a day is 2026-11-30"))
}

impl From<ScheduleError> for Failure {
    fn from(error: ScheduleError) -> Self {
        bad_schedule(&error.to_string())
    }
}

impl From<BadSlug> for Failure {
    fn from(bad: BadSlug) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadQueueAddress, bad.to_string())
    }
}
