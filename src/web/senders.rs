//! By what messages go out, and whether anything arrives.

use axum::Json;
use axum::extract::State;

use super::Edge;
use super::extract::{Body, SignedIn};
use super::people::may_administer;
use super::problem::Failure;
use crate::clinical::{Channel, EmailAddress, TelephoneNumber};
use crate::protocol::{SendersState, TrialOutcome, TrialRequest};

/// `GET /api/admin/senders`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<SendersState>, Failure> {
    may_administer(&signed_in)?;
    let (has_mail, has_sms) = (edge.outbox.is_set(Channel::Email), edge.outbox.is_set(Channel::Sms));
    Ok(Json(SendersState { has_mail, has_sms }))
}

/// `POST /api/admin/senders/test`: sends one message that says that it is a test, and tells how that ended.
pub(super) async fn test(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Body(request): Body<TrialRequest>,
) -> Result<Json<TrialOutcome>, Failure> {
    may_administer(&signed_in)?;
    let channel: Channel = request.channel.into();
    let to = match channel {
        Channel::Email => EmailAddress::parse(&request.to)?.expose().to_owned(),
        Channel::Sms => TelephoneNumber::parse(&request.to)?.expose().to_owned(),
    };
    let sent = edge.outbox.try_out(channel, &to).await.map_err(|error| Failure::internal(&error))?;
    Ok(Json(TrialOutcome { failed: sent.err().map(Into::into) }))
}
