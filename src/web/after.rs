//! The guest's side after the visit: what is left of it, what they think of it, and the way back in.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Edge;
use super::acts::authorize;
use super::documents::{item, offers};
use super::extract::{Body, One};
use super::files::{percent, shown_link};
use super::guest;
use super::problem::Failure;
use super::report::{document_of, file_name};
use super::summary::{made, pdf};
use super::trail;
use crate::clinical::{
    self, Actor, Appointment, DocumentDoor, DocumentId, DocumentSubject, Download, Link, Object, Participant,
    ParticipantId, PatientDocument, Rating, RatingWords, Score, Verb, opening_of,
};
use crate::protocol::{AfterDocument, AfterState, OwnTrail, ProblemCode, RatingRequest, time};

/// Somebody whose link leads to what is left of a visit, and what they had shown besides it.
pub(super) struct Visitor {
    appointment: Appointment,
    participant: ParticipantId,
    actor: Actor,
    after: clinical::After,
    door: Option<DocumentDoor>,
}

impl Visitor {
    fn may(&self, verb: Verb) -> bool {
        authorize(&self.actor, verb, &Object::Appointment(&self.appointment)).is_ok()
    }
}

impl FromRequestParts<Edge> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let secret = shown_link(&parts.headers).ok_or_else(Failure::not_found)?;
        let (link, appointment) = guest::find(edge, secret).await?.ok_or_else(Failure::not_found)?;
        let policy = edge.store.document_policy_of(appointment.id).await?;
        let after = policy.check(&link, &appointment, edge.clock.now())?;
        let role = appointment.participant(link.participant).map(Participant::role);
        let actor =
            Actor::Guest { participant: link.participant, role: role.ok_or_else(Failure::not_found)? };
        authorize(&actor, Verb::AnswerAfterwards, &Object::Appointment(&appointment))?;
        let door = second_factor(edge, &parts.headers, &link, &appointment).await?;
        Ok(Self { appointment, participant: link.participant, actor, after, door })
    }
}

/// What the person had shown besides the link; the link alone leads to no document, also where there is nothing else to show.
async fn second_factor(
    edge: &Edge,
    headers: &HeaderMap,
    link: &Link,
    appointment: &Appointment,
) -> Result<Option<DocumentDoor>, Failure> {
    let (keys, _) = guest::keys_of(edge, appointment, link.participant).await?;
    let pass = guest::pass_of(edge, link.participant, headers).await?;
    let opening = opening_of(keys, pass.as_ref(), link.participant, edge.clock.now());
    Ok(opening.ok().and_then(DocumentDoor::of))
}

/// `POST /api/guest/after`
pub(super) async fn show(State(edge): State<Edge>, visitor: Visitor) -> Result<Json<AfterState>, Failure> {
    state(&edge, &visitor).await
}

async fn state(edge: &Edge, visitor: &Visitor) -> Result<Json<AfterState>, Failure> {
    let id = visitor.appointment.id;
    let now = edge.clock.now();
    let is_there = now < visitor.after.documents_until;
    let may_have_documents = is_there && visitor.may(Verb::FetchDocuments);
    let documents = match visitor.door {
        Some(_) if may_have_documents => Some(released(edge, &visitor.appointment).await?),
        _ => None,
    };
    let documents = documents.map(|documents| {
        let document = |(document, name): (PatientDocument, crate::secret::Pii<String>)| AfterDocument {
            document: document.id.to_string(),
            kind: item(document.subject).0,
            name,
            released_at: time(document.released_at),
        };
        documents.into_iter().map(document).collect()
    });
    let asked = edge.store.asked_back_in(id).await?;
    let asked = asked
        .into_iter()
        .find(|(participant, at)| *participant == visitor.participant && *at >= visitor.after.ended_at);
    let ratings = edge.store.ratings_of(id).await?;
    Ok(Json(AfterState {
        now: time(now),
        ended_at: time(visitor.after.ended_at),
        outcome: visitor.after.outcome.into(),
        reopens_until: time(visitor.after.reopens_until),
        asked_back_at: asked.map(|(_, at)| time(at)),
        has_rated: ratings.iter().any(|rating| rating.participant == visitor.participant),
        may_have_documents,
        documents_until: time(visitor.after.documents_until),
        documents,
    }))
}

/// What was released and is still there, with what it is called.
async fn released(
    edge: &Edge,
    appointment: &Appointment,
) -> Result<Vec<(PatientDocument, crate::secret::Pii<String>)>, Failure> {
    let offered = offers(edge, appointment).await?;
    let documents = edge.store.documents_of(appointment.id).await?.into_iter().filter_map(|document| {
        let offer = offered.iter().find(|offer| offer.subject == document.subject)?;
        Some((document, offer.name.clone()))
    });
    Ok(documents.collect())
}

/// `POST /api/guest/after/access`: who opened the data of the patient; behind the second door, as the documents are.
pub(super) async fn access(State(edge): State<Edge>, visitor: Visitor) -> Result<Json<OwnTrail>, Failure> {
    authorize(&visitor.actor, Verb::SeeOwnTrail, &Object::Appointment(&visitor.appointment))?;
    if visitor.door.is_none() {
        let detail = "a second factor has to be shown first";
        return Err(Failure::new(StatusCode::FORBIDDEN, ProblemCode::PassNeeded, detail));
    }
    Ok(Json(trail::own(&edge, &visitor.appointment, visitor.participant).await?))
}

/// `POST /api/guest/after/rating`
pub(super) async fn rate(
    State(edge): State<Edge>,
    visitor: Visitor,
    Body(request): Body<RatingRequest>,
) -> Result<Json<AfterState>, Failure> {
    let score = Score::new(request.score).ok_or_else(|| Failure::bad_request("a score is from 1 to 5"))?;
    let words = RatingWords::new(request.words.expose()).map_err(|refusal| {
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.into(), refusal.to_string())
    })?;
    let rating = Rating { participant: visitor.participant, score, words, at: edge.clock.now() };
    if !edge.store.add_rating(visitor.appointment.id, &rating).await? {
        let detail = "this person has said what they think of the visit";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::AnsweredBefore, detail));
    }
    state(&edge, &visitor).await
}

/// `POST /api/guest/after/ask-back`: staff are told that somebody wants to be called back in.
pub(super) async fn ask_back(
    State(edge): State<Edge>,
    visitor: Visitor,
) -> Result<Json<AfterState>, Failure> {
    let now = edge.clock.now();
    if now >= visitor.after.reopens_until {
        return Err(clinical::WrongStatus.into());
    }
    edge.store.ask_back(visitor.appointment.id, visitor.participant, now).await?;
    edge.live.announce_change();
    tracing::info!(appointment.id = %visitor.appointment.id, participant.id = %visitor.participant, "somebody asks to be called back");
    state(&edge, &visitor).await
}

/// `POST /api/guest/after/documents/{document}`: the bytes of a document. It is written down who took it.
pub(super) async fn fetch(
    State(edge): State<Edge>,
    visitor: Visitor,
    One(document): One<DocumentId>,
) -> Result<Response, Failure> {
    authorize(&visitor.actor, Verb::FetchDocuments, &Object::Appointment(&visitor.appointment))?;
    if edge.clock.now() >= visitor.after.documents_until {
        return Err(clinical::AfterClosed::Expired.into());
    }
    let Some(door) = visitor.door else {
        let detail = "a second factor has to be shown first";
        return Err(Failure::new(StatusCode::FORBIDDEN, ProblemCode::PassNeeded, detail));
    };
    let all = released(&edge, &visitor.appointment).await?;
    let (document, _) =
        all.into_iter().find(|(other, _)| other.id == document).ok_or_else(Failure::not_found)?;
    let response = bytes_of(&edge, &visitor.appointment, document.subject).await?;
    let (participant, at) = (visitor.participant, edge.clock.now());
    let download = Download { document: document.id, participant, at, door };
    edge.store.add_download(edge.clock.new_uuid(), visitor.appointment.id, &download).await?;
    tracing::info!(
        appointment.id = %visitor.appointment.id, participant.id = %participant, document.id = %document.id, ?door,
        "a document was fetched"
    );
    Ok(response)
}

async fn bytes_of(
    edge: &Edge,
    appointment: &Appointment,
    subject: DocumentSubject,
) -> Result<Response, Failure> {
    match subject {
        DocumentSubject::Summary(language) => {
            let (bytes, date) = made(edge, appointment, language).await?;
            Ok(pdf(bytes, &format!("resume-{date}.pdf")))
        }
        DocumentSubject::Report(id) => {
            let all = edge.store.reports_of(appointment.id).await?;
            let stored = all.into_iter().find(|stored| stored.report.id == id && stored.frozen.is_some());
            let stored = stored.ok_or_else(Failure::not_found)?;
            let bytes = document_of(edge, appointment, &stored).await?;
            Ok(pdf(bytes, &file_name(edge, appointment, &stored.report)))
        }
        DocumentSubject::Image(id) => {
            let all = edge.store.key_images_of(appointment.id).await?;
            let image = all.into_iter().find(|image| image.id == id).ok_or_else(Failure::not_found)?;
            let bytes = edge.archive.shared_file(image.content).await?;
            Ok(file(bytes, "image/png", "image.png"))
        }
        DocumentSubject::File(id) => {
            let all = edge.store.shared_files_of(appointment.id).await?;
            let shared = all.into_iter().find(|shared| shared.id == id).ok_or_else(Failure::not_found)?;
            let bytes = edge.archive.shared_file(shared.content).await?;
            Ok(file(bytes, shared.kind.media_type(), shared.name.expose()))
        }
    }
}

/// Bytes that are only ever offered for saving.
fn file(bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let mut response = pdf(bytes, "document").into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{}", percent(name)))
    {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
