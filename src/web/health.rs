//! Whether this process lives, and whether it serves.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use super::Edge;

/// `GET /health/live`: depends on nothing.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// `GET /health/ready`, `/health/startup`: calls are carried and the database answers within a second. An identity provider that is down is no reason
/// to take calls away from a process.
pub(super) async fn ready(State(edge): State<Edge>) -> (StatusCode, &'static str) {
    if !edge.live.is_carrying_calls() {
        return (StatusCode::SERVICE_UNAVAILABLE, "a media thread has ended\n");
    }
    match tokio::time::timeout(Duration::from_secs(1), edge.store.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the database fails\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
