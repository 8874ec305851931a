//! Staff sign in and out: redirects and cookies around [`crate::login`].

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::Edge;
use super::extract::SignedIn;
use super::problem::Failure;
use crate::login::{Callback, LOGIN_COOKIE, SIGN_IN_COOKIE, SIGN_IN_TIME_SECONDS};
use crate::protocol::{Me, SignedOut};
use crate::secret::Secret;

/// Where somebody lands who did not get in.
const SIGN_IN_PAGE: &str = "/app/sign-in";

#[derive(Deserialize)]
pub(super) struct Begin {
    #[serde(default)]
    return_to: String,
}

/// `GET /login?return_to=/app`
pub(super) async fn begin(State(edge): State<Edge>, Query(query): Query<Begin>) -> Response {
    match edge.login.begin(&query.return_to).await {
        Ok(redirect) => {
            let cookie = set_cookie(SIGN_IN_COOKIE, &redirect.cookie, Some(SIGN_IN_TIME_SECONDS));
            uncached((AppendHeaders([cookie]), Redirect::to(redirect.url.as_str())))
        }
        Err(error) => not_in(&error.into()),
    }
}

/// `GET /login/callback`: the provider sends the browser back.
pub(super) async fn finish(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Query(callback): Query<Callback>,
) -> Response {
    let jar = CookieJar::from_headers(&headers);
    let browser = jar.get(SIGN_IN_COOKIE).map(|cookie| cookie.value().to_owned());
    match edge.login.finish(callback, browser.as_deref()).await {
        Ok(signed_in) => {
            let cookies = [set_cookie(LOGIN_COOKIE, &signed_in.cookie, None), drop_cookie(SIGN_IN_COOKIE)];
            tracing::info!(practitioner.id = %signed_in.practitioner.id, "somebody signed in");
            let to = if signed_in.return_to == "/" { "/app" } else { &signed_in.return_to };
            uncached((AppendHeaders(cookies), Redirect::to(to)))
        }
        Err(refused) => not_in(&refused.into()),
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
    if let Some(cookie) = jar.get(LOGIN_COOKIE)
        && let Some(url) = edge.login.logout(cookie.value()).await?
    {
        next = url.into();
    }
    Ok(uncached((AppendHeaders([drop_cookie(LOGIN_COOKIE)]), Json(SignedOut { next }))))
}

/// `GET /api/me`
pub(super) async fn me(SignedIn(practitioner): SignedIn) -> Json<Me> {
    Json(Me {
        practitioner: practitioner.id.to_string(),
        name: practitioner.name.expose().clone(),
        roles: practitioner.roles.iter().map(|role| (*role).into()).collect(),
    })
}

fn not_in(failure: &Failure) -> Response {
    let code = serde_json::to_value(failure.code()).ok();
    let code = code.as_ref().and_then(|code| code.as_str()).unwrap_or("internal");
    uncached(Redirect::to(&format!("{SIGN_IN_PAGE}?problem={code}")))
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
