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
use super::problem::Failure;
use super::report::{document_of, file_name};
use super::summary::{made, pdf};
use super::{guest, patient_sign_in, trail};
use crate::clinical::{
    self, Actor, Appointment, DocumentAsk, DocumentDoor, DocumentId, DocumentSubject, Download, Link, Object,
    Participant, ParticipantId, PatientDocument, Rating, RatingWords, Score, Verb, opening_of,
};
use crate::login::{Offered, PatientWay, SignedInPatient};
use crate::protocol::{
    AfterDocument, AfterState, OwnTrail, PatientProvider, ProblemCode, RatingRequest, time,
};

/// Somebody whose link leads to what is left of a visit, and what they had shown besides it.
pub(super) struct Visitor {
    pub(super) link: Link,
    appointment: Appointment,
    participant: ParticipantId,
    actor: Actor,
    after: clinical::After,
    shown: ShownHere,
}

/// What somebody had shown besides the link, and what is asked for.
struct ShownHere {
    /// A code, or what stands for one.
    code: Option<DocumentDoor>,
    signed_in: Option<SignedInPatient>,
    /// Where patients prove who they are.
    ways: Vec<PatientWay>,
    /// There is something to compare them with.
    is_comparable: bool,
    ask: DocumentAsk,
}

impl ShownHere {
    /// By what the documents are open, if they are.
    fn door(&self) -> Option<DocumentDoor> {
        self.ask.opened_by(self.code, self.signed_in.is_some())
    }
}

impl Visitor {
    fn may(&self, verb: Verb) -> bool {
        authorize(&self.actor, verb, &Object::Appointment(&self.appointment)).is_ok()
    }

    /// Whether there can be documents for this person now.
    pub(super) fn may_have_documents(&self, edge: &Edge) -> Result<(), Failure> {
        authorize(&self.actor, Verb::FetchDocuments, &Object::Appointment(&self.appointment))?;
        if edge.clock.now() >= self.after.documents_until {
            return Err(clinical::AfterClosed::Expired.into());
        }
        Ok(())
    }

    /// By what the documents are open.
    fn door(&self) -> Result<DocumentDoor, Failure> {
        let detail = "a second factor has to be shown first";
        self.shown.door().ok_or_else(|| Failure::new(StatusCode::FORBIDDEN, ProblemCode::PassNeeded, detail))
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
        let may_fetch = authorize(&actor, Verb::FetchDocuments, &Object::Appointment(&appointment)).is_ok();
        let shown = shown_here(edge, &parts.headers, &link, &appointment, may_fetch).await?;
        Ok(Self { appointment, participant: link.participant, actor, after, shown, link })
    }
}

/// What the person had shown besides the link; the link alone leads to no document, also where there is nothing else to show. Nobody is
/// asked to prove that they are the patient who is somebody else by their link.
async fn shown_here(
    edge: &Edge,
    headers: &HeaderMap,
    link: &Link,
    appointment: &Appointment,
    may_fetch: bool,
) -> Result<ShownHere, Failure> {
    let (keys, _) = guest::keys_of(edge, appointment, link.participant).await?;
    let pass = guest::pass_of(edge, link.participant, headers).await?;
    let opening = opening_of(keys, pass.as_ref(), link.participant, edge.clock.now());
    let code = opening.ok().and_then(DocumentDoor::of);
    let ways = if may_fetch { edge.login.patient_ways().await } else { Vec::new() };
    let participant = appointment.participant(link.participant);
    let (mut signed_in, mut is_comparable) = (None, false);
    if let (false, Some(participant)) = (ways.is_empty(), participant) {
        signed_in = patient_sign_in::signed_in(edge, headers, link).await?;
        is_comparable = patient_sign_in::booked(edge, appointment, participant, None).await?.is_comparable();
    }
    let need = guest::rules_of(edge, appointment).await?.documents_need;
    let ask = need.ask(!ways.is_empty(), is_comparable);
    Ok(ShownHere { code, signed_in, ways, is_comparable, ask })
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
    let documents = match visitor.shown.door() {
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
        ask: visitor.shown.ask.into(),
        has_shown_code: visitor.shown.code.is_some(),
        providers: visitor.shown.ways.iter().map(way).collect(),
        is_comparable: visitor.shown.is_comparable,
        signed_in_with: visitor.shown.signed_in.as_ref().map(|signed_in| signed_in.label.clone()),
    }))
}

fn way(way: &PatientWay) -> PatientProvider {
    let Offered { key, label } = way.offered.clone();
    PatientProvider { label: label.unwrap_or_else(|| key.clone()), provider: key }
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
    visitor.door()?;
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
    visitor.may_have_documents(&edge)?;
    let door = visitor.door()?;
    let provider = visitor.shown.signed_in.as_ref().filter(|_| door == DocumentDoor::Provider);
    let provider = provider.map(|signed_in| match &signed_in.class {
        Some(class) => format!("{} ({class})", signed_in.label),
        None => signed_in.label.clone(),
    });
    let all = released(&edge, &visitor.appointment).await?;
    let (document, _) =
        all.into_iter().find(|(other, _)| other.id == document).ok_or_else(Failure::not_found)?;
    let response = bytes_of(&edge, &visitor.appointment, document.subject).await?;
    let (participant, at) = (visitor.participant, edge.clock.now());
    let download = Download { document: document.id, participant, at, door, provider };
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
