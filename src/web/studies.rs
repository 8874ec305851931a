//! Studies of an appointment: uploaded, listed, pictured small.

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::Edge;
use super::appointments::allowed;
use super::extract::{One, SignedIn};
use super::problem::Failure;
use super::receipt::{answer, part_by_patient};
use crate::archive::PictureRequest;
use crate::clinical::{Appointment, AppointmentId, SeriesId, Verb, is_same_name};
use crate::imaging::{ObjectKind, Presentation, Quality, Surface, View, display_order};
use crate::protocol::{ProblemCode, Receipt, SeriesEntry, StudyEntry};
use crate::store::StoredStudy;

/// The longest file name that is repeated in an answer, in characters.
const MAX_NAME: usize = 200;
/// Side of a small picture, in pixels.
const THUMBNAIL: Surface = Surface { width: 160, height: 160 };

/// `GET /api/appointments/{appointment}/studies`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(appointment): One<AppointmentId>,
) -> Result<Json<Vec<StudyEntry>>, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::ListStudies).await?;
    let studies = edge.store.studies_of(appointment.id).await?;
    Ok(Json(studies.into_iter().map(|study| entry(&appointment, study)).collect()))
}

fn entry(appointment: &Appointment, study: StoredStudy) -> StudyEntry {
    let booked = appointment.patient().map(|patient| patient.name.expose().as_str()).unwrap_or_default();
    let written = study.patient.name.expose();
    StudyEntry {
        study: study.id.to_string(),
        date: study.facts.date.map(|date| date.to_string()),
        description: study.facts.description,
        is_other_patient: is_other_patient(booked, written),
        patient_name: written.clone(),
        series: study
            .series
            .into_iter()
            .map(|series| SeriesEntry {
                series: series.id.to_string(),
                modality: series.facts.modality,
                number: series.facts.number,
                description: series.facts.description,
                kind: kind(&series.kinds).into(),
                frames: u32::try_from(series.frames).unwrap_or(u32::MAX),
                bytes: series.bytes as f64,
            })
            .collect(),
    }
}

/// Whether objects name somebody else than the patient who is expected. Photographs and letters that are no DICOM name nobody.
pub(super) fn is_other_patient(booked: &str, written: &str) -> bool {
    !written.is_empty() && !is_same_name(booked, written)
}

/// What a series is, when its objects are of several kinds: pictures first.
fn kind(kinds: &[ObjectKind]) -> ObjectKind {
    if kinds.contains(&ObjectKind::Image) {
        ObjectKind::Image
    } else {
        kinds.first().copied().unwrap_or(ObjectKind::Other)
    }
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

/// `POST /api/appointments/{appointment}/studies?name=...`: one object or one ZIP as the body.
pub(super) async fn receive(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(appointment): One<AppointmentId>,
    Query(Named { name }): Query<Named>,
    body: Body,
) -> Result<Json<Receipt>, Failure> {
    let appointment = allowed(&edge, &signed_in, appointment, Verb::AddStudies).await?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    tokio::fs::create_dir_all(&edge.incoming).await?;
    let path = edge.incoming.join(edge.clock.new_uuid().to_string());
    let stored = store_upload(&edge, &path, body).await;
    let outcome = match stored {
        Ok(()) => take_in(&edge, &appointment, &path, &name).await,
        Err(failure) => Err(failure),
    };
    if let Err(error) = tokio::fs::remove_file(&path).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "an upload was not cleared away");
    }
    outcome.map(Json)
}

async fn store_upload(edge: &Edge, path: &std::path::Path, body: Body) -> Result<(), Failure> {
    let mut file = tokio::fs::File::create(path).await?;
    let mut bytes = 0_u64;
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failure::bad_request("the upload broke off"))?;
        bytes += chunk.len() as u64;
        if bytes > edge.max_upload_bytes {
            let detail = format!("an upload has at most {} MiB", edge.max_upload_bytes >> 20);
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLarge, detail));
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(())
}

async fn take_in(
    edge: &Edge,
    appointment: &Appointment,
    path: &std::path::Path,
    name: &str,
) -> Result<Receipt, Failure> {
    // The browser shows how much it has sent; what is unpacked after that takes no time that needs showing.
    let (progress, _) = mpsc::channel(1);
    let mut receipt = edge.archive.receive(path, name, progress).await?;
    let mut others = Vec::new();
    for is_last in [false, true] {
        let known = edge.store.studies_of(appointment.id).await?.into_iter();
        let known = known.map(|study| (study.facts.uid, study.patient.id.into_inner())).collect();
        others.extend(part_by_patient(&mut receipt, known));
        match edge.store.add_received(appointment.id, &receipt.received, &edge.clock).await {
            Ok(_) => break,
            // Another upload has begun the same study at the same time: now it is there.
            Err(crate::store::Error::StudyOfAnotherPatient { .. }) if !is_last => {}
            Err(error) => return Err(error.into()),
        }
    }
    if !receipt.received.is_empty() {
        edge.live.studies_changed(appointment.id).await;
    }
    tracing::info!(
        appointment.id = %appointment.id,
        objects.received = receipt.received.len(),
        files.ignored = receipt.ignored.len(),
        files.refused = receipt.refused.len() + others.len(),
        "an upload was taken in"
    );
    let booked = appointment.patient().map(|patient| patient.name.expose().as_str()).unwrap_or_default();
    Ok(answer(receipt, others, booked))
}

/// `GET /api/series/{series}/thumbnail`: the middle frame, small, as JPEG.
pub(super) async fn thumbnail(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(series): One<SeriesId>,
) -> Result<Response, Failure> {
    let appointment = edge.store.appointment_of_series(series).await?.ok_or_else(Failure::not_found)?;
    allowed(&edge, &signed_in, appointment, Verb::ListStudies).await?;
    let instances: Vec<_> =
        edge.store.instances_of(series).await?.into_iter().map(|(_, facts)| facts).collect();
    let frames = display_order(&instances);
    let middle =
        frames.get(frames.len() / 2).and_then(|(place, frame)| Some((instances.get(*place)?, *frame)));
    let (facts, frame) = middle.ok_or_else(Failure::not_found)?;
    let request = PictureRequest {
        content: facts.content,
        frame,
        presentation: Presentation::default(),
        view: View::default(),
        surface: THUMBNAIL,
        quality: Quality::Lossy(80),
    };
    let picture = edge.archive.picture(&request).await.map_err(|error| {
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::CannotShow, error.to_string())
    })?;
    let mut response = picture.bytes.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(picture.format.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    Ok(response)
}
