//! The guest's side of a link. Looking at a link changes nothing, however often it is done.

use axum::Json;
use axum::extract::State;

use super::Edge;
use super::extract::Body;
use super::problem::Failure;
use crate::clinical::{Appointment, DoorClosed, Link, LinkDigest};
use crate::protocol::{DoorWord, Look, LookRequest, time};

/// `POST /api/guest/look`
pub(super) async fn look(
    State(edge): State<Edge>,
    Body(request): Body<LookRequest>,
) -> Result<Json<Look>, Failure> {
    let now = edge.clock.now();
    let Some((link, appointment)) = find(&edge, &request.link).await? else {
        return Ok(Json(Look { door: DoorWord::Unknown, now: time(now), starts_at: None, opens_at: None }));
    };
    let door = edge.door.check(&link, &appointment, now);
    let is_told = !matches!(door, Err(DoorClosed::Unknown | DoorClosed::Revoked));
    let opens_at = match door {
        Err(DoorClosed::TooEarly { opens_at }) => Some(time(opens_at)),
        _ => None,
    };
    let starts_at = is_told.then(|| time(appointment.starts_at));
    Ok(Json(Look { door: door.into(), now: time(now), starts_at, opens_at }))
}

/// The link of this secret, with its appointment.
pub(super) async fn find(edge: &Edge, secret: &str) -> Result<Option<(Link, Appointment)>, Failure> {
    let Some(link) = edge.store.link_by_digest(LinkDigest::of(secret)).await? else { return Ok(None) };
    let appointment = edge.store.appointment(link.appointment).await?;
    Ok(appointment.map(|appointment| (link, appointment)))
}
