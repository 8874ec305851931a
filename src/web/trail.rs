//! The trail on pages: for auditors and administrators all of it, for patients what is of their own data.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use super::Edge;
use super::acts::authorize;
use super::extract::SignedIn;
use super::problem::Failure;
use crate::audit::{Deed, Outcome, Sealed, Subject, Who, hex};
use crate::clinical::{Appointment, AppointmentId, Object, ParticipantId, PractitionerId, Verb};
use crate::protocol::{OwnTrail, OwnTrailEntry, TrailAlerts, TrailEntry, TrailPage, time};
use crate::secret::Pii;
use crate::store::{self, Store, TrailFilter};

/// Records on a page.
const PAGE: u32 = 50;
/// Records that an export reads at once.
const CHUNK: u32 = 500;
/// Alerts of so many days are shown.
const ALERT_DAYS: i64 = 30;
/// Records about one visit that a patient is told of, put together.
const MOST_OWN: u32 = 5000;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Asked {
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    actor: Option<Uuid>,
    appointment: Option<Uuid>,
    deed: Option<String>,
    subject: Option<String>,
    outcome: Option<String>,
    before: Option<u64>,
}

/// `GET /api/trail?from=...&until=...&actor=...&appointment=...&deed=...&subject=...&outcome=...&before=...`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Json<TrailPage>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeTrail, &Object::Hospital)?;
    let filter = filter(asked)?;
    let mut page = edge.store.audit_page(&filter, PAGE + 1).await?;
    let is_last = page.len() <= PAGE as usize;
    page.truncate(PAGE as usize);
    let next = page.last().filter(|_| !is_last).map(|sealed| sealed.seq as f64);
    let (records, _) = edge.store.audit_tip().await?;
    Ok(Json(TrailPage {
        entries: entries(&edge, page).await?,
        next,
        records: records as f64,
        signed: edge.store.audit_signed().await? as f64,
        key: hex(&edge.trail.key()),
    }))
}

fn filter(asked: Asked) -> Result<TrailFilter, Failure> {
    fn word<T>(given: Option<String>, of: fn(&str) -> Option<T>) -> Result<Option<T>, Failure> {
        let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
        of(&given).map(Some).ok_or_else(|| Failure::bad_request("a word of the filter is not known"))
    }
    Ok(TrailFilter {
        from: asked.from,
        until: asked.until,
        actor: asked.actor,
        appointment: asked.appointment.map(AppointmentId::new),
        deed: word(asked.deed, Deed::of_word)?,
        subject: word(asked.subject, Subject::of_word)?,
        outcome: word(asked.outcome, Outcome::of_word)?,
        before: asked.before,
    })
}

async fn entries(edge: &Edge, page: Vec<Sealed>) -> Result<Vec<TrailEntry>, Failure> {
    let mut names = Names::default();
    let mut entries = Vec::with_capacity(page.len());
    for sealed in page {
        let record = sealed.record;
        let about = match (record.subject, &record.subject_id) {
            (Subject::Practitioner, Some(id)) => id.parse().ok().map(Who::Staff),
            _ => None,
        };
        // An alert is the gateway's, and about somebody.
        let name = names.of(&edge.store, about.unwrap_or(record.who)).await?;
        let stead = record.detail.as_deref().and_then(|detail| detail.rsplit_once(" for:"));
        let whom = stead.and_then(|(_, whom)| whom.parse().ok()).map(Who::Staff);
        let for_name = match whom {
            Some(whom) => names.of(&edge.store, whom).await?,
            None => None,
        };
        let (actor, actor_id) = record.who.parts();
        entries.push(TrailEntry {
            seq: sealed.seq as f64,
            at: time(record.at),
            actor: actor.to_owned(),
            actor_id: actor_id.map(|id| id.to_string()),
            name,
            for_name,
            deed: record.deed.word().to_owned(),
            subject: record.subject.word().to_owned(),
            subject_id: record.subject_id,
            appointment: record.appointment.map(|id| id.to_string()),
            outcome: record.outcome.word().to_owned(),
            origin: record.origin,
            detail: record.detail,
            reason: record.reason,
            digest: hex(&sealed.digest),
        });
    }
    Ok(entries)
}

/// What members of staff are called, each asked for once.
#[derive(Default)]
struct Names(HashMap<PractitionerId, Option<Pii<String>>>);

impl Names {
    async fn of(&mut self, store: &Store, who: Who) -> Result<Option<Pii<String>>, store::Error> {
        let Who::Staff(id) = who else { return Ok(None) };
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let name = store.practitioner(id).await?.map(|person| person.name);
        self.0.insert(id, name.clone());
        Ok(name)
    }
}

/// `GET /api/trail/alerts`
pub(super) async fn alerts(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<TrailAlerts>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeTrail, &Object::Hospital)?;
    let mut found = Vec::new();
    for deed in [Deed::Alert, Deed::Break, Deed::Lose] {
        let from = edge.clock.now().checked_sub_signed(TimeDelta::days(ALERT_DAYS));
        let filter = TrailFilter { from, deed: Some(deed), ..TrailFilter::default() };
        found.extend(edge.store.audit_page(&filter, PAGE).await?);
    }
    found.sort_by_key(|sealed| std::cmp::Reverse(sealed.seq));
    Ok(Json(TrailAlerts { alerts: entries(&edge, found).await? }))
}

/// `GET /api/trail/export`: the whole chain as lines of JSON, its heads among them, signed to the end.
pub(super) async fn export(State(edge): State<Edge>, signed_in: SignedIn) -> Result<Response, Failure> {
    authorize(&signed_in.actor(), Verb::SeeTrail, &Object::Hospital)?;
    edge.trail.settle().await;
    edge.trail.sign().await?;
    // As far as it is signed: what is added from here on belongs to the next export.
    let last = edge.store.audit_signed().await?;
    let store = edge.store.clone();
    let lines = stream::try_unfold(0_u64, move |after| {
        let store = store.clone();
        async move {
            if after >= last {
                return Ok::<_, store::Error>(None);
            }
            let (text, next) = chunk(&store, after, last).await?;
            Ok(Some((text, next)))
        }
    });
    let mut response = Body::from_stream(lines).into_response();
    let headers = response.headers_mut();
    let name = format!("parvis-trail-{}.jsonl", edge.clock.now().format("%Y-%m-%d-%H%M"));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// The next lines, and the number of the last record in them.
async fn chunk(store: &Store, after: u64, last: u64) -> Result<(String, u64), store::Error> {
    let rows = store.audit_records(after, CHUNK).await?;
    let next = if rows.is_empty() { last } else { after + rows.len() as u64 };
    let heads = store.audit_heads(after, CHUNK).await?;
    let mut text = String::new();
    for (seq, row) in (after + 1..).zip(rows).take_while(|(seq, _)| *seq <= last) {
        match row {
            Some(sealed) => text += &sealed.line(),
            // Whoever verifies is told which one it is.
            None => text += &format!("{{\"seq\":{seq},\"unreadable\":true}}"),
        }
        text.push('\n');
        for head in heads.iter().filter(|head| head.seq == seq) {
            text += &head.line();
            text.push('\n');
        }
    }
    Ok((text, next))
}

/// What is put together: who did what to what.
type OwnKey = (&'static str, Option<Uuid>, Deed, Subject);

/// Who opened the data of a patient, put together by person and what they did, newest first.
pub(super) async fn own(
    edge: &Edge,
    appointment: &Appointment,
    patient: ParticipantId,
) -> Result<OwnTrail, Failure> {
    let filter = TrailFilter {
        appointment: Some(appointment.id),
        outcome: Some(Outcome::Done),
        ..TrailFilter::default()
    };
    let mut together: BTreeMap<OwnKey, (OwnTrailEntry, DateTime<Utc>)> = BTreeMap::new();
    let mut names = Names::default();
    for sealed in edge.store.audit_page(&filter, MOST_OWN).await? {
        let record = sealed.record;
        if record.patient != Some(patient) {
            continue;
        }
        let (kind, id) = record.who.parts();
        let name = match record.who {
            // Whoever came along is called as they were invited.
            Who::Guest(other) if other != patient => {
                appointment.participant(other).map(|person| person.name.clone())
            }
            who => names.of(&edge.store, who).await?,
        };
        let who = if record.who == Who::Guest(patient) { "you" } else { kind };
        let at = time(record.at);
        // The newest comes first, so each one further back is the first so far.
        let entry = together.entry((kind, id, record.deed, record.subject)).or_insert_with(|| {
            let entry = OwnTrailEntry {
                who: who.to_owned(),
                name,
                deed: record.deed.word().to_owned(),
                subject: record.subject.word().to_owned(),
                first_at: at.clone(),
                last_at: at.clone(),
                times: 0,
            };
            (entry, record.at)
        });
        entry.0.times += 1;
        entry.0.first_at = at;
    }
    let mut entries: Vec<_> = together.into_values().collect();
    entries.sort_by_key(|(_, last)| std::cmp::Reverse(*last));
    Ok(OwnTrail { entries: entries.into_iter().map(|(entry, _)| entry).collect() })
}
