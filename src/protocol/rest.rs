//! Bodies of the HTTP interface under `/api`. docs/protocol.md lists the addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    AppointmentStatusWord, CourseEntry, CourseRequest, DirectionWord, DoorWord, GuestDoor, IncidentWord,
    LanguageWord, ObjectKindWord, OutcomeWord, PathWord, Place, ProblemCode, RoleWord, StaffRoleWord,
    TelephoneReason,
};
use crate::secret::Pii;

/// `GET /api/hospital`: what every page shows, without signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct HospitalFacts {
    pub name: String,
    /// Where a person in trouble gets help.
    pub telephone: String,
    /// IANA name; times are shown in it.
    pub time_zone: String,
    /// A demonstration with synthetic people: the page says so.
    pub is_demo: bool,
    pub version: String,
    /// The hospital's own colour, `#rrggbb`, and a darker one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strong_color: Option<String>,
    /// The address of the logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

/// `POST /api/socket-ticket`: a ticket for a WebSocket, for the link or, without one, for the login of the cookie.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct TicketRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A ticket: good once, for half a minute.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SocketTicket {
    pub ticket: String,
}

/// `GET /api/me`: who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct Me {
    pub practitioner: String,
    pub name: String,
    pub roles: Vec<StaffRoleWord>,
    /// The activity in which they work, where their provider tells of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
}

/// One entry of `GET /api/sign-in`: a way to sign in, the hospital's own first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct SignInWay {
    /// What `GET /login?provider=` takes.
    pub provider: String,
    /// Absent for the hospital's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// `GET /api/sign-in/activities`: in which of these whoever has just signed in works; empty when there is nothing to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Activities {
    pub choices: Vec<String>,
}

/// `POST /api/sign-in/activity`: the place of the choice, from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActivityChoice {
    pub choice: u8,
}

/// `POST /logout`: where the browser goes next, so that the provider signs out too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SignedOut {
    pub next: String,
}

/// One entry of `GET /api/practitioners`: who can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PractitionerEntry {
    pub practitioner: String,
    pub name: String,
    pub roles: Vec<StaffRoleWord>,
}

/// `POST /api/appointments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BookingRequest {
    /// RFC 3339 with offset.
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
    pub service: String,
    /// Which service that is, if it is one that the hospital keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// Guests: exactly one patient, any number of relatives and interpreters.
    pub guests: Vec<GuestRequest>,
    /// Identifiers of practitioners, at least one.
    pub practitioners: Vec<String>,
    pub note: String,
    /// Where the patient is, and what this visit follows; absent: at home, and nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<CourseRequest>,
}

/// A person who comes by a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuestRequest {
    pub role: RoleWord,
    pub name: String,
    pub language: LanguageWord,
    /// Where they are written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// With its country, or a French one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// `1950-02-28`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub birth_date: Option<String>,
    /// A PIN is wanted, for somebody who gets no code by SMS or e-mail. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants_pin: Option<bool>,
}

/// Answer to a booking: the only time that the links are told. A lost one is replaced, never shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Booked {
    pub appointment: AppointmentEntry,
    pub links: Vec<IssuedLink>,
}

/// A personal link: whoever holds it is let in as that person, so it goes to that person only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct IssuedLink {
    pub participant: String,
    pub role: RoleWord,
    pub name: String,
    /// The whole address; its secret stands behind `#`, which browsers send to nobody.
    pub address: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
    /// The PIN that was made with it: six digits, told this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string")]
    pub pin: Option<Pii<String>>,
}

/// One appointment as staff see it (`GET /api/appointments?day=2026-11-25`, `GET /api/appointments/{id}`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct AppointmentEntry {
    pub appointment: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
    pub service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    pub status: AppointmentStatusWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeWord>,
    pub participants: Vec<ParticipantEntry>,
    pub note: String,
    pub course: CourseEntry,
    /// The reader is booked in it, so may enter its consultation.
    pub may_enter: bool,
    /// The reader may cancel it and replace its links.
    pub may_change: bool,
}

/// One person of an appointment as staff see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ParticipantEntry {
    pub participant: String,
    pub role: RoleWord,
    pub name: String,
    /// What they read; for guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageWord>,
    pub place: Place,
    /// For guests: whether their link opens now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<DoorWord>,
    /// For guests: what has happened at their door.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub door: Option<GuestDoor>,
}

/// `GET /api/appointments/{id}/studies`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct StudyEntry {
    pub study: String,
    /// `2026-11-18`, absent when the objects do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    pub description: String,
    /// As the objects say it.
    pub patient_name: String,
    /// The objects name somebody else than the patient of the appointment: shown with a warning, never hidden.
    pub is_other_patient: bool,
    /// Older than the newest study of the same patient, by its date.
    pub is_prior: bool,
    pub series: Vec<SeriesEntry>,
}

/// One series of a study. Its small picture is at `GET /api/series/{id}/thumbnail`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct SeriesEntry {
    pub series: String,
    pub modality: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i32>,
    pub description: String,
    pub kind: ObjectKindWord,
    /// Frames that can be shown.
    pub frames: u32,
    /// Size of all objects.
    pub bytes: f64,
    /// When the first of it was acquired, by the clock of the device, without a zone: `2026-11-18T09:41:00`. Absent when the objects do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquired_at: Option<String>,
}

/// Answer to `POST /api/appointments/{id}/studies?name=...`: one file (object or ZIP) as the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Objects taken in; those that were there already count too.
    pub received: u32,
    /// The files of these objects, in the order of the upload.
    pub files: Vec<ReceivedFile>,
    /// Whom the objects name, each once.
    pub patients: Vec<FoundPatient>,
    /// Files that are no part of a study, such as a viewer program on a CD.
    pub ignored: Vec<String>,
    pub refused: Vec<RefusedFile>,
}

/// A file that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedFile {
    pub name: String,
    /// Whose it is: a place in `patients`, from 0.
    pub patient: u32,
}

/// A patient as objects of an upload name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct FoundPatient {
    pub name: String,
    /// `1961-04-23`, absent when the objects do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub birth_date: Option<String>,
    pub objects: u32,
    /// Not the patient of the appointment, by name.
    pub is_other_patient: bool,
}

/// A file that was not taken in, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct RefusedFile {
    pub name: String,
    pub code: ProblemCode,
    /// One English sentence.
    pub reason: String,
}

/// `GET /api/appointments/{id}/quality`: how the call of an appointment went, at most a minute old while it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct QualityRecord {
    /// People who were in the call, in the order of the appointment.
    pub people: Vec<PersonQuality>,
    /// When the visit went on by telephone, oldest first.
    pub telephone: Vec<TelephoneEntry>,
}

/// How the call went for one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PersonQuality {
    pub participant: String,
    pub role: RoleWord,
    pub name: String,
    pub paths: Vec<PathQuality>,
    /// Each once, the gravest first.
    pub incidents: Vec<IncidentWord>,
}

/// All that was measured of one direction over one path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PathQuality {
    pub direction: DirectionWord,
    pub path: PathWord,
    /// Measurements, and the time that they cover.
    pub reports: u32,
    pub seconds: u32,
    pub mean_loss_pct: f64,
    pub max_loss_pct: f64,
    pub mean_rtt_ms: f64,
    pub max_rtt_ms: f64,
    pub mean_jitter_ms: f64,
    pub max_jitter_ms: f64,
    pub mean_concealed_pct: f64,
    pub max_concealed_pct: f64,
    pub mean_bitrate_kbps: f64,
    /// How long pictures stood still, altogether and in the worst measurement, ms.
    pub freezes_ms: f64,
    pub longest_freezes_ms: u32,
    /// How often the connection came back after it was lost.
    pub reconnections: u32,
}

/// A visit that went on by telephone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct TelephoneEntry {
    pub since: String,
    /// Absent while it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub reason: TelephoneReason,
    /// The participant who said so.
    pub by: String,
}
