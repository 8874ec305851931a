//! The guest's side of a link. Looking at a link changes nothing, however often it is done.

use axum::Json;
use axum::extract::State;

use super::Edge;
use super::extract::Body;
use super::problem::Failure;
use crate::clinical::{
    Actor, Appointment, DoorClosed, Link, LinkDigest, Object, Participant, ParticipantId, Verb, authorize,
};
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

/// Whose link it is, and what for.
pub(super) struct Guest {
    pub(super) appointment: Appointment,
    pub(super) participant: ParticipantId,
    pub(super) actor: Actor,
}

/// Why somebody with a link is not let in.
pub(super) enum NotLetIn {
    Door(DoorClosed),
    Failed(Failure),
}

/// Lets in whoever holds a link that opens the door now: the one way for guests, over WebSocket and HTTP. What they may do there
/// is another question.
pub(super) async fn let_in(edge: &Edge, secret: &str) -> Result<Guest, NotLetIn> {
    let (link, appointment) = find(edge, secret).await?.ok_or(NotLetIn::Door(DoorClosed::Unknown))?;
    edge.door.check(&link, &appointment, edge.clock.now()).map_err(NotLetIn::Door)?;
    let participant = link.participant;
    let role = appointment.participant(participant).map(Participant::role);
    let role = role.ok_or(NotLetIn::Door(DoorClosed::Unknown))?;
    let actor = Actor::Guest { participant, role };
    let may_attend = authorize(&actor, Verb::Attend, &Object::Appointment(&appointment));
    may_attend.map_err(|_| NotLetIn::Door(DoorClosed::Unknown))?;
    Ok(Guest { appointment, participant, actor })
}

impl From<Failure> for NotLetIn {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<NotLetIn> for Failure {
    fn from(refused: NotLetIn) -> Self {
        match refused {
            NotLetIn::Door(closed) => closed.into(),
            NotLetIn::Failed(failure) => failure,
        }
    }
}
