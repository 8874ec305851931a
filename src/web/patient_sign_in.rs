//! The patient proves at an identity provider of their own who they are, to come to the documents of a visit: the link says which visit, the
//! provider who they are, and `clinical::likeness` whether that is who was booked. Nobody is told who that would be.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{AppendHeaders, Redirect, Response};
use axum_extra::extract::CookieJar;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::acts::{self, authorize};
use super::after::Visitor;
use super::extract::{Body, ClientAddress};
use super::problem::Failure;
use super::sign_in::{set_cookie, uncached};
use super::throttle::Knock;
use crate::audit::Outcome;
use crate::clinical::{
    Actor, Appointment, BookedIdentity, Likeness, Link, Object, Participant, ParticipantId, Verb, likeness,
};
use crate::login::{
    Callback, NotProven, PATIENT_SIGN_IN_COOKIE, ProvenPatient, Refused, SIGN_IN_TIME_SECONDS,
    SignedInPatient,
};
use crate::protocol::{PatientSignIn, PatientSignInEnd, PatientSignInRequest, SignedOut};
use crate::secret::Secret;
use crate::store::{self, LoginDigest};

/// The page of the patient, which says in words how it went.
const PAGE: &str = "/join";

/// The cookie of a patient's login, each guest's their own: several may use one browser. `Secure; HttpOnly; SameSite=Strict; Path=/`.
fn cookie_name(participant: ParticipantId) -> String {
    let id = participant.uuid().simple().to_string();
    format!("__Host-parvis-documents-{}", &id[20..])
}

/// Who is signed in with this link, by the cookie of the browser.
pub(super) async fn signed_in(
    edge: &Edge,
    headers: &HeaderMap,
    link: &Link,
) -> Result<Option<SignedInPatient>, Failure> {
    let jar = CookieJar::from_headers(headers);
    match jar.get(&cookie_name(link.participant)) {
        Some(cookie) => Ok(edge.login.signed_in_patient(cookie.value(), link.id).await?),
        None => Ok(None),
    }
}

/// What is known of the patient to compare with; `at`: the issuer, and who somebody is there.
pub(super) async fn booked(
    edge: &Edge,
    appointment: &Appointment,
    participant: &Participant,
    at: Option<(&str, LoginDigest)>,
) -> Result<BookedIdentity, Failure> {
    let id = participant.id;
    let contact = edge.store.contacts_of(appointment.id).await?.remove(&id).unwrap_or_default();
    let records = edge.store.ins_records_of(appointment.id).await?;
    let register = records.into_iter().rev().find(|record| record.participant == id);
    let bindings = edge.store.patient_bindings(id).await?;
    let bound = match at {
        Some((issuer, subject)) => {
            let known = bindings.iter().find(|(known, _)| known == issuer);
            known.map(|(_, known)| *known == subject)
        }
        None => (!bindings.is_empty()).then_some(true),
    };
    Ok(BookedIdentity {
        name: participant.name.clone(),
        birth_date: contact.birth_date,
        register: register.map(|record| record.traits),
        bound,
    })
}

/// `POST /api/guest/after/sign-in`: where the browser goes to prove who its person is.
pub(super) async fn begin(
    State(edge): State<Edge>,
    address: ClientAddress,
    visitor: Visitor,
    Body(request): Body<PatientSignInRequest>,
) -> Result<(AppendHeaders<[(HeaderName, String); 1]>, Json<PatientSignIn>), Failure> {
    address.may(&edge, Knock::Open)?;
    visitor.may_have_documents(&edge)?;
    let redirect = edge.login.begin_patient(&request.provider, visitor.link.id).await?;
    let cookie = set_cookie(PATIENT_SIGN_IN_COOKIE, &redirect.cookie, Some(SIGN_IN_TIME_SECONDS));
    Ok((AppendHeaders([cookie]), Json(PatientSignIn { next: redirect.url.into() })))
}

/// `GET /documents/callback/{provider}`: the provider sends the browser back.
pub(super) async fn finish(
    State(edge): State<Edge>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    Query(callback): Query<Callback>,
) -> Response {
    let jar = CookieJar::from_headers(&headers);
    let browser = jar.get(PATIENT_SIGN_IN_COOKIE).map(|cookie| cookie.value().to_owned());
    let came = match edge.login.finish_patient(callback, &provider, browser.as_deref()).await {
        Ok(proven) => came(&edge, &proven).await,
        Err(NotProven { link, refused }) => {
            // Whose sign-in it was, for the trail; nothing else comes of it.
            if let Some(link) = link
                && let Ok(Some(link)) = edge.store.link(link).await
                && let Ok(Some(appointment)) = edge.store.appointment(link.appointment).await
            {
                acts::note_guest(link.participant, &appointment);
            }
            tracing::warn!(error = &refused as &dyn std::error::Error, "a sign-in of a patient was refused");
            acts::note_outcome(Outcome::Refused, &format!("sign-in {}", refused.reason()));
            Came { end: end_of(&refused), cookie: None, next: None }
        }
    };
    let mut cookies = vec![drop_cookie(PATIENT_SIGN_IN_COOKIE)];
    cookies.extend(came.cookie);
    let to = came.next.unwrap_or_else(|| page(came.end));
    uncached((AppendHeaders(cookies), Redirect::to(&to)))
}

/// How somebody comes out of a sign-in that the provider has proved.
struct Came {
    end: PatientSignInEnd,
    cookie: Option<(HeaderName, String)>,
    /// Where the browser goes before it comes to the page.
    next: Option<String>,
}

async fn came(edge: &Edge, proven: &ProvenPatient) -> Came {
    match admit(edge, proven).await {
        Ok((PatientSignInEnd::Done, cookie)) => Came { end: PatientSignInEnd::Done, cookie, next: None },
        Ok((end, _)) => {
            acts::note_outcome(Outcome::Refused, &format!("sign-in {}", word(end)));
            // Else the provider would name the same person again, without asking. To one that was switched off nobody is sent.
            let next = match end {
                PatientSignInEnd::Unreachable => None,
                end => edge.login.sign_stranger_out(proven, word(end)).await,
            };
            Came { end, cookie: None, next: next.map(Into::into) }
        }
        Err(failure) => {
            let code = serde_json::to_value(failure.code()).ok();
            acts::note_outcome(
                Outcome::Failed,
                code.as_ref().and_then(|code| code.as_str()).unwrap_or("internal"),
            );
            Came { end: PatientSignInEnd::Failed, cookie: None, next: None }
        }
    }
}

/// Signs somebody in if they are the patient of the link with which it began, and that still leads to documents.
async fn admit(
    edge: &Edge,
    proven: &ProvenPatient,
) -> Result<(PatientSignInEnd, Option<(HeaderName, String)>), Failure> {
    use PatientSignInEnd as End;
    let Some(link) = edge.store.link(proven.link).await? else { return Ok((End::Closed, None)) };
    let Some(appointment) = edge.store.appointment(link.appointment).await? else {
        return Ok((End::Closed, None));
    };
    acts::note_guest(link.participant, &appointment);
    acts::note_detail(&format!("provider {}", proven.provider));
    let now = edge.clock.now();
    let policy = edge.store.document_policy_of(appointment.id).await?;
    let Ok(after) = policy.check(&link, &appointment, now) else { return Ok((End::Closed, None)) };
    let Some(participant) = appointment.participant(link.participant) else { return Ok((End::Closed, None)) };
    let actor = Actor::Guest { participant: link.participant, role: participant.role() };
    let is_allowed = authorize(&actor, Verb::FetchDocuments, &Object::Appointment(&appointment)).is_ok();
    if !is_allowed || now >= after.documents_until {
        return Ok((End::Closed, None));
    }
    let booked = booked(edge, &appointment, participant, Some((&proven.issuer, proven.subject))).await?;
    let end = match likeness(&proven.identity, &booked) {
        Likeness::Same => End::Done,
        Likeness::Other => End::Other,
        Likeness::NotBooked => End::NotBooked,
        Likeness::NotSaid => End::NotSaid,
    };
    if end != End::Done {
        tracing::warn!(participant.id = %link.participant, likeness = word(end), "somebody who proved who they are is not let in");
        return Ok((end, None));
    }
    let secret = match edge.login.admit_patient(proven, appointment.id, link.participant).await {
        Err(store::Error::ProviderOff) => return Ok((End::Unreachable, None)),
        secret => secret?,
    };
    let Some(secret) = secret else { return Ok((End::Other, None)) };
    tracing::info!(participant.id = %link.participant, provider = proven.provider, "a patient signed in");
    Ok((End::Done, Some(strict_cookie(&cookie_name(link.participant), &secret))))
}

/// `POST /api/guest/after/sign-out`: tells where the browser goes next, to the provider where that signs people out.
pub(super) async fn sign_out(
    State(edge): State<Edge>,
    headers: HeaderMap,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let name = cookie_name(visitor.link.participant);
    let jar = CookieJar::from_headers(&headers);
    let mut next = None;
    if let Some(cookie) = jar.get(&name) {
        next = edge.login.sign_patient_out(cookie.value()).await?;
    }
    let next = next.map_or_else(|| page(PatientSignInEnd::SignedOut), Into::into);
    Ok(uncached((AppendHeaders([drop_cookie(&name)]), Json(SignedOut { next }))))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Back {
    state: Option<String>,
}

/// `GET /documents/signed-out`: the provider has signed the person out; what the page says came along in the state.
pub(super) async fn signed_out(Query(back): Query<Back>) -> Redirect {
    use PatientSignInEnd as End;
    let said = back.state.as_deref().and_then(|state| state.split('.').next()).unwrap_or_default();
    let ends = [End::Other, End::NotBooked, End::NotSaid, End::Closed];
    let end = ends.into_iter().find(|end| word(*end) == said).unwrap_or(End::SignedOut);
    Redirect::to(&page(end))
}

fn end_of(refused: &Refused) -> PatientSignInEnd {
    use PatientSignInEnd as End;
    match refused {
        Refused::WrongState | Refused::Expired => End::Expired,
        Refused::ProviderSaid(_) => End::Refused,
        Refused::WeakSignIn => End::Weak,
        Refused::ProviderUnreachable(_) | Refused::SwitchedOff => End::Unreachable,
        Refused::Store(_) => End::Failed,
        Refused::WrongIssuer
        | Refused::BadToken(_)
        | Refused::NotFresh
        | Refused::OtherPerson
        | Refused::NoRole => End::Untrusted,
    }
}

const fn word(end: PatientSignInEnd) -> &'static str {
    use PatientSignInEnd as End;
    match end {
        End::Done => "done",
        End::Other => "other",
        End::NotBooked => "not_booked",
        End::NotSaid => "not_said",
        End::Closed => "closed",
        End::Expired => "expired",
        End::Refused => "refused",
        End::Weak => "weak",
        End::Untrusted => "untrusted",
        End::Unreachable => "unreachable",
        End::Failed => "failed",
        End::SignedOut => "signed_out",
    }
}

fn page(end: PatientSignInEnd) -> String {
    format!("{PAGE}?signed_in={}", word(end))
}

fn strict_cookie(name: &str, value: &Secret<String>) -> (HeaderName, String) {
    (header::SET_COOKIE, format!("{name}={}; Path=/; Secure; HttpOnly; SameSite=Strict", value.expose()))
}

fn drop_cookie(name: &str) -> (HeaderName, String) {
    set_cookie(name, &Secret::new(String::new()), Some(0))
}
