//! What a request shows of itself: who is signed in, where it comes from, its body.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use serde::de::DeserializeOwned;

use super::problem::Failure;
use super::throttle::Knock;
use super::{Edge, acts};
use crate::clinical::{Actor, Lent, Practitioner, PractitionerId, StaffRole, Verb, Workplaces, needs_fresh};
use crate::login::{Authenticated, LOGIN_COOKIE};
use crate::port::Progress;
use crate::protocol::ProblemCode;
use crate::store;

/// Somebody who is signed in and has a role, where they work, and what they may besides for now.
pub(super) struct SignedIn(pub(super) Practitioner, pub(super) Workplaces, pub(super) Lent);

impl SignedIn {
    /// The person as `clinical::authorize` knows them.
    pub(super) fn actor(&self) -> Actor {
        staff(&self.0, self.1.clone(), self.2.clone())
    }
}

impl FromRequestParts<Edge> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let practitioner = signed_in(edge, &parts.headers).await?;
        let practitioner = practitioner.ok_or_else(Failure::sign_in_needed)?;
        let places = workplaces_of(edge, &practitioner).await?;
        let lent = lent_to(edge, practitioner.id).await?;
        Ok(Self(practitioner, places, lent))
    }
}

/// A member of staff as `clinical::authorize` knows them.
pub(super) fn staff(person: &Practitioner, places: Workplaces, lent: Lent) -> Actor {
    Actor::Staff { practitioner: person.id, roles: person.roles.clone(), places, lent }
}

/// The same, asked for.
pub(super) async fn actor_of(edge: &Edge, person: &Practitioner) -> Result<Actor, store::Error> {
    let places = workplaces_of(edge, person).await?;
    Ok(staff(person, places, lent_to(edge, person.id).await?))
}

async fn workplaces_of(edge: &Edge, person: &Practitioner) -> Result<Workplaces, store::Error> {
    let services = edge.store.services_of(person.id).await?;
    // Only radiologists come in where they are not booked.
    let is_reader = person.roles.contains(&StaffRole::Radiologist) && !services.is_empty();
    let read_for = if is_reader { edge.store.services_read_by(person.id).await? } else { Vec::new() };
    Ok(Workplaces { services, read_for })
}

/// What a member of staff may for now: in an emergency, or acting for somebody.
async fn lent_to(edge: &Edge, person: PractitionerId) -> Result<Lent, store::Error> {
    let now = edge.clock.now();
    let open = edge.store.emergency_accesses_open(person, now).await?;
    let delegations = edge.store.delegations_of(person, now).await?;
    let received = delegations.iter().filter(|each| each.to == person && each.is_in_force(now));
    Ok(Lent {
        emergencies: open.into_iter().map(|access| access.appointment).collect(),
        acts_for: received.map(|each| each.for_whom).collect(),
        withdrawn: edge.store.acting_no_more(person, now).await?,
    })
}

/// Who the login cookie of these headers belongs to.
pub(super) async fn signed_in(edge: &Edge, headers: &HeaderMap) -> Result<Option<Practitioner>, Failure> {
    Ok(authenticated(edge, headers).await?.map(|known| known.practitioner))
}

/// The same, with their login.
pub(super) async fn authenticated(
    edge: &Edge,
    headers: &HeaderMap,
) -> Result<Option<Authenticated>, Failure> {
    let jar = CookieJar::from_headers(headers);
    let Some(cookie) = jar.get(LOGIN_COOKIE) else { return Ok(None) };
    let known = edge.login.authenticate(cookie.value()).await?;
    if let Some(known) = &known {
        acts::note_staff(known.practitioner.id);
    }
    Ok(known)
}

/// Somebody who is signed in, with what their login rests on: what is privileged asks whether that is fresh.
pub(super) struct Proven(pub(super) Authenticated);

impl Proven {
    /// # Errors
    /// If they have to prove once more who they are before they do this.
    pub(super) async fn is_fresh_for(&self, edge: &Edge, verb: Verb) -> Result<(), Failure> {
        let rule = edge.login.fresh_rule(self.0.provider.as_deref()).await;
        if needs_fresh(verb, &self.0.proof, &rule, edge.clock.now()) {
            return Err(Failure::fresh_sign_in_needed());
        }
        Ok(())
    }
}

impl FromRequestParts<Edge> for Proven {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let known = authenticated(edge, &parts.headers).await?;
        known.map(Self).ok_or_else(Failure::sign_in_needed)
    }
}

/// A JSON body; whatever is wrong with it is told in one sentence, without repeating what it holds.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Edge> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, edge: &Edge) -> Result<Self, Failure> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"));
        if !is_json {
            let detail = "the body must be application/json";
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ProblemCode::BadRequest, detail));
        }
        let bytes = Bytes::from_request(request, edge).await.map_err(|_| {
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLarge, "the body is too large")
        })?;
        match Json::<T>::from_bytes(&bytes) {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => {
                let what = match rejection {
                    axum::extract::rejection::JsonRejection::JsonDataError(_) => {
                        "fields are missing or unknown"
                    }
                    _ => "it is not JSON",
                };
                Err(Failure::bad_request(format!("the body cannot be used: {what}")))
            }
        }
    }
}

/// Whatever may change something, and every WebSocket, must come from this site's own pages (RFC 6455 section 10.2): by `Origin`, and by
/// what newer browsers say beside it (Fetch Metadata Request Headers). Nor does the interface answer what another site's page asks for.
pub(super) async fn refuse_foreign_origin(
    State(edge): State<Edge>,
    request: Request,
    rest: Next,
) -> Response {
    let headers = request.headers();
    let is_socket = headers.contains_key(header::UPGRADE);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let is_refused = if is_socket || changes {
        !is_own_origin(&edge, headers) || !matches!(fetch_site(headers), None | Some("same-origin"))
    } else {
        request.uri().path().starts_with("/api/")
            && matches!(fetch_site(headers), Some("cross-site" | "same-site"))
    };
    if is_refused { Failure::foreign_origin().into_response() } else { rest.run(request).await }
}

/// Letter by letter: what is almost this origin is another.
fn is_own_origin(edge: &Edge, headers: &HeaderMap) -> bool {
    let mut told = headers.get_all(header::ORIGIN).iter();
    let own = edge.public_url.origin().ascii_serialization();
    told.next().is_some_and(|origin| origin.as_bytes() == own.as_bytes()) && told.next().is_none()
}

fn fetch_site(headers: &HeaderMap) -> Option<&str> {
    // What cannot be read is no word that lets anybody in.
    headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("cross-site"))
}

/// What a browser sends by itself for one of these pages, as it does reports: they carry no referrer, so that their origin is `null`.
pub(super) fn is_sent_by_own_page(edge: &Edge, headers: &HeaderMap) -> bool {
    let is_null = headers.get(header::ORIGIN).is_some_and(|origin| origin == "null");
    match fetch_site(headers) {
        Some(site) => site == "same-origin" && (is_null || is_own_origin(edge, headers)),
        None => is_null || is_own_origin(edge, headers),
    }
}

/// Where a request comes from: the other end of the connection, or what a trusted proxy there says of its own.
pub(super) struct ClientAddress(pub(super) IpAddr);

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.to_canonical().fmt(f)
    }
}

impl ClientAddress {
    pub(super) fn told(&self) -> String {
        self.0.to_canonical().to_string()
    }

    /// # Errors
    /// If there came too many from there.
    pub(super) fn may(&self, edge: &Edge, knock: Knock) -> Result<(), Failure> {
        let is_in_time = edge.throttle.may(knock, self.0, edge.clock.instant());
        if is_in_time { Ok(()) } else { Err(Failure::too_many()) }
    }

    /// That knock was none of those that are to be few.
    pub(super) fn give_back(&self, edge: &Edge, knock: Knock) {
        edge.throttle.give_back(knock, self.0);
    }
}

impl FromRequestParts<Edge> for ClientAddress {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        Ok(Self(client_address(edge, &parts.headers, &parts.extensions)))
    }
}

/// Where this request comes from, as far as it can be known.
pub(super) fn client_address(edge: &Edge, headers: &HeaderMap, extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<Progress>>().and_then(|info| info.0.peer());
    // A connection whose other end is not known counts with all others of its kind.
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    told_by_proxies(peer, headers, &edge.trusted_proxies)
}

/// The last address of `X-Forwarded-For` that no trusted proxy has: the ones before it anybody may have written.
fn told_by_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.contains(&address.to_canonical());
    if !is_trusted(&peer) {
        return peer;
    }
    let told = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let told: Vec<_> = told.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut from = peer;
    for address in told.iter().rev() {
        let Ok(address) = address.parse::<IpAddr>() else { break };
        from = address;
        if !is_trusted(&address) {
            break;
        }
    }
    from
}

/// One identifier in the address. What is no identifier names nothing.
pub(super) struct One<T>(pub(super) T);

impl<T: FromStr> FromRequestParts<Edge> for One<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let path = path(parts, edge).await?;
        let mut values = path.iter().map(|(_, value)| value);
        next(&mut values).map(Self)
    }
}

/// Two identifiers in the address.
pub(super) struct Two<T, U>(pub(super) T, pub(super) U);

impl<T: FromStr, U: FromStr> FromRequestParts<Edge> for Two<T, U> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let path = path(parts, edge).await?;
        let mut values = path.iter().map(|(_, value)| value);
        Ok(Self(next(&mut values)?, next(&mut values)?))
    }
}

async fn path(parts: &mut Parts, edge: &Edge) -> Result<RawPathParams, Failure> {
    RawPathParams::from_request_parts(parts, edge).await.map_err(|_| Failure::not_found())
}

fn next<'a, T: FromStr>(values: &mut impl Iterator<Item = &'a str>) -> Result<T, Failure> {
    values.next().and_then(|value| value.parse().ok()).ok_or_else(Failure::not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_request_comes_from_is_told_by_trusted_proxies_only() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "203.0.113.9, 198.51.100.7".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.2".parse().unwrap());
        let trusted = [address("10.0.0.1"), address("10.0.0.2")];
        let from = |peer, trusted: &[IpAddr]| told_by_proxies(address(peer), &headers, trusted);
        assert_eq!(from("10.0.0.1", &trusted), address("198.51.100.7"));
        assert_eq!(from("::ffff:10.0.0.1", &trusted), address("198.51.100.7"));
        assert_eq!(from("192.0.2.1", &trusted), address("192.0.2.1"), "it may have written that itself");
        assert_eq!(from("10.0.0.1", &[]), address("10.0.0.1"));
        assert_eq!(told_by_proxies(address("10.0.0.1"), &HeaderMap::new(), &trusted), address("10.0.0.1"));
    }
}
