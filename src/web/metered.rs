//! Counts what is answered, for the hospital's monitoring.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::Edge;

pub(super) async fn count(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let begun = edge.clock.instant();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let took = edge.clock.instant().saturating_duration_since(begun);
    let route = route.as_ref().map(MatchedPath::as_str);
    edge.requests.answered(method.as_str(), route, response.status().as_u16(), took);
    response
}
