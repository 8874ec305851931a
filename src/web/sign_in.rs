//! Staff sign in and out: redirects and cookies around [`crate::login`].

use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use schemars::JsonSchema;
use serde::Deserialize;

use super::extract::{Body, Proven, authenticated};
use super::problem::Failure;
use super::{Edge, acts};
use crate::audit::Outcome;
use crate::login::{
    Callback, FrontChannel, LOCAL_PROVIDER, LOGIN_COOKIE, NotSignedOut, SIGN_IN_COOKIE, SIGN_IN_TIME_SECONDS,
    Wish,
};
use crate::protocol::{Activities, ActivityChoice, Me, SignInWay, SignedOut};
use crate::secret::Secret;

/// Where somebody lands who did not get in.
const SIGN_IN_PAGE: &str = "/app/sign-in";
/// Where somebody signs in with an account of the gateway itself.
const LOCAL_PAGE: &str = "/app/local-sign-in";
/// Where somebody chooses the activity in which they work.
const ACTIVITY_PAGE: &str = "/app/activity";

#[derive(Deserialize, JsonSchema)]
pub(super) struct Begin {
    #[serde(default)]
    return_to: String,
    provider: Option<String>,
    /// Whoever is signed in proves once more who they are.
    #[serde(default)]
    fresh: bool,
}

/// `GET /login?return_to=/app&provider=psc&fresh=true`
pub(super) async fn begin(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Query(query): Query<Begin>,
) -> Response {
    let known = match authenticated(&edge, &headers).await {
        Ok(known) if query.fresh => known,
        Ok(_) => None,
        Err(failure) => return not_in(&failure, None, query.provider.as_deref()),
    };
    if known.as_ref().is_some_and(|known| known.provider.as_deref() == Some(LOCAL_PROVIDER)) {
        return uncached(Redirect::to(&with_query(LOCAL_PAGE, "return_to", &query.return_to)));
    }
    // Whoever proves once more who they are does so where they did the first time.
    let provider = known.as_ref().and_then(|known| known.provider.as_deref()).or(query.provider.as_deref());
    let wish = Wish { provider, return_to: &query.return_to, fresh_for: known.as_ref() };
    match edge.login.begin(wish).await {
        Ok(redirect) => {
            let cookie = set_cookie(SIGN_IN_COOKIE, &redirect.cookie, Some(SIGN_IN_TIME_SECONDS));
            uncached((AppendHeaders([cookie]), Redirect::to(redirect.url.as_str())))
        }
        Err(error) => {
            let reason = match &error {
                crate::login::Error::ProviderUnreachable(fault) => Some(fault.reason()),
                _ => None,
            };
            not_in(&error.into(), reason, provider)
        }
    }
}

/// `GET /login/callback`: the hospital's own provider sends the browser back.
pub(super) async fn finish(edge: State<Edge>, headers: HeaderMap, callback: Query<Callback>) -> Response {
    finish_by(edge, headers, callback, None).await
}

/// `GET /login/callback/{provider}`: another one does.
pub(super) async fn finish_at(
    edge: State<Edge>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    callback: Query<Callback>,
) -> Response {
    finish_by(edge, headers, callback, Some(provider)).await
}

async fn finish_by(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Query(callback): Query<Callback>,
    way: Option<String>,
) -> Response {
    let jar = CookieJar::from_headers(&headers);
    let of = |name| jar.get(name).map(|cookie| cookie.value().to_owned());
    let (browser, before) = (of(SIGN_IN_COOKIE), of(LOGIN_COOKIE));
    match edge.login.finish(callback, way.as_deref(), browser.as_deref(), before.as_deref()).await {
        Ok(signed_in) => {
            let cookies = [set_cookie(LOGIN_COOKIE, &signed_in.cookie, None), drop_cookie(SIGN_IN_COOKIE)];
            tracing::info!(practitioner.id = %signed_in.practitioner.id, "somebody signed in");
            acts::note_staff(signed_in.practitioner.id);
            let to = if signed_in.return_to == "/" { "/app" } else { &signed_in.return_to };
            let to = if signed_in.is_to_choose {
                with_query(ACTIVITY_PAGE, "return_to", to)
            } else {
                to.to_owned()
            };
            uncached((AppendHeaders(cookies), Redirect::to(&to)))
        }
        Err(refused) => {
            if refused.is_of_attempt() {
                acts::note_vouched();
            }
            let reason = refused.reason();
            let failure = refused.into();
            acts::note_outcome(Outcome::Refused, word_of(&failure).as_str());
            not_in(&failure, Some(reason), way.as_deref())
        }
    }
}

/// `GET /login/signed-out`: the provider has signed the person out as well.
pub(super) async fn signed_out() -> Redirect {
    Redirect::to("/app/sign-in?problem=signed_out")
}

/// `POST /logout`
pub(super) async fn logout(State(edge): State<Edge>, headers: HeaderMap) -> Result<Response, Failure> {
    let jar = CookieJar::from_headers(&headers);
    let mut next = SIGN_IN_PAGE.to_owned();
    // Says in the trail who it was.
    if authenticated(&edge, &headers).await?.is_none() {
        acts::note_nothing();
    }
    if let Some(cookie) = jar.get(LOGIN_COOKIE)
        && let Some(url) = edge.login.logout(cookie.value()).await?
    {
        next = url.into();
    }
    Ok(uncached((AppendHeaders([drop_cookie(LOGIN_COOKIE)]), Json(SignedOut { next }))))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct BackChannel {
    logout_token: Secret<String>,
}

/// `POST /login/back-channel-logout`: a provider says that somebody is signed out (OpenID Connect Back-Channel Logout 1.0
/// section 2.5). It has no page of this site; its signature is what counts.
pub(super) async fn back_channel(
    State(edge): State<Edge>,
    form: Result<Form<BackChannel>, axum::extract::rejection::FormRejection>,
) -> Response {
    let refuse = |status: StatusCode, error: &'static str, why: &str| {
        let body = serde_json::json!({ "error": error, "error_description": why });
        uncached((status, Json(body)))
    };
    let Ok(Form(form)) = form else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request", "there is no logout_token");
    };
    match edge.login.back_channel(&form.logout_token).await {
        Ok(_) => {
            acts::note_vouched();
            uncached(StatusCode::OK)
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a logout token was refused");
            match error {
                NotSignedOut::BadLogout(bad) => {
                    refuse(StatusCode::BAD_REQUEST, "invalid_request", &bad.to_string())
                }
                NotSignedOut::ProviderUnreachable(_) | NotSignedOut::Store(_) => {
                    refuse(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again")
                }
            }
        }
    }
}

/// `GET /login/front-channel-logout`: a page of a provider shows this one while it signs somebody out (OpenID Connect Front-Channel
/// Logout 1.0 section 2). The one GET that changes something: it ends a login, which is all that it can do.
pub(super) async fn front_channel(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Query(asked): Query<FrontChannel>,
) -> Result<Response, Failure> {
    let jar = CookieJar::from_headers(&headers);
    let cookie = jar.get(LOGIN_COOKIE).map(|cookie| cookie.value().to_owned());
    match edge.login.front_channel(asked, cookie.as_deref()).await? {
        0 => acts::note_nothing(),
        _ => acts::note_vouched(),
    }
    let mut response = uncached(Html("<!doctype html><title>Parvis</title>"));
    let ancestors = edge.login.provider_origins().await.join(" ");
    let policy =
        format!("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}");
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// `GET /api/sign-in`: the ways to sign in.
pub(super) async fn ways(State(edge): State<Edge>) -> Json<Vec<SignInWay>> {
    let offered = edge.login.offered().await.into_iter();
    Json(offered.map(|offered| SignInWay { provider: offered.key, label: offered.label }).collect())
}

/// `GET /api/sign-in/activities`
pub(super) async fn activities(
    State(edge): State<Edge>,
    headers: HeaderMap,
) -> Result<Json<Activities>, Failure> {
    let jar = CookieJar::from_headers(&headers);
    let Some(cookie) = jar.get(LOGIN_COOKIE) else { return Err(Failure::sign_in_needed()) };
    Ok(Json(Activities { choices: edge.login.activities(cookie.value()).await? }))
}

/// `POST /api/sign-in/activity`
pub(super) async fn choose_activity(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Body(choice): Body<ActivityChoice>,
) -> Result<StatusCode, Failure> {
    let jar = CookieJar::from_headers(&headers);
    let Some(cookie) = jar.get(LOGIN_COOKIE) else { return Err(Failure::sign_in_needed()) };
    let is_chosen = edge.login.choose_activity(cookie.value(), choice.choice.into()).await?;
    if is_chosen { Ok(StatusCode::NO_CONTENT) } else { Err(Failure::not_found()) }
}

/// `GET /api/me`
pub(super) async fn me(Proven(known): Proven) -> Json<Me> {
    let practitioner = known.practitioner;
    Json(Me {
        practitioner: practitioner.id.to_string(),
        name: practitioner.name.expose().clone(),
        roles: practitioner.roles.iter().map(|role| (*role).into()).collect(),
        activity: known.activity,
    })
}

/// The code of a failure, as addresses have it.
fn word_of(failure: &Failure) -> String {
    let code = serde_json::to_value(failure.code()).ok();
    code.as_ref().and_then(|code| code.as_str()).unwrap_or("internal").to_owned()
}

/// To the sign-in page, which has a sentence and a next step for the code; the reason is for whoever helps.
fn not_in(failure: &Failure, reason: Option<&str>, provider: Option<&str>) -> Response {
    let mut page = with_query(SIGN_IN_PAGE, "problem", &word_of(failure));
    for (name, value) in [("reason", reason), ("provider", provider)] {
        if let Some(value) = value {
            page = with_query(&page, name, value);
        }
    }
    uncached(Redirect::to(&page))
}

fn with_query(page: &str, name: &str, value: &str) -> String {
    let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}{name}={value}")
}

pub(super) fn uncached(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A cookie of this very host, as the prefix `__Host-` demands (RFC 6265bis section 4.1.3.2). Browsers count http://localhost as
/// secure. `max_age`: seconds; `None` ends with the browser.
pub(super) fn set_cookie(name: &str, value: &Secret<String>, max_age: Option<u32>) -> (HeaderName, String) {
    let max_age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let value = value.expose();
    (header::SET_COOKIE, format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{max_age}"))
}

fn drop_cookie(name: &str) -> (HeaderName, String) {
    set_cookie(name, &Secret::new(String::new()), Some(0))
}
