//! What the patient may fetch after the visit, as practitioners release it; who fetched it; and opening a visit again.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};

use super::Edge;
use super::acts::authorize;
use super::appointments::allowed;
use super::extract::{Body, One, SignedIn};
use super::problem::Failure;
use super::report::{own_images, participant};
use crate::clinical::{
    Appointment, AppointmentId, AppointmentStatus, DocumentId, DocumentSubject, Language, Object,
    PatientDocument, REJOIN, Rating, Verb, WrongStatus,
};
use crate::protocol::{
    AfterEntry, AskedBack, CallBackEntry, DocumentItem, DocumentKind, DocumentsState, DownloadEntry,
    LanguageWord, OfferedDocument, RatingEntry, ReleaseRequest, time,
};
use crate::secret::Pii;

/// The most documents of one visit.
const MAX_DOCUMENTS: usize = 200;

/// Something of a visit that a patient can be given, and what it is called.
pub(super) struct Offer {
    pub(super) subject: DocumentSubject,
    pub(super) name: Pii<String>,
}

/// Everything of a visit that can be given now: summaries that are written, signed reports, kept images of the patient, shared files.
pub(super) async fn offers(edge: &Edge, appointment: &Appointment) -> Result<Vec<Offer>, Failure> {
    let id = appointment.id;
    let mut offers = Vec::new();
    for summary in edge.store.summaries_of(id).await? {
        let name = language_word(summary.language);
        offers.push(Offer { subject: DocumentSubject::Summary(summary.language), name: name.into() });
    }
    for stored in edge.store.reports_of(id).await?.into_iter().filter(|stored| stored.frozen.is_some()) {
        let name = stored.report.number.to_string();
        offers.push(Offer { subject: DocumentSubject::Report(stored.report.id), name: name.into() });
    }
    for image in own_images(edge, appointment).await? {
        let caption = image.caption.expose();
        let name = if caption.is_empty() { image.title.clone() } else { caption.to_owned() };
        offers.push(Offer { subject: DocumentSubject::Image(image.id), name: name.into() });
    }
    for file in edge.store.shared_files_of(id).await? {
        offers.push(Offer { subject: DocumentSubject::File(file.id), name: file.name.expose().into() });
    }
    Ok(offers)
}

/// A document by what it is made of, in words.
pub(super) fn item(subject: DocumentSubject) -> (DocumentKind, String) {
    match subject {
        DocumentSubject::Summary(language) => (DocumentKind::Summary, language_word(language).to_owned()),
        DocumentSubject::Report(id) => (DocumentKind::Report, id.to_string()),
        DocumentSubject::Image(id) => (DocumentKind::Image, id.to_string()),
        DocumentSubject::File(id) => (DocumentKind::File, id.to_string()),
    }
}

const fn language_word(language: Language) -> &'static str {
    match language {
        Language::French => "fr",
        Language::English => "en",
    }
}

fn subject(item: &DocumentItem) -> Option<DocumentSubject> {
    Some(match item.kind {
        DocumentKind::Summary => DocumentSubject::Summary(match item.item.as_str() {
            "fr" => LanguageWord::Fr.into(),
            "en" => LanguageWord::En.into(),
            _ => return None,
        }),
        DocumentKind::Report => DocumentSubject::Report(item.item.parse().ok()?),
        DocumentKind::Image => DocumentSubject::Image(item.item.parse().ok()?),
        DocumentKind::File => DocumentSubject::File(item.item.parse().ok()?),
    })
}

/// `GET /api/appointments/{appointment}/documents`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<DocumentsState>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::ReleaseDocuments).await?;
    state(&edge, &appointment).await
}

/// `PUT /api/appointments/{appointment}/documents`
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    Body(request): Body<ReleaseRequest>,
) -> Result<Json<DocumentsState>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::ReleaseDocuments).await?;
    let by = participant(&appointment, &signed_in)?;
    if request.documents.len() > MAX_DOCUMENTS {
        return Err(Failure::bad_request("there are too many documents"));
    }
    let offered = offers(&edge, &appointment).await?;
    let released_at = edge.clock.now();
    let mut documents: Vec<PatientDocument> = Vec::with_capacity(request.documents.len());
    for wanted in &request.documents {
        let subject = subject(wanted).filter(|subject| offered.iter().any(|offer| offer.subject == *subject));
        let subject =
            subject.ok_or_else(|| Failure::bad_request("a document is none that can be released"))?;
        if !documents.iter().any(|other| other.subject == subject) {
            let id = DocumentId::new(edge.clock.new_uuid());
            documents.push(PatientDocument { id, subject, released_at, by });
        }
    }
    edge.store.release_documents(id, &documents, released_at).await?;
    tracing::info!(appointment.id = %id, participant.id = %by, document.count = documents.len(), "documents were released");
    state(&edge, &appointment).await
}

async fn state(edge: &Edge, appointment: &Appointment) -> Result<Json<DocumentsState>, Failure> {
    let released = edge.store.documents_of(appointment.id).await?;
    let offered = offers(edge, appointment).await?;
    let policy = edge.store.document_policy_of(appointment.id).await?;
    let name = |subject: DocumentSubject| -> Pii<String> {
        let offer = offered.iter().find(|offer| offer.subject == subject);
        offer.map(|offer| offer.name.clone()).unwrap_or_default()
    };
    let downloads = edge.store.downloads_of(appointment.id).await?;
    let entry = |(download, subject): (crate::clinical::Download, DocumentSubject)| {
        let (kind, item) = item(subject);
        DownloadEntry {
            at: time(download.at),
            who: appointment
                .participant(download.participant)
                .map(|who| who.name.clone())
                .unwrap_or_default(),
            kind,
            item,
            name: name(subject),
            door: download.door.into(),
            provider: download.provider,
        }
    };
    let downloads = downloads.into_iter().map(entry).collect();
    let documents = offered.iter().map(|offer| {
        let (kind, item) = item(offer.subject);
        let known = released.iter().find(|document| document.subject == offer.subject);
        OfferedDocument {
            kind,
            item,
            name: offer.name.clone(),
            released_at: known.map(|document| time(document.released_at)),
        }
    });
    let until = match appointment.status {
        AppointmentStatus::Fulfilled { at, .. } => {
            Some(time(at + chrono::TimeDelta::days(policy.days.into())))
        }
        _ => None,
    };
    Ok(Json(DocumentsState { documents: documents.collect(), days: policy.days.into(), until, downloads }))
}

/// `GET /api/appointments/{appointment}/after`
pub(super) async fn after(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<AfterEntry>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::ReopenConsultation).await?;
    let asked = edge.store.asked_back_in(id).await?.into_iter().filter_map(|(participant, at)| {
        let name = appointment.participant(participant)?.name.clone();
        Some(AskedBack { participant: participant.to_string(), name, at: time(at) })
    });
    let rating = |rating: Rating| RatingEntry {
        score: rating.score.number(),
        words: rating.words.map(|words| words.expose().into()).unwrap_or_default(),
    };
    let ratings = edge.store.ratings_of(id).await?.into_iter().map(rating).collect();
    let reopens_until = reopens_until(&appointment, edge.clock.now()).map(time);
    Ok(Json(AfterEntry { reopens_until, asked_back: asked.collect(), ratings }))
}

fn reopens_until(appointment: &Appointment, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match appointment.status {
        AppointmentStatus::Fulfilled { at, .. } => Some(at + REJOIN).filter(|until| now < *until),
        _ => None,
    }
}

/// `GET /api/call-backs`: who asked to be called back a moment ago, in visits that whoever asks may open again.
pub(super) async fn call_backs(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<CallBackEntry>>, Failure> {
    let now = edge.clock.now();
    let actor = signed_in.actor();
    let mut entries = Vec::new();
    for (id, participant, at) in edge.store.asked_back_since(now - REJOIN).await? {
        let Some(appointment) = edge.store.appointment(id).await? else { continue };
        if authorize(&actor, Verb::ReopenConsultation, &Object::Appointment(&appointment)).is_err() {
            continue;
        }
        let AppointmentStatus::Fulfilled { at: ended_at, .. } = appointment.status else { continue };
        let (Some(until), Some(person)) =
            (reopens_until(&appointment, now), appointment.participant(participant))
        else {
            continue;
        };
        if at >= ended_at {
            entries.push(CallBackEntry {
                appointment: id.to_string(),
                name: person.name.clone(),
                at: time(at),
                reopens_until: time(until),
            });
        }
    }
    Ok(Json(entries))
}

/// `POST /api/appointments/{appointment}/reopen`: for whoever ended it by mistake, or is asked back.
pub(super) async fn reopen(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<AfterEntry>, Failure> {
    let mut appointment = allowed(&edge, &signed_in, id, Verb::ReopenConsultation).await?;
    let now = edge.clock.now();
    let AppointmentStatus::Fulfilled { at: ended_at, .. } = appointment.status else {
        return Err(WrongStatus.into());
    };
    appointment.status = appointment.status.reopen(now)?;
    if !edge.store.reopen(id, ended_at, now).await? {
        return Err(WrongStatus.into());
    }
    edge.live.reopened(&appointment).await;
    tracing::info!(appointment.id = %id, practitioner.id = %signed_in.0.id, "a consultation was opened again");
    after(State(edge), signed_in, One(id)).await
}
