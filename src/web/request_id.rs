//! One identifier a request: in the answer, and on every line that is logged for it, so that what somebody reads to the help desk finds
//! the lines. It is made here; what a client sends as one is anybody's word and is passed over.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::Edge;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The identifier of a request, for whoever writes something down about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestId(pub(super) uuid::Uuid);

pub(super) async fn give(State(edge): State<Edge>, mut request: Request, rest: Next) -> Response {
    let id = edge.clock.new_uuid();
    request.extensions_mut().insert(RequestId(id));
    // The route, never the address: that may hold what only its owner should know.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "page".to_owned());
    let method = request.method().clone();
    let began = edge.clock.instant();
    let span = tracing::info_span!("request", request.id = %id);
    async move {
        let mut response = rest.run(request).await;
        let ms = edge.clock.instant().saturating_duration_since(began).as_millis();
        let status = response.status().as_u16();
        tracing::debug!(http.method = %method, http.route = route, http.status = status, ms, "answered");
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(HEADER, value);
        }
        response
    }
    .instrument(span)
    .await
}
