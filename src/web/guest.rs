//! Who a guest is: a link, and where there is something more to show, the pass of an opened door. Looking at a link changes nothing,
//! however often it is done.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;

use super::acts::authorize;
use super::extract::{Body, ClientAddress};
use super::files::shown_link;
use super::problem::Failure;
use super::throttle::Knock;
use super::{Edge, acts};
use crate::clinical::{
    Actor, Appointment, AppointmentStatus, CodeChannel, ConsentAnswer, ConsentText, DoorClosed, DoorKeys,
    DoorRules, KnownKeys, Link, LinkDigest, Object, Opening, OwnChange, Participant, ParticipantId, Pass,
    PassDigest, PlaceKind, Standing, Verb, opening_of,
};
use crate::protocol::{DoorAsks, DoorWord, Look, LookRequest, time};

/// The cookie that holds the pass of one guest. `Secure; HttpOnly; SameSite=Strict; Path=/`. Several guests may use one browser.
pub(super) fn pass_cookie(participant: ParticipantId) -> String {
    let id = participant.uuid().simple().to_string();
    format!("__Host-parvis-pass-{}", &id[20..])
}

/// `POST /api/guest/look`
pub(super) async fn look(
    State(edge): State<Edge>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<LookRequest>,
) -> Result<Json<Look>, Failure> {
    address.may(&edge, Knock::Look)?;
    let now = edge.clock.now();
    let nothing = |door| Look {
        door,
        now: time(now),
        starts_at: None,
        opens_at: None,
        service: None,
        telephone: None,
        asks: None,
        is_elsewhere: false,
        consent: None,
        consent_version: None,
        may_change: None,
        outcome: None,
    };
    let Some((link, appointment)) = find(&edge, &request.link).await? else {
        return Ok(Json(nothing(DoorWord::Unknown)));
    };
    let door = edge.door.check(&link, &appointment, now);
    let starts_at = Some(time(appointment.starts_at));
    if let Err(closed @ (DoorClosed::Unknown | DoorClosed::Revoked)) = door {
        return Ok(Json(nothing(Err(closed).into())));
    }
    let service = match appointment.service_id {
        Some(service) => edge.store.service(service).await?,
        None => None,
    };
    let telephone = service.map(|service| service.telephone).filter(|telephone| !telephone.is_empty());
    let Ok(standing) = edge.door.standing(&link, &appointment, now) else {
        // A moved visit tells its new time, and nothing else: the link of that one is another.
        if let Some(moved) = moved_to(&edge, &appointment).await? {
            let starts_at = Some(time(moved.starts_at));
            return Ok(Json(Look { starts_at, telephone, ..nothing(DoorWord::Moved) }));
        }
        return Ok(Json(Look { starts_at, telephone, ..nothing(door.into()) }));
    };
    let opens_at = match door {
        Err(DoorClosed::TooEarly { opens_at }) => Some(time(opens_at)),
        _ => None,
    };
    let rules = rules_of(&edge, &appointment).await?;
    let text = information_of(&edge, &appointment).await?;
    let answers = edge.store.consents_of(appointment.id).await?;
    let answer = answers.iter().rev().find(|answer| answer.participant == link.participant);
    let places = edge.live.places(appointment.id).await.unwrap_or_default();
    let place = places.get(&link.participant).map_or(PlaceKind::Invited, |place| place.kind());
    let may_change = may_change(&edge, &link, &appointment).await?;
    Ok(Json(Look {
        door: door.into(),
        now: time(now),
        may_change: may_change.then_some(true),
        outcome: match appointment.status {
            AppointmentStatus::Fulfilled { outcome, .. } => Some(outcome.into()),
            _ => None,
        },
        starts_at,
        opens_at,
        asks: asks(&edge, &link, &appointment, standing, &headers).await?,
        service: Some(rules.label.unwrap_or(appointment.service)),
        telephone,
        is_elsewhere: matches!(
            place,
            PlaceKind::Testing | PlaceKind::Waiting | PlaceKind::Admitted | PlaceKind::InCall
        ),
        // An answer to another text is none.
        consent: answer
            .filter(|answer| answer.version == text.version || answer.answer == ConsentAnswer::Refused)
            .map(|answer| answer.answer.into()),
        consent_version: Some(text.version),
    }))
}

/// The appointment that took the place of this one, if it is still to come: the last of those that it was moved to.
async fn moved_to(edge: &Edge, appointment: &Appointment) -> Result<Option<Appointment>, Failure> {
    const LONGEST: usize = 100;
    let mut last = None;
    let mut next = edge.store.course(appointment.id).await?.moved_to;
    for _ in 0..LONGEST {
        let Some(id) = next else { break };
        next = edge.store.course(id).await?.moved_to;
        last = Some(id);
    }
    let Some(last) = last else { return Ok(None) };
    Ok(edge.store.appointment(last).await?.filter(|last| last.status == AppointmentStatus::Booked))
}

/// Whether whoever holds this link may call the appointment off or move it now.
async fn may_change(edge: &Edge, link: &Link, appointment: &Appointment) -> Result<bool, Failure> {
    if appointment.patient().is_none_or(|patient| patient.id != link.participant) {
        return Ok(false);
    }
    let policy = super::guest_changes::policy_of(edge, appointment).await?;
    let now = edge.clock.now();
    Ok([OwnChange::Cancel, OwnChange::Move]
        .into_iter()
        .any(|change| policy.check(change, appointment, now).is_ok()))
}

/// What has to be shown besides the link, unless this browser has done so.
async fn asks(
    edge: &Edge,
    link: &Link,
    appointment: &Appointment,
    standing: Standing,
    headers: &HeaderMap,
) -> Result<Option<DoorAsks>, Failure> {
    let (keys, _) = keys_of(edge, appointment, link.participant).await?;
    if opening(edge, link, standing, keys, headers).await?.is_some() {
        return Ok(None);
    }
    let now = edge.clock.now();
    let door = edge.store.door(link.participant).await?;
    let code_until = door.code.as_ref().map(|code| code.good_until()).filter(|until| *until > now);
    Ok(Some(DoorAsks {
        sms: keys.has(CodeChannel::Sms),
        email: keys.has(CodeChannel::Email),
        pin: keys.has_pin,
        birth_date: keys.has_birth_date,
        is_locked: door.is_locked(),
        code_until: code_until.map(time),
    }))
}

/// How the door was opened, if it was, or nothing more is to be shown.
async fn opening(
    edge: &Edge,
    link: &Link,
    standing: Standing,
    keys: DoorKeys,
    headers: &HeaderMap,
) -> Result<Option<Opening>, Failure> {
    let pass = pass_of(edge, link.participant, headers).await?;
    if let Ok(opening) = opening_of(keys, pass.as_ref(), link.participant, edge.clock.now()) {
        return Ok(Some(opening));
    }
    // Whoever was in a queue showed its code, and typed their number themselves: a code sent there proves nothing to the staff, who are told
    // that only the link was shown. What is left of the visit asks for it.
    let is_from_queue =
        standing != Standing::After && edge.store.queue_entry_by_digest(link.digest).await?.is_some();
    Ok(is_from_queue.then_some(Opening::LinkOnly))
}

/// Whether whoever shows this link has shown what there is to show besides it, or there is nothing.
pub(super) async fn has_opened(
    edge: &Edge,
    link: &Link,
    appointment: &Appointment,
    headers: &HeaderMap,
) -> Result<bool, Failure> {
    let Ok(standing) = edge.door.standing(link, appointment, edge.clock.now()) else { return Ok(false) };
    let (keys, _) = keys_of(edge, appointment, link.participant).await?;
    Ok(opening(edge, link, standing, keys, headers).await?.is_some())
}

/// What a service asks for at its door.
pub(super) async fn rules_of(edge: &Edge, appointment: &Appointment) -> Result<DoorRules, Failure> {
    match appointment.service_id {
        Some(service) => Ok(edge.store.door_rules(service).await?),
        None => Ok(DoorRules::default()),
    }
}

/// What is to be read before the visit.
pub(super) async fn information_of(edge: &Edge, appointment: &Appointment) -> Result<ConsentText, Failure> {
    let own = match appointment.service_id {
        Some(service) => edge.store.consent_text(service).await?,
        None => None,
    };
    Ok(own.unwrap_or_else(ConsentText::standard))
}

/// What a guest can show besides the link, and what is known to compare it with.
pub(super) async fn keys_of(
    edge: &Edge,
    appointment: &Appointment,
    participant: ParticipantId,
) -> Result<(DoorKeys, KnownKeys), Failure> {
    let contact = edge.store.contacts_of(appointment.id).await?.remove(&participant).unwrap_or_default();
    let pin = edge.store.pins_of(appointment.id).await?.remove(&participant);
    let birth_date = match contact.birth_date {
        Some(date) if rules_of(edge, appointment).await?.accepts_birth_date => Some(date),
        _ => None,
    };
    let keys = DoorKeys {
        has_sms: contact.telephone.is_some() && super::door::carries(edge, CodeChannel::Sms),
        has_email: contact.email.is_some() && super::door::carries(edge, CodeChannel::Email),
        has_pin: pin.is_some(),
        has_birth_date: birth_date.is_some(),
    };
    Ok((keys, KnownKeys { pin, birth_date }))
}

/// The pass that a browser shows for this guest.
pub(super) async fn pass_of(
    edge: &Edge,
    participant: ParticipantId,
    headers: &HeaderMap,
) -> Result<Option<Pass>, Failure> {
    let jar = CookieJar::from_headers(headers);
    match jar.get(&pass_cookie(participant)) {
        Some(cookie) => Ok(edge.store.pass(PassDigest::of(cookie.value())).await?),
        None => Ok(None),
    }
}

/// The link of this secret, with its appointment.
pub(super) async fn find(edge: &Edge, secret: &str) -> Result<Option<(Link, Appointment)>, Failure> {
    if !edge.throttle.may_with_link(secret, edge.clock.instant()) {
        return Err(Failure::too_many());
    }
    let Some(link) = edge.store.link_by_digest(LinkDigest::of(secret)).await? else { return Ok(None) };
    let appointment = edge.store.appointment(link.appointment).await?;
    if let Some(appointment) = &appointment {
        acts::note_guest(link.participant, appointment);
    }
    Ok(appointment.map(|appointment| (link, appointment)))
}

/// Somebody who holds a link that leads somewhere: before the visit, during it, or to what is left of it. As an extractor it reads
/// `Authorization: Link <secret>`. This alone opens no door: see [`Guest`].
pub(super) struct LinkHolder {
    pub(super) link: Link,
    pub(super) appointment: Appointment,
    pub(super) standing: Standing,
}

impl LinkHolder {
    pub(super) async fn of(edge: &Edge, secret: &str) -> Result<Self, NotLetIn> {
        let (link, appointment) = find(edge, secret).await?.ok_or(NotLetIn::Door(DoorClosed::Unknown))?;
        let standing = edge.door.standing(&link, &appointment, edge.clock.now()).map_err(NotLetIn::Door)?;
        Ok(Self { link, appointment, standing })
    }

    /// How the door was opened, if it was, or nothing more is to be shown.
    pub(super) async fn with_pass(&self, edge: &Edge, headers: &HeaderMap) -> Result<Opening, NotLetIn> {
        let (keys, _) = keys_of(edge, &self.appointment, self.link.participant).await?;
        opening(edge, &self.link, self.standing, keys, headers).await?.ok_or(NotLetIn::PassNeeded)
    }
}

impl FromRequestParts<Edge> for LinkHolder {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let secret = shown_link(&parts.headers).ok_or_else(Failure::sign_in_needed)?;
        Ok(Self::of(edge, secret).await?)
    }
}

/// A guest who has shown whatever there is to show: a link, and a pass where one is needed. As an extractor it reads
/// `Authorization: Link <secret>` and the cookie. `standing` says whether the visit is to come, is open, or is over; what they may do
/// is another question.
pub(super) struct Guest {
    pub(super) appointment: Appointment,
    pub(super) participant: ParticipantId,
    pub(super) actor: Actor,
    /// How the door was opened.
    pub(super) opening: Opening,
    pub(super) standing: Standing,
}

impl Guest {
    pub(super) async fn of(edge: &Edge, secret: &str, headers: &HeaderMap) -> Result<Self, NotLetIn> {
        let holder = LinkHolder::of(edge, secret).await?;
        let opening = holder.with_pass(edge, headers).await?;
        let LinkHolder { link, appointment, standing } = holder;
        let participant = link.participant;
        let role = appointment.participant(participant).map(Participant::role);
        let role = role.ok_or(NotLetIn::Door(DoorClosed::Unknown))?;
        let actor = Actor::Guest { participant, role };
        let may_attend = authorize(&actor, Verb::Attend, &Object::Appointment(&appointment));
        may_attend.map_err(|_| NotLetIn::Door(DoorClosed::Unknown))?;
        Ok(Self { appointment, participant, actor, opening, standing })
    }
}

impl FromRequestParts<Edge> for Guest {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Failure> {
        let secret = shown_link(&parts.headers).ok_or_else(Failure::sign_in_needed)?;
        Ok(Self::of(edge, secret, &parts.headers).await?)
    }
}

/// Why somebody with a link is not let in.
pub(super) enum NotLetIn {
    Door(DoorClosed),
    /// There is something that they could show besides the link.
    PassNeeded,
    Failed(Failure),
}

/// Lets in whoever may go to the waiting room now: the one way for guests into a consultation, over WebSocket and HTTP.
pub(super) async fn let_in(edge: &Edge, secret: &str, headers: &HeaderMap) -> Result<Guest, NotLetIn> {
    let guest = Guest::of(edge, secret, headers).await?;
    match guest.standing {
        Standing::Open => Ok(guest),
        Standing::Early { opens_at } => Err(NotLetIn::Door(DoorClosed::TooEarly { opens_at })),
        Standing::After => Err(NotLetIn::Door(DoorClosed::Over)),
    }
}

impl From<Failure> for NotLetIn {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<NotLetIn> for Failure {
    fn from(refused: NotLetIn) -> Self {
        match refused {
            NotLetIn::Door(closed) => closed.into(),
            NotLetIn::PassNeeded => Self::pass_needed(),
            NotLetIn::Failed(failure) => failure,
        }
    }
}
