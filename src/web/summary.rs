//! What a patient takes home: what it says is written by staff, the document is made of it when it is asked for.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::appointments::allowed;
use super::extract::{Body, One, SignedIn};
use super::problem::Failure;
use crate::clinical::{Appointment, AppointmentId, KeyImageId, Language, SeriesId, Verb, is_other_patient};
use crate::paper::{PaperError, PictureMark, writable};
use crate::protocol::{LanguageWord, ProblemCode, SummaryRequest, SummaryState, SummaryText, time};
use crate::secret::Pii;
use crate::store::{StoredKeyImage, StoredSummary};
use crate::summary::{
    MAX_PICTURES, MAX_SENTENCE, MAX_SENTENCES, SummaryContent, SummaryError, SummaryPicture, summary,
};

/// `GET /api/appointments/{appointment}/summary`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<SummaryState>, Failure> {
    allowed(&edge, &signed_in, id, Verb::KeepImages).await?;
    state(&edge, id).await
}

async fn state(edge: &Edge, id: AppointmentId) -> Result<Json<SummaryState>, Failure> {
    let kept: BTreeSet<KeyImageId> =
        edge.store.key_images_of(id).await?.into_iter().map(|image| image.id).collect();
    let text = |stored: StoredSummary| SummaryText {
        language: stored.language.into(),
        sentences: stored.sentences,
        images: stored.images.iter().filter(|image| kept.contains(image)).map(ToString::to_string).collect(),
        changed_at: time(stored.changed_at),
        participant: stored.by.to_string(),
    };
    Ok(Json(SummaryState { texts: edge.store.summaries_of(id).await?.into_iter().map(text).collect() }))
}

/// Series of studies that name somebody else than the booked patient.
async fn series_of_others(edge: &Edge, appointment: &Appointment) -> Result<BTreeSet<SeriesId>, Failure> {
    let booked = appointment.patient_name();
    let studies = edge.store.studies_of(appointment.id).await?;
    let of_others = studies.into_iter().filter(|study| is_other_patient(booked, study.patient.name.expose()));
    Ok(of_others.flat_map(|study| study.series).map(|series| series.id).collect())
}

/// `PUT /api/appointments/{appointment}/summary`
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    Body(request): Body<SummaryRequest>,
) -> Result<Json<SummaryState>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::KeepImages).await?;
    let by = appointment.participant_of(signed_in.0.id).ok_or_else(Failure::not_found)?.id;
    let is_long = |sentence: &Pii<String>| sentence.expose().chars().count() > MAX_SENTENCE;
    if request.sentences.len() > MAX_SENTENCES
        || request.images.len() > MAX_PICTURES
        || request.sentences.iter().any(is_long)
    {
        return Err(refused(&SummaryError::TooMuch));
    }
    for sentence in &request.sentences {
        writable(sentence.expose()).map_err(|error| refused(&error.into()))?;
    }
    let kept = edge.store.key_images_of(id).await?;
    let of_others = series_of_others(&edge, &appointment).await?;
    let mut images = Vec::with_capacity(request.images.len());
    for image in &request.images {
        let image = image.parse().ok().and_then(|image| kept.iter().find(|other| other.id == image));
        let image = image.ok_or_else(|| Failure::bad_request("an image is none that is kept here"))?;
        if of_others.contains(&image.series) {
            let why = "an image is of another patient's study: nobody takes that home";
            return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::OtherPatient, why));
        }
        if !images.contains(&image.id) {
            images.push(image.id);
        }
    }
    let (language, sentences, changed_at) = (request.language.into(), request.sentences, edge.clock.now());
    edge.store.put_summary(id, &StoredSummary { language, sentences, images, changed_at, by }).await?;
    edge.live.key_images_changed(id).await;
    state(&edge, id).await
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Wanted {
    language: LanguageWord,
}

/// `GET /api/appointments/{appointment}/summary.pdf?language=fr`
pub(super) async fn document(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    Query(Wanted { language }): Query<Wanted>,
) -> Result<Response, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::KeepImages).await?;
    let language = Language::from(language);
    let (bytes, date) = made(&edge, &appointment, language).await?;
    let name = match language {
        Language::French => "resume",
        Language::English => "summary",
    };
    Ok(pdf(bytes, &format!("{name}-{date}.pdf")))
}

/// The summary of a visit in one language as a document, and the day of the visit.
pub(super) async fn made(
    edge: &Edge,
    appointment: &Appointment,
    language: Language,
) -> Result<(Vec<u8>, NaiveDate), Failure> {
    let all = edge.store.summaries_of(appointment.id).await?;
    let written = all.into_iter().find(|stored| stored.language == language);
    let content = content(edge, appointment, written.ok_or_else(Failure::not_found)?).await?;
    let date = content.date;
    let made = tokio::task::spawn_blocking(move || summary(&content, language)).await;
    let bytes = made.map_err(|error| Failure::internal(&error))?.map_err(|error| match error {
        SummaryError::Paper(PaperError::NotWritten(_)) => Failure::internal(&error),
        _ => refused(&error),
    })?;
    Ok((bytes, date))
}

/// A document to be saved under this name, which holds letters, digits, dots and dashes alone.
pub(super) fn pdf(bytes: Vec<u8>, name: &str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let sandbox = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, sandbox);
    response
}

/// All that a summary says. The same text and images give the same document.
async fn content(
    edge: &Edge,
    appointment: &Appointment,
    written: StoredSummary,
) -> Result<SummaryContent, Failure> {
    let kept = edge.store.key_images_of(appointment.id).await?;
    let mut pictures = Vec::new();
    for id in &written.images {
        // What is kept no longer stands in no summary.
        let Some(image) = kept.iter().find(|image| image.id == *id) else { continue };
        let png = edge.archive.shared_file(image.content).await?;
        pictures.push(picture(image, png));
    }
    let hospital = edge.hospital_now().await?;
    Ok(SummaryContent {
        hospital: hospital.name,
        telephone: hospital.telephone,
        date: appointment.starts_at.with_timezone(&edge.hospital.time_zone).date_naive(),
        sentences: written.sentences,
        pictures,
        made_at: written.changed_at,
    })
}

fn picture(image: &StoredKeyImage, png: Vec<u8>) -> SummaryPicture {
    let marks = image.marks.iter().map(|mark| PictureMark {
        lines: mark.lines.clone(),
        label: mark.label.as_ref().map(|(words, at)| (words.expose().into(), *at)),
    });
    SummaryPicture {
        png,
        caption: image.caption.expose().into(),
        modality: image.modality.clone(),
        title: image.title.as_str().into(),
        marks: marks.collect(),
    }
}

fn refused(error: &SummaryError) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadRequest, error.to_string())
}
