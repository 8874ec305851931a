//! `GET /ws`: one WebSocket a device, typed JSON both ways, pictures as binary messages.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::extract::State;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::ceiling::Place;
use super::extract::ClientAddress;
use super::guest::NotLetIn;
use super::problem::Failure;
use super::ticket::Holder;
use super::{Edge, extract, guest};
use crate::audit::{Deed, Outcome, Record, Subject, Who};
use crate::clinical::{
    Actor, AppointmentId, Assurance, BrowserFamily, DoorClosed, LoginId, Object, Opening, ParticipantId,
    Practitioner, Verb, authorize,
};
use crate::clock::Clock;
use crate::live::{AttendError, Attendance, Attending, MAX_OUTGOING, Outgoing};
use crate::login::{Authenticated, LoginEnds};
use crate::port::Progress;
use crate::protocol::{ClientMessage, PROTOCOL, ProblemCode, ServerMessage, WindowWord};

/// The largest message of a client, in bytes: a session description of 64 KiB, escaped.
const MAX_MESSAGE: usize = 256 << 10;
/// What is read of a socket at one time, and collected before it is written, in bytes. It is there for each socket, from its first moment.
const BUFFER: usize = 8 << 10;
/// `hello` comes within this time.
const HELLO: Duration = Duration::from_secs(10);
/// A client that says nothing itself for this long is lost. What its browser answers for it does not count: that a page has frozen, or its
/// telephone sleeps, is not its browser's to hide.
const SILENCE: Duration = Duration::from_secs(25);
/// A client is asked so often whether it is still there. One that is not looked at may run its own timers only once a minute, but hears
/// this at once.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// A client that nothing leaves for in so long, while something is to, does not read any more. A large picture on a slow line may take
/// longer than this as a whole.
const STALL: Duration = Duration::from_secs(20);
/// Somebody whose login has ended hears so within this time, and then nothing more.
const LAST_WORD: Duration = Duration::from_secs(2);
/// A login is marked as seen so often while its person is in a consultation; logins end after 5 minutes without use at the earliest.
const KEEP: Duration = Duration::from_secs(120);

pub(super) async fn open(
    State(edge): State<Edge>,
    ConnectInfo(progress): ConnectInfo<Progress>,
    address: ClientAddress,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    let place = edge.hellos.place(&address).ok_or_else(Failure::busy)?;
    // Staff are known by their cookie; guests show their link in the first message.
    let ends = edge.login.ends();
    let staff = extract::authenticated(&edge, &headers).await?;
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let family = BrowserFamily::of_user_agent(said);
    let login = staff.as_ref().map(|staff| staff.login);
    let who = Shown { staff, headers, family, address: address.told() };
    let upgrade = bounded(upgrade).max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    let open = Open { login, ends };
    Ok(upgrade.on_upgrade(async move |socket| serve(edge, who, open, socket, progress, place).await))
}

/// A socket takes no more memory than it needs before anything is said on it.
pub(super) fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade.read_buffer_size(BUFFER).write_buffer_size(BUFFER)
}

/// What the request for a socket showed: the login of staff, and the cookies, among which a guest's pass may be.
struct Shown {
    staff: Option<Authenticated>,
    headers: HeaderMap,
    family: BrowserFamily,
    address: String,
}

/// The login in whose name a socket is open, and what is told of ends since before it was known to be in force.
struct Open {
    login: Option<LoginId>,
    ends: LoginEnds,
}

impl Open {
    /// Resolves a moment after the login has ended, by when a last word was said; never for guests.
    async fn is_over(&mut self, edge: &Edge) {
        let Some(login) = self.login else { return std::future::pending().await };
        self.ends.of(login).await;
        // The consultation may have heard of it before this device came.
        edge.live.logins_ended(&[login].into()).await;
        tokio::time::sleep(LAST_WORD).await;
    }
}

/// Keeps the login of somebody alive who is in a call and asks for nothing else.
async fn keep(edge: &Edge, login: Option<LoginId>) {
    let Some(login) = login else { return std::future::pending().await };
    loop {
        tokio::time::sleep(KEEP).await;
        if let Err(error) = edge.login.keep(login).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a login was not marked as seen");
        }
    }
}

/// Why a socket is closed before anybody attends.
struct Closed(ProblemCode, &'static str);

/// `place`: one of those who have not said `hello` yet.
async fn serve(edge: Edge, who: Shown, mut open: Open, socket: WebSocket, progress: Progress, place: Place) {
    let address = who.address.clone();
    let by = who.staff.as_ref().map_or(Who::Nobody, |known| Who::Staff(known.practitioner.id));
    let (mut sink, mut stream) = socket.split();
    let (outbox, mut outgoing) = mpsc::channel(MAX_OUTGOING);
    let login = open.login;
    match welcome(&edge, who, &mut stream, outbox).await {
        Err(Closed(code, detail)) => {
            edge.trail.note(Record { origin: Some(address), ..refused(&edge, by, code) });
            let problem = ServerMessage::Problem { code, detail: detail.to_owned() };
            let telling = async {
                send(&mut sink, Outgoing::Message(Box::new(problem))).await?;
                send(&mut sink, Outgoing::Close).await
            };
            // Whoever does not read it does not hear it, and keeps the place no longer.
            let _ = timeout(LAST_WORD, telling).await;
        }
        Ok(attendance) => {
            drop(place);
            // Both ends of one connection: when either is done, both are.
            tokio::select! {
                () = listen(&edge.clock, SILENCE, &mut stream, |message| attendance.say(message)) => {}
                () = tell(&edge.clock, &mut outgoing, &mut sink, &progress) => {}
                () = attendance.is_cut() => {}
                () = open.is_over(&edge) => {}
                () = keep(&edge, login) => {}
                () = edge.tasks.stopped() => {
                    let _ = sink.send(Message::Close(Some(CloseFrame {
                        code: close_code::RESTART,
                        reason: "the server restarts".into(),
                    }))).await;
                }
            }
        }
    }
}

/// Somebody did not get into a consultation: the code says why.
fn refused(edge: &Edge, by: Who, code: ProblemCode) -> Record {
    let code = serde_json::to_value(code).ok();
    let detail = code.as_ref().and_then(|code| code.as_str()).map(|code| format!("GET /ws {code}"));
    let record = edge.trail.record(by, Deed::Open, Subject::Consultation);
    Record { outcome: Outcome::Refused, detail, ..record }
}

/// Reads `hello` and finds out who speaks.
async fn welcome(
    edge: &Edge,
    who: Shown,
    stream: &mut SplitStream<WebSocket>,
    outbox: mpsc::Sender<Outgoing>,
) -> Result<Attendance, Closed> {
    let login = who.staff.as_ref().map(|staff| staff.login);
    let first = tokio::time::timeout(HELLO, stream.next()).await;
    let Ok(Some(Ok(Message::Text(text)))) = first else {
        return Err(Closed(ProblemCode::OutOfOrder, "hello did not come"));
    };
    let (link, appointment, resume, ticket, window) = match serde_json::from_str(text.as_str()) {
        Ok(ClientMessage::Hello {
            protocol: PROTOCOL, link, appointment, resume, ticket, window, ..
        }) => (link, appointment, resume, ticket, window.unwrap_or(WindowWord::Main)),
        Ok(ClientMessage::Hello { .. }) => {
            return Err(Closed(
                ProblemCode::UnsupportedProtocol,
                "load the page again: it is of another version",
            ));
        }
        Ok(_) => return Err(Closed(ProblemCode::OutOfOrder, "hello comes first")),
        Err(_) => return Err(Closed(ProblemCode::BadRequest, "this is no message of the protocol")),
    };
    // What a page of this site was given; without it only a device that was here before comes back.
    let holder = link.as_deref().map(Holder::link).or_else(|| Holder::login(&who.headers));
    let is_ticketed = ticket
        .zip(holder)
        .is_some_and(|(ticket, holder)| edge.tickets.take(&ticket, &holder, edge.clock.instant()));
    if link.is_none() && appointment.is_some() && who.staff.is_none() {
        return Err(Closed(ProblemCode::SignInNeeded, "nobody is signed in"));
    }
    if !is_ticketed && resume.is_none() {
        return Err(Closed(ProblemCode::TicketNeeded, "hello shows no ticket that is good"));
    }
    let (appointment, participant, actor, (assurance, opening)) = match (link, appointment) {
        (Some(link), None) => guest_of(edge, &link, &who.headers).await?,
        (None, Some(appointment)) => {
            staff_of(edge, who.staff.map(|staff| staff.practitioner), &appointment).await?
        }
        _ => return Err(Closed(ProblemCode::BadRequest, "hello names either a link or an appointment")),
    };
    let login = login.filter(|_| matches!(actor, Actor::Staff { .. }));
    if matches!(actor, Actor::Guest { .. }) {
        note(edge, appointment, participant, who.family);
    }
    let attending =
        Attending { participant, actor, login, assurance, opening, outbox, resume, is_ticketed, window };
    edge.live.attend(appointment, attending).await.map_err(|error| match error {
        AttendError::Refused(refusal) => Closed(refusal.into(), "this person may not attend"),
        AttendError::NoTicket => {
            Closed(ProblemCode::TicketNeeded, "the device is not known here: it needs a ticket")
        }
        AttendError::NoWindow => Closed(
            ProblemCode::NotAllowed,
            "a second window opens beside a page of staff that is in the call",
        ),
        AttendError::TooManyWindows => {
            Closed(ProblemCode::TooMany, "this person has enough second windows open")
        }
        AttendError::Unknown => Closed(ProblemCode::NotFound, "there is nothing here for you"),
        AttendError::Unavailable => {
            Closed(ProblemCode::Unavailable, "the consultation cannot be opened at present")
        }
    })
}

/// Writes down the family of a guest's browser, beside their coming: nobody waits for it.
fn note(edge: &Edge, appointment: AppointmentId, participant: ParticipantId, family: BrowserFamily) {
    let store = edge.store.clone();
    edge.tasks.spawn("browser of a guest", async move {
        if let Err(error) = store.note_browser(appointment, participant, family).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a browser was not written down");
        }
    });
}

/// How somebody proved who they are, and what opened the door for a guest.
type Proven = (Assurance, Option<Opening>);

async fn guest_of(
    edge: &Edge,
    secret: &str,
    headers: &HeaderMap,
) -> Result<(AppointmentId, ParticipantId, Actor, Proven), Closed> {
    match guest::let_in(edge, secret, headers).await {
        Ok(guest) => {
            tracing::info!(participant.id = %guest.participant, opening = ?guest.opening, "a guest comes");
            let assurance = match guest.opening {
                Opening::LinkOnly => Assurance::LinkOnly,
                Opening::Code(_) | Opening::Pin | Opening::BirthDate => Assurance::LinkAndCode,
            };
            Ok((guest.appointment.id, guest.participant, guest.actor, (assurance, Some(guest.opening))))
        }
        Err(NotLetIn::Door(DoorClosed::Unknown)) => {
            Err(Closed(ProblemCode::LinkUnknown, "there is no such link"))
        }
        Err(NotLetIn::PassNeeded) => {
            Err(Closed(ProblemCode::PassNeeded, "the link alone does not lead there"))
        }
        Err(NotLetIn::Door(closed)) => Err(Closed(closed.into(), "the link does not open the door now")),
        Err(NotLetIn::Failed(_)) => Err(Closed(ProblemCode::Unavailable, "the database does not answer")),
    }
}

async fn staff_of(
    edge: &Edge,
    practitioner: Option<Practitioner>,
    appointment: &str,
) -> Result<(AppointmentId, ParticipantId, Actor, Proven), Closed> {
    let person = practitioner.ok_or(Closed(ProblemCode::SignInNeeded, "nobody is signed in"))?;
    let id: AppointmentId =
        appointment.parse().map_err(|_| Closed(ProblemCode::NotFound, "no such appointment"))?;
    let found = edge.store.appointment(id).await;
    let found = found.map_err(|_| Closed(ProblemCode::Unavailable, "the database does not answer"))?;
    let appointment = found.ok_or(Closed(ProblemCode::NotFound, "there is nothing here for you"))?;
    let actor = extract::actor_of(edge, &person).await;
    let actor = actor.map_err(|_| Closed(ProblemCode::Unavailable, "the database does not answer"))?;
    authorize(&actor, Verb::Attend, &Object::Appointment(&appointment)).map_err(nothing_here)?;
    let participant = appointment.participant_of(person.id).map(|participant| participant.id);
    let participant = participant.ok_or(Closed(ProblemCode::NotFound, "there is nothing here for you"))?;
    Ok((id, participant, actor, (Assurance::SignedIn, None)))
}

fn nothing_here(_: crate::clinical::NotAllowed) -> Closed {
    Closed(ProblemCode::NotFound, "there is nothing here for you")
}

/// Hands on what the client says, until it closes or has said nothing itself for `silence`.
async fn listen<F: Future<Output = ()>>(
    clock: &Clock,
    silence: Duration,
    stream: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
    say: impl Fn(ClientMessage) -> F,
) {
    let mut until = clock.instant() + silence;
    loop {
        let pause = until.saturating_duration_since(clock.instant());
        if pause.is_zero() {
            return;
        }
        match timeout(pause, stream.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => {
                match serde_json::from_str(text.as_str()) {
                    Ok(message) => say(message).await,
                    // What it says stays out of the log: it may hold anything.
                    Err(_) => tracing::warn!(message.bytes = text.len(), "a client sent what is no message"),
                }
                until = clock.instant() + silence;
            }
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Ok(Some(Ok(Message::Binary(_)))) => tracing::warn!("a client sent a binary message"),
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return,
        }
    }
}

/// Sends what comes out of the outbox, until the last word.
async fn tell(
    clock: &Clock,
    outgoing: &mut mpsc::Receiver<Outgoing>,
    sink: &mut SplitSink<WebSocket, Message>,
    progress: &Progress,
) {
    let mut ask_at = clock.instant() + HEARTBEAT;
    loop {
        let pause = ask_at.saturating_duration_since(clock.instant());
        // However much there is to send, it is asked when it is time.
        let next = if pause.is_zero() { None } else { timeout(pause, outgoing.recv()).await.ok() };
        let next = match next {
            Some(Some(next)) => next,
            Some(None) => return,
            None => {
                ask_at = clock.instant() + HEARTBEAT;
                Outgoing::Message(Box::new(ServerMessage::StillThere {}))
            }
        };
        let is_last = matches!(next, Outgoing::Close);
        match unless_stalled(STALL, || progress.bytes(), send(sink, next)).await {
            Some(Ok(())) if !is_last => {}
            _ => return,
        }
    }
}

/// What becomes of sending; `None` when no byte has left within `stall`, or, at most, twice that. `left`: bytes that have so far.
async fn unless_stalled<T>(
    stall: Duration,
    left: impl Fn() -> u64,
    sending: impl Future<Output = T>,
) -> Option<T> {
    let mut sending = pin!(sending);
    let mut before = left();
    loop {
        if let Ok(sent) = tokio::time::timeout(stall, &mut sending).await {
            return Some(sent);
        }
        let now = left();
        if now == before {
            return None;
        }
        before = now;
    }
}

async fn send(sink: &mut SplitSink<WebSocket, Message>, next: Outgoing) -> Result<(), axum::Error> {
    match next {
        Outgoing::Message(message) => {
            let text = serde_json::to_string(&message).map_err(axum::Error::new)?;
            sink.send(Message::Text(text.into())).await
        }
        Outgoing::Latest(text, _waiting) => sink.send(Message::Text((&*text).into())).await,
        Outgoing::Picture(bytes) => sink.send(Message::Binary(bytes.into())).await,
        Outgoing::Close => {
            sink.send(Message::Close(Some(CloseFrame { code: close_code::NORMAL, reason: "".into() }))).await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const STALL: Duration = Duration::from_millis(400);
    const SILENCE: Duration = Duration::from_millis(800);
    const STEP: Duration = Duration::from_millis(20);

    /// A message as a whole had 20 s: a large exact picture at 400 kbit/s closed its own connection, again and again.
    #[tokio::test]
    async fn a_large_picture_on_a_slow_line_is_no_stall_as_long_as_something_leaves() {
        let left = Cell::new(0_u64);
        let slowly = async {
            for _ in 0..60 {
                tokio::time::sleep(STEP).await;
                left.set(left.get() + 1000);
            }
        };
        assert_eq!(unless_stalled(STALL, || left.get(), slowly).await, Some(()));
    }

    #[tokio::test]
    async fn whoever_takes_nothing_is_given_up_in_time() {
        let left = Cell::new(0_u64);
        let breaks_off = async {
            tokio::time::sleep(STEP).await;
            left.set(1000);
            std::future::pending::<()>().await;
        };
        let given_up = unless_stalled(STALL, || left.get(), breaks_off);
        assert_eq!(tokio::time::timeout(STALL * 10, given_up).await, Ok(None));
    }

    /// Says this again and again, so often in all.
    fn again(message: &Message, times: usize) -> impl Stream<Item = Result<Message, axum::Error>> + Unpin {
        let message = message.clone();
        Box::pin(futures_util::stream::unfold(0, move |n| {
            let message = message.clone();
            async move {
                tokio::time::sleep(STEP).await;
                (n < times).then_some((Ok(message), n + 1))
            }
        }))
    }

    #[tokio::test]
    async fn a_page_that_does_not_answer_itself_is_lost_though_its_browser_does() {
        let clock = Clock::system();
        let said = Cell::new(0);
        let say = |_| {
            said.set(said.get() + 1);
            std::future::ready(())
        };
        let begun = clock.instant();
        let answers = futures_util::stream::repeat_with(|| ()).then(|()| async {
            tokio::time::sleep(STEP).await;
            Ok(Message::Pong(Default::default()))
        });
        listen(&clock, SILENCE, &mut Box::pin(answers), say).await;
        let lasted = clock.instant().saturating_duration_since(begun);
        assert!(lasted >= SILENCE && said.get() == 0, "after {lasted:?}");
        // One that speaks is heard for as long as it does.
        let ping = Message::Text("{\"type\":\"ping\"}".into());
        listen(&clock, SILENCE, &mut again(&ping, 60), say).await;
        assert_eq!(said.get(), 60, "longer than the silence that is borne");
    }
}
