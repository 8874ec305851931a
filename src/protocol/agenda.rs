//! Schedules, slots, what becomes of an appointment, and the queues of services.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    AppointmentStatusWord, CalledOffWord, HolidayWord, LanguageWord, OutcomeWord, PatientPlaceWord,
    QueueStateWord, WeekdayWord,
};

/// How an appointment came to be, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct CourseEntry {
    pub place: PatientPlaceWord,
    /// The name of the room, where the patient is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Where the practitioner sits; empty: where the service is.
    pub site: String,
    /// The appointment that was moved here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The one that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// The one after whose visit it was booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called_off: Option<CalledOffWord>,
}

/// Of a booking: where the patient is, and what it follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct CourseRequest {
    pub place: PatientPlaceWord,
    /// The name of the room, where the patient is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Where the practitioner sits; absent: where the service is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The appointment after whose visit this is booked. Guests of the same name are reached as they were there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
}

/// `GET /api/appointments/{id}/chain`: the appointments that replaced each other, the first one first, then those that follow the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    pub links: Vec<ChainLink>,
    pub follow_ups: Vec<ChainLink>,
}

/// One appointment of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ChainLink {
    pub appointment: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
    pub status: AppointmentStatusWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called_off: Option<CalledOffWord>,
}

/// `POST /api/appointments/{id}/move`: at another time, with whoever was booked or with others. The answer is a `Booked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct MoveRequest {
    /// RFC 3339 with offset.
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioners: Option<Vec<String>>,
}

/// `POST /api/appointments/{id}/close`: what became of an appointment whose call does not say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloseRequest {
    pub outcome: OutcomeWord,
}

/// `POST /api/appointments/search`: words of the patient's name. Not in an address, because addresses get into logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchRequest {
    pub name: String,
}

/// `GET /api/services/{id}/slots?from=2026-11-30&days=7`: free time that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct SlotEntry {
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
    pub practitioner: String,
    pub name: String,
    /// Where the practitioner sits; may be empty.
    pub site: String,
}

/// `GET /api/services`: one service as staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ServiceEntry {
    pub service: String,
    pub name: String,
    pub site: String,
    pub telephone: String,
    pub is_closed: bool,
    pub members: Vec<MemberEntry>,
    /// Services whose radiologists come into its consultations, beside its own.
    pub readers: Vec<String>,
    pub policy: ServicePolicyEntry,
    pub queue: QueueSettingsEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<ChangeEntry>,
}

/// Somebody who works in a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct MemberEntry {
    pub practitioner: String,
    pub name: String,
}

/// What patients may change by themselves, and whether the weekly hours hold on public holidays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePolicyEntry {
    pub may_patients_cancel: bool,
    pub may_patients_move: bool,
    /// Until so many hours before the start.
    pub notice_hours: u16,
    pub is_open_on_holidays: bool,
}

/// The queue of a service, as staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct QueueSettingsEntry {
    /// The whole public address; absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the service gives out; absent while the queue takes nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How long an appointment from the queue lasts at most.
    pub minutes: u16,
}

/// Who changed something last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChangeEntry {
    pub name: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// `POST /api/services` makes a service, `PUT /api/services/{id}` changes it as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceRequest {
    pub name: String,
    pub site: String,
    pub telephone: String,
    pub is_closed: bool,
    /// Identifiers of practitioners.
    pub members: Vec<String>,
    /// Identifiers of services whose radiologists come into its consultations, beside its own. Absent: as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<Vec<String>>,
    pub policy: ServicePolicyEntry,
}

/// `PUT /api/services/{id}/queue`: the last part of its address (`null`: none), whether it takes people, and how long they have. A queue that is
/// opened anew, or asks for it, gets a new code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueSettingsRequest {
    pub slug: Option<String>,
    pub is_open: bool,
    pub wants_new_code: bool,
    pub minutes: u16,
}

/// `GET /api/services/{id}/schedule`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleEntry {
    /// By day and beginning.
    pub patterns: Vec<PatternEntry>,
    /// By first day: those of the service and those of the whole hospital.
    pub exceptions: Vec<ExceptionEntry>,
    /// The public holidays of the next twelve months.
    pub holidays: Vec<HolidayEntry>,
}

/// Weekly hours. Times of day are `09:00`, on the hospital's wall clock; days are `2026-11-30`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct PatternEntry {
    pub pattern: String,
    /// Absent: of every member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<String>,
    pub site: String,
    pub weekday: WeekdayWord,
    pub from: String,
    pub to: String,
    pub slot_minutes: u16,
    #[schemars(extend("format" = "date"))]
    pub valid_from: String,
    /// The last day; absent: until further notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    pub changed: ChangeEntry,
}

/// `POST /api/services/{id}/patterns`; `PUT /api/services/{id}/patterns/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct PatternRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<String>,
    pub site: String,
    pub weekday: WeekdayWord,
    pub from: String,
    pub to: String,
    pub slot_minutes: u16,
    #[schemars(extend("format" = "date"))]
    pub valid_from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// Days on which it is otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ExceptionEntry {
    pub exception: String,
    /// Of the whole hospital, not only of this service.
    pub is_of_hospital: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<String>,
    #[schemars(extend("format" = "date"))]
    pub first_day: String,
    #[schemars(extend("format" = "date"))]
    pub last_day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Of hours that are open beside the weekly ones; absent: closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_minutes: Option<u16>,
    pub reason: String,
    pub changed: ChangeEntry,
}

/// `POST /api/services/{id}/exceptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct ExceptionRequest {
    pub is_of_hospital: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<String>,
    #[schemars(extend("format" = "date"))]
    pub first_day: String,
    #[schemars(extend("format" = "date"))]
    pub last_day: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot_minutes: Option<u16>,
    pub reason: String,
}

/// A public holiday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct HolidayEntry {
    #[schemars(extend("format" = "date"))]
    pub day: String,
    pub holiday: HolidayWord,
}

/// `POST /api/guest/slots`, `.../cancel`: the secret of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuestChangeRequest {
    pub link: String,
}

/// Answer to `POST /api/guest/slots`: what the patient may change by themselves, and where to. No name and no health data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct GuestChanges {
    pub may_cancel: bool,
    pub may_move: bool,
    /// Until then.
    pub until: String,
    /// Where it may be moved to, by start; empty when it may not.
    pub slots: Vec<GuestSlot>,
}

/// Free time of the same practitioners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct GuestSlot {
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
}

/// `POST /api/guest/reschedule`: the start of one of the slots that were offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuestMoveRequest {
    pub link: String,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
}

/// Answer to it: the patient's new link. The one before tells the new time and opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct GuestMoved {
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ends_at: String,
    pub address: String,
}

/// `POST /api/queue/enter`: somebody without an appointment comes into the queue of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueEnterRequest {
    /// The last part of the address.
    pub queue: String,
    pub code: String,
    pub name: String,
    pub telephone: String,
    pub language: LanguageWord,
}

/// Answer to it: the secret with which the page asks how it stands, and which becomes the link when they are taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueueEntered {
    pub entry: String,
}

/// `POST /api/queue/state`, `.../leave`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueStateRequest {
    pub entry: String,
}

/// Answer to it. Once they are taken, the page goes to `/join#` with its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueueState {
    pub state: QueueStateWord,
    pub since: String,
}

/// One of `GET /api/queue`: somebody who waits in a queue of this member of staff's services, the longest waiting first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueueEntryEntry {
    pub entry: String,
    pub service: String,
    pub service_name: String,
    pub name: String,
    pub telephone: String,
    pub language: LanguageWord,
    pub since: String,
    /// Their page has said nothing for a minute: they may not hear when they are taken.
    pub is_silent: bool,
    /// Who of the service may be booked.
    pub members: Vec<MemberEntry>,
}

/// `POST /api/queue/{entry}/take`: by this practitioner; absent: by oneself. The answer is an `AppointmentEntry`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct QueueTakeRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<String>,
}
