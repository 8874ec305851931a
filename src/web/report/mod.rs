//! The report of a visit: written, signed, amended, and handed on as a document and as a FHIR bundle.

mod facts;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) use self::facts::own_images;
use self::facts::{facts as gathered, images, local};
use super::Edge;
use super::appointments::allowed;
use super::extract::{Body, One, SignedIn};
use super::problem::Failure;
use super::summary::pdf;
use crate::clinical::{
    Appointment, AppointmentId, AppointmentStatus, ClinicalText, KeyImageId, Outcome, ParticipantId, Report,
    ReportBody, ReportId, ReportRefusal, Stale, Verb,
};
use crate::paper::{PaperError, PictureMark, writable};
use crate::protocol::{
    LanguageWord, ProblemCode, ReportChange, ReportRequest, ReportSection, ReportState, ReportVersion,
    ReportWords, SignRequest, time,
};
use crate::report::{ReportFacts, ReportPicture, SignedBy, SignedReport, bundle, document, sections};
use crate::secret::Pii;
use crate::store::{FrozenReport, StoredKeyImage, StoredReport};

/// `GET /api/appointments/{appointment}/report`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<ReportState>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::ReadReport).await?;
    state(&edge, &appointment).await
}

/// `POST /api/appointments/{appointment}/report`: begins the first version with what is known, or an amendment of the last one.
pub(super) async fn begin(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    Body(request): Body<ReportRequest>,
) -> Result<(StatusCode, Json<ReportState>), Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::WriteReport).await?;
    let by = participant(&appointment, &signed_in)?;
    let why = ClinicalText::new(request.why.expose().trim())?;
    let versions: Vec<Report> =
        edge.store.reports_of(id).await?.into_iter().map(|stored| stored.report).collect();
    let body = first_words(&edge, &appointment, by, request.language).await?;
    let now = edge.clock.now();
    let report = Report::begin(&versions, ReportId::new(edge.clock.new_uuid()), body, why, by, now)?;
    if !edge.store.add_report(id, &report).await? {
        return Err(ReportRefusal::DraftExists.into());
    }
    tracing::info!(appointment.id = %id, report.id = %report.id, report.number = report.number, "a report was begun");
    Ok((StatusCode::CREATED, state(&edge, &appointment).await?))
}

/// What the first version begins with: the writer's own notes, the images that were kept, and what is to follow.
async fn first_words(
    edge: &Edge,
    appointment: &Appointment,
    by: ParticipantId,
    language: LanguageWord,
) -> Result<ReportBody, Failure> {
    let notes = edge.store.notes_of(appointment.id).await?;
    let findings = notes.into_iter().find(|note| note.by == by).map(|note| note.text).unwrap_or_default();
    let images = own_images(edge, appointment).await?.into_iter().map(|image| image.id);
    let follow_up = match (appointment.status, language) {
        (AppointmentStatus::Fulfilled { outcome: Outcome::FollowUp, .. }, LanguageWord::Fr) => {
            "Le patient est à revoir."
        }
        (AppointmentStatus::Fulfilled { outcome: Outcome::FollowUp, .. }, LanguageWord::En) => {
            "The patient is to be seen again."
        }
        (AppointmentStatus::Fulfilled { outcome: Outcome::InPerson, .. }, LanguageWord::Fr) => {
            "Le patient est invité à venir sur place."
        }
        (AppointmentStatus::Fulfilled { outcome: Outcome::InPerson, .. }, LanguageWord::En) => {
            "The patient is asked to come in."
        }
        _ => "",
    };
    Ok(ReportBody {
        language: language.into(),
        findings,
        follow_up: ClinicalText::new(follow_up)?,
        images: images.take(ReportBody::MAX_IMAGES).collect(),
        ..ReportBody::default()
    })
}

/// `PUT /api/reports/{report}`
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ReportId>,
    Body(request): Body<ReportChange>,
) -> Result<Json<ReportState>, Failure> {
    let (appointment, stored) = of_report(&edge, &signed_in, id).await?;
    let by = participant(&appointment, &signed_in)?;
    let kept = own_images(&edge, &appointment).await?;
    let body = body(&request.words, &kept)?;
    let report = stored.report.write(body, request.revision, by, edge.clock.now())?;
    if !edge.store.put_report(&report).await? {
        return Err(Stale.into());
    }
    state(&edge, &appointment).await
}

/// The words of a request, each of which the document can print.
fn body(words: &ReportWords, kept: &[StoredKeyImage]) -> Result<ReportBody, Failure> {
    let text = |words: &Pii<String>| -> Result<ClinicalText, Failure> {
        writable(words.expose()).map_err(|error| unprintable(&error))?;
        Ok(ClinicalText::new(words.expose())?)
    };
    let mut images: Vec<KeyImageId> = Vec::with_capacity(words.images.len());
    for image in &words.images {
        let image = image.parse().ok().filter(|id| kept.iter().any(|other| other.id == *id));
        let image = image
            .ok_or_else(|| Failure::bad_request("an image is none of the patient's that is kept here"))?;
        if !images.contains(&image) {
            images.push(image);
        }
    }
    Ok(ReportBody {
        language: words.language.into(),
        reason: text(&words.reason)?,
        findings: text(&words.findings)?,
        act: text(&words.act)?,
        conclusions: text(&words.conclusions)?,
        prescriptions: text(&words.prescriptions)?,
        follow_up: text(&words.follow_up)?,
        images,
    })
}

/// `POST /api/reports/{report}/sign`: the words and what the gateway knows are frozen, and the document is made once and for all.
pub(super) async fn sign(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ReportId>,
    Body(request): Body<SignRequest>,
) -> Result<Json<ReportState>, Failure> {
    let (appointment, stored) = of_report(&edge, &signed_in, id).await?;
    let by = participant(&appointment, &signed_in)?;
    let is_over = appointment.status.is_over();
    let signed = stored.report.sign(request.revision, by, is_over, edge.clock.now())?;
    let Some(signature) = signed.signature else { return Err(ReportRefusal::NotOver.into()) };
    let facts = gathered(&edge, &appointment, &signed).await?;
    let bytes = printed(&edge, &appointment, &signed, &facts).await?;
    // Held until the row is there, so that the file is not cleared away.
    let shelf = edge.archive.shelf().await;
    let document = shelf.put(Bytes::from(bytes)).await?;
    if !edge.store.sign_report(&signed, signature, &FrozenReport { facts, document }).await? {
        return Err(Stale.into());
    }
    drop(shelf);
    tracing::info!(appointment.id = %appointment.id, report.id = %id, participant.id = %by, "a report was signed");
    state(&edge, &appointment).await
}

/// `GET /api/reports/{report}/document.pdf`: of a signed version the document that was signed.
pub(super) async fn show_document(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ReportId>,
) -> Result<Response, Failure> {
    let (appointment, stored) = of_report(&edge, &signed_in, id).await?;
    let bytes = document_of(&edge, &appointment, &stored).await?;
    Ok(pdf(bytes, &file_name(&edge, &appointment, &stored.report)))
}

/// What the document of a report is saved as; it names nobody.
pub(super) fn file_name(edge: &Edge, appointment: &Appointment, report: &Report) -> String {
    let day = local(edge, appointment.starts_at).date_naive();
    format!("{}-{day}-{}.pdf", file_word(report), report.number)
}

fn file_word(report: &Report) -> &'static str {
    match report.body.language {
        crate::clinical::Language::French => "compte-rendu",
        crate::clinical::Language::English => "report",
    }
}

/// The bytes of a version: as they were signed, or made of the draft.
pub(super) async fn document_of(
    edge: &Edge,
    appointment: &Appointment,
    stored: &StoredReport,
) -> Result<Vec<u8>, Failure> {
    match &stored.frozen {
        Some(frozen) => Ok(edge.archive.shared_file(frozen.document).await?),
        None => {
            let facts = gathered(edge, appointment, &stored.report).await?;
            printed(edge, appointment, &stored.report, &facts).await
        }
    }
}

/// `GET /api/reports/{report}/bundle.json`
pub(super) async fn show_bundle(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ReportId>,
) -> Result<Response, Failure> {
    let (appointment, stored) = of_report(&edge, &signed_in, id).await?;
    let bytes = document_of(&edge, &appointment, &stored).await?;
    let facts = match &stored.frozen {
        Some(frozen) => frozen.facts.clone(),
        None => gathered(&edge, &appointment, &stored.report).await?,
    };
    let versions = edge.store.reports_of(appointment.id).await?;
    let before = versions.iter().rfind(|other| other.report.number < stored.report.number);
    let signed = SignedReport {
        report: &stored.report,
        facts: &facts,
        signed: signer(&edge, &appointment, &stored.report),
        amends: before.map(|before| before.report.id.uuid()),
    };
    let written_at = stored.report.signature.map_or(stored.report.changed_at, |signature| signature.at);
    let bundle = bundle(&signed, &bytes, local(&edge, written_at));
    let mut response = bundle.to_string().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let name = file_name(&edge, &appointment, &stored.report).replace(".pdf", ".fhir.json");
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The appointment of a report and that version, if this person may write it; else it does not exist for them.
async fn of_report(
    edge: &Edge,
    signed_in: &SignedIn,
    id: ReportId,
) -> Result<(Appointment, StoredReport), Failure> {
    let appointment = edge.store.appointment_of_report(id).await?.ok_or_else(Failure::not_found)?;
    let appointment = allowed(edge, signed_in, appointment, Verb::WriteReport).await?;
    let all = edge.store.reports_of(appointment.id).await?;
    let stored = all.into_iter().find(|stored| stored.report.id == id);
    Ok((appointment, stored.ok_or_else(Failure::not_found)?))
}

pub(super) fn participant(appointment: &Appointment, signed_in: &SignedIn) -> Result<ParticipantId, Failure> {
    Ok(appointment.participant_of(signed_in.0.id).ok_or_else(Failure::not_found)?.id)
}

fn signer(edge: &Edge, appointment: &Appointment, report: &Report) -> Option<SignedBy> {
    let signature = report.signature?;
    let name = appointment.participant(signature.by).map(|by| by.name.clone()).unwrap_or_default();
    Some(SignedBy { person: signature.by.uuid(), name, at: local(edge, signature.at) })
}

/// Makes the document.
async fn printed(
    edge: &Edge,
    appointment: &Appointment,
    report: &Report,
    facts: &ReportFacts,
) -> Result<Vec<u8>, Failure> {
    let mut pictures = Vec::new();
    for image in images(edge, appointment, report).await? {
        let marks = image.marks.iter().map(|mark| PictureMark {
            lines: mark.lines.clone(),
            label: mark.label.as_ref().map(|(words, at)| (words.expose().into(), *at)),
        });
        let marks = marks.collect();
        pictures.push(ReportPicture { png: edge.archive.shared_file(image.content).await?, marks });
    }
    let signed_by = signer(edge, appointment, report);
    let (report, facts) = (report.clone(), facts.clone());
    let made = tokio::task::spawn_blocking(move || {
        let made_at = report.signature.map_or(report.changed_at, |signature| signature.at);
        let signed = SignedReport { report: &report, facts: &facts, signed: signed_by, amends: None };
        document(&signed, &pictures, made_at)
    });
    made.await.map_err(|error| Failure::internal(&error))?.map_err(|error| match error {
        PaperError::NotWritten(_) => Failure::internal(&error),
        _ => unprintable(&error),
    })
}

fn unprintable(error: &PaperError) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadRequest, error.to_string())
}

async fn state(edge: &Edge, appointment: &Appointment) -> Result<Json<ReportState>, Failure> {
    // It may be over by now.
    let appointment = edge.store.appointment(appointment.id).await?.ok_or_else(Failure::not_found)?;
    let mut versions = Vec::new();
    for stored in edge.store.reports_of(appointment.id).await? {
        let facts = match stored.frozen {
            Some(frozen) => frozen.facts,
            None => gathered(edge, &appointment, &stored.report).await?,
        };
        versions.push(version(&appointment, &stored.report, &facts));
    }
    Ok(Json(ReportState { versions, is_over: appointment.status.is_over() }))
}

fn version(appointment: &Appointment, report: &Report, facts: &ReportFacts) -> ReportVersion {
    let name = |id: ParticipantId| appointment.participant(id).map(|by| by.name.clone()).unwrap_or_default();
    let text = |text: &ClinicalText| Pii::new(text.expose().to_owned());
    let body = &report.body;
    let parts = sections(facts, body, body.language);
    let parts = parts.into_iter().filter(crate::report::Section::is_fact).map(|section| ReportSection {
        title: section.title.to_owned(),
        lines: section.lines.into_iter().map(Pii::new).collect(),
    });
    ReportVersion {
        report: report.id.to_string(),
        number: report.number,
        status: report.status().into(),
        revision: report.revision,
        words: ReportWords {
            language: body.language.into(),
            reason: text(&body.reason),
            findings: text(&body.findings),
            act: text(&body.act),
            conclusions: text(&body.conclusions),
            prescriptions: text(&body.prescriptions),
            follow_up: text(&body.follow_up),
            images: body.images.iter().map(ToString::to_string).collect(),
        },
        why: text(&report.why),
        changed_at: time(report.changed_at),
        changed_by: name(report.by),
        signed_at: report.signature.map(|signature| time(signature.at)),
        signed_by: report.signature.map(|signature| name(signature.by)),
        facts: parts.collect(),
    }
}
