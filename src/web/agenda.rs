//! `GET /ws/agenda`: tells a page that shows the agenda when to fetch it again.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;

use super::Edge;
use super::acts::authorize;
use super::extract::SignedIn;
use super::problem::Failure;
use crate::clinical::{Object, Verb};
use crate::protocol::AgendaMessage;

/// Changes that come closer together than this are told once.
const PAUSE: Duration = Duration::from_millis(200);
/// A connection that nothing passes through is cut by proxies after a minute or so.
const HEARTBEAT: Duration = Duration::from_secs(25);

pub(super) async fn open(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    authorize(&signed_in.actor(), Verb::ListAppointments, &Object::Agenda)?;
    Ok(upgrade.max_message_size(1024).on_upgrade(async move |socket| serve(edge, socket).await))
}

async fn serve(edge: Edge, mut socket: WebSocket) {
    let mut changes = edge.live.changes();
    let Ok(changed) = serde_json::to_string(&AgendaMessage::AgendaChanged {}) else { return };
    loop {
        let message = tokio::select! {
            () = edge.tasks.stopped() => return,
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            changed_now = changes.changed() => {
                if changed_now.is_err() {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
                changes.mark_unchanged();
                Message::Text(changed.as_str().into())
            }
            () = tokio::time::sleep(HEARTBEAT) => Message::Ping(Default::default()),
        };
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
