//! Studies of an appointment: uploaded, listed, pictured small.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::Edge;
use super::appointments::allowed;
use super::extract::{One, SignedIn};
use super::files::{person, shown_link};
use super::problem::Failure;
use super::receipt::{answer, count, part_by_patient};
use super::spool::{Landing, spool};
use crate::archive::{self, PictureRequest, Progress};
use crate::clinical::{
    Appointment, AppointmentId, FileKind, SeriesId, ShareRefusal, StudyId, Verb, is_other_patient, priors,
};
use crate::imaging::{ObjectKind, Presentation, Quality, Surface, View, display_order};
use crate::protocol::{ProblemCode, Receipt, SeriesEntry, StudyEntry};
use crate::store::StoredStudy;

/// The longest file name that is repeated in an answer, in characters.
const MAX_NAME: usize = 200;
/// The largest photograph of a guest, in bytes.
const MAX_PHOTO_BYTES: u64 = 20 << 20;
/// Photographs of one appointment, beyond which guests bring no more.
const MAX_PHOTOS: usize = 100;
/// How often staff are told how far an upload is taken in.
const TOLD_EVERY: Duration = Duration::from_millis(250);
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
    let dated: Vec<_> =
        studies.iter().map(|study| (study.patient.name.expose().as_str(), study.facts.date)).collect();
    let priors = priors(&dated);
    Ok(Json(
        studies
            .into_iter()
            .zip(priors)
            .map(|(study, is_prior)| entry(&appointment, study, is_prior))
            .collect(),
    ))
}

fn entry(appointment: &Appointment, study: StoredStudy, is_prior: bool) -> StudyEntry {
    let booked = appointment.patient_name();
    let written = study.patient.name.expose();
    StudyEntry {
        study: study.id.to_string(),
        date: study.facts.date.map(|date| date.to_string()),
        description: study.facts.description,
        is_other_patient: is_other_patient(booked, written),
        patient_name: written.clone(),
        is_prior,
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
                acquired_at: series.acquired.map(|moment| moment.format("%Y-%m-%dT%H:%M:%S").to_string()),
            })
            .collect(),
    }
}

/// What a series is, when its objects are of several kinds: pictures first.
fn kind(kinds: &[ObjectKind]) -> ObjectKind {
    if kinds.contains(&ObjectKind::Image) {
        ObjectKind::Image
    } else {
        kinds.first().copied().unwrap_or(ObjectKind::Other)
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

/// `POST /api/appointments/{appointment}/studies?name=...`: one object or one ZIP as the body. Guests in the call, who show a link,
/// bring a photograph.
pub(super) async fn receive(
    State(edge): State<Edge>,
    One(appointment): One<AppointmentId>,
    Query(Named { name }): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Failure> {
    let is_photo = shown_link(&headers).is_some();
    let verb = if is_photo { Verb::UploadPhotos } else { Verb::AddStudies };
    let (appointment, _) = person(&edge, &headers, appointment, verb).await?;
    if is_photo {
        may_bring_photo(&edge, &appointment).await?;
    }
    let most = if is_photo { MAX_PHOTO_BYTES } else { edge.max_upload_bytes };
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let landing = Landing::new(&edge).await?;
    let too_large = || {
        let detail = format!("an upload has at most {} MiB", most >> 20);
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLarge, detail)
    };
    let outcome = async {
        spool(&edge.archive, landing.path(), body, most, too_large).await?;
        if is_photo {
            is_photograph(&edge, landing.path()).await?;
        }
        take_in(&edge, &appointment, landing.path(), &name).await
    };
    let outcome = outcome.await;
    landing.clear().await;
    outcome.map(Json)
}

/// A guest's disk space is bounded by the appointment, which is not over.
async fn may_bring_photo(edge: &Edge, appointment: &Appointment) -> Result<(), Failure> {
    if appointment.status.is_over() {
        return Err(ShareRefusal::Over.into());
    }
    let studies = edge.store.studies_of(appointment.id).await?;
    let photos =
        studies.iter().flat_map(|study| &study.series).filter(|one| one.facts.modality == "XC").count();
    if photos >= MAX_PHOTOS {
        let detail = format!("an appointment takes at most {MAX_PHOTOS} photographs");
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::TooMany, detail));
    }
    Ok(())
}

/// What a guest brings is looked at before anything is made of it.
async fn is_photograph(edge: &Edge, path: &std::path::Path) -> Result<(), Failure> {
    let looked = edge.archive.shelf().await.look(path).await?;
    match FileKind::sniff(&looked.bytes, &looked.entries) {
        Some(FileKind::Jpeg | FileKind::Png) => Ok(()),
        _ => {
            let detail = "only JPEG and PNG pictures are taken from guests";
            Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ProblemCode::WrongFileKind,
                detail.to_owned(),
            ))
        }
    }
}

/// Takes what lies there into the studies of the appointment, and tells everybody in the call.
pub(super) async fn take_in(
    edge: &Edge,
    appointment: &Appointment,
    path: &std::path::Path,
    name: &str,
) -> Result<Receipt, Failure> {
    let (progress, mut steps) = mpsc::channel(1);
    // Until it ends, which is no matter of this side.
    let telling = async {
        while let Some(Progress { files, received }) = steps.recv().await {
            edge.live.receiving(appointment.id, files, received, false).await;
            tokio::time::sleep(TOLD_EVERY).await;
        }
        std::future::pending().await
    };
    let taken = tokio::select! {
        taken = edge.archive.receive(path, name, progress) => taken,
        never = telling => never,
    };
    let counts = taken.as_ref().map(|receipt| {
        let received = receipt.received.len();
        (received + receipt.ignored.len() + receipt.refused.len(), received)
    });
    let (files, received) = counts.unwrap_or_default();
    edge.live.receiving(appointment.id, count(files), count(received), true).await;
    let mut receipt = taken?;
    let others = keep(edge, appointment, &mut receipt).await?;
    tracing::info!(
        appointment.id = %appointment.id,
        objects.received = receipt.received.len(),
        files.ignored = receipt.ignored.len(),
        files.refused = receipt.refused.len() + others.len(),
        "an upload was taken in"
    );
    let booked = appointment.patient_name();
    Ok(answer(receipt, others, booked))
}

/// Writes what was taken in among the studies of the appointment. Answers with the files that name another patient than their study has.
pub(super) async fn keep(
    edge: &Edge,
    appointment: &Appointment,
    receipt: &mut archive::Receipt,
) -> Result<Vec<String>, Failure> {
    // Taking in may have lasted long, and what no row names is swept away after a while.
    let contents = receipt.received.iter().map(|received| received.instance.content).collect();
    if !edge.archive.renew(contents, edge.clock.now()).await? {
        let detail = "something of it was cleared away meanwhile: send it again";
        return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, ProblemCode::Unavailable, detail));
    }
    let mut others = Vec::new();
    for is_last in [false, true] {
        let known = edge.store.known_studies_of(appointment.id).await?.into_iter();
        let known = known.map(|(uid, patient)| (uid, patient.into_inner())).collect();
        others.extend(part_by_patient(receipt, known));
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
    Ok(others)
}

/// `DELETE /api/studies/{study}`: nothing lists or shows it any more.
pub(super) async fn withdraw(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(study): One<StudyId>,
) -> Result<StatusCode, Failure> {
    let appointment = edge.store.appointment_of_study(study).await?.ok_or_else(Failure::not_found)?;
    let appointment = allowed(&edge, &signed_in, appointment, Verb::WithdrawStudies).await?;
    let withdrawn = edge.store.withdraw_study(appointment.id, study, edge.clock.now()).await?;
    let withdrawn = withdrawn.ok_or_else(Failure::not_found)?;
    tracing::info!(
        appointment.id = %appointment.id, study.id = %study, series.count = withdrawn.series.len(),
        "a study was withdrawn"
    );
    edge.live.withdrawn(appointment.id, withdrawn).await;
    Ok(StatusCode::NO_CONTENT)
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
