//! `GET /ws/agenda`: tells a page that shows the agenda when to fetch it again.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;

use super::Edge;
use super::acts::authorize;
use super::ceiling::Place;
use super::extract::{ClientAddress, actor_of, authenticated};
use super::problem::Failure;
use super::socket::bounded;
use super::ticket::Holder;
use crate::clinical::{Object, Verb};
use crate::protocol::{AgendaHello, AgendaMessage};

/// Changes that come closer together than this are told once.
const PAUSE: Duration = Duration::from_millis(200);
/// The ticket comes within this time.
const HELLO: Duration = Duration::from_secs(10);
/// A connection that nothing passes through is cut by proxies after a minute or so.
const HEARTBEAT: Duration = Duration::from_secs(25);

pub(super) async fn open(
    State(edge): State<Edge>,
    address: ClientAddress,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    let place = edge.hellos.place(&address).ok_or_else(Failure::busy)?;
    let ends = edge.login.ends();
    let known = authenticated(&edge, &headers).await?.ok_or_else(Failure::sign_in_needed)?;
    let actor = actor_of(&edge, &known.practitioner).await?;
    authorize(&actor, Verb::ListAppointments, &Object::Agenda)?;
    let holder = Holder::login(&headers).ok_or_else(Failure::sign_in_needed)?;
    let login = known.login;
    Ok(bounded(upgrade).max_message_size(1024).on_upgrade(async move |socket| {
        let mut ends = ends;
        tokio::select! {
            () = serve(edge, holder, socket, place) => {}
            () = ends.of(login) => {}
        }
    }))
}

/// Whether the first message shows a ticket of theirs.
async fn has_ticket(edge: &Edge, holder: &Holder, socket: &mut WebSocket) -> bool {
    let Ok(Some(Ok(Message::Text(text)))) = tokio::time::timeout(HELLO, socket.recv()).await else {
        return false;
    };
    let hello = serde_json::from_str::<AgendaHello>(text.as_str());
    hello.is_ok_and(|hello| edge.tickets.take(&hello.ticket, holder, edge.clock.instant()))
}

async fn serve(edge: Edge, holder: Holder, mut socket: WebSocket, place: Place) {
    if !has_ticket(&edge, &holder, &mut socket).await {
        return;
    }
    drop(place);
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
