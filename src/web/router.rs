//! Every address, and what every response carries.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::routing::{any, delete, get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use super::{
    Edge, agenda, appointments, assets, diag, extract, files, guest, health, hospital, identity, key_images,
    links, quality, record, sign_in, socket, studies, summary, waiting_room, worklist,
};

/// The largest JSON body, in bytes.
const MAX_JSON: usize = 64 << 10;
/// The largest text of a summary, in bytes: all of its sentences, each letter of them four bytes.
const MAX_SUMMARY: usize = 512 << 10;
/// A request that is no upload and no socket is answered within this time.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The whole interface. GET and HEAD change nothing anywhere; whatever changes something is asked for by this site's own pages.
pub fn router(edge: Edge) -> Router {
    let api = Router::new()
        .route("/api/hospital", get(hospital::show))
        .route("/api/diag", get(diag::show))
        .route("/api/me", get(sign_in::me))
        .route("/api/practitioners", get(appointments::practitioners))
        .route("/api/appointments", get(appointments::list).post(appointments::book))
        .route("/api/appointments/{appointment}", get(appointments::show))
        .route("/api/appointments/{appointment}/cancel", post(appointments::cancel))
        .route("/api/appointments/{appointment}/noshow", post(appointments::miss))
        .route(
            "/api/appointments/{appointment}/participants/{participant}/link",
            post(links::issue).delete(links::withdraw),
        )
        .route("/api/appointments/{appointment}/quality", get(quality::show))
        .route("/api/appointments/{appointment}/key-images", get(key_images::list))
        .route("/api/appointments/{appointment}/key-images/save", post(key_images::save))
        .route("/api/key-images/{image}", delete(key_images::remove))
        .route("/api/key-images/{image}/caption", put(key_images::caption))
        .route("/api/key-images/{image}/picture", get(key_images::picture))
        .route("/api/appointments/{appointment}/summary.pdf", get(summary::document))
        .route("/api/appointments/{appointment}/drop-in", post(worklist::drop_in))
        .route("/api/waiting-room", get(waiting_room::list))
        .route("/api/appointments/{appointment}/waiting/{participant}/message", post(waiting_room::message))
        .route("/api/appointments/{appointment}/waiting/{participant}/place", post(waiting_room::place))
        .route("/api/appointments/{appointment}/take-over", post(waiting_room::take_over))
        .route("/api/practitioners/{practitioner}/delay", put(waiting_room::delay))
        .route("/api/services/{service}/waiting-policy", put(waiting_room::set_policy))
        .route("/api/appointments/{appointment}/identity", get(identity::show))
        .route("/api/appointments/{appointment}/participants/{participant}/identity", post(identity::check))
        .route("/api/appointments/{appointment}/participants/{participant}/ins", post(identity::keep_ins))
        .route("/api/worklist", get(worklist::list))
        .route("/api/appointments/{appointment}/viewing", get(record::show))
        .route("/api/steps/{step}/picture", get(record::picture))
        .route("/api/guest/look", post(guest::look))
        .route("/api/studies/{study}", delete(studies::withdraw))
        .route("/api/series/{series}/thumbnail", get(studies::thumbnail))
        .route("/login", get(sign_in::begin))
        .route("/login/callback", get(sign_in::finish))
        .route("/login/signed-out", get(sign_in::signed_out))
        .route("/logout", post(sign_in::logout))
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .route(
            "/api/appointments/{appointment}/summary",
            get(summary::show).put(summary::put).layer(DefaultBodyLimit::max(MAX_SUMMARY)),
        )
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT));
    let long = Router::new()
        .route("/api/appointments/{appointment}/studies", get(studies::list).post(studies::receive))
        .route("/api/appointments/{appointment}/files", post(files::share))
        .route("/api/appointments/{appointment}/files/{file}", get(files::fetch))
        .layer(DefaultBodyLimit::disable())
        // A browser that speaks HTTP/2 asks for a socket with CONNECT (RFC 8441 section 4), one that speaks HTTP/1.1 with GET.
        .route("/ws", any(socket::open))
        .route("/ws/agenda", any(agenda::open));
    Router::new()
        .merge(api)
        .merge(long)
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/health/startup", get(health::ready))
        .fallback(assets::serve)
        .layer(middleware::from_fn_with_state(edge.clone(), extract::refuse_foreign_origin))
        .with_state(edge.clone())
        .layer(CatchPanicLayer::new())
        .layer(header_layer(header::CONTENT_SECURITY_POLICY, &policy(&edge)))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::REFERRER_POLICY, "no-referrer"))
        .layer(header_layer(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(header_layer(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
        .layer(header_layer(HeaderName::from_static("permissions-policy"), PERMISSIONS))
}

const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), \
    autoplay=(self), fullscreen=(self), picture-in-picture=(self), geolocation=(), payment=(), usb=()";

/// Nothing from anywhere else, nothing inline. WebSocket addresses are named because older Safari does not count them as 'self'.
fn policy(edge: &Edge) -> String {
    let socket = edge.public_url.as_str().replacen("http", "ws", 1);
    let socket = socket.trim_end_matches('/');
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
         font-src 'self'; connect-src 'self' {socket}; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

fn header_layer(name: HeaderName, value: &str) -> SetResponseHeaderLayer<Option<HeaderValue>> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_str(value).ok())
}
