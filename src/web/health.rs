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
/// to take calls away from a process, nor is a certificate that somebody should look at, which a second line tells of.
pub(super) async fn ready(State(edge): State<Edge>) -> (StatusCode, String) {
    if !edge.live.is_carrying_calls() {
        return not_ready("a media thread has ended");
    }
    match tokio::time::timeout(Duration::from_secs(1), edge.store.ping()).await {
        Ok(Ok(())) => match edge.certificates.news(edge.clock.now()) {
            None => (StatusCode::OK, "ready\n".to_owned()),
            Some(news) => (StatusCode::OK, format!("ready\n{news}\n")),
        },
        Ok(Err(_)) => not_ready("the database fails"),
        Err(_) => not_ready("the database does not answer"),
    }
}

fn not_ready(why: &str) -> (StatusCode, String) {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"))
}
