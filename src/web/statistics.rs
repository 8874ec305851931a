//! What is counted of visits, for administrators and the secretaries of a service.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{Days, NaiveDate};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::acts::authorize;
use super::extract::SignedIn;
use super::problem::Failure;
use crate::clinical::{Object, ServiceId, StaffRole, Tally, Verb, by_period, count_table, csv, wall};
use crate::protocol::{PeriodWord, ServiceChoice, StatisticsChoice, StatisticsReport, StatisticsRow};

/// The longest time that a report is about, in days: two years and their leap day.
const MAX_DAYS: i64 = 731;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Asked {
    pub(super) service: Option<String>,
    from: NaiveDate,
    to: NaiveDate,
    period: PeriodWord,
}

/// `GET /api/statistics/services`
pub(super) async fn services(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<StatisticsChoice>, Failure> {
    let actor = signed_in.actor();
    let may_see_all = authorize(&actor, Verb::SeeStatistics, &Object::Hospital).is_ok();
    let own = edge.store.services_of(signed_in.0.id).await?;
    let services = edge.store.services().await?.into_iter().filter(|service| {
        let object = Object::Service { is_member: own.contains(&service.id) };
        authorize(&actor, Verb::SeeStatistics, &object).is_ok()
    });
    let services: Vec<_> = services
        .map(|service| ServiceChoice {
            service: service.id.to_string(),
            name: service.name,
            site: service.site,
        })
        .collect();
    // Whoever is neither an administrator nor a secretary has no such page.
    if !may_see_all && !signed_in.0.roles.contains(&StaffRole::Secretary) {
        return Err(Failure::not_found());
    }
    Ok(Json(StatisticsChoice { may_see_all, services }))
}

/// `GET /api/statistics?service=...&from=...&to=...&period=...`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Json<StatisticsReport>, Failure> {
    let service = may_see(&edge, &signed_in, asked.service.as_deref()).await?;
    let (periods, total) = counted(&edge, service, &asked).await?;
    let rows = periods
        .iter()
        .map(|(day, tally)| StatisticsRow { from: day.to_string(), counts: shown(&tally.shown()) });
    Ok(Json(StatisticsReport {
        from: asked.from.to_string(),
        to: asked.to.to_string(),
        period: asked.period,
        rows: rows.collect(),
        total: shown(&total.shown()),
        has_messages: crate::store::Store::COUNTS_MESSAGES,
        has_ratings: crate::store::Store::COUNTS_RATINGS,
    }))
}

fn shown(counts: &BTreeMap<String, Option<u64>>) -> BTreeMap<String, Option<f64>> {
    counts.iter().map(|(name, amount)| (name.clone(), amount.map(|amount| amount as f64))).collect()
}

/// `GET /api/statistics.csv`, asked likewise.
pub(super) async fn table(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let service = may_see(&edge, &signed_in, asked.service.as_deref()).await?;
    csv_of(&edge, service, &asked).await
}

/// What is counted of a service, or of all, as a table for saving.
pub(super) async fn csv_of(
    edge: &Edge,
    service: Option<ServiceId>,
    asked: &Asked,
) -> Result<Response, Failure> {
    let (periods, total) = counted(edge, service, asked).await?;
    let text = csv(&count_table(&periods, &total.shown()));
    Ok(table_file(text, &format!("parvis-{}-{}.csv", asked.from, asked.to)))
}

/// A table for saving.
pub(super) fn table_file(text: String, name: &str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// The counts by period, and all together: of the visits whose rows are here, and of the days before.
async fn counted(
    edge: &Edge,
    service: Option<ServiceId>,
    asked: &Asked,
) -> Result<(BTreeMap<NaiveDate, Tally>, Tally), Failure> {
    let length = (asked.to - asked.from).num_days();
    if !(0..MAX_DAYS).contains(&length) {
        return Err(Failure::bad_request("a report is about one day to two years"));
    }
    let now = edge.clock.now();
    let from = wall::start_of_day(edge.hospital.time_zone, asked.from);
    let to = wall::start_of_day(
        edge.hospital.time_zone,
        asked.to.checked_add_days(Days::new(1)).unwrap_or(asked.to),
    );
    let mut days = edge.store.daily_counts(asked.from, asked.to, service).await?;
    for visit in edge.store.visits_between(from, to).await? {
        if service.is_none() || visit.service == service {
            let day = edge.retention.day_of(visit.facts.starts_at);
            days.entry(day).or_default().merge(&Tally::of(&visit.facts, now));
        }
    }
    let periods = by_period(days, asked.period.into());
    let mut total = Tally::default();
    for tally in periods.values() {
        total.merge(tally);
    }
    Ok((periods, total))
}

/// The service that is asked about, `None` for all visits, if this person may see its counts.
async fn may_see(
    edge: &Edge,
    signed_in: &SignedIn,
    service: Option<&str>,
) -> Result<Option<ServiceId>, Failure> {
    let actor = signed_in.actor();
    let Some(text) = service.filter(|text| !text.is_empty()) else {
        authorize(&actor, Verb::SeeStatistics, &Object::Hospital)?;
        return Ok(None);
    };
    let id: ServiceId = text.parse().map_err(|_| Failure::not_found())?;
    let is_member = edge.store.services_of(signed_in.0.id).await?.contains(&id);
    authorize(&actor, Verb::SeeStatistics, &Object::Service { is_member })?;
    edge.store.service(id).await?.ok_or_else(Failure::not_found)?;
    Ok(Some(id))
}
