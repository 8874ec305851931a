//! Personal links: made, replaced, withdrawn. The secret leaves this server once, in the answer that makes it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Edge;
use super::appointments;
use super::door_desk;
use super::extract::{SignedIn, Two};
use super::problem::Failure;
use crate::clinical::{
    Appointment, AppointmentId, LinkId, NewLink, Part, Participant, ParticipantId, Verb, WrongStatus,
};
use crate::protocol::{IssuedLink, time};

/// Makes a link for one participant.
pub(super) fn make(edge: &Edge, appointment: &Appointment, participant: ParticipantId) -> NewLink {
    let id = LinkId::new(edge.clock.new_uuid());
    NewLink::make(id, edge.clock.random_bytes(), appointment, participant, edge.door, edge.clock.now())
}

/// The link as whoever made it hands it on.
pub(super) fn issued(edge: &Edge, new: &NewLink, participant: &Participant) -> IssuedLink {
    IssuedLink {
        participant: participant.id.to_string(),
        role: participant.role().into(),
        name: participant.name.expose().clone(),
        address: new.address(edge.public_url.as_str()),
        expires_at: time(new.link.expires_at),
        pin: None,
    }
}

/// `POST /api/appointments/{appointment}/participants/{participant}/link`: a new link; older ones of the person stop to work.
pub(super) async fn issue(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
) -> Result<Json<IssuedLink>, Failure> {
    let appointment = appointments::allowed(&edge, &signed_in, appointment, Verb::IssueLink).await?;
    let participant = guest(&appointment, participant)?;
    if appointment.status.is_over() {
        return Err(WrongStatus.into());
    }
    let new = make(&edge, &appointment, participant.id);
    edge.store.replace_link(&new.link).await?;
    // Whoever holds the old one, and a browser that was let in by it, begins anew.
    door_desk::make_new(&edge, participant.id).await?;
    edge.store.take_passes_back(participant.id).await?;
    edge.live.invited(appointment.id, participant.id).await;
    edge.live.announce_change();
    Ok(Json(issued(&edge, &new, participant)))
}

/// `DELETE` of the same address: the person's link stops to work.
pub(super) async fn withdraw(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Two(appointment, participant): Two<AppointmentId, ParticipantId>,
) -> Result<StatusCode, Failure> {
    let appointment = appointments::allowed(&edge, &signed_in, appointment, Verb::IssueLink).await?;
    let participant = guest(&appointment, participant)?;
    edge.store.revoke_link(participant.id, edge.clock.now()).await?;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn guest(appointment: &Appointment, participant: ParticipantId) -> Result<&Participant, Failure> {
    let found = appointment.participant(participant).filter(|person| matches!(person.part, Part::Guest(_)));
    found.ok_or_else(Failure::not_found)
}
