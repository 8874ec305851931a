//! Images that were kept of a consultation: listed, pictured, captioned, taken back, written as key object selections.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Edge;
use super::appointments::allowed;
use super::extract::{Body, One, SignedIn};
use super::problem::Failure;
use crate::clinical::{Appointment, AppointmentId, Caption, KeyImageId, Verb, WordsRefusal};
use crate::live::{SelectionWriter, take_back_image};
use crate::protocol::{CaptionRequest, KeyImageEntry, SavedImages, time};
use crate::store::StoredKeyImage;

/// `GET /api/appointments/{appointment}/key-images`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<Vec<KeyImageEntry>>, Failure> {
    allowed(&edge, &signed_in, id, Verb::SeeKeyImages).await?;
    let images = edge.store.key_images_of(id).await?;
    let summaries = edge.store.summaries_of(id).await?;
    let is_shown = |image: &KeyImageId| summaries.iter().any(|summary| summary.images.contains(image));
    let entry = |image: StoredKeyImage| KeyImageEntry {
        image: image.id.to_string(),
        at: time(image.at),
        participant: image.by.to_string(),
        series: image.series.to_string(),
        is_shown_to_patient: is_shown(&image.id),
        is_saved: image.saved_as.is_some(),
        title: image.title,
        modality: image.modality,
        index: image.index,
        caption: image.caption.expose().into(),
        width: image.width,
        height: image.height,
    };
    Ok(Json(images.into_iter().map(entry).collect()))
}

/// `GET /api/key-images/{image}/picture`
pub(super) async fn picture(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(image): One<KeyImageId>,
) -> Result<Response, Failure> {
    let appointment = of_image(&edge, &signed_in, image).await?;
    let images = edge.store.key_images_of(appointment.id).await?;
    let image = images.into_iter().find(|other| other.id == image).ok_or_else(Failure::not_found)?;
    let mut response = edge.archive.shared_file(image.content).await?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    Ok(response)
}

/// `PUT /api/key-images/{image}/caption`
pub(super) async fn caption(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(image): One<KeyImageId>,
    Body(request): Body<CaptionRequest>,
) -> Result<StatusCode, Failure> {
    let appointment = of_image(&edge, &signed_in, image).await?;
    let caption = Caption::new(request.caption.expose());
    let refused =
        |refusal: WordsRefusal| Failure::new(StatusCode::BAD_REQUEST, refusal.into(), refusal.to_string());
    let caption = caption.map_err(refused)?;
    let is_kept = edge.store.caption_key_image(appointment.id, image, &caption, edge.clock.now()).await?;
    changed(&edge, &appointment, is_kept).await
}

/// `DELETE /api/key-images/{image}`
pub(super) async fn remove(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(image): One<KeyImageId>,
) -> Result<StatusCode, Failure> {
    let appointment = of_image(&edge, &signed_in, image).await?;
    let at = edge.clock.now();
    let was_kept = take_back_image(&edge.store, &edge.archive, appointment.id, image, at).await?;
    changed(&edge, &appointment, was_kept).await
}

/// `POST /api/appointments/{appointment}/key-images/save`
pub(super) async fn save(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<SavedImages>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::KeepImages).await?;
    let by = appointment.participant_of(signed_in.0.id).map(|participant| participant.id);
    let at = edge.clock.now().with_timezone(&edge.hospital.time_zone).fixed_offset();
    let (store, archive, clock) = (edge.store.clone(), edge.archive.clone(), edge.clock.clone());
    let saved = SelectionWriter { store, archive, clock }.save(&appointment, by, at).await;
    let saved = saved.map_err(|error| Failure::internal(&error))?;
    if saved.selections > 0 {
        edge.live.studies_changed(id).await;
    }
    Ok(Json(SavedImages { images: saved.images, selections: saved.selections }))
}

async fn of_image(edge: &Edge, signed_in: &SignedIn, image: KeyImageId) -> Result<Appointment, Failure> {
    let id = edge.store.appointment_of_key_image(image).await?.ok_or_else(Failure::not_found)?;
    allowed(edge, signed_in, id, Verb::KeepImages).await
}

async fn changed(edge: &Edge, appointment: &Appointment, was_kept: bool) -> Result<StatusCode, Failure> {
    if !was_kept {
        return Err(Failure::not_found());
    }
    edge.live.key_images_changed(appointment.id).await;
    // A selection that said something else is not listed any more.
    edge.live.studies_changed(appointment.id).await;
    Ok(StatusCode::NO_CONTENT)
}
