//! A request that changes something is carried through, whatever becomes of the connection it came on: a program that goes away, or a page that is closed, would
//! otherwise end the function that answers at any place where it waits, with the change made and neither its record nor what follows.

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use super::{Edge, acts};

/// Answers such a request in a task of its own. A body that does not come any more ends as it always does, by its time or with its connection.
pub(super) async fn carry(State(edge): State<Edge>, request: Request, rest: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    if !acts::changes(request.method(), route.as_deref()) {
        return rest.run(request).await;
    }
    let (answer, answered) = oneshot::channel();
    edge.tasks.spawn("request", async move {
        // Whoever asked may have gone.
        let _ = answer.send(rest.run(request).await);
    });
    // It panicked, which is logged.
    answered.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
