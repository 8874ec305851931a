//! The waiting rooms of services, and who people were found to be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    AssuranceWord, DeviceStateWord, DocumentKindWord, IdentityMeansWord, InsRegisterWord, InsStatusWord,
    LanguageWord, PatientNumberEntry, PlaceWord, ReadySentenceWord, RoleWord, SexWord,
};
use crate::secret::Pii;

/// `GET /api/waiting-room`: everybody who waits where the reader may see it, in order, the next one first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct WaitingRoomState {
    pub people: Vec<WaitingEntry>,
    /// Those among the practitioners of today whose delay holds.
    pub delays: Vec<DelayEntry>,
    /// The practitioners whose delay the reader may tell.
    pub may_be_late: Vec<WaitingPractitioner>,
    /// The services whose rooms the reader sees.
    pub services: Vec<WaitingService>,
    /// The reader may change what these services decided.
    pub may_set_policy: bool,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct WaitingEntry {
    pub appointment: String,
    pub participant: String,
    pub role: RoleWord,
    #[ts(type = "string")]
    pub name: Pii<String>,
    /// In which they read.
    pub language: LanguageWord,
    #[schemars(extend("format" = "date-time"))]
    pub starts_at: String,
    /// As the patient knows it.
    pub service: String,
    /// Those who have the same wait in one room, in one order.
    pub room: String,
    /// Since when they wait; a page that was loaded again or a telephone that was locked changes nothing about it.
    pub since: String,
    /// Their page does not answer since then; the place is kept until `awayUntil`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<DeviceStateWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone: Option<DeviceStateWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assurance: Option<AssuranceWord>,
    pub is_identity_checked: bool,
    /// Everybody else of the appointment, with where they stand.
    pub others: Vec<WaitingOther>,
    /// What they were told last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<WaitingMessageEntry>,
    /// The reader is in the appointment: goes in, and lets them in.
    pub may_enter: bool,
    /// The reader may take the consultation over.
    pub may_take_over: bool,
}

/// Somebody of the same appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct WaitingOther {
    pub role: RoleWord,
    #[ts(type = "string")]
    pub name: Pii<String>,
    pub place: PlaceWord,
}

/// What somebody was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct WaitingMessageEntry {
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<ReadySentenceWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub text: Option<Pii<String>>,
}

/// How late somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DelayEntry {
    pub practitioner: String,
    pub name: String,
    /// 0: not any more.
    pub minutes: u16,
    #[schemars(extend("format" = "date-time"))]
    pub told_at: String,
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct WaitingPractitioner {
    pub practitioner: String,
    pub name: String,
}

/// A service, and what it decided about its waiting room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct WaitingService {
    pub service: String,
    pub name: String,
    pub policy: WaitingPolicyState,
}

/// `PUT /api/services/{service}/waiting-policy`, and the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WaitingPolicyState {
    /// Those who wait are told which number they are.
    pub shows_position: bool,
    /// Members of the service may take over consultations that they are not booked in.
    pub may_take_over: bool,
}

/// `POST /api/appointments/{appointment}/waiting/{participant}/message`: either a sentence or words, at most 300 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct WaitingMessageRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<ReadySentenceWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub text: Option<Pii<String>>,
}

/// `POST /api/appointments/{appointment}/waiting/{participant}/place`: before whom they are put; absent: last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct WaitingPlaceRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// `PUT /api/practitioners/{practitioner}/delay`: minutes, 0 to 180.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DelayRequest {
    pub minutes: u16,
}

/// `GET /api/appointments/{appointment}/identity`: all checks, and the national health identities, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct IdentityState {
    /// What is known of the guests, to compare with.
    pub known: Vec<KnownPerson>,
    pub checks: Vec<IdentityCheckEntry>,
    /// Of each patient the last one counts.
    pub ins: Vec<InsEntry>,
    /// Of each domain the last one counts.
    pub numbers: Vec<PatientNumberEntry>,
    /// Whose numbers the archives know that serve this appointment, each once; empty: the hospital's own.
    pub domains: Vec<String>,
}

/// A guest as they were booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct KnownPerson {
    pub participant: String,
    #[ts(type = "string")]
    pub name: Pii<String>,
    /// `1950-02-28`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub birth_date: Option<Pii<String>>,
}

/// One look at who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct IdentityCheckEntry {
    pub participant: String,
    /// The name of whoever looked.
    pub by: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub means: IdentityMeansWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentKindWord>,
    pub is_name_right: bool,
    pub is_birth_date_right: bool,
    /// The person counts as checked by it.
    pub is_enough: bool,
}

/// `POST /api/appointments/{appointment}/participants/{participant}/identity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct IdentityCheckRequest {
    pub means: IdentityMeansWord,
    /// The kind of document that was seen, with `means` `document` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentKindWord>,
    pub is_name_right: bool,
    pub is_birth_date_right: bool,
}

/// `POST /api/appointments/{appointment}/participants/{participant}/ins`: the five traits of the national health identity, and its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct InsRequest {
    #[ts(type = "string")]
    pub birth_name: Pii<String>,
    #[ts(type = "string")]
    pub given_names: Pii<String>,
    /// `1950-02-28`.
    #[ts(type = "string")]
    pub birth_date: Pii<String>,
    pub sex: SexWord,
    /// INSEE code of the commune or the country, five characters.
    #[ts(type = "string")]
    pub birth_place: Pii<String>,
    /// Thirteen characters and the key; with an identity that was retrieved or qualified, and only then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub number: Option<Pii<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<InsRegisterWord>,
    pub status: InsStatusWord,
}

/// A national health identity as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct InsEntry {
    pub participant: String,
    /// The name of whoever wrote it down.
    pub by: String,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub traits: InsRequest,
    /// The object identifier of the number's register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oid: Option<String>,
}
