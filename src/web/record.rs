//! What was shown in a consultation, and who saw it: steps, and their pictures rendered again.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::appointments::allowed;
use super::extract::{One, SignedIn};
use super::problem::Failure;
use crate::archive::PictureRequest;
use crate::clinical::{AppointmentId, Move, ParticipantId, PlaceKind, StepId, Verb};
use crate::imaging::{Quality, Surface};
use crate::protocol::{ProblemCode, StepEntry, StepSight, StepViewport, ViewingRecord, time};
use crate::store::{StoredSight, StoredStep};

/// Size of the picture of a step, in pixels.
const PICTURE: Surface = Surface { width: 320, height: 240 };
const QUALITY: u8 = 85;

/// Somebody who is signed in. For whoever shows the link of a guest there is no record.
pub(super) struct Reader(SignedIn);

impl FromRequestParts<Edge> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if shown.is_some_and(|value| value.starts_with("Link ")) {
            return Err(Failure::not_found());
        }
        SignedIn::from_request_parts(parts, edge).await.map(Self)
    }
}

/// `GET /api/appointments/{appointment}/viewing`
pub(super) async fn show(
    State(edge): State<Edge>,
    Reader(signed_in): Reader,
    One(id): One<AppointmentId>,
) -> Result<Json<ViewingRecord>, Failure> {
    allowed(&edge, &signed_in, id, Verb::SeeViewingRecord).await?;
    let steps = edge.store.viewing_steps_of(id).await?;
    let moves = edge.store.moves_of(id).await?;
    tracing::info!(
        appointment.id = %id, practitioner.id = %signed_in.0.id, step.count = steps.len(),
        "the record of a viewing was read"
    );
    let next_at = steps.iter().skip(1).map(|(next, _)| Some(next.at)).chain([None]);
    let until: Vec<_> = next_at.collect();
    let mut places = Places::new(moves);
    let entries = steps.into_iter().zip(until).map(|((step, seen), until)| {
        let in_call = places.in_call_at(step.at);
        entry(&step, &seen, until, &in_call)
    });
    Ok(Json(ViewingRecord { steps: entries.collect() }))
}

fn entry(
    step: &StoredStep,
    seen: &[StoredSight],
    until: Option<DateTime<Utc>>,
    in_call: &[ParticipantId],
) -> StepEntry {
    let has_pictures = step.viewports.iter().any(|viewport| viewport.is_picture);
    let has_missed =
        |person: &&ParticipantId| has_pictures && !seen.iter().any(|sight| sight.participant == **person);
    StepEntry {
        step: step.id.to_string(),
        at: time(step.at),
        until_ms: until.map(|until| {
            let ms = (until - step.at).num_milliseconds().max(0);
            u32::try_from(ms).unwrap_or(u32::MAX)
        }),
        cause: step.cause.into(),
        is_moving: step.is_moving,
        revision: step.revision,
        presenter: step.presenter.map(|presenter| presenter.to_string()),
        layout: step.layout.into(),
        viewports: step
            .viewports
            .iter()
            .map(|shown| StepViewport {
                viewport: shown.viewport.number(),
                series: shown.series.to_string(),
                index: shown.index,
                is_picture: shown.is_picture,
            })
            .collect(),
        seen_by: seen
            .iter()
            .map(|sight| StepSight {
                participant: sight.participant.to_string(),
                at: time(sight.at),
                is_lossless: sight.is_lossless,
            })
            .collect(),
        missed_by: in_call.iter().filter(has_missed).map(ParticipantId::to_string).collect(),
    }
}

/// Where people stood, read from the journal as time goes on.
struct Places {
    moves: std::iter::Peekable<std::vec::IntoIter<Move>>,
    places: BTreeMap<ParticipantId, PlaceKind>,
}

impl Places {
    fn new(moves: Vec<Move>) -> Self {
        Self { moves: moves.into_iter().peekable(), places: BTreeMap::new() }
    }

    /// Who was in the call at this time, or was lost and expected back. Times that are asked for never go back.
    fn in_call_at(&mut self, at: DateTime<Utc>) -> Vec<ParticipantId> {
        while let Some(line) = self.moves.next_if(|line| line.at <= at) {
            self.places.insert(line.participant, line.to);
        }
        let is_in = |kind: &PlaceKind| matches!(kind, PlaceKind::InCall | PlaceKind::Lost);
        self.places.iter().filter(|(_, kind)| is_in(kind)).map(|(person, _)| *person).collect()
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Which {
    #[serde(default)]
    viewport: u8,
}

/// `GET /api/steps/{step}/picture?viewport=N`: what the viewport showed, small, as JPEG.
pub(super) async fn picture(
    State(edge): State<Edge>,
    Reader(signed_in): Reader,
    One(step): One<StepId>,
    Query(Which { viewport }): Query<Which>,
) -> Result<Response, Failure> {
    let (appointment, step) = edge.store.viewing_step(step).await?.ok_or_else(Failure::not_found)?;
    allowed(&edge, &signed_in, appointment, Verb::SeeViewingRecord).await?;
    let shown = step.viewports.iter().find(|shown| shown.viewport.number() == viewport && shown.is_picture);
    let shown = shown.ok_or_else(Failure::not_found)?;
    // What was taken back is not rendered any more.
    if edge.store.appointment_of_series(shown.series).await? != Some(appointment) {
        return Err(Failure::not_found());
    }
    let request = PictureRequest {
        content: shown.content,
        frame: shown.frame,
        presentation: shown.presentation,
        view: shown.view,
        surface: PICTURE,
        quality: Quality::Lossy(QUALITY),
    };
    let failed = |error: crate::archive::PictureError| {
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::CannotShow, error.to_string())
    };
    let mut picture = edge.archive.picture(&request).await.map_err(failed)?;
    if !picture.is_whole {
        // A first look is for those who wait in a call.
        picture = edge.archive.picture(&request).await.map_err(failed)?;
    }
    let mut response = picture.bytes.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(picture.format.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn who_was_in_the_call_is_read_from_the_journal() {
        let [first, second] = [1, 2].map(|number| ParticipantId::new(Uuid::from_u128(number)));
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let line = |participant, to, second| Move { participant, to, at: at(second), by: None, check: None };
        let mut places = Places::new(vec![
            line(first, PlaceKind::InCall, 1),
            line(second, PlaceKind::Waiting, 2),
            line(second, PlaceKind::InCall, 4),
            line(first, PlaceKind::Lost, 6),
            line(first, PlaceKind::Left, 8),
        ]);
        let in_call = [0, 1, 3, 4, 7, 9].map(|second| places.in_call_at(at(second)));
        assert_eq!(
            in_call,
            [vec![], vec![first], vec![first], vec![first, second], vec![first, second], vec![second]]
        );
    }
}
