//! What guests do at their door: ask for a code, open it, read and answer the information, tell what a device test found.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::AppendHeaders;

use super::Edge;
use super::extract::{Body, ClientAddress};
use super::guest::{self, Guest, LinkHolder};
use super::problem::Failure;
use super::throttle::Knock;
use crate::clinical::{
    Channel, CodeChannel, Company, Consent, PASS_FOR, ParticipantId, Pass, Rehearsal, SendRefusal, Shown,
    TryRefusal,
};
use crate::live::WaitingNews;
use crate::protocol::{
    CodeAnswer, CodeRequest, CompanyRequest, ConsentRequest, ConsentWord, Information, LookRequest,
    OpenAnswer, OpenRequest, ProblemCode, RehearsalRequest, SendWord, TryWord, time,
};
use crate::secret::{Pii, Secret};

/// So often a door that others write at the same time is read again.
pub(super) const ATTEMPTS: usize = 8;

/// Whether there is something that carries codes this way.
pub(super) fn carries(edge: &Edge, channel: CodeChannel) -> bool {
    edge.outbox.reaches(way(channel))
}

fn way(channel: CodeChannel) -> Channel {
    match channel {
        CodeChannel::Sms => Channel::Sms,
        CodeChannel::Email => Channel::Email,
    }
}

/// `POST /api/guest/code`: sends a code to the person of this link, by a way that is known for them.
pub(super) async fn code(
    State(edge): State<Edge>,
    address: ClientAddress,
    Body(request): Body<CodeRequest>,
) -> Result<Json<CodeAnswer>, Failure> {
    address.may(&edge, Knock::Code)?;
    let channel = CodeChannel::from(request.channel);
    let holder = LinkHolder::of(&edge, &request.link).await?;
    let participant = holder.link.participant;
    let (keys, _) = guest::keys_of(&edge, &holder.appointment, participant).await?;
    if !keys.has(channel) {
        return Err(Failure::not_found());
    }
    let now = edge.clock.now();
    let answer = |outcome, again_at: Option<_>| {
        Json(CodeAnswer { outcome, now: time(now), again_at: again_at.map(time) })
    };
    for _ in 0..ATTEMPTS {
        let mut door = edge.store.door(participant).await?;
        let code = match door.send(edge.clock.random_bytes(), channel, now) {
            Ok(code) => code,
            Err(SendRefusal::Locked) => return Ok(answer(SendWord::Locked, None)),
            Err(SendRefusal::TooSoon { again_at }) => return Ok(answer(SendWord::TooSoon, Some(again_at))),
            Err(SendRefusal::TooMany { again_at }) => return Ok(answer(SendWord::TooMany, Some(again_at))),
        };
        if !edge.store.put_door(&door).await? {
            continue;
        }
        let again_at = Some(now + crate::clinical::RESEND_AFTER);
        let is_sent = send(&edge, &holder, channel, &code).await;
        return Ok(answer(if is_sent { SendWord::Sent } else { SendWord::Failed }, again_at));
    }
    Err(busy())
}

/// `POST /api/guest/open`: shows a code, a PIN or a date of birth. When it is right, the browser gets a pass.
pub(super) async fn open(
    State(edge): State<Edge>,
    address: ClientAddress,
    Body(request): Body<OpenRequest>,
) -> Result<(AppendHeaders<Vec<(HeaderName, String)>>, Json<OpenAnswer>), Failure> {
    address.may(&edge, Knock::Open)?;
    let shown = match (request.digits, request.birth_date) {
        (Some(digits), None) => Shown::Digits(digits),
        (None, Some(date)) => {
            let date = date.expose().parse();
            Shown::BirthDate(Pii::new(date.map_err(|_| Failure::bad_request("a date is YYYY-MM-DD"))?))
        }
        _ => return Err(Failure::bad_request("either digits or a date of birth are shown")),
    };
    let holder = LinkHolder::of(&edge, &request.link).await?;
    let participant = holder.link.participant;
    let (keys, known) = guest::keys_of(&edge, &holder.appointment, participant).await?;
    if !keys.is_any() {
        return Err(Failure::not_found());
    }
    let answer = |outcome, tries_left| Json(OpenAnswer { outcome, tries_left });
    for _ in 0..ATTEMPTS {
        let now = edge.clock.now();
        let mut door = edge.store.door(participant).await?;
        let before = door.clone();
        let opened = door.open(&shown, &known, now);
        if let Ok(opening) = opened {
            let (secret, pass) = Pass::make(edge.clock.random_bytes(), participant, opening, now);
            if edge.store.open_door(&door, &pass).await? {
                tracing::info!(participant.id = %participant, opening = ?opening, "a guest opened the door");
                edge.live.announce_change();
                let cookie = set_pass(participant, &secret);
                return Ok((AppendHeaders(vec![cookie]), answer(TryWord::Opened, None)));
            }
            continue;
        }
        if door != before && !edge.store.put_door(&door).await? {
            continue;
        }
        if door.is_locked() && !before.is_locked() {
            tracing::warn!(participant.id = %participant, "a guest's door is locked after wrong tries");
            edge.live.announce_change();
        }
        let answer = match opened {
            Err(TryRefusal::Wrong { tries_left }) => answer(TryWord::Wrong, Some(tries_left)),
            Err(TryRefusal::CodeExpired) => answer(TryWord::CodeExpired, Some(door.tries_left())),
            Err(TryRefusal::Locked) | Ok(_) => answer(TryWord::Locked, Some(0)),
        };
        return Ok((AppendHeaders(Vec::new()), answer));
    }
    Err(busy())
}

/// A cookie of this very host that no script reads and no other site sends (RFC 6265bis section 4.1.3.2).
fn set_pass(participant: ParticipantId, secret: &Secret<String>) -> (HeaderName, String) {
    let (name, value, age) = (guest::pass_cookie(participant), secret.expose(), PASS_FOR.num_seconds());
    let cookie = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={age}");
    (header::SET_COOKIE, cookie)
}

pub(super) fn busy() -> Failure {
    let detail = "somebody else is at this door";
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, ProblemCode::Unavailable, detail)
}

/// `POST /api/guest/information`: the text that is to be read; the link alone shows it.
pub(super) async fn information(
    State(edge): State<Edge>,
    address: ClientAddress,
    Body(request): Body<LookRequest>,
) -> Result<Json<Information>, Failure> {
    address.may(&edge, Knock::Look)?;
    let holder = LinkHolder::of(&edge, &request.link).await?;
    let text = guest::information_of(&edge, &holder.appointment).await?;
    Ok(Json(Information { version: text.version, fr: text.french, en: text.english }))
}

/// `POST /api/guest/consent`: the answer to the text. Staff are told at once. Whoever holds the link may refuse: nobody has to prove
/// who they are to be called back.
pub(super) async fn consent(
    State(edge): State<Edge>,
    holder: LinkHolder,
    headers: HeaderMap,
    Body(request): Body<ConsentRequest>,
) -> Result<StatusCode, Failure> {
    if request.answer == ConsentWord::Given {
        holder.with_pass(&edge, &headers).await?;
    }
    let (appointment, participant) = (holder.appointment, holder.link.participant);
    let text = guest::information_of(&edge, &appointment).await?;
    if text.version != request.version {
        let detail = "the text has changed: read it again";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::OutOfOrder, detail));
    }
    let consent = Consent {
        participant,
        answer: request.answer.into(),
        version: request.version,
        language: request.language.into(),
        at: edge.clock.now(),
    };
    edge.store.add_consent(edge.clock.new_uuid(), appointment.id, &consent).await?;
    tracing::info!(participant.id = %participant, answer = ?consent.answer, "a guest answered the information");
    edge.live.waiting_news(appointment.id, WaitingNews::Answered(consent)).await;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/guest/company`: who is with the person.
pub(super) async fn company(
    State(edge): State<Edge>,
    guest: Guest,
    Body(request): Body<CompanyRequest>,
) -> Result<StatusCode, Failure> {
    let company =
        Company::new(guest.participant, request.is_accompanied, request.who.expose(), edge.clock.now());
    let company = company.map_err(|refusal| Failure::bad_request(refusal.to_string()))?;
    edge.store.add_company(edge.clock.new_uuid(), guest.appointment.id, &company).await?;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/guest/rehearsal`: what a device test at home found. The link alone is enough: it tells nothing back.
pub(super) async fn rehearsal(
    State(edge): State<Edge>,
    address: ClientAddress,
    holder: LinkHolder,
    Body(request): Body<RehearsalRequest>,
) -> Result<StatusCode, Failure> {
    address.may(&edge, Knock::Look)?;
    let found = Rehearsal {
        participant: holder.link.participant,
        at: edge.clock.now(),
        camera: request.camera.into(),
        microphone: request.microphone.into(),
        sound: request.sound.into(),
        network: request.network.into(),
    };
    edge.store.put_rehearsal(holder.appointment.id, &found).await?;
    edge.live.announce_change();
    Ok(StatusCode::NO_CONTENT)
}

/// Hands a code to the outbox; whether it was taken.
async fn send(edge: &Edge, holder: &LinkHolder, channel: CodeChannel, code: &Secret<String>) -> bool {
    let participant = holder.link.participant;
    match edge.outbox.send_code(&holder.appointment, participant, way(channel), code).await {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error, participant.id = %participant,
                "a code for the door was not taken to be sent"
            );
            false
        }
    }
}
