//! Messages from a client, over the WebSocket `/ws`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    DeviceStateWord, DirectionWord, LanguageWord, LayoutWord, MarkShapeWord, OutcomeWord, PathWord,
    RefusalSentenceWord, SourceWord, TelephoneReason, WindowWord,
};
use crate::secret::Pii;

/// One message from a client. `request` numbers are the client's own; `accepted` or `rejected` repeats them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub enum ClientMessage {
    /// First, and only once. A guest shows the secret of the link; staff name the appointment and are known by their login cookie.
    Hello {
        protocol: u32,
        language: LanguageWord,
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        appointment: Option<String>,
        /// From the last `welcome` of this person and appointment: the device takes its place again, and its media go on.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<String>,
        /// Of `POST /api/socket-ticket`, for the same link or login; needed unless `resume` brings the device back.
        #[serde(skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// Absent: the main one.
        #[serde(skip_serializing_if = "Option::is_none")]
        window: Option<WindowWord>,
    },
    /// A guest has tested the device and asks to be let in: from testing to waiting.
    Ready {
        request: u32,
        camera: DeviceStateWord,
        microphone: DeviceStateWord,
    },
    /// Goes into the call: staff at once, a guest after `place` said `admitted`.
    Enter {
        request: u32,
    },
    /// Leaves. The place is given up; a link that is still good opens it again.
    Leave {
        request: u32,
    },
    /// Staff let a waiting person in.
    Admit {
        request: u32,
        participant: String,
        /// They were asked who this is, and said that they see it. It is kept. Needed of whom `people` says `asksWho`.
        #[serde(skip_serializing_if = "Option::is_none")]
        is_recognised: Option<bool>,
    },
    /// Staff send a person back to the waiting room.
    PutBack {
        request: u32,
        participant: String,
    },
    /// Staff remove a person; their link is withdrawn.
    Remove {
        request: u32,
        participant: String,
        /// What the person is told.
        #[serde(skip_serializing_if = "Option::is_none")]
        sentence: Option<RefusalSentenceWord>,
    },
    /// Staff end the consultation for everybody; links close.
    End {
        request: u32,
        outcome: OutcomeWord,
    },

    /// Offer of the connection that sends (RFC 9429); answered by `publish_answer` of the same generation.
    PublishOffer {
        generation: u32,
        sdp: String,
        tracks: Vec<OfferedTrack>,
    },
    /// Answer to `subscribe_offer` of the same generation.
    SubscribeAnswer {
        generation: u32,
        sdp: String,
    },
    /// The connection that receives has lost its path: asks for a `subscribe_offer` with new ICE credentials.
    RestartSubscribe {},
    /// The person switched a source off or on without renegotiation.
    Mute {
        source: SourceWord,
        is_muted: bool,
    },
    /// What this client shows of others, and how large. Said when it changes; what is not listed is not shown.
    Watch {
        tracks: Vec<WatchedTrack>,
        /// The person asked to spare a paid or slow connection.
        is_saving_data: bool,
        /// No video at all.
        is_video_off: bool,
    },
    /// How the media of one connection fared since the last of these, every 10 seconds and at the end.
    Quality {
        direction: DirectionWord,
        path: PathWord,
        /// Packets that did not arrive, in percent.
        loss_pct: f32,
        /// Round trip, ms.
        rtt_ms: f32,
        jitter_ms: f32,
        /// How long pictures stood still, ms.
        freezes_ms: u32,
        /// Sound that was made up because packets were missing, in percent.
        concealed_pct: f32,
        bitrate_kbps: u32,
    },

    /// A line for everybody in the call: 1 to 2000 characters, line breaks allowed.
    Chat {
        request: u32,
        #[ts(type = "string")]
        text: Pii<String>,
    },
    /// Staff ask a person in the call to mute a source. Nobody is ever unmuted from elsewhere.
    MuteOther {
        request: u32,
        participant: String,
        source: SourceWord,
    },
    /// Staff close the consultation to newcomers, or open it again.
    Lock {
        request: u32,
        is_locked: bool,
    },
    /// Staff say that the visit goes on by telephone, and why; or, with `isOver` and no reason, that it is back.
    Telephone {
        request: u32,
        is_over: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<TelephoneReason>,
    },

    /// Shows a series in a viewport: to everybody, and the sender becomes the presenter; or to the sender alone, who does not follow.
    Share {
        request: u32,
        series: String,
        viewport: u8,
        /// The person was asked, and wants to show a study that names somebody else than the patient.
        is_other_patient: bool,
    },
    /// Stops showing: all viewports are empty.
    StopSharing {
        request: u32,
    },
    /// Empties one viewport.
    ClearViewport {
        request: u32,
        viewport: u8,
    },
    /// Takes the presenter's place: a host, or anybody of the staff while nobody presents.
    Present {
        request: u32,
    },
    /// Staff ask for the presenter's place, or do not any more.
    AskToPresent {
        request: u32,
        is_asking: bool,
    },
    /// The presenter, or a host, gives the presenter's place to a member of staff.
    GivePresenting {
        request: u32,
        participant: String,
    },
    /// The presenter, or a host, does not give it to somebody who asks.
    DeclineAsking {
        request: u32,
        participant: String,
    },
    /// Staff look by themselves, or follow again. Whoever looks by themselves changes their own view with the messages below.
    Follow {
        request: u32,
        is_following: bool,
    },
    SetLayout {
        layout: LayoutWord,
    },
    /// The viewport that keys and tools act on.
    SetActive {
        viewport: u8,
    },
    /// Scrolling in one viewport takes the others along.
    SetLinked {
        is_linked: bool,
    },
    /// Goes to the frame at this place of the stack, from 0.
    Scroll {
        viewport: u8,
        index: u32,
    },
    /// Window in units after the modality LUT.
    SetWindow {
        viewport: u8,
        center: f64,
        width: f64,
    },
    /// Back to the window of the object.
    ResetWindow {
        viewport: u8,
    },
    /// One of the ways of spreading values over the greys that the object offers, from 0.
    SetAlternative {
        viewport: u8,
        alternative: u32,
    },
    /// Shows or hides overlay planes and shutters.
    SetLayers {
        viewport: u8,
        is_overlaid: bool,
        is_shuttered: bool,
    },
    /// Applies a presentation state that `states` offers, or none.
    SetState {
        viewport: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// Inverts grey values, or not.
    SetInverted {
        viewport: u8,
        is_inverted: bool,
    },
    /// Zoom (1 fits), the point of the frame at the middle of the viewport (0..1), quarter turns clockwise (0..=3), then left and right
    /// exchanged.
    SetView {
        viewport: u8,
        zoom: f64,
        center_x: f64,
        center_y: f64,
        quarter_turns: u8,
        is_flipped: bool,
    },
    /// Everything in a viewport as it was when the series was shared, but the frame.
    ResetView {
        viewport: u8,
    },
    /// Guests see the patient's name beside the images, or not.
    SetNamed {
        is_named: bool,
    },
    /// What guests may draw.
    SetGuestTools {
        may_mark: bool,
        may_measure: bool,
    },
    /// What is said of the images in writing, for everybody: 0 to 200 characters.
    Describe {
        request: u32,
        #[ts(type = "string")]
        text: Pii<String>,
    },
    /// Where this person points, in units of the frame (0..1).
    Point {
        viewport: u8,
        x: f64,
        y: f64,
    },
    /// Points no more.
    Unpoint {},

    /// Draws on the frame at this place of the stack.
    AddMark {
        request: u32,
        viewport: u8,
        index: u32,
        mark: NewMark,
    },
    /// Changes an own mark.
    ChangeMark {
        request: u32,
        mark: String,
        points: Vec<(f64, f64)>,
        #[ts(type = "string")]
        text: Pii<String>,
    },
    /// Takes an own mark away; hosts may take any.
    DeleteMark {
        request: u32,
        mark: String,
    },
    /// Takes the last own step with marks back.
    UndoMark {
        request: u32,
    },
    RedoMark {
        request: u32,
    },
    /// Shows or hides all marks, for everybody.
    ShowMarks {
        is_shown: bool,
    },
    /// Writes the marks as presentation states beside the studies.
    SaveMarks {
        request: u32,
    },
    /// Keeps what is on show in a viewport as a key image.
    KeepImage {
        request: u32,
        viewport: u8,
        #[ts(type = "string")]
        caption: Pii<String>,
    },
    CaptionImage {
        request: u32,
        image: String,
        #[ts(type = "string")]
        caption: Pii<String>,
    },
    RemoveImage {
        request: u32,
        image: String,
    },

    /// The size in device pixels of this client's surface for a viewport. Pictures come only after it.
    Surface {
        viewport: u8,
        width: u32,
        height: u32,
    },
    /// Wants pictures of `width` x `height` device pixels beside those of a viewport: `factor` times as large as on its surface, about this
    /// point of the frame (0..1). For this client alone.
    Magnify {
        viewport: u8,
        x: f64,
        y: f64,
        factor: f64,
        width: u32,
        height: u32,
    },
    StopMagnifying {},
    /// Wants the exact picture of what is on show now, however long it takes.
    FullQuality {
        viewport: u8,
    },
    /// The picture of that sequence number has been drawn: asks for the next.
    Drawn {
        sequence: u32,
    },
    /// Sent every 10 seconds, and to answer `still_there`; a client that is silent for 25 seconds counts as lost.
    Ping {},
}

/// One m-line of a publish offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfferedTrack {
    pub mid: String,
    pub source: SourceWord,
}

/// A track that a client shows, in device pixels. 0 by 0: not shown now, and wanted soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchedTrack {
    pub participant: String,
    pub source: SourceWord,
    pub width: u32,
    pub height: u32,
    /// The person chose to see this one large.
    pub is_pinned: bool,
}

/// What somebody draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMark {
    pub shape: MarkShapeWord,
    /// In units of the frame (0..1 along columns and rows). Arrow: where it comes from, then its tip. Circle: centre, then a point on it;
    /// their distance counts in pixels as they are shown, so that it is round.
    /// Ellipse and rectangle: two corners of the box. Angle: the vertex stands in the middle.
    pub points: Vec<(f64, f64)>,
    /// For a text, or beside another shape; at most 200 characters, may be empty.
    #[ts(type = "string")]
    pub text: Pii<String>,
}
