//! Files that people share in a consultation: brought by those in the call, fetched by its people, only ever offered for saving.

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::acts::authorize;
use super::extract::{One, Two, actor_of, signed_in};
use super::problem::Failure;
use super::spool::{Landing, spool};
use super::{Edge, guest};
use crate::clinical::{
    Appointment, AppointmentId, FileKind, FileName, Object, ParticipantId, PlaceKind, ShareRefusal,
    SharedFile, SharedFileId, Verb, may_share_into,
};
use crate::protocol;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

/// `POST /api/appointments/{appointment}/files?name=...`: the file as the body.
pub(super) async fn share(
    State(edge): State<Edge>,
    One(id): One<AppointmentId>,
    Query(Named { name }): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<protocol::SharedFile>), Failure> {
    let (appointment, participant) = person(&edge, &headers, id, Verb::ShareFiles).await?;
    may_share_into(&appointment, edge.store.shared_files_of(id).await?.len())?;
    let landing = Landing::new(&edge).await?;
    let most = SharedFile::MAX_BYTES.into();
    let outcome = async {
        spool(&edge.archive, landing.path(), body, most, || ShareRefusal::TooLarge.into()).await?;
        keep(&edge, &appointment, participant, landing.path(), &name).await
    };
    let outcome = outcome.await;
    landing.clear().await;
    let file = outcome?;
    tracing::info!(appointment.id = %id, participant.id = %participant, file.bytes = file.bytes, "a file was shared");
    let told = protocol::SharedFile::new(&file, appointment.participant(participant));
    edge.live.shared(id, file).await;
    Ok((StatusCode::CREATED, Json(told)))
}

/// Looks at what has come in, and writes file and row, in this order.
async fn keep(
    edge: &Edge,
    appointment: &Appointment,
    participant: ParticipantId,
    path: &std::path::Path,
    name: &str,
) -> Result<SharedFile, Failure> {
    let shelf = edge.archive.shelf().await;
    // It may be over, or full, by now.
    let current = edge.store.appointment(appointment.id).await?.ok_or_else(Failure::not_found)?;
    may_share_into(&current, edge.store.shared_files_of(appointment.id).await?.len())?;
    let looked = shelf.look(path).await?;
    let kind = FileKind::sniff(&looked.bytes, &looked.entries).ok_or(ShareRefusal::WrongKind)?;
    let file = SharedFile {
        id: SharedFileId::new(edge.clock.new_uuid()),
        participant,
        at: edge.clock.now(),
        name: FileName::new(name, kind),
        kind,
        bytes: u32::try_from(looked.bytes.len()).map_err(|_| ShareRefusal::TooLarge)?,
        content: looked.content,
    };
    shelf.keep(path, file.content).await?;
    edge.store.add_shared_file(appointment.id, &file).await?;
    Ok(file)
}

/// `GET /api/appointments/{appointment}/files/{file}`
pub(super) async fn fetch(
    State(edge): State<Edge>,
    Two(id, file): Two<AppointmentId, SharedFileId>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    person(&edge, &headers, id, Verb::FetchFiles).await?;
    let files = edge.store.shared_files_of(id).await?;
    let file = files.into_iter().find(|other| other.id == file).ok_or_else(Failure::not_found)?;
    let bytes = edge.archive.shared_file(file.content).await?;
    Ok(attachment(bytes, file.name.expose(), file.kind.media_type()))
}

/// Bytes that strangers wrote: offered for saving, of a type from a closed list, and nothing in them runs.
pub(super) fn attachment(bytes: Vec<u8>, name: &str, media_type: &'static str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let disposition = format!("attachment; filename*=UTF-8''{}", percent(name));
    let disposition =
        HeaderValue::from_str(&disposition).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let sandbox = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, sandbox);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// RFC 8187 section 3.2.1: everything but letters and digits is written by its bytes.
pub(super) fn percent(name: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The secret of the link that a guest shows.
pub(super) fn shown_link(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Link ")
}

/// Who asks, if they may: a guest who shows a link (`Authorization: Link ...`) and is in the call, or signed-in staff.
pub(super) async fn person(
    edge: &Edge,
    headers: &HeaderMap,
    id: AppointmentId,
    verb: Verb,
) -> Result<(Appointment, ParticipantId), Failure> {
    if let Some(secret) = shown_link(headers) {
        let guest = guest::let_in(edge, secret, headers).await?;
        if guest.appointment.id != id {
            return Err(Failure::not_found());
        }
        let places = edge.live.places(id).await.unwrap_or_default();
        let place = places.get(&guest.participant).map_or(PlaceKind::Invited, |place| place.kind());
        authorize(&guest.actor, verb, &Object::Consultation { appointment: &guest.appointment, place })?;
        return Ok((guest.appointment, guest.participant));
    }
    let practitioner = signed_in(edge, headers).await?.ok_or_else(Failure::sign_in_needed)?;
    let appointment = edge.store.appointment(id).await?.ok_or_else(Failure::not_found)?;
    let actor = actor_of(edge, &practitioner).await?;
    authorize(&actor, verb, &Object::Appointment(&appointment))?;
    let participant = appointment.participant_of(practitioner.id).map(|participant| participant.id);
    Ok((appointment, participant.ok_or_else(Failure::not_found)?))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(percent("Résumé 1.pdf"), "R%C3%A9sum%C3%A9%201.pdf");
        assert_eq!(percent("a\"; x=\r\n.pdf"), "a%22%3B%20x%3D%0D%0A.pdf");
    }
}
