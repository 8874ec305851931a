//! Accounts of the gateway itself: signing in, setting up, and the administrators' page of them.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, Response};
use axum_extra::extract::CookieJar;
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use super::Edge;
use super::acts::{self, authorize};
use super::extract::{Body, ClientAddress, One, Proven, SignedIn};
use super::problem::Failure;
use super::sign_in::{set_cookie, uncached};
use super::throttle::Knock;
use crate::clinical::{LocalAccountId, Object, Practitioner, PractitionerId, StaffRole, Verb};
use crate::login::LOGIN_COOKIE;
use crate::login::local::{Refused, SecondFactor};
use crate::protocol::{
    InviteRequest, InvitedEntry, LocalAccountEntry, LocalAccountsState, LocalFacts, LocalInvitationEntry,
    LocalSignInRequest, LocalStepEntry, LocalUseEntry, LocalUseWord, ProblemCode, SecondStepRequest,
    SeenRequest, SetUpDone, SetUpFactors, SetUpFacts, SetUpLookRequest, SetUpRequest, StaffRoleWord,
    UnseenUses, time,
};
use crate::secret::Secret;
use crate::store::{LocalUse, LocalUseKind};

/// So many lines of what was done are shown.
const SHOWN_USES: u32 = 200;

fn may_keep(signed_in: &SignedIn) -> Result<(), Failure> {
    Ok(authorize(&signed_in.actor(), Verb::KeepLocalAccounts, &Object::Hospital)?)
}

/// Whoever changes something of them has also proved a moment ago who they are.
async fn may_change(edge: &Edge, signed_in: &SignedIn, proven: &Proven) -> Result<(), Failure> {
    may_keep(signed_in)?;
    proven.is_fresh_for(edge, Verb::KeepLocalAccounts).await
}

fn login_cookie(headers: &HeaderMap) -> Option<String> {
    CookieJar::from_headers(headers).get(LOGIN_COOKIE).map(|cookie| cookie.value().to_owned())
}

fn words(roles: &[StaffRole]) -> Vec<StaffRoleWord> {
    roles.iter().map(|role| (*role).into()).collect()
}

/// `GET /api/local`
pub(super) async fn facts(State(edge): State<Edge>) -> Result<Json<LocalFacts>, Failure> {
    Ok(Json(LocalFacts { is_offered: edge.store.has_local_account().await? }))
}

/// `POST /api/local/sign-in`
pub(super) async fn begin(
    State(edge): State<Edge>,
    address: ClientAddress,
    Body(request): Body<LocalSignInRequest>,
) -> Result<Response, Failure> {
    address.may(&edge, Knock::Local)?;
    let password = Secret::new(request.password);
    let begun = edge.local.begin(&request.user_name, password, Some(address.told())).await;
    if begun.as_ref().map_or_else(|not_in| not_in.is_account, |_| true) {
        acts::note_vouched();
    }
    let step = told(&edge, begun.map_err(|not_in| not_in.refused))?;
    Ok(uncached(Json(LocalStepEntry {
        ticket: step.ticket.expose().clone(),
        has_totp: step.has_totp,
        passkey: step.passkey,
    })))
}

/// `POST /api/local/second-step`
pub(super) async fn finish(
    State(edge): State<Edge>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<SecondStepRequest>,
) -> Result<Response, Failure> {
    address.may(&edge, Knock::Local)?;
    let (ticket, factor) = factor(request)?;
    let finished =
        edge.local.finish(&ticket, factor, Some(address.told()), login_cookie(&headers).as_deref()).await;
    if matches!(finished, Err(Refused::Wrong | Refused::WrongSecondFactor | Refused::Locked)) {
        // Whoever has no ticket of a first step hears that it is too old.
        acts::note_vouched();
    }
    let signed_in = told(&edge, finished)?;
    acts::note_staff(signed_in.practitioner);
    tracing::info!(practitioner.id = %signed_in.practitioner, "somebody signed in with a local account");
    let cookie = set_cookie(LOGIN_COOKIE, &signed_in.cookie, None);
    Ok(uncached((AppendHeaders([cookie]), StatusCode::NO_CONTENT)))
}

/// `POST /api/local/set-up/look`: changes nothing.
pub(super) async fn look(
    State(edge): State<Edge>,
    address: ClientAddress,
    Body(request): Body<SetUpLookRequest>,
) -> Result<Response, Failure> {
    address.may(&edge, Knock::Local)?;
    let (invitation, account) = edge.local.invitation(&request.secret).await?;
    acts::note_vouched();
    Ok(uncached(Json(SetUpFacts {
        is_first: invitation.is_first,
        name: invitation.name.into_inner(),
        roles: words(&invitation.roles),
        user_name: account.map(|account| account.user_name),
    })))
}

/// `POST /api/local/set-up/begin`
pub(super) async fn begin_set_up(
    State(edge): State<Edge>,
    address: ClientAddress,
    Body(request): Body<SetUpRequest>,
) -> Result<Response, Failure> {
    address.may(&edge, Knock::Local)?;
    let password = Secret::new(request.password);
    let SetUpRequest { secret, user_name, name, .. } = request;
    let factors = edge.local.begin_set_up(&secret, &user_name, &name, password).await?;
    acts::note_vouched();
    Ok(uncached(Json(SetUpFactors {
        ticket: factors.ticket.expose().clone(),
        totp_key: factors.totp_key.expose().clone(),
        totp_url: factors.totp_url.expose().clone(),
        passkey: factors.passkey,
    })))
}

/// `POST /api/local/set-up/finish`
pub(super) async fn finish_set_up(
    State(edge): State<Edge>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<SecondStepRequest>,
) -> Result<Response, Failure> {
    address.may(&edge, Knock::Local)?;
    let (ticket, factor) = factor(request)?;
    let finished = edge
        .local
        .finish_set_up(&ticket, factor, Some(address.told()), login_cookie(&headers).as_deref())
        .await;
    let done = told(&edge, finished)?;
    acts::note_staff(done.signed_in.practitioner);
    let cookie = set_cookie(LOGIN_COOKIE, &done.signed_in.cookie, None);
    let codes = done.recovery_codes.iter().map(|code| code.expose().clone());
    Ok(uncached((AppendHeaders([cookie]), Json(SetUpDone { recovery_codes: codes.collect() }))))
}

/// Whatever came of it, there may be something to tell the administrators.
fn told<T>(edge: &Edge, outcome: Result<T, Refused>) -> Result<T, Refused> {
    edge.outbox.look_for_alerts();
    outcome
}

fn factor(request: SecondStepRequest) -> Result<(String, SecondFactor), Failure> {
    let SecondStepRequest { ticket, code, recovery_code, passkey } = request;
    let factor = match (code, recovery_code, passkey) {
        (Some(code), None, None) => SecondFactor::Code(Secret::new(code)),
        (None, Some(code), None) => SecondFactor::RecoveryCode(Secret::new(code)),
        (None, None, Some(answer)) => SecondFactor::Passkey(Secret::new(answer)),
        _ => return Err(Failure::bad_request("exactly one second factor is shown")),
    };
    Ok((ticket, factor))
}

/// `GET /api/local/accounts`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<LocalAccountsState>, Failure> {
    may_keep(&signed_in)?;
    let mut people: HashMap<PractitionerId, Practitioner> = HashMap::new();
    let mut accounts = Vec::new();
    for line in edge.store.local_accounts().await? {
        let Some(person) = edge.store.practitioner(line.practitioner).await? else { continue };
        accounts.push(LocalAccountEntry {
            account: line.id.to_string(),
            name: person.name.expose().clone(),
            locked_until: edge.local.locked_until(&line.user_name).await?.map(time),
            user_name: line.user_name,
            roles: words(&person.roles),
            has_totp: line.has_totp,
            passkeys: line.passkeys,
            recovery_codes: line.recovery_codes,
            made_at: time(line.made_at),
            used_at: line.used_at.map(time),
            is_own: person.id == signed_in.0.id,
        });
        people.insert(person.id, person);
    }
    let invitations = edge.store.local_invitations(edge.clock.now()).await?;
    let invitations = invitations.into_iter().map(|invitation| LocalInvitationEntry {
        invitation: invitation.id.to_string(),
        name: invitation.name.into_inner(),
        roles: words(&invitation.roles),
        is_reset: invitation.account.is_some(),
        expires_at: time(invitation.expires_at),
    });
    let mut uses = Vec::new();
    for line in edge.store.local_uses(SHOWN_USES).await? {
        if let Some(by) = line.by
            && !people.contains_key(&by)
            && let Some(person) = edge.store.practitioner(by).await?
        {
            people.insert(by, person);
        }
        uses.push(use_entry(line, &people));
    }
    let is_mailed = edge.outbox.alerts_by_mail();
    Ok(Json(LocalAccountsState { accounts, invitations: invitations.collect(), uses, is_mailed }))
}

fn use_entry(line: LocalUse, people: &HashMap<PractitionerId, Practitioner>) -> LocalUseEntry {
    let what = match line.what {
        LocalUseKind::Invited => LocalUseWord::Invited,
        LocalUseKind::InvitationWithdrawn => LocalUseWord::InvitationWithdrawn,
        LocalUseKind::SetUp => LocalUseWord::SetUp,
        LocalUseKind::SetUpAnew => LocalUseWord::SetUpAnew,
        LocalUseKind::SignedInPasskey => LocalUseWord::SignedInPasskey,
        LocalUseKind::SignedInTotp => LocalUseWord::SignedInTotp,
        LocalUseKind::SignedInRecoveryCode => LocalUseWord::SignedInRecoveryCode,
        LocalUseKind::WrongPassword => LocalUseWord::WrongPassword,
        LocalUseKind::WrongSecondFactor => LocalUseWord::WrongSecondFactor,
        LocalUseKind::Locked => LocalUseWord::Locked,
        LocalUseKind::Unlocked => LocalUseWord::Unlocked,
        LocalUseKind::Closed => LocalUseWord::Closed,
    };
    LocalUseEntry {
        user_name: line.user_name.into_inner(),
        what,
        by: line.by.and_then(|by| people.get(&by)).map(|person| person.name.expose().clone()),
        address: line.address,
        at: time(line.at),
        is_new: line.seen_at.is_none(),
    }
}

/// `POST /api/local/accounts`
pub(super) async fn invite(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<InviteRequest>,
) -> Result<Response, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let roles = request.roles.into_iter().map(StaffRole::from).collect();
    invited(&edge, edge.local.invite(&request.name, roles, None, signed_in.0.id).await)
}

/// `POST /api/local/accounts/{account}/reset`: an address at which the account is set up anew; until then it stays as it is.
pub(super) async fn reset(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<LocalAccountId>,
) -> Result<Response, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let account = edge.store.local_account(id).await?.ok_or_else(Failure::not_found)?;
    let person = edge.store.practitioner(account.practitioner).await?.ok_or_else(Failure::not_found)?;
    let Practitioner { name, roles, .. } = person;
    invited(&edge, edge.local.invite(name.expose(), roles, Some(id), signed_in.0.id).await)
}

fn invited(edge: &Edge, invited: Result<crate::login::local::Invited, Refused>) -> Result<Response, Failure> {
    let invited = told(edge, invited)?;
    Ok(uncached(Json(InvitedEntry {
        address: invited.address.expose().clone(),
        expires_at: time(invited.expires_at),
    })))
}

/// `DELETE /api/local/invitations/{invitation}`
pub(super) async fn withdraw(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<Uuid>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    done(&edge, edge.local.withdraw(id, signed_in.0.id).await?)
}

/// `DELETE /api/local/accounts/{account}`: nobody closes their own.
pub(super) async fn close(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<LocalAccountId>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let account = edge.store.local_account(id).await?.ok_or_else(Failure::not_found)?;
    if account.practitioner == signed_in.0.id {
        let detail = "nobody closes the account that they are signed in with";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::NotAllowed, detail));
    }
    done(&edge, edge.local.close(id, signed_in.0.id).await?)
}

/// `POST /api/local/accounts/{account}/unlock`
pub(super) async fn unlock(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<LocalAccountId>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    done(&edge, edge.local.unlock(id, signed_in.0.id).await?)
}

fn done(edge: &Edge, was_there: bool) -> Result<StatusCode, Failure> {
    edge.outbox.look_for_alerts();
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(Failure::not_found()) }
}

/// `GET /api/local/uses/unseen`: for the note on every administrator's page.
pub(super) async fn unseen(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<UnseenUses>, Failure> {
    may_keep(&signed_in)?;
    Ok(Json(UnseenUses { uses: edge.store.unseen_local_uses().await? }))
}

/// `POST /api/local/uses/seen`
pub(super) async fn seen(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Body(request): Body<SeenRequest>,
) -> Result<StatusCode, Failure> {
    may_keep(&signed_in)?;
    let until =
        DateTime::parse_from_rfc3339(&request.until).map_err(|_| Failure::bad_request("until is no time"))?;
    // What is told is cut to the millisecond.
    let until = until.to_utc() + TimeDelta::milliseconds(1);
    edge.store.see_local_uses(until, signed_in.0.id, edge.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
