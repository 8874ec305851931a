//! Messages to a client, over the WebSocket `/ws`. Pictures travel as binary messages beside them, see `picture.rs`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    AppointmentStatusWord, AssuranceWord, CineState, DeviceStateWord, DirectionWord, DocumentState,
    GraphicState, IceServer, IdentityWord, KeyImageState, MarkState, OutcomeWord, OwnViewState, PausedReason,
    PlaceWord, ProblemCode, QualityWord, ReadySentenceWord, RefusalSentenceWord, RoleWord, SeriesShown,
    SourceWord, TelephoneReason, ViewingState,
};
use crate::secret::Pii;

/// One message to a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[ts(optional_fields)]
pub enum ServerMessage {
    /// Answers `hello`. Nothing of the room and no name is in it.
    Welcome {
        protocol: u32,
        /// This person.
        participant: String,
        /// The appointment, by whose address files are handed over.
        appointment: String,
        role: RoleWord,
        starts_at: String,
        ends_at: String,
        place: Place,
        /// UTC now, to show "since" truly on a device with a wrong clock.
        now: String,
        /// Shown in the `hello` after a lost connection, within 60 seconds, it brings this device back to its place.
        resume: String,
        /// Relays that this person's connections may use, with credentials that end.
        ice_servers: Vec<IceServer>,
        /// Nobody new comes in at present.
        is_locked: bool,
        /// The visit goes on by telephone. Staff and people in the call are told.
        #[serde(skip_serializing_if = "Option::is_none")]
        telephone: Option<TelephoneState>,
    },
    Accepted {
        request: u32,
    },
    /// The request was not carried out; `detail` is for the log of the client, the sentence comes from the code.
    Rejected {
        request: u32,
        code: ProblemCode,
        detail: String,
    },
    /// A message without a request number could not be used; the connection stays.
    Problem {
        code: ProblemCode,
        detail: String,
    },
    /// This person's own place changed.
    Place {
        place: Place,
    },
    /// To somebody who waits: words of staff, a sentence that is ready in every language or text as it was written. They come again, with
    /// the same `id`, when the page is loaded again.
    StaffMessage {
        id: String,
        at: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        sentence: Option<ReadySentenceWord>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(as = "Option<String>")]
        text: Option<Pii<String>>,
    },
    /// To somebody who waits, or tests the device: the visit begins about so much later. 0: not any more.
    Delay {
        minutes: u16,
        /// When it was told; absent with 0.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// To somebody who waits, where the service tells it: which number they are, from 1. Absent: it is told no more.
    Position {
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<u32>,
    },
    /// To somebody who is not let in, before the last `place`: why, and what happens next.
    TurnedAway {
        sentence: RefusalSentenceWord,
    },
    /// Who is in the consultation. Staff see everybody; guests in the call see who is in the call; nobody else gets it.
    People {
        revision: u32,
        people: Vec<Person>,
    },
    /// The last message on this connection: a newer tab or device of the same person took over.
    TakenOver {},
    /// The last message on this connection: the consultation is over.
    Ended {
        #[serde(skip_serializing_if = "Option::is_none")]
        outcome: Option<OutcomeWord>,
        status: AppointmentStatusWord,
    },

    /// Answer to `publish_offer`.
    PublishAnswer {
        generation: u32,
        sdp: String,
    },
    /// Offer of the connection that receives: the whole set, after which `subscribe_answer` is awaited.
    SubscribeOffer {
        generation: u32,
        sdp: String,
        tracks: Vec<SubscribedTrack>,
    },
    /// A peer connection came up, was lost, or failed.
    Media {
        direction: DirectionWord,
        is_connected: bool,
    },
    /// Somebody switched a source off or on.
    Muted {
        participant: String,
        source: SourceWord,
        is_muted: bool,
    },
    /// To a publisher: send only these encodings of this source. Empty: nobody watches it at present.
    LayersWanted {
        source: SourceWord,
        rids: Vec<String>,
    },
    /// Who speaks; absent while nobody does.
    Speaker {
        #[serde(skip_serializing_if = "Option::is_none")]
        participant: Option<String>,
    },
    /// To a receiver: this picture is held back, or comes again.
    VideoPaused {
        participant: String,
        source: SourceWord,
        is_paused: bool,
        reason: PausedReason,
    },
    /// To a publisher: its own video does not get through, or does again.
    SlowUplink {
        is_slow: bool,
    },
    /// To a publisher: so many people do without this picture of its own, because their connections do not carry it.
    Unseen {
        source: SourceWord,
        people: u32,
    },
    /// How a person's connection carries the call, when that changes; to everybody in the call.
    QualityOf {
        participant: String,
        word: QualityWord,
    },

    /// Somebody wrote to everybody.
    ChatLine(ChatLine),
    /// What was written and shared before, oldest first; comes after a device has entered the call.
    ChatHistory {
        lines: Vec<ChatLine>,
        files: Vec<SharedFile>,
    },
    /// Somebody shared a file; its bytes are fetched over HTTP.
    FileShared(SharedFile),
    /// Staff ask you to mute: the client does, and says so.
    MuteAsked {
        source: SourceWord,
    },
    /// Nobody new comes in, or the door works again.
    Locked {
        is_locked: bool,
    },
    /// A radiologist who was not booked is about to come in; to everybody in the call.
    DroppedIn {
        participant: String,
        #[ts(type = "string")]
        name: Pii<String>,
    },
    /// The visit goes on by telephone; absent: it is back.
    Telephone {
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<TelephoneState>,
    },

    /// What the consultation looks at now, newer revisions win. Its large parts are in the four messages that follow `own_view`: each is
    /// told before the first `viewing` or `own_view` that it belongs to, and holds until it is told again.
    Viewing(Box<ViewingState>),
    /// What is to be laid over the last `viewing` of this connection, as it is after those that came since (docs/protocol.md).
    ViewingChanged {
        #[ts(type = "unknown")]
        changes: serde_json::Value,
    },
    /// What this person looks at by themselves: staff who do not follow.
    OwnView(Box<OwnViewState>),
    /// A series that is on show in some viewport.
    SeriesShown(SeriesShown),
    /// How the frames around the place on show play; absent where nothing plays.
    Cine {
        viewport: u8,
        is_own: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        cine: Option<CineState>,
    },
    /// What the presentation state draws over the frame on show.
    Graphics {
        viewport: u8,
        is_own: bool,
        graphics: Vec<GraphicState>,
    },
    /// Places of a series whose frames cannot be shown, in order.
    FramesFailed {
        series: String,
        places: Vec<u32>,
    },
    /// Series that this person saw were taken back with their study: the next state shows them no more.
    SeriesWithdrawn {
        series: Vec<String>,
    },
    /// Somebody points, in units of the frame (0..1).
    Pointer {
        participant: String,
        viewport: u8,
        x: f64,
        y: f64,
    },
    /// Somebody points no more.
    PointerGone {
        participant: String,
    },
    /// What is on show is no picture but a text. Documents in pages and sounds come as binary messages instead.
    Document {
        viewport: u8,
        is_own: bool,
        /// As `picture` of what is on show there.
        revision: u32,
        index: u32,
        document: DocumentState,
    },
    /// A frame cannot be shown: one sentence of reason, in English, for staff.
    FrameFailed {
        viewport: u8,
        is_own: bool,
        /// As `picture` of what is on show there.
        revision: u32,
        series: String,
        index: u32,
        detail: String,
    },
    /// All marks there are: on the way in, and when many changed at once.
    Marks {
        revision: u32,
        marks: Vec<MarkState>,
    },
    /// A mark that is new, or takes the place of the one with the same identifier.
    Mark {
        revision: u32,
        mark: MarkState,
    },
    MarkGone {
        revision: u32,
        mark: String,
    },
    /// The images that were kept, oldest first. Staff.
    KeyImages {
        images: Vec<KeyImageState>,
    },
    /// An upload to this appointment is taken in: how many of its files were looked at so far, and how many objects they gave. Staff.
    Receiving {
        files: u32,
        received: u32,
        is_over: bool,
    },
    /// Studies of this appointment came or changed: staff fetch the list again.
    StudiesChanged {},
    Pong {},
    /// Every 10 seconds; the page itself answers with `ping`.
    StillThere {},
}

impl ServerMessage {
    /// The message, written out once for all who get the same.
    pub fn text(&self) -> Result<Arc<str>, serde_json::Error> {
        serde_json::to_string(self).map(Into::into)
    }
}

/// The one message of a page that shows the agenda, first on its WebSocket: a ticket of `POST /api/socket-ticket`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgendaHello {
    pub ticket: String,
}

/// One message to a page that shows the agenda, over the WebSocket `/ws/agenda`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum AgendaMessage {
    /// Something that the agenda shows has changed: fetch it again.
    AgendaChanged {},
}

/// Where a person stands, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct Place {
    pub state: PlaceWord,
    /// When this state began; absent for `invited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// For `lost`: until when the place is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// One person of the consultation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct Person {
    pub participant: String,
    pub role: RoleWord,
    pub name: String,
    /// Was not booked, and came in while the consultation ran. Absent: was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_dropped_in: Option<bool>,
    pub place: Place,
    /// What the device check found; only staff get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<DeviceStateWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone: Option<DeviceStateWord>,
    /// How sure it is who this is; absent while they have not come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assurance: Option<AssuranceWord>,
    /// Of guests, whether staff have looked who this is; only staff get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityWord>,
    /// Since when they wait to be let in, also while their page does not answer; only staff get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<String>,
    /// Whoever lets them in is to say that they see who it is: `admit` with `isRecognised`. Only staff get it; absent: no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks_who: Option<bool>,
    /// Sources that this person sends now and has switched off.
    pub muted: Vec<SourceWord>,
}

/// One m-line of a subscribe offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SubscribedTrack {
    pub mid: String,
    pub participant: String,
    pub source: SourceWord,
}

/// A visit that goes on by telephone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct TelephoneState {
    pub since: String,
    pub reason: TelephoneReason,
}

/// A line that somebody wrote. Plain characters: whoever shows it escapes them. It comes again, with the same `id`, when more is
/// known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ChatLine {
    pub id: String,
    pub participant: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    pub at: String,
    #[ts(type = "string")]
    pub text: Pii<String>,
    /// `false`: it is not kept, or not yet, and whoever comes later may not see it. Absent: it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_kept: Option<bool>,
}

/// A file that somebody shared: `GET /api/appointments/{id}/files/{id}`. Also the answer to sharing one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SharedFile {
    pub id: String,
    pub participant: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    #[ts(type = "string")]
    pub file_name: Pii<String>,
    pub bytes: u32,
    /// What its bytes are, whatever its name says.
    pub media_type: String,
    pub at: String,
}
