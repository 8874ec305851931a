//! Tokens of programs: made, listed and withdrawn by administrators; and what a program reads with one.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use chrono::{Days, NaiveDate, TimeDelta};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::acts::{self, authorize};
use super::extract::{Body, ClientAddress, One, Proven, SignedIn};
use super::people::{change, may_administer, may_change, roles_of};
use super::problem::Failure;
use super::sign_in::uncached;
use super::statistics;
use super::throttle::Knock;
use crate::clinical::{
    Actor, ApiTokenId, Appointment, Grants, Object, Scope, ServiceId, StaffRole, Verb, wall,
};
use crate::protocol::{
    IssuedToken, MachineAppointment, MachineParticipant, MachineService, ProblemCode, ScopeWord, SettingWord,
    TokenEntry, TokenRequest, time,
};
use crate::secret::Pii;
use crate::store::{AgendaScope, ApiToken};

/// The most days that a program asks for at one time.
const MAX_DAYS: i64 = 42;

fn word(scope: Scope) -> ScopeWord {
    scope.into()
}

/// What a token opens, in words for the list of changes.
fn said(token: &ApiToken, names: &HashMap<ServiceId, String>) -> String {
    let scopes = token.grants.scopes.iter().filter_map(|scope| {
        let word = serde_json::to_value(word(*scope)).ok()?;
        word.as_str().map(str::to_owned)
    });
    let services = token.grants.services.iter().filter_map(|service| names.get(service).cloned());
    format!("{}: {}", scopes.collect::<Vec<_>>().join(", "), services.collect::<Vec<_>>().join(", "))
}

async fn service_names(edge: &Edge) -> Result<HashMap<ServiceId, String>, Failure> {
    let services = edge.store.services().await?;
    Ok(services.into_iter().map(|service| (service.id, service.name)).collect())
}

/// `GET /api/admin/tokens`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<TokenEntry>>, Failure> {
    may_administer(&signed_in)?;
    let names = service_names(&edge).await?;
    let people = edge.store.people().await?;
    let people: HashMap<_, _> = people.into_iter().map(|person| (person.id, person)).collect();
    let now = edge.clock.now();
    let entries = edge.store.api_tokens().await?.into_iter().map(|token| TokenEntry {
        token: token.id.to_string(),
        scopes: token.grants.scopes.iter().map(|scope| word(*scope)).collect(),
        services: token.grants.services.iter().filter_map(|service| names.get(service).cloned()).collect(),
        made_at: time(token.made_at),
        made_by: people.get(&token.made_by).map(|maker| maker.name.expose().clone()).unwrap_or_default(),
        expires_at: time(token.expires_at),
        used_at: token.used_at.map(time),
        revoked_at: token.revoked_at.map(time),
        is_good: token.revoked_at.is_none()
            && token.expires_at > now
            && people
                .get(&token.made_by)
                .is_some_and(|maker| roles_of(maker).contains(&StaffRole::Administrator)),
        name: token.name,
    });
    Ok(Json(entries.collect()))
}

/// `POST /api/admin/tokens`: the token itself is told this once.
pub(super) async fn make(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<TokenRequest>,
) -> Result<Response, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let refused =
        |detail: &str| Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadToken, detail);
    let name = request.name.trim();
    let is_name =
        (1..=Appointment::MAX_NAME).contains(&name.chars().count()) && !name.contains(char::is_control);
    if !is_name || !(1..=Grants::MAX_DAYS).contains(&request.days) {
        return Err(refused("a token has a name and is good for one day to a year"));
    }
    let mut scopes: Vec<Scope> = request.scopes.into_iter().map(Into::into).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let names = service_names(&edge).await?;
    let mut services = Vec::new();
    for text in &request.services {
        let service: ServiceId = text.parse().map_err(|_| refused("there is no such service"))?;
        if !names.contains_key(&service) {
            return Err(refused("there is no such service"));
        }
        services.push(service);
    }
    services.sort_unstable();
    services.dedup();
    if scopes.is_empty() || services.is_empty() {
        return Err(refused("a token has at least one scope and one service"));
    }
    let (secret, digest) = edge.login.new_token().ok_or_else(|| refused("no token could be made"))?;
    let now = edge.clock.now();
    let token = ApiToken {
        id: ApiTokenId::new(edge.clock.new_uuid()),
        name: name.to_owned(),
        digest,
        grants: Grants { scopes, services },
        made_at: now,
        made_by: signed_in.0.id,
        expires_at: now + TimeDelta::days(request.days.into()),
        used_at: None,
        revoked_at: None,
    };
    let after = said(&token, &names);
    let subject = Pii::new(token.name.clone());
    let change = change(&edge, &signed_in, SettingWord::TokenMade, subject, String::new(), after);
    edge.store.add_api_token(&token, &change).await?;
    let expires_at = time(token.expires_at);
    Ok(uncached((StatusCode::CREATED, Json(IssuedToken { secret: secret.expose().clone(), expires_at }))))
}

/// `DELETE /api/admin/tokens/{token}`
pub(super) async fn revoke(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<ApiTokenId>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let tokens = edge.store.api_tokens().await?;
    let token = tokens.into_iter().find(|token| token.id == id).ok_or_else(Failure::not_found)?;
    let before = said(&token, &service_names(&edge).await?);
    let subject = Pii::new(token.name);
    let change = change(&edge, &signed_in, SettingWord::TokenRevoked, subject, before, String::new());
    match edge.store.revoke_api_token(id, edge.clock.now(), &change).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Failure::not_found()),
    }
}

/// A program that showed a good token (RFC 6750 section 2.1).
pub(super) struct Machine(ApiToken);

impl Machine {
    fn actor(&self) -> Actor {
        Actor::Machine { token: self.0.id, grants: self.0.grants.clone() }
    }

    fn object(&self, service: ServiceId) -> Object<'static> {
        Object::Service { is_member: self.0.grants.services.contains(&service) }
    }
}

impl FromRequestParts<Edge> for Machine {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let address = ClientAddress::from_request_parts(parts, edge).await?;
        address.may(edge, Knock::Look)?;
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
        let token = match shown {
            Some(shown) => edge.login.machine(shown).await?,
            None => None,
        };
        let token = token.ok_or_else(Failure::sign_in_needed)?;
        acts::note_machine(token.id);
        Ok(Self(token))
    }
}

/// `GET /api/machine/services`
pub(super) async fn services(
    State(edge): State<Edge>,
    machine: Machine,
) -> Result<Json<Vec<MachineService>>, Failure> {
    let actor = machine.actor();
    let services = edge
        .store
        .services()
        .await?
        .into_iter()
        .filter(|service| authorize(&actor, Verb::SeeServices, &machine.object(service.id)).is_ok());
    let entries: Vec<_> = services
        .map(|service| MachineService {
            service: service.id.to_string(),
            name: service.name,
            site: service.site,
            is_closed: service.is_closed,
        })
        .collect();
    // A scope that is missing looks as if there were nothing.
    if entries.is_empty() { Err(Failure::not_found()) } else { Ok(Json(entries)) }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Span {
    service: String,
    from: NaiveDate,
    to: NaiveDate,
}

/// `GET /api/machine/appointments?service=...&from=2026-11-25&to=2026-11-26`, days of the hospital's time zone, both included.
pub(super) async fn appointments(
    State(edge): State<Edge>,
    machine: Machine,
    Query(span): Query<Span>,
) -> Result<Json<Vec<MachineAppointment>>, Failure> {
    let service: ServiceId = span.service.parse().map_err(|_| Failure::not_found())?;
    let actor = machine.actor();
    authorize(&actor, Verb::ListAppointments, &machine.object(service))?;
    if !(0..MAX_DAYS).contains(&(span.to - span.from).num_days()) {
        return Err(Failure::bad_request("a program asks for one to 42 days"));
    }
    let zone = edge.hospital.time_zone;
    let after = span.to.checked_add_days(Days::new(1)).unwrap_or(span.to);
    let (from, to) = (wall::start_of_day(zone, span.from), wall::start_of_day(zone, after));
    let all = edge.store.appointments_between(from, to, AgendaScope::Everybody).await?;
    let of_service = all.into_iter().filter(|appointment| {
        appointment.service_id == Some(service)
            && authorize(&actor, Verb::SeeAppointment, &Object::Appointment(appointment)).is_ok()
    });
    let entries = of_service.map(|appointment| MachineAppointment {
        appointment: appointment.id.to_string(),
        starts_at: time(appointment.starts_at),
        ends_at: time(appointment.ends_at),
        status: appointment.status.into(),
        participants: appointment
            .participants
            .iter()
            .map(|person| MachineParticipant {
                role: person.role().into(),
                name: person.name.expose().clone(),
            })
            .collect(),
        service: appointment.service,
    });
    Ok(Json(entries.collect()))
}

/// `GET /api/machine/statistics.csv?service=...&from=...&to=...&period=...`
pub(super) async fn counts(
    State(edge): State<Edge>,
    machine: Machine,
    Query(asked): Query<statistics::Asked>,
) -> Result<Response, Failure> {
    let service: Option<ServiceId> = asked.service.as_deref().and_then(|service| service.parse().ok());
    let service = service.ok_or_else(Failure::not_found)?;
    authorize(&machine.actor(), Verb::SeeStatistics, &machine.object(service))?;
    statistics::csv_of(&edge, Some(service), &asked).await
}
