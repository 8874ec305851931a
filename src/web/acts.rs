//! What each address does, as the trail says it: every request to patients' data leaves a record, whoever made it and however it went.
//!
//! A route stands either in [`ACTS`] or in [`WITHOUT`]: a test below holds the router's list against both. One that is in
//! neither is recorded all the same, by its method. Who it was, and whose data, is noted on the way where it is found out: [`authorize`]
//! is the one that the edge asks, and it notes both.

use std::cell::RefCell;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::Edge;
use super::extract::ClientAddress;
use crate::audit::{Deed, Outcome, Subject, Who};
use crate::clinical::{
    self, Actor, ApiTokenId, Appointment, AppointmentId, NotAllowed, Object, ParticipantId, PractitionerId,
    Stead, Verb, stead_of,
};

/// Routes that are no access to anything of a patient, and no change.
pub(super) const WITHOUT: &[(&str, &str)] = &[
    ("GET", "/api/openapi.json"),
    ("GET", "/api/hospital"),
    ("GET", "/api/hospital/logo"),
    // Whether there are accounts of the gateway itself, and of no one which.
    ("GET", "/api/local"),
    // How many lines are new on the administrators' page.
    ("GET", "/api/local/uses/unseen"),
    ("GET", "/api/admin/sites"),
    ("GET", "/api/admin/providers"),
    ("GET", "/api/admin/senders"),
    ("GET", "/api/admin/pacs"),
    // Which archives there are, and how far fetches are: nothing of what is in them.
    ("GET", "/api/appointments/{appointment}/pacs"),
    ("GET", "/api/admin/branding"),
    ("GET", "/api/diag"),
    ("GET", "/api/me"),
    ("GET", "/api/practitioners"),
    ("GET", "/api/services"),
    ("GET", "/api/services/candidates"),
    ("GET", "/api/services/{service}/slots"),
    ("GET", "/api/services/{service}/schedule"),
    ("GET", "/api/services/{service}/door"),
    ("GET", "/api/services/{service}/information"),
    ("GET", "/api/templates"),
    ("POST", "/api/templates/{kind}/{channel}/{language}/preview"),
    ("GET", "/api/reminders"),
    ("GET", "/api/statistics/services"),
    // Numbers of messages that did not go out.
    ("GET", "/api/messages/alarms"),
    ("GET", "/api/me/calendar"),
    // Who acts for whom, and nothing of any visit.
    ("GET", "/api/delegations"),
    // What the gateway is, and nothing of any visit.
    ("GET", "/api/protection"),
    // What a link shows before a door: when the visit is, and nothing of whom.
    ("POST", "/api/guest/look"),
    ("POST", "/api/guest/information"),
    ("POST", "/api/guest/rehearsal"),
    ("POST", "/api/guest/slots"),
    ("POST", "/api/upload/look"),
    ("POST", "/api/upload/receipt"),
    // A page that waits asks for its place every few seconds.
    ("POST", "/api/queue/state"),
    ("GET", "/login"),
    ("GET", "/api/sign-in"),
    ("GET", "/api/sign-in/activities"),
    // A ticket for a socket, which is nothing yet.
    ("POST", "/api/socket-ticket"),
    ("GET", "/login/signed-out"),
    ("GET", "/documents/signed-out"),
    // What is said there is recorded where it is carried out: coming, admitting, seeing, writing.
    ("ANY", "/ws"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/health/startup"),
];

/// Method, address, what is done and to what.
pub(super) const ACTS: &[(&str, &str, Deed, Subject)] = &[
    ("GET", "/api/appointments", Deed::List, Subject::Agenda),
    ("POST", "/api/appointments", Deed::Create, Subject::Appointment),
    ("GET", "/api/appointments/{appointment}", Deed::Read, Subject::Appointment),
    ("POST", "/api/appointments/{appointment}/cancel", Deed::Change, Subject::Appointment),
    ("POST", "/api/appointments/{appointment}/noshow", Deed::Change, Subject::Appointment),
    ("POST", "/api/appointments/{appointment}/move", Deed::Change, Subject::Appointment),
    ("POST", "/api/appointments/{appointment}/close", Deed::Change, Subject::Appointment),
    ("GET", "/api/appointments/{appointment}/chain", Deed::Read, Subject::Appointment),
    ("GET", "/api/emergency", Deed::List, Subject::Agenda),
    ("POST", "/api/emergency/search", Deed::List, Subject::Agenda),
    ("POST", "/api/appointments/{appointment}/emergency", Deed::Break, Subject::Appointment),
    ("POST", "/api/delegations", Deed::Create, Subject::Delegation),
    ("DELETE", "/api/delegations/{delegation}", Deed::Delete, Subject::Delegation),
    ("GET", "/api/appointments/{appointment}/protection", Deed::Read, Subject::Appointment),
    ("POST", "/api/appointments/search", Deed::List, Subject::Agenda),
    ("POST", "/api/appointments/{appointment}/reopen", Deed::Change, Subject::Consultation),
    ("POST", "/api/appointments/{appointment}/participants/{participant}/link", Deed::Create, Subject::Link),
    (
        "DELETE",
        "/api/appointments/{appointment}/participants/{participant}/link",
        Deed::Delete,
        Subject::Link,
    ),
    ("GET", "/api/appointments/{appointment}/quality", Deed::Read, Subject::Quality),
    ("GET", "/api/appointments/{appointment}/key-images", Deed::Read, Subject::KeyImage),
    ("POST", "/api/appointments/{appointment}/key-images/save", Deed::Create, Subject::Study),
    ("DELETE", "/api/key-images/{image}", Deed::Delete, Subject::KeyImage),
    ("PUT", "/api/key-images/{image}/caption", Deed::Change, Subject::KeyImage),
    ("GET", "/api/key-images/{image}/picture", Deed::Read, Subject::KeyImage),
    ("GET", "/api/appointments/{appointment}/summary.pdf", Deed::Download, Subject::Summary),
    ("GET", "/api/appointments/{appointment}/summary", Deed::Read, Subject::Summary),
    ("PUT", "/api/appointments/{appointment}/summary", Deed::Change, Subject::Summary),
    ("POST", "/api/appointments/{appointment}/drop-in", Deed::DropIn, Subject::Consultation),
    ("POST", "/api/appointments/{appointment}/take-over", Deed::TakeOver, Subject::Consultation),
    ("GET", "/api/waiting-room", Deed::List, Subject::WaitingRoom),
    (
        "POST",
        "/api/appointments/{appointment}/waiting/{participant}/message",
        Deed::Send,
        Subject::WaitingRoom,
    ),
    (
        "POST",
        "/api/appointments/{appointment}/waiting/{participant}/place",
        Deed::Change,
        Subject::WaitingRoom,
    ),
    ("PUT", "/api/practitioners/{practitioner}/delay", Deed::Change, Subject::Practitioner),
    ("PUT", "/api/services/{service}/waiting-policy", Deed::Change, Subject::Service),
    ("GET", "/api/appointments/{appointment}/identity", Deed::Read, Subject::Identity),
    (
        "POST",
        "/api/appointments/{appointment}/participants/{participant}/identity",
        Deed::Change,
        Subject::Identity,
    ),
    ("POST", "/api/appointments/{appointment}/participants/{participant}/ins", Deed::Create, Subject::Ins),
    (
        "POST",
        "/api/appointments/{appointment}/participants/{participant}/number",
        Deed::Create,
        Subject::Identity,
    ),
    ("POST", "/api/appointments/{appointment}/pacs/search", Deed::Read, Subject::Study),
    ("POST", "/api/appointments/{appointment}/pacs/fetches", Deed::Create, Subject::Study),
    ("DELETE", "/api/appointments/{appointment}/pacs/fetches/{fetch}", Deed::Change, Subject::Study),
    ("GET", "/api/worklist", Deed::List, Subject::Worklist),
    ("GET", "/api/appointments/{appointment}/notes", Deed::Read, Subject::Note),
    ("PUT", "/api/appointments/{appointment}/note", Deed::Change, Subject::Note),
    ("GET", "/api/appointments/{appointment}/report", Deed::Read, Subject::Report),
    ("POST", "/api/appointments/{appointment}/report", Deed::Create, Subject::Report),
    ("PUT", "/api/reports/{report}", Deed::Change, Subject::Report),
    ("POST", "/api/reports/{report}/sign", Deed::Sign, Subject::Report),
    ("GET", "/api/reports/{report}/document.pdf", Deed::Download, Subject::Report),
    ("GET", "/api/reports/{report}/bundle.json", Deed::Download, Subject::Report),
    ("GET", "/api/appointments/{appointment}/documents", Deed::Read, Subject::Document),
    ("PUT", "/api/appointments/{appointment}/documents", Deed::Change, Subject::Document),
    ("GET", "/api/appointments/{appointment}/after", Deed::Read, Subject::Document),
    ("GET", "/api/call-backs", Deed::List, Subject::Agenda),
    ("POST", "/api/guest/after", Deed::Read, Subject::Document),
    ("POST", "/api/guest/after/access", Deed::Read, Subject::Trail),
    ("POST", "/api/guest/after/rating", Deed::Create, Subject::Rating),
    ("POST", "/api/guest/after/ask-back", Deed::Create, Subject::Message),
    ("POST", "/api/guest/after/documents/{document}", Deed::Read, Subject::Document),
    ("POST", "/api/guest/after/sign-in", Deed::Open, Subject::Door),
    ("GET", "/documents/callback/{provider}", Deed::SignIn, Subject::Door),
    ("POST", "/api/guest/after/sign-out", Deed::SignOut, Subject::Door),
    ("GET", "/api/appointments/{appointment}/viewing", Deed::Read, Subject::Viewing),
    ("GET", "/api/steps/{step}/picture", Deed::Read, Subject::Viewing),
    ("GET", "/api/appointments/{appointment}/messages", Deed::Read, Subject::Message),
    ("POST", "/api/appointments/{appointment}/late", Deed::Create, Subject::Message),
    ("POST", "/api/messages/{message}/repeat", Deed::Create, Subject::Message),
    (
        "GET",
        "/api/appointments/{appointment}/participants/{participant}/contact",
        Deed::Read,
        Subject::Contact,
    ),
    (
        "PUT",
        "/api/appointments/{appointment}/participants/{participant}/contact",
        Deed::Change,
        Subject::Contact,
    ),
    ("GET", "/api/outbox", Deed::List, Subject::Message),
    ("PUT", "/api/templates/{kind}/{channel}/{language}", Deed::Change, Subject::Template),
    ("DELETE", "/api/templates/{kind}/{channel}/{language}", Deed::Delete, Subject::Template),
    ("PUT", "/api/services/{service}/reminders", Deed::Change, Subject::Service),
    ("POST", "/api/me/calendar", Deed::Create, Subject::Calendar),
    ("DELETE", "/api/me/calendar", Deed::Delete, Subject::Calendar),
    ("GET", "/calendar/{file}", Deed::List, Subject::Calendar),
    ("POST", "/api/guest/code", Deed::Send, Subject::Door),
    ("POST", "/api/guest/open", Deed::Open, Subject::Door),
    ("POST", "/api/guest/consent", Deed::Create, Subject::Consent),
    ("POST", "/api/guest/company", Deed::Create, Subject::Consent),
    ("POST", "/api/guest/cancel", Deed::Change, Subject::Appointment),
    ("POST", "/api/guest/reschedule", Deed::Change, Subject::Appointment),
    ("POST", "/api/appointments/{appointment}/participants/{participant}/pin", Deed::Create, Subject::Door),
    (
        "POST",
        "/api/appointments/{appointment}/participants/{participant}/unlock",
        Deed::Change,
        Subject::Door,
    ),
    ("PUT", "/api/services/{service}/door", Deed::Change, Subject::Service),
    ("PUT", "/api/services/{service}/information", Deed::Change, Subject::Service),
    ("GET", "/api/appointments/{appointment}/upload-folders", Deed::Read, Subject::Folder),
    ("POST", "/api/appointments/{appointment}/upload-folders", Deed::Create, Subject::Folder),
    ("DELETE", "/api/upload-folders/{folder}", Deed::Delete, Subject::Folder),
    ("GET", "/api/appointments/{appointment}/received", Deed::Read, Subject::Received),
    ("POST", "/api/upload", Deed::Create, Subject::Received),
    ("GET", "/api/received/{upload}", Deed::Download, Subject::Received),
    ("POST", "/api/received/{upload}/studies", Deed::Create, Subject::Study),
    ("GET", "/api/statistics", Deed::Read, Subject::Statistics),
    ("GET", "/api/statistics.csv", Deed::Download, Subject::Statistics),
    ("GET", "/api/retention", Deed::Read, Subject::Retention),
    ("GET", "/api/retention/proofs.csv", Deed::Download, Subject::Retention),
    ("POST", "/api/retention/appointments", Deed::List, Subject::Agenda),
    ("POST", "/api/retention/holds", Deed::Create, Subject::Retention),
    ("DELETE", "/api/retention/holds/{hold}", Deed::Delete, Subject::Retention),
    ("POST", "/api/retention/run", Deed::Delete, Subject::Retention),
    ("DELETE", "/api/studies/{study}", Deed::Delete, Subject::Study),
    ("GET", "/api/series/{series}/thumbnail", Deed::Read, Subject::Study),
    ("GET", "/api/appointments/{appointment}/studies", Deed::Read, Subject::Study),
    ("POST", "/api/appointments/{appointment}/studies", Deed::Create, Subject::Study),
    ("POST", "/api/appointments/{appointment}/files", Deed::Create, Subject::File),
    ("GET", "/api/appointments/{appointment}/files/{file}", Deed::Download, Subject::File),
    ("POST", "/api/services", Deed::Create, Subject::Service),
    ("PUT", "/api/services/{service}", Deed::Change, Subject::Service),
    ("PUT", "/api/services/{service}/queue", Deed::Change, Subject::Service),
    ("POST", "/api/services/{service}/patterns", Deed::Change, Subject::Service),
    ("PUT", "/api/services/{service}/patterns/{pattern}", Deed::Change, Subject::Service),
    ("DELETE", "/api/services/{service}/patterns/{pattern}", Deed::Change, Subject::Service),
    ("POST", "/api/services/{service}/exceptions", Deed::Change, Subject::Service),
    ("DELETE", "/api/services/{service}/exceptions/{exception}", Deed::Change, Subject::Service),
    ("GET", "/api/queue", Deed::List, Subject::Queue),
    ("POST", "/api/queue/enter", Deed::Create, Subject::Queue),
    ("POST", "/api/queue/leave", Deed::Leave, Subject::Queue),
    ("POST", "/api/queue/{entry}/take", Deed::Admit, Subject::Queue),
    ("POST", "/api/queue/{entry}/refuse", Deed::Remove, Subject::Queue),
    ("GET", "/login/callback", Deed::SignIn, Subject::Login),
    ("GET", "/login/callback/{provider}", Deed::SignIn, Subject::Login),
    ("POST", "/api/sign-in/activity", Deed::Change, Subject::Login),
    ("POST", "/logout", Deed::SignOut, Subject::Login),
    ("GET", "/login/front-channel-logout", Deed::SignOut, Subject::Login),
    ("POST", "/login/back-channel-logout", Deed::SignOut, Subject::Login),
    // The second step signs in, the first alone opens nothing.
    ("POST", "/api/local/sign-in", Deed::Open, Subject::Account),
    ("POST", "/api/local/second-step", Deed::SignIn, Subject::Login),
    ("POST", "/api/local/set-up/look", Deed::Read, Subject::Account),
    ("POST", "/api/local/set-up/begin", Deed::Open, Subject::Account),
    ("POST", "/api/local/set-up/finish", Deed::Create, Subject::Account),
    ("GET", "/api/local/accounts", Deed::List, Subject::Account),
    ("POST", "/api/local/accounts", Deed::Create, Subject::Account),
    ("DELETE", "/api/local/accounts/{account}", Deed::Delete, Subject::Account),
    ("POST", "/api/local/accounts/{account}/reset", Deed::Change, Subject::Account),
    ("POST", "/api/local/accounts/{account}/unlock", Deed::Change, Subject::Account),
    ("DELETE", "/api/local/invitations/{invitation}", Deed::Delete, Subject::Account),
    ("POST", "/api/local/uses/seen", Deed::Change, Subject::Account),
    ("GET", "/api/admin/people", Deed::List, Subject::Practitioner),
    ("PUT", "/api/admin/people/{practitioner}/roles", Deed::Change, Subject::Practitioner),
    ("POST", "/api/admin/people/{practitioner}/disable", Deed::Change, Subject::Practitioner),
    ("POST", "/api/admin/people/{practitioner}/enable", Deed::Change, Subject::Practitioner),
    ("GET", "/api/admin/changes", Deed::Read, Subject::Gateway),
    ("PUT", "/api/admin/sites", Deed::Change, Subject::Service),
    ("POST", "/api/admin/providers", Deed::Create, Subject::Gateway),
    ("PUT", "/api/admin/providers/{provider}", Deed::Change, Subject::Gateway),
    ("DELETE", "/api/admin/providers/{provider}", Deed::Delete, Subject::Gateway),
    ("POST", "/api/admin/providers/{provider}/switch", Deed::Change, Subject::Gateway),
    ("POST", "/api/admin/providers/{provider}/trial", Deed::Read, Subject::Gateway),
    ("POST", "/api/admin/provider-trial", Deed::Read, Subject::Gateway),
    ("POST", "/api/admin/pacs", Deed::Create, Subject::Gateway),
    ("PUT", "/api/admin/pacs/{pacs}", Deed::Change, Subject::Gateway),
    ("DELETE", "/api/admin/pacs/{pacs}", Deed::Delete, Subject::Gateway),
    ("POST", "/api/admin/pacs/{pacs}/switch", Deed::Change, Subject::Gateway),
    ("POST", "/api/admin/pacs/{pacs}/trial", Deed::Read, Subject::Gateway),
    ("POST", "/api/admin/pacs-trial", Deed::Read, Subject::Gateway),
    ("PUT", "/api/admin/senders/email", Deed::Change, Subject::Gateway),
    ("DELETE", "/api/admin/senders/email", Deed::Delete, Subject::Gateway),
    ("PUT", "/api/admin/senders/sms", Deed::Change, Subject::Gateway),
    ("DELETE", "/api/admin/senders/sms", Deed::Delete, Subject::Gateway),
    ("POST", "/api/admin/senders/test", Deed::Send, Subject::Message),
    ("PUT", "/api/admin/branding", Deed::Change, Subject::Gateway),
    ("PUT", "/api/admin/branding/logo", Deed::Change, Subject::Gateway),
    ("DELETE", "/api/admin/branding/logo", Deed::Delete, Subject::Gateway),
    ("GET", "/api/admin/tokens", Deed::List, Subject::Token),
    ("POST", "/api/admin/tokens", Deed::Create, Subject::Token),
    ("DELETE", "/api/admin/tokens/{token}", Deed::Delete, Subject::Token),
    ("GET", "/api/machine/services", Deed::List, Subject::Service),
    ("GET", "/api/machine/appointments", Deed::List, Subject::Agenda),
    ("GET", "/api/machine/statistics.csv", Deed::Download, Subject::Statistics),
    ("ANY", "/ws/agenda", Deed::List, Subject::Agenda),
    ("POST", "/api/bounces", Deed::Change, Subject::Message),
    ("GET", "/api/trail", Deed::Read, Subject::Trail),
    ("GET", "/api/trail/export", Deed::Export, Subject::Trail),
    ("GET", "/api/trail/alerts", Deed::Read, Subject::Trail),
];

/// Of these the change itself writes its record, in its transaction: only what is refused or fails is recorded here.
const OWN: &[(&str, &str)] = &[
    ("POST", "/api/appointments/{appointment}/drop-in"),
    ("POST", "/api/appointments/{appointment}/take-over"),
    ("POST", "/api/appointments/{appointment}/emergency"),
    ("POST", "/api/delegations"),
    ("DELETE", "/api/delegations/{delegation}"),
    ("POST", "/api/appointments/{appointment}/files"),
    ("POST", "/api/appointments/{appointment}/participants/{participant}/identity"),
    ("POST", "/api/guest/after/documents/{document}"),
];

/// What a request to this address does; `None`: nothing that is recorded.
fn act_of(method: &Method, route: &str) -> Option<(Deed, Subject)> {
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let is_it = |at: &str, of: &str| of == route && (at == method || at == "ANY");
    if let Some((.., deed, subject)) = ACTS.iter().find(|(at, of, ..)| is_it(at, of)) {
        return Some((*deed, *subject));
    }
    if WITHOUT.iter().any(|(at, of)| is_it(at, of)) {
        return None;
    }
    let deed = match method {
        "GET" => Deed::Read,
        "DELETE" => Deed::Delete,
        _ => Deed::Change,
    };
    Some((deed, Subject::Gateway))
}

/// Whether such a request may change something: whatever is no question, and the questions by which somebody comes in or goes out. What is said on sockets has
/// its own way.
pub(super) fn changes(method: &Method, route: Option<&str>) -> bool {
    match *method {
        Method::CONNECT => false,
        Method::GET | Method::HEAD => {
            let act = route.and_then(|route| act_of(method, route));
            act.is_some_and(|(deed, _)| matches!(deed, Deed::SignIn | Deed::SignOut))
        }
        _ => true,
    }
}

/// What is found out about a request while it is answered.
#[derive(Default)]
struct Noted {
    who: Option<Who>,
    appointment: Option<AppointmentId>,
    patient: Option<ParticipantId>,
    outcome: Option<Outcome>,
    detail: Option<String>,
    /// By what they may do it, when it is not theirs by who they are.
    stead: Option<Stead>,
    /// Who it is is not known, but what they showed is real.
    is_vouched: bool,
    /// There was nothing to do.
    is_nothing: bool,
}

tokio::task_local! {
    static NOTED: RefCell<Noted>;
}

fn note(what: impl FnOnce(&mut Noted)) {
    // Outside of a request, on a socket, there is nothing to note it in.
    let _ = NOTED.try_with(|noted| what(&mut noted.borrow_mut()));
}

/// This member of staff asks.
pub(super) fn note_staff(person: PractitionerId) {
    note(|noted| noted.who = Some(Who::Staff(person)));
}

/// The program with this token asks.
pub(super) fn note_machine(token: ApiTokenId) {
    note(|noted| noted.who = Some(Who::Machine(token)));
}

/// Whoever holds the link of this participant asks.
pub(super) fn note_guest(participant: ParticipantId, appointment: &Appointment) {
    note(|noted| {
        noted.who.get_or_insert(Who::Guest(participant));
    });
    note_appointment(appointment);
}

/// It is about this appointment. The first one that is asked about counts.
pub(super) fn note_appointment(appointment: &Appointment) {
    note(|noted| {
        if noted.appointment.is_none_or(|id| id == appointment.id) {
            noted.appointment = Some(appointment.id);
            noted.patient = appointment.patient().map(|patient| patient.id);
        }
    });
}

/// It went otherwise than the status says, and why in a word.
pub(super) fn note_outcome(outcome: Outcome, detail: &str) {
    note(|noted| (noted.outcome, noted.detail) = (Some(outcome), Some(detail.to_owned())));
}

/// Who asks is not known, but showed something that not everybody has: strangers do not crowd the record out.
pub(super) fn note_vouched() {
    note(|noted| noted.is_vouched = true);
}

/// There was nothing to do: unless it goes wrong it is not recorded.
pub(super) fn note_nothing() {
    note(|noted| noted.is_nothing = true);
}

/// More of what was done, in words of the program.
pub(super) fn note_detail(detail: &str) {
    note(|noted| noted.detail = Some(detail.to_owned()));
}

/// Whether `actor` may do `verb` to `object`: what `clinical` says, noted for the trail.
pub(super) fn authorize(actor: &Actor, verb: Verb, object: &Object<'_>) -> Result<(), NotAllowed> {
    match actor {
        Actor::Staff { practitioner, .. } => note_staff(*practitioner),
        Actor::Guest { participant, .. } => note(|noted| {
            noted.who.get_or_insert(Who::Guest(*participant));
        }),
        Actor::Sender { appointment } => note(|noted| {
            noted.who.get_or_insert(Who::Sender(*appointment));
        }),
        Actor::Machine { token, .. } => note_machine(*token),
    }
    match object {
        Object::Appointment(appointment)
        | Object::Consultation { appointment, .. }
        | Object::WaitingRoom { appointment, .. } => note_appointment(appointment),
        _ => {}
    }
    let stead = stead_of(actor, verb, object);
    clinical::authorize(actor, verb, object)?;
    if stead.is_some() {
        note(|noted| noted.stead = stead);
    }
    Ok(())
}

/// Answers a request, and then says in the trail what it was. Nothing waits for that.
pub(super) async fn record(State(edge): State<Edge>, request: Request, rest: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let act = route.and_then(|route: String| {
        let act = act_of(request.method(), &route)?;
        Some((act, route))
    });
    let Some(((deed, subject), route)) = act else { return rest.run(request).await };
    let (mut parts, body) = request.into_parts();
    let address = ClientAddress::from_request_parts(&mut parts, &edge).await.ok();
    let method = parts.method.clone();
    let (appointment, subject_id) = named(&route, parts.uri.path());
    let request = Request::from_parts(parts, body);
    let answer = async {
        let response = rest.run(request).await;
        let noted = NOTED.try_with(RefCell::take).unwrap_or_default();
        (response, noted)
    };
    let (response, noted) = NOTED.scope(RefCell::default(), answer).await;
    // Nothing new, as a browser that has it already is told, is an access all the same.
    let mut record = edge.trail.record(noted.who.unwrap_or(Who::Nobody), deed, subject);
    record.subject_id = subject_id;
    record.origin = address.map(|address| address.to_string());
    record.outcome = noted.outcome.unwrap_or_else(|| outcome_of(response.status()));
    let stead = noted.stead.map(|stead| match stead {
        Stead::Emergency => "in:emergency".to_owned(),
        Stead::For(whom) => format!("for:{whom}"),
    });
    let said = [Some(format!("{method} {route}")), noted.detail, stead];
    record.detail = Some(said.into_iter().flatten().collect::<Vec<_>>().join(" "));
    // A list is of many.
    if deed != Deed::List {
        record.appointment = noted.appointment.or(appointment);
        record.patient = noted.patient;
    }
    let is_own = OWN.contains(&(method.as_str(), route.as_str()));
    if record.outcome == Outcome::Done && (is_own || noted.is_nothing) {
        return response;
    }
    if noted.is_vouched {
        edge.trail.note_vouched(record);
    } else {
        edge.trail.note(record);
    }
    response
}

fn outcome_of(status: StatusCode) -> Outcome {
    match status.as_u16() {
        401 | 403 | 404 => Outcome::Refused,
        400..=499 => Outcome::Rejected,
        500.. => Outcome::Failed,
        _ => Outcome::Done,
    }
}

/// What the address names: the appointment, and the last thing besides.
fn named(route: &str, path: &str) -> (Option<AppointmentId>, Option<String>) {
    const LONGEST: usize = 80;
    let (mut appointment, mut other) = (None, None);
    for (name, value) in route.split('/').zip(path.split('/')) {
        match name {
            "{appointment}" => appointment = value.parse().ok(),
            // The address of a calendar is a secret.
            "{file}" if route.starts_with("/calendar") => {}
            name if name.starts_with('{') => other = Some(value.chars().take(LONGEST).collect()),
            _ => {}
        }
    }
    (appointment, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_what_it_is_about() {
        let id = "0190a0b0-0000-7000-8000-000000000001";
        let (appointment, file) =
            named("/api/appointments/{appointment}/files/{file}", &format!("/api/appointments/{id}/files/x"));
        assert_eq!((appointment.unwrap().to_string().as_str(), file.as_deref()), (id, Some("x")));
        assert_eq!(named("/api/appointments/{appointment}", "/api/appointments/none"), (None, None));
        assert_eq!(named("/calendar/{file}", "/calendar/secret.ics"), (None, None), "that is a secret");
    }

    #[test]
    fn whatever_may_change_something_is_carried_through_and_sockets_are_not() {
        for (method, route, is_carried) in [
            (Method::POST, "/api/appointments/{appointment}/cancel", true),
            (Method::DELETE, "/api/studies/{study}", true),
            (Method::POST, "/no/such/route", true),
            (Method::GET, "/login/callback/{provider}", true),
            (Method::GET, "/documents/callback/{provider}", true),
            (Method::GET, "/login/front-channel-logout", true),
            (Method::GET, "/api/appointments/{appointment}", false),
            (Method::HEAD, "/api/me", false),
            (Method::GET, "/ws", false),
            (Method::CONNECT, "/ws", false),
            (Method::CONNECT, "/ws/agenda", false),
        ] {
            assert_eq!(changes(&method, Some(route)), is_carried, "{method} {route}");
        }
        assert!(changes(&Method::PUT, None) && !changes(&Method::GET, None));
    }

    #[test]
    fn no_route_is_in_both_lists_or_twice() {
        let mut all: Vec<_> = ACTS.iter().map(|(method, route, ..)| (*method, *route)).collect();
        all.extend(WITHOUT);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    /// The addresses of the router, read from its text: each is an act, or is said to be none; and none is listed that is not there.
    #[test]
    fn every_route_is_an_act_or_is_said_to_be_none() {
        let text: String = include_str!("router.rs").split_whitespace().collect();
        let mut routes = Vec::new();
        for part in text.split(".route(\"").skip(1) {
            let (route, rest) = part.split_once("\",").expect("an address is a text");
            let own = rest.split(".route(").next().expect("the first");
            for method in ["get", "post", "put", "delete", "any"] {
                let is_named = own.contains(&format!("{method}(")) && {
                    let at = own.find(&format!("{method}(")).expect("it is there");
                    !own[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                };
                if is_named {
                    routes.push((method.to_uppercase(), route.to_owned()));
                }
            }
        }
        assert!(routes.len() > 100, "the routes were not found: {routes:?}");
        let is_listed = |method: &str, route: &str| {
            ACTS.iter().any(|(at, of, ..)| (*at, *of) == (method, route))
                || WITHOUT.iter().any(|(at, of)| (*at, *of) == (method, route))
        };
        let missing: Vec<_> = routes.iter().filter(|(method, route)| !is_listed(method, route)).collect();
        assert!(
            missing.is_empty(),
            "say in ACTS what they do, or in WITHOUT that it is nothing: {missing:#?}"
        );
        let gone: Vec<_> = ACTS
            .iter()
            .map(|(method, route, ..)| (*method, *route))
            .chain(WITHOUT.iter().copied())
            .filter(|(method, route)| {
                !routes.iter().any(|(at, of)| (at.as_str(), of.as_str()) == (*method, *route))
            })
            .collect();
        assert!(gone.is_empty(), "there are no such routes: {gone:#?}");
    }
}
