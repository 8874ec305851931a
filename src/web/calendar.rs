//! A practitioner's appointments for their own calendar: an address that is made, read, and withdrawn.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;

use super::Edge;
use super::acts::authorize;
use super::extract::SignedIn;
use super::problem::Failure;
use crate::clinical::{Appointment, AppointmentStatus, LinkDigest, Object, StaffRole, Verb, feed_secret};
use crate::outbox::{self, FeedEntry};
use crate::protocol::{CalendarFeedState, time};
use crate::store::AgendaScope;

/// So much of the past and of what is to come is in a feed.
const BEFORE: TimeDelta = TimeDelta::days(31);
const AFTER: TimeDelta = TimeDelta::days(366);

/// `GET /api/me/calendar`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<CalendarFeedState>, Failure> {
    authorize(&signed_in.actor(), Verb::KeepCalendar, &Object::Agenda)?;
    let made_at = edge.store.calendar_feed_of(signed_in.0.id).await?;
    Ok(Json(CalendarFeedState { made_at: made_at.map(time), address: None }))
}

/// `POST /api/me/calendar`: a new address, told this once; the one before stops to work.
pub(super) async fn make(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<CalendarFeedState>, Failure> {
    authorize(&signed_in.actor(), Verb::KeepCalendar, &Object::Agenda)?;
    let (secret, digest) = feed_secret(edge.clock.random_bytes());
    let now = edge.clock.now();
    edge.store.put_calendar_feed(signed_in.0.id, digest, now).await?;
    tracing::info!(practitioner.id = %signed_in.0.id, "an address for a calendar was made");
    let public_url = edge.public_url.as_str().trim_end_matches('/');
    let address = format!("{public_url}/calendar/{}.ics", secret.expose());
    Ok(Json(CalendarFeedState { made_at: Some(time(now)), address: Some(address) }))
}

/// `DELETE /api/me/calendar`: the address stops to work.
pub(super) async fn remove(State(edge): State<Edge>, signed_in: SignedIn) -> Result<StatusCode, Failure> {
    authorize(&signed_in.actor(), Verb::KeepCalendar, &Object::Agenda)?;
    edge.store.remove_calendar_feed(signed_in.0.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /calendar/{secret}.ics`: for calendars, which sign in nowhere. No name of a patient is in it. Changes nothing.
pub(super) async fn feed(State(edge): State<Edge>, Path(file): Path<String>) -> Result<Response, Failure> {
    let secret = file.strip_suffix(".ics").ok_or_else(Failure::not_found)?;
    let whose = edge.store.calendar_feed_by_digest(LinkDigest::of(secret)).await?;
    let whose = whose.ok_or_else(Failure::not_found)?;
    // Whoever has lost their roles has lost this too.
    let person = edge.store.practitioner(whose).await?.ok_or_else(Failure::not_found)?;
    if !person.roles.iter().copied().any(StaffRole::may_consult) {
        return Err(Failure::not_found());
    }
    let now = edge.clock.now();
    let scope = AgendaScope::Practitioner(whose);
    let appointments = edge.store.appointments_between(now - BEFORE, now + AFTER, scope).await?;
    let entries: Vec<_> = appointments.iter().map(entry).collect();
    let host = edge.public_url.host_str().unwrap_or("localhost");
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    let hospital = edge.hospital_now().await?;
    Ok((headers, outbox::feed(&entries, host, &hospital.name, now)).into_response())
}

fn entry(appointment: &Appointment) -> FeedEntry {
    let changed_at = match appointment.status {
        AppointmentStatus::Booked => appointment.booked_at,
        AppointmentStatus::Arrived { at }
        | AppointmentStatus::Fulfilled { at, .. }
        | AppointmentStatus::Cancelled { at, .. }
        | AppointmentStatus::NoShow { at, .. } => at,
    };
    FeedEntry {
        appointment: appointment.id,
        starts_at: appointment.starts_at,
        ends_at: appointment.ends_at,
        service: appointment.service.clone(),
        is_cancelled: matches!(appointment.status, AppointmentStatus::Cancelled { .. }),
        changed_at,
    }
}
