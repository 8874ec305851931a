//! Personal links: made, replaced, withdrawn. The secret leaves this server once, in the answer that makes it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Edge;
use super::appointments;
use super::extract::SignedIn;
use super::problem::Failure;
use crate::clinical::{
    Appointment, AppointmentId, Link, LinkDigest, LinkId, Participant, ParticipantId, Part, Verb, WrongStatus,
};
use crate::protocol::{IssuedLink, time};
use crate::secret::Secret;

/// A link with the secret that opens it.
pub(super) struct NewLink {
    pub(super) link: Link,
    secret: Secret<String>,
}

impl NewLink {
    /// Makes a link of 256 random bits for one participant.
    pub(super) fn make(edge: &Edge, appointment: &Appointment, participant: ParticipantId) -> Self {
        let secret = BASE64_URL_SAFE_NO_PAD.encode(edge.clock.random_bytes::<32>());
        let link = Link {
            id: LinkId::new(edge.clock.new_uuid()),
            appointment: appointment.id,
            participant,
            digest: digest(&secret),
            issued_at: edge.clock.now(),
            expires_at: edge.door.expires_at(appointment),
            revoked_at: None,
        };
        Self { link, secret: Secret::new(secret) }
    }

    /// The link as whoever made it hands it on.
    pub(super) fn issued(&self, edge: &Edge, participant: &Participant) -> IssuedLink {
        let base = edge.public_url.as_str().trim_end_matches('/');
        IssuedLink {
            participant: participant.id.to_string(),
            role: participant.role().into(),
            name: participant.name.expose().clone(),
            // Browsers send the part after # to nobody: it is in no log, and programs that open links first change nothing.
            address: format!("{base}/join#{}", self.secret.expose()),
            expires_at: time(self.link.expires_at),
        }
    }
}

/// What a link's secret is kept as.
pub(super) fn digest(secret: &str) -> LinkDigest {
    LinkDigest(Sha256::digest(secret.as_bytes()).into())
}

/// `POST /api/appointments/{appointment}/participants/{participant}/link`: a new link; older ones of the person stop to work.
pub(super) async fn issue(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Path((appointment, participant)): Path<(AppointmentId, ParticipantId)>,
) -> Result<Json<IssuedLink>, Failure> {
    let appointment = appointments::allowed(&edge, &signed_in, appointment, Verb::IssueLink).await?;
    let participant = guest(&appointment, participant)?;
    if appointment.status.is_over() {
        return Err(WrongStatus.into());
    }
    let new = NewLink::make(&edge, &appointment, participant.id);
    edge.store.replace_link(&new.link).await?;
    edge.live.invited(appointment.id, participant.id).await;
    edge.live.announce_change();
    Ok(Json(new.issued(&edge, participant)))
}

/// `DELETE` of the same address: the person's link stops to work.
pub(super) async fn withdraw(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Path((appointment, participant)): Path<(AppointmentId, ParticipantId)>,
) -> Result<StatusCode, Failure> {
    let appointment = appointments::allowed(&edge, &signed_in, appointment, Verb::IssueLink).await?;
    let participant = guest(&appointment, participant)?;
    edge.store.revoke_link(participant.id, edge.clock.now()).await?;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

fn guest(appointment: &Appointment, participant: ParticipantId) -> Result<&Participant, Failure> {
    let found = appointment.participant(participant).filter(|person| matches!(person.part, Part::Guest(_)));
    found.ok_or_else(Failure::not_found)
}
