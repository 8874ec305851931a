//! Who acts for whom: given, received, taken back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Edge;
use super::acts::authorize;
use super::appointments::instant;
use super::extract::{Body, ClientAddress, One, SignedIn};
use super::problem::Failure;
use crate::audit::{Deed, Record, Subject, Who};
use crate::clinical::{Delegation, DelegationId, DelegationRefusal, Object, PractitionerId, Verb};
use crate::protocol::{
    DelegationCandidate, DelegationEntry, DelegationRequest, DelegationState, ProblemCode, time,
};

/// `GET /api/delegations`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<DelegationState>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeDelegations, &Object::Agenda)?;
    let (me, now) = (signed_in.0.id, edge.clock.now());
    let (mut given, mut received) = (Vec::new(), Vec::new());
    for delegation in edge.store.delegations_of(me, now).await? {
        let other = if delegation.for_whom == me { delegation.to } else { delegation.for_whom };
        let entry = entry(&edge, &delegation, other).await?;
        if delegation.for_whom == me { given.push(entry) } else { received.push(entry) }
    }
    let mut candidates = Vec::new();
    if authorize(&signed_in.actor(), Verb::Delegate, &Object::Agenda).is_ok() {
        let everybody = edge.store.practitioners().await?.into_iter();
        let able = everybody
            .filter(|person| person.id != me && person.roles.iter().any(|role| Delegation::may_take(*role)));
        candidates.extend(able.map(|person| DelegationCandidate {
            practitioner: person.id.to_string(),
            roles: person.roles.iter().map(|role| (*role).into()).collect(),
            name: person.name,
        }));
        candidates.sort_by(|a, b| a.name.expose().cmp(b.name.expose()));
    }
    Ok(Json(DelegationState { given, received, candidates }))
}

async fn entry(
    edge: &Edge,
    delegation: &Delegation,
    other: PractitionerId,
) -> Result<DelegationEntry, Failure> {
    let name = edge.store.practitioner(other).await?.map(|person| person.name);
    Ok(DelegationEntry {
        delegation: delegation.id.to_string(),
        practitioner: other.to_string(),
        name: name.unwrap_or_default(),
        starts_at: time(delegation.starts_at),
        ends_at: time(delegation.ends_at),
        is_in_force: delegation.is_in_force(edge.clock.now()),
    })
}

/// A record of it: whom it is to, and until when.
fn record(edge: &Edge, me: PractitionerId, deed: Deed, id: DelegationId, address: &ClientAddress) -> Record {
    let record = edge.trail.record(Who::Staff(me), deed, Subject::Delegation);
    Record { subject_id: Some(id.to_string()), origin: Some(address.to_string()), ..record }
}

/// `POST /api/delegations`
pub(super) async fn give(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    address: ClientAddress,
    Body(request): Body<DelegationRequest>,
) -> Result<(StatusCode, Json<DelegationEntry>), Failure> {
    authorize(&signed_in.actor(), Verb::Delegate, &Object::Agenda)?;
    let (me, now) = (signed_in.0.id, edge.clock.now());
    let to: PractitionerId = request.to.parse().map_err(|_| DelegationRefusal::WrongPerson)?;
    let person = edge.store.practitioner(to).await?.ok_or(DelegationRefusal::WrongPerson)?;
    let time = (instant(&request.starts_at)?, instant(&request.ends_at)?);
    let id = DelegationId::new(edge.clock.new_uuid());
    let delegation = Delegation::make(id, (me, to, &person.roles), time, now)?;
    let mut record = record(&edge, me, Deed::Create, id, &address);
    record.detail = Some(format!("to:{to} until:{}", crate::protocol::time(delegation.ends_at)));
    edge.store.add_delegation(&delegation, &record).await?;
    tracing::info!(practitioner.id = %me, delegation.id = %id, "somebody is let act for a practitioner");
    edge.live.announce_change();
    Ok((StatusCode::CREATED, Json(entry(&edge, &delegation, to).await?)))
}

/// `DELETE /api/delegations/{delegation}`: at once, sockets too.
pub(super) async fn revoke(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    address: ClientAddress,
    One(id): One<DelegationId>,
) -> Result<StatusCode, Failure> {
    authorize(&signed_in.actor(), Verb::Delegate, &Object::Agenda)?;
    let (me, now) = (signed_in.0.id, edge.clock.now());
    let record = record(&edge, me, Deed::Delete, id, &address);
    let revoked = edge.store.revoke_delegation(id, me, now, &record).await?;
    let revoked = revoked.ok_or_else(Failure::not_found)?;
    tracing::info!(practitioner.id = %me, delegation.id = %id, "nobody acts for a practitioner by it any more");
    let gone = edge.store.acting_no_more(revoked.to, now).await?;
    edge.live.put_out(&gone.into()).await;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

impl From<DelegationRefusal> for Failure {
    fn from(refusal: DelegationRefusal) -> Self {
        let code = match refusal {
            DelegationRefusal::Oneself | DelegationRefusal::WrongPerson => ProblemCode::UnknownPractitioner,
            DelegationRefusal::Time => ProblemCode::EndsBeforeItStarts,
            DelegationRefusal::TooLong => ProblemCode::TooLong,
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, refusal.to_string())
    }
}
